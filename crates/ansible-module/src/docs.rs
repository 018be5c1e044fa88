//! What a module's code says about it, as a value: for whoever writes the pages that `ansible-doc` and people read.
use crate::{ArgumentSpec, ErrorKind, Module, Options, ResultType, Results, Return, Type};
use serde_json::json;

/// The documentation of one module, texts in Markdown. Nothing that a module does at run time needs it.
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
    /// Whether it never changes anything.
    pub reads_only: bool,
    /// The action group that `module_defaults` reach it by, without the collection.
    pub action_group: Option<&'static str>,
    /// What it accepts.
    pub spec: ArgumentSpec,
    /// What it returns, `error` included.
    pub returns: Vec<Return>,
    /// A YAML list of tasks.
    pub examples: &'static str,
}

/// The documentation of module `M`.
#[must_use]
pub fn of<M: Module>() -> ModuleDoc {
    let mut returns = M::Results::returns();
    returns.push(error(M::details()));
    ModuleDoc {
        name: M::NAME,
        version_added: M::VERSION_ADDED,
        text: M::Options::DOC,
        check_mode: M::CHECK_MODE,
        reads_only: M::READS_ONLY,
        action_group: M::NAME.split('_').next().filter(|_| M::IN_ACTION_GROUP),
        spec: M::Options::spec(),
        returns,
        examples: M::EXAMPLES,
    }
}

/// What every module returns when it fails, beside `msg`.
fn error(details: Vec<Return>) -> Return {
    let kind = Return {
        name: "kind".into(),
        returned: "failure".into(),
        doc: "The kind of failure.".into(),
        sample: Some("timeout".into()),
        ..ErrorKind::ret()
    };
    Return {
        name: "error".into(),
        ty: Type::Dict,
        returned: "failure".into(),
        doc: "Why the module failed, in a form that a `rescue` can test; `msg` has the text.".into(),
        sample: Some(json!({ "kind": "timeout" })),
        contains: std::iter::once(kind).chain(details).collect(),
        ..Return::default()
    }
}
