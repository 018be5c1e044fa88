//! The index of a bucket: one object that lists all others with their metadata, for whoever can read but not list.
use super::{s3_connection::failed, s3_metadata::as_map};
use ansible_module::{ErrorKind, Failure};
use jiff::Timestamp;
use s3_client::{Client, Error, Listed};
use serde_json::{Map, Value, json};

/// Where the index is.
pub(crate) const INDEX: &str = "metadata/index.json";

/// Whether an object only marks a folder: it has no bytes, and its key ends in a slash. With bytes, it is somebody's.
pub(crate) fn is_folder_marker(key: &str, size: u64) -> bool {
    size == 0 && key.ends_with('/')
}

/// What an artifact is, by the first folder of its key.
pub(crate) fn kind_of(key: &str) -> &'static str {
    match key.split('/').next() {
        Some("isos") => "iso",
        Some("binaries") => "binary",
        Some("artifacts") => "artifact",
        _ => "other",
    }
}

/// The index that is there; null if there is none. Something else in its place is somebody's, and a conflict.
pub(crate) fn read(client: &Client, bucket: &str) -> Result<Value, Failure> {
    let text = match client.text(bucket, INDEX) {
        Err(e) if e.is(&["NoSuchBucket"]) => None,
        text => text.map_err(|e| failed(&e))?,
    };
    let Some(text) = text else { return Ok(Value::Null) };
    let is_index = |it: &Value| it["objects"].is_array() && it["total_objects"].is_u64();
    serde_json::from_str(&text).ok().filter(is_index).ok_or_else(|| {
        Failure::new(
            ErrorKind::Conflict,
            format!(
                "{bucket}/{INDEX} is not an index that this module wrote, so it is neither replaced nor deleted. Move it to another key."
            ),
        )
    })
}

/// The index of these objects. The metadata of an object that is the same as in the `old` index is taken from there; `told` hears
/// how many objects are done.
pub(crate) fn of(
    client: &Client,
    bucket: &str,
    listed: &[Listed],
    old: &Value,
    told: &dyn Fn(u64, u64),
) -> Result<Value, Error> {
    let known: Map<String, Value> = old["objects"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| Some((entry["key"].as_str()?.to_owned(), entry.clone())))
        .collect();
    let mut objects = Vec::new();
    for (number, it) in listed.iter().enumerate() {
        told(number as u64, listed.len() as u64);
        let mut entry = json!({
            "key": it.key, "size": it.size, "last_modified": it.last_modified, "etag": it.etag, "metadata": {},
            "type": kind_of(&it.key),
        });
        let before = known.get(&it.key);
        let is_same = |name: &&str| before.is_some_and(|before| before[*name] == entry[*name]);
        let metadata = if ["size", "last_modified", "etag"].iter().all(is_same) {
            before.map(|before| before["metadata"].clone())
        } else {
            client.object(bucket, &it.key)?.map(|found| {
                let mut all = as_map(&found.metadata);
                all.extend(found.metadata.sha256().map(|sha256| ("sha256".into(), sha256.into())));
                all.into()
            })
        };
        // An object without an answer was deleted meanwhile.
        if let Some(metadata) = metadata {
            entry["metadata"] = metadata;
            objects.push(entry);
        }
    }
    Ok(json!({
        "created": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "bucket": bucket,
        "total_objects": objects.len(), "objects": objects,
    }))
}

/// Whether two indexes say the same, whenever they were made.
pub(crate) fn says_the_same(one: &Value, other: &Value) -> bool {
    ["bucket", "total_objects", "objects"].into_iter().all(|name| one[name] == other[name])
}
