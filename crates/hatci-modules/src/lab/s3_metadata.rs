//! Metadata of objects between a playbook and the client.
use super::s3_connection::failed;
use ansible_module::Failure;
use s3_client::Metadata;
use serde_json::{Map, Value};

/// The metadata that the user gave: texts as they are, other values as their JSON.
pub(crate) fn given_metadata(given: Option<&Map<String, Value>>) -> Result<Metadata, Failure> {
    let text = |(name, value): (&String, &Value)| match value {
        Value::Null => Err(Failure::invalid(format!(
            "The metadata {name:?} has no value. Give it one, or leave the name out."
        ))),
        Value::String(text) => Ok((name.clone(), text.clone())),
        other => Ok((name.clone(), other.to_string())),
    };
    let entries = given.into_iter().flatten().map(text).collect::<Result<Vec<_>, _>>()?;
    Metadata::new(entries).map_err(|e| failed(&e))
}

/// The user's metadata for a result.
pub(crate) fn as_map(metadata: &Metadata) -> Map<String, Value> {
    metadata.entries().map(|(name, value)| (name.to_owned(), value.into())).collect()
}
