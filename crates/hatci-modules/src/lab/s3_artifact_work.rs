//! What is to be done to an artifact, and how that is shown.
use super::s3_metadata::as_map;
use s3_client::Object;
use serde_json::{Value, json};

/// What is to be done.
#[derive(Clone, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // each is a step of its own
pub struct Work {
    pub(crate) upload: bool,
    /// Only the metadata is replaced.
    pub(crate) describe: bool,
    pub(crate) publish: bool,
    pub(crate) remove: bool,
    pub(crate) remove_copy: bool,
    /// The unfinished uploads to be ended.
    pub(crate) abort: Vec<String>,
}

impl Work {
    /// The steps in their order, for the list of actions in a result. `object` and `copy` are `BUCKET/KEY`.
    pub(crate) fn lines(&self, object: &str, copy: &str) -> Vec<String> {
        let unfinished = self.abort.len();
        [
            (self.upload, format!("upload {object}")),
            (self.describe, format!("replace the metadata of {object}")),
            (self.publish, format!("copy {object} to {copy}")),
            (self.remove_copy, format!("delete {copy}")),
            (self.remove, format!("delete {object}")),
            (unfinished > 0, format!("end {unfinished} unfinished uploads to {object}")),
        ]
        .into_iter()
        .filter_map(|(is_wanted, line)| is_wanted.then_some(line))
        .collect()
    }
}

/// What there is, for the difference; null if there is nothing.
pub(crate) fn shown(found: Option<&Object>, copy: Option<&Object>, unfinished: usize) -> Value {
    if found.is_none() && copy.is_none() && unfinished == 0 {
        return Value::Null;
    }
    json!({
        "size": found.map(|it| it.size),
        "sha256": found.and_then(|it| it.metadata.sha256()),
        "metadata": found.map(|it| as_map(&it.metadata)),
        "is_published": copy.is_some(),
        "unfinished_uploads": unfinished,
    })
}
