//! How a bucket is removed that holds nothing but what the store itself has put there.
use super::{
    counted::counted,
    s3_connection::failed,
    s3_index::{self, INDEX, is_folder_marker},
    s3_store_steps::Step,
    s3_store_survey::exists,
};
use ansible_module::{ErrorKind, Failure};
use s3_client::{Client, Doomed, Error, Listed, Version};
use serde_json::{Value, json};

/// What was found of a bucket that is to go.
pub(crate) struct Removal {
    pub(crate) steps: Vec<Step>,
    /// For the results and the difference.
    pub(crate) shown: Value,
}

/// The steps that remove a bucket; none if there is none. A failure: something of value is in it.
pub(crate) fn removal(client: &Client, bucket: &str) -> Result<Removal, Failure> {
    if !exists(client, bucket)? {
        return Ok(Removal { steps: vec![], shown: gone(bucket) });
    }
    let all = everything(client, bucket).map_err(|e| failed(&e))?;
    let now = |it: &&Version| it.is_latest && it.size.is_some();
    let is_marker = |it: &&Version| is_folder_marker(&it.key, it.size.unwrap_or_default());
    // By the list of objects: what can still be read is no old version, whatever the list of versions says.
    let (mut count, mut first) = (0, None);
    let mut keep = |it: Listed| {
        if it.key != INDEX && !is_folder_marker(&it.key, it.size) {
            count += 1;
            first.get_or_insert(it.key);
        }
    };
    client.list(bucket, "", &mut keep).map_err(|e| failed(&e))?;
    if let Some(first) = first {
        return Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "Bucket {bucket} still holds {}, such as {first}, so it is not deleted. Remove what it holds first, for example with s3_artifact.",
                counted(count, "object")
            ),
        ));
    }
    let has_index = all.iter().filter(now).any(|it| it.key == INDEX);
    if has_index {
        // Whatever else is there in its place is refused.
        s3_index::read(client, bucket)?;
    }
    let folders = all.iter().filter(now).filter(is_marker).count();
    let old_versions = all.iter().filter(|it| !it.is_latest && it.size.is_some()).count();
    let mut steps = Vec::new();
    if !all.is_empty() {
        steps.push(Step::Empty {
            bucket: bucket.to_owned(),
            what: in_words(folders, has_index, old_versions),
            doomed: all.into_iter().map(doomed).collect(),
        });
    }
    steps.push(Step::Delete { bucket: bucket.to_owned() });
    let shown = json!({ "name": bucket, "exists": true, "folders": folders, "has_index": has_index, "old_versions": old_versions });
    Ok(Removal { steps, shown })
}

/// A bucket that is not there.
pub(crate) fn gone(bucket: &str) -> Value {
    json!({ "name": bucket, "exists": false })
}

/// All versions; where the server keeps none, all objects, without the name of a version.
fn everything(client: &Client, bucket: &str) -> Result<Vec<Version>, Error> {
    match client.versions(bucket) {
        Err(e) if e.is_unsupported() => {
            let mut all = Vec::new();
            client.list(bucket, "", &mut |it| {
                all.push(Version { key: it.key, id: String::new(), size: Some(it.size), is_latest: true });
            })?;
            Ok(all)
        }
        versions => versions,
    }
}

fn doomed(version: Version) -> Doomed {
    Doomed { key: version.key, version: Some(version.id).filter(|id| !id.is_empty()) }
}

fn in_words(folders: usize, has_index: bool, old_versions: usize) -> String {
    let parts = [
        (folders > 0, format!("the markers of folders ({folders})")),
        (has_index, "the index".to_owned()),
        (old_versions > 0, format!("old versions ({old_versions})")),
    ];
    let parts: Vec<_> = parts.into_iter().filter_map(|(is, words)| is.then_some(words)).collect();
    if parts.is_empty() { "the marks of deleted objects".to_owned() } else { parts.join(", ") }
}
