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
    /// As Ansible expects it: `msg`, either `version` or `date`, and `collection_name`, without which it does not show the
    /// version. `own_collection` is taken where the spec names none.
    pub fn to_value(&self, own_collection: Option<&str>) -> Value {
        let (key, when) = match &self.removal.when {
            RemovedIn::Version(version) => ("version", version),
            RemovedIn::Date(date) => ("date", date),
        };
        let mut entry = Map::new();
        entry.insert("msg".into(), self.msg.clone().into());
        entry.insert(key.into(), when.clone().into());
        if let Some(collection) = self.removal.from_collection.as_deref().or(own_collection) {
            entry.insert("collection_name".into(), collection.into());
        }
        entry.into()
    }
}

/// The `ns.name` of a module called `ns.name.module`, as Ansible has it in `_ansible_module_name`.
pub(crate) fn collection_of(module: &str) -> Option<&str> {
    let (at, _) = module.match_indices('.').nth(1)?;
    Some(&module[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_spec_or_else_the_module_names_the_collection() {
        let note = |from_collection: Option<&str>| Deprecation {
            msg: "Gone.".into(),
            removal: Removal {
                when: RemovedIn::Date("2099-01-01".into()),
                from_collection: from_collection.map(Into::into),
            },
        };
        let entry = |collection| json!({"msg": "Gone.", "date": "2099-01-01", "collection_name": collection});
        assert_eq!(note(Some("a.b")).to_value(Some("c.d")), entry("a.b"));
        assert_eq!(note(None).to_value(Some("c.d")), entry("c.d"));
        assert_eq!(note(None).to_value(None), json!({"msg": "Gone.", "date": "2099-01-01"}));
    }

    #[test]
    fn a_collection_has_two_names() {
        assert_eq!(collection_of("ns.name.module"), Some("ns.name"));
        assert_eq!(collection_of("ns.name.__x86_64__.module"), Some("ns.name"));
        assert_eq!(collection_of("module"), None);
        assert_eq!(collection_of("ns.name"), None);
    }
}
