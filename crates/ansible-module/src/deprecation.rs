//! A note in the result that something the task used goes away.
use crate::spec::{Removal, RemovedIn};
use serde_json::{Map, Value};

/// One entry of a result's `deprecations`.
#[derive(Debug, Clone, PartialEq)]
pub struct Deprecation {
    /// A sentence that names the option or alias, never its value.
    pub msg: String,
    /// When it goes away.
    pub removal: Removal,
}

impl Deprecation {
    /// As Ansible expects it: `msg`, either `version` or `date`, and `collection_name` if it is known.
    pub fn to_value(&self) -> Value {
        let (key, when) = match &self.removal.when {
            RemovedIn::Version(version) => ("version", version),
            RemovedIn::Date(date) => ("date", date),
        };
        let mut entry = Map::new();
        entry.insert("msg".into(), self.msg.clone().into());
        entry.insert(key.into(), when.clone().into());
        if let Some(collection) = &self.removal.from_collection {
            entry.insert("collection_name".into(), collection.clone().into());
        }
        entry.into()
    }
}
