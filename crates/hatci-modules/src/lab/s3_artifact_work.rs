//! What is to be done to an artifact, and how that is shown.
use super::{counted::counted, s3_metadata::as_map};
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
    /// The steps in their order, for the list of actions in a result.
    pub(crate) fn lines(&self, names: &Names) -> Vec<String> {
        let unfinished = self.abort.len();
        [
            (self.upload, names.upload()),
            (self.describe, names.describe()),
            (self.publish, names.publish()),
            (self.remove_copy, names.remove_copy()),
            (self.remove, names.remove()),
            (unfinished > 0, names.abort(unfinished)),
        ]
        .into_iter()
        .filter_map(|(is_wanted, line)| is_wanted.then_some(line))
        .collect()
    }
}

/// What the steps are about, each as `BUCKET/KEY`, and the steps in words.
pub(crate) struct Names {
    pub(crate) object: String,
    /// Empty if there is to be none.
    pub(crate) copy: String,
}

impl Names {
    pub(crate) fn upload(&self) -> String {
        format!("upload {}", self.object)
    }

    pub(crate) fn describe(&self) -> String {
        format!("replace the metadata of {}", self.object)
    }

    pub(crate) fn publish(&self) -> String {
        format!("copy {} to {}", self.object, self.copy)
    }

    pub(crate) fn remove_copy(&self) -> String {
        format!("delete {}", self.copy)
    }

    pub(crate) fn remove(&self) -> String {
        format!("delete {}", self.object)
    }

    pub(crate) fn abort(&self, unfinished: usize) -> String {
        format!("end {} to {}", counted(unfinished, "unfinished upload"), self.object)
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
