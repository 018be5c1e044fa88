//! What `ansible-doc` and people read of a module written with `ansible-module`: the doc-only `plugins/modules/NAME.py`, doc fragments
//! for plugins with the same options, and reference pages in Markdown, for roles too.
//!
//! A crate of its own, since templates and a Markdown parser have no place in what is shipped.
//!
//! Texts are doc comments, thus Markdown. `` `name` `` becomes a link to the option, result, environment variable or module of that
//! name, if there is one. These headings have a meaning in the text of a module, each followed by a list:
//!
//! | heading | each item |
//! |---|---|
//! | `# Notes` | a note |
//! | `# Requirements` | what must be there on the host |
//! | `# See also` | `` `module`: why ``, or `[title](https://...): why` |
//! | `# Attributes` | `` `idempotent`: partial. Why so. ``; also `check_mode`, `diff_mode`, `platform`, `async` |
mod about;
mod documentation;
mod error;
mod examples;
mod markdown;
mod markup;
mod pages;
mod rows;
mod rules;
mod scope;
mod yaml;

pub use error::DocsError;
pub use examples::examples;
pub use pages::{Page, fragment, index_page, module_page, role_page, stub};

/// The collection that modules and roles are part of.
#[derive(Debug, Clone)]
pub struct Collection {
    /// `namespace.name`
    pub name: String,
    /// Who wrote it. `ansible-test` wants each as `Name (@account)`.
    pub authors: Vec<String>,
    /// The names of its modules, which texts may refer to.
    pub modules: Vec<String>,
}

impl Collection {
    /// Reads the text of a `galaxy.yml`; `modules` are the names of all modules.
    ///
    /// # Errors
    /// [`DocsError::Galaxy`]
    pub fn from_galaxy(text: &str, modules: Vec<String>) -> Result<Self, DocsError> {
        let galaxy = yaml::from_yaml(text).map_err(|problem| DocsError::Galaxy { problem })?;
        let word = |key: &str| {
            let missing = || DocsError::Galaxy { problem: format!("{key} is missing") };
            galaxy[key].as_str().ok_or_else(missing)
        };
        let authors =
            galaxy["authors"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
        Ok(Collection {
            name: format!("{}.{}", word("namespace")?, word("name")?),
            authors: authors.map(str::to_owned).collect(),
            modules,
        })
    }

    /// `name` with the collection before it, if that is one of its modules, with the collection or without.
    fn module(&self, name: &str) -> Option<String> {
        let short = name.strip_prefix(&self.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        self.modules.iter().any(|module| module == short).then(|| format!("{}.{short}", self.name))
    }
}
