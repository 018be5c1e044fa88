//! What a module's code says about it, as a value: for whoever writes the pages that `ansible-doc` and people read.
use crate::{ArgumentSpec, Module, Options, Results, Return};

/// The documentation of one module, texts in Markdown. Nothing a module does at run time needs it.
#[derive(Debug, Clone)]
pub struct ModuleDoc {
    /// The name in a playbook, without the collection.
    pub name: &'static str,
    /// The collection's version that brought the module.
    pub version_added: &'static str,
    /// The doc comment of its options struct.
    pub text: &'static str,
    /// Whether it can run in check mode.
    pub check_mode: bool,
    /// What it accepts.
    pub spec: ArgumentSpec,
    /// What it returns.
    pub returns: Vec<Return>,
    /// A YAML list of tasks.
    pub examples: &'static str,
}

/// The documentation of module `M`.
#[must_use]
pub fn of<M: Module>() -> ModuleDoc {
    ModuleDoc {
        name: M::NAME,
        version_added: M::VERSION_ADDED,
        text: M::Options::DOC,
        check_mode: M::CHECK_MODE,
        spec: M::Options::spec(),
        returns: M::Results::returns(),
        examples: M::EXAMPLES,
    }
}
