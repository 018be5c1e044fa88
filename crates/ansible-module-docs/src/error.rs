//! Why documentation can't be made.

/// A fault in what is to be shown; `of` names the module, role or option it is in.
#[derive(Debug, thiserror::Error)]
pub enum DocsError {
    /// A doc comment holds something that `ansible-doc` can't show, or a heading or list that says nothing it should.
    #[error("The doc comment of {of} can't be shown: {problem}.")]
    Text {
        /// Where the text is.
        of: String,
        /// What is wrong.
        problem: String,
    },
    /// The examples are no YAML, or no list of tasks.
    #[error("The examples of {of} are no list of tasks: {problem}.")]
    Examples {
        /// The module.
        of: String,
        /// What is wrong.
        problem: String,
    },
    /// A role's `meta/argument_specs.yml` is no YAML, or lacks what a page needs.
    #[error("The argument specs of role {of} can't be read: {problem}.")]
    ArgumentSpecs {
        /// The role.
        of: String,
        /// What is wrong.
        problem: String,
    },
    /// A `galaxy.yml` is no YAML, or lacks the collection's name.
    #[error("The galaxy.yml can't be read: {problem}.")]
    Galaxy {
        /// What is wrong.
        problem: String,
    },
    /// A page could not be written; a fault of this crate's templates.
    #[error("The page of {of} can't be made: {source}")]
    Page {
        /// The module or role.
        of: String,
        /// The template engine's words.
        source: minijinja::Error,
    },
}
