//! EXAMPLES: a list of tasks.
use crate::{DocsError, yaml::from_yaml};
use ansible_module::docs::ModuleDoc;
use serde_json::Value;

/// The tasks in a module's examples, so that a test can run each.
///
/// # Errors
/// [`DocsError::Examples`]
pub fn examples(doc: &ModuleDoc) -> Result<Vec<Value>, DocsError> {
    let fault = |problem: String| DocsError::Examples { of: doc.name.into(), problem };
    let Value::Array(tasks) = from_yaml(doc.examples).map_err(fault)? else {
        return Err(fault("the outermost value is no list".into()));
    };
    match tasks.iter().position(|task| !task.is_object()) {
        Some(at) => Err(fault(format!("item {} is no dict", at + 1))),
        None if tasks.is_empty() => Err(fault("the list is empty".into())),
        None => Ok(tasks),
    }
}
