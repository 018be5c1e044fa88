//! What there is of a store, and which steps are missing.
use super::{
    s3_connection::failed,
    s3_index::{self, INDEX, is_folder_marker},
    s3_store_steps::{Step, no_policies, no_versions},
};
use ansible_module::{ErrorKind, Failure};
use jiff::Timestamp;
use s3_client::{BucketState, Client, Error, Listed, Versioning, policy};
use serde_json::Value;

/// What is wanted of a bucket.
pub(crate) struct Wanted<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) folders: &'a [String],
    /// None: it stays as it is.
    pub(crate) versioning: Option<bool>,
    /// What everybody may read below; none: the policy stays as it is.
    pub(crate) public_prefix: Option<&'a str>,
}

/// What was found of a bucket.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) exists: bool,
    /// The folders whose markers are there.
    pub(crate) folders: Vec<String>,
    /// None if the server knows no versions, or there is no bucket.
    pub(crate) is_versioned: Option<bool>,
    /// As it was found.
    pub(crate) old_policy: Option<Value>,
    /// As it will be.
    pub(crate) policy: Option<Value>,
    /// What can't be done, for the user.
    pub(crate) warnings: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

/// Whether the bucket is there; one of somebody else is a failure.
pub(crate) fn exists(client: &Client, bucket: &str) -> Result<bool, Failure> {
    match client.bucket(bucket).map_err(|e| failed(&e))? {
        BucketState::Present => Ok(true),
        BucketState::Absent => Ok(false),
        BucketState::Foreign => Err(Failure::new(
            ErrorKind::Auth,
            format!(
                "Bucket {bucket} exists, but this access key has no access to it. Choose another name, or use the keys of its owner."
            ),
        )),
    }
}

/// Reads a bucket, and says what it lacks.
pub(crate) fn survey(client: &Client, wanted: &Wanted) -> Result<Found, Failure> {
    let mut found = Found { exists: exists(client, wanted.bucket)?, ..Found::default() };
    if !found.exists {
        found.steps.push(Step::Create { bucket: wanted.bucket.to_owned() });
    }
    survey_inside(client, wanted, &mut found).map_err(|e| failed(&e))?;
    Ok(found)
}

fn survey_inside(client: &Client, wanted: &Wanted, found: &mut Found) -> Result<(), Error> {
    let bucket = wanted.bucket.to_owned();
    survey_versioning(client, wanted, found)?;
    for key in wanted.folders {
        if found.exists && client.object(&bucket, key)?.is_some() {
            found.folders.push(key.clone());
        } else {
            found.steps.push(Step::MakeFolder { bucket: bucket.clone(), key: key.clone() });
        }
    }
    survey_policy(client, wanted, found)
}

fn survey_versioning(client: &Client, wanted: &Wanted, found: &mut Found) -> Result<(), Error> {
    let bucket = wanted.bucket;
    let state = if found.exists { client.versioning(bucket)? } else { Versioning::Unset };
    found.is_versioned = match state {
        Versioning::Unsupported => None,
        state => Some(state == Versioning::Enabled),
    };
    match (found.is_versioned, wanted.versioning) {
        (None, Some(true)) => found.warnings.push(no_versions(bucket)),
        (Some(is), Some(should)) if is != should => {
            found.steps.push(Step::SetVersioning { bucket: bucket.to_owned(), is_on: should });
        }
        _ => {}
    }
    Ok(())
}

fn survey_policy(client: &Client, wanted: &Wanted, found: &mut Found) -> Result<(), Error> {
    let Some(prefix) = wanted.public_prefix else { return Ok(()) };
    let bucket = wanted.bucket.to_owned();
    if found.exists {
        found.policy = match client.policy(&bucket) {
            Err(e) if e.is_unsupported() => {
                found.warnings.push(no_policies(&bucket));
                return Ok(());
            }
            policy => policy?,
        };
        found.old_policy.clone_from(&found.policy);
        if client.blocks_public_policies(&bucket)? {
            found.steps.push(Step::AllowPublic { bucket: bucket.clone() });
        }
    }
    let policy = policy::with_public_read(found.policy.as_ref(), &bucket, prefix);
    if !found.policy.as_ref().is_some_and(|there| policy::means_the_same(there, &policy)) {
        found.steps.push(Step::SetPolicy { bucket, policy: policy.clone() });
        found.policy = Some(policy);
    }
    Ok(())
}

/// The objects of a bucket that don't belong to the store itself, in the order of their keys.
pub(crate) fn contents(client: &Client, bucket: &str) -> Result<Vec<Listed>, Error> {
    let mut all = Vec::new();
    client.list(bucket, "", &mut |it| {
        if it.key != INDEX && !is_folder_marker(&it.key, it.size) {
            all.push(it);
        }
    })?;
    Ok(all)
}

/// Takes those objects out of `contents` that are in one of the folders and were last written before `limit`.
pub(crate) fn take_old(contents: &mut Vec<Listed>, folders: &[String], limit: Timestamp) -> Vec<String> {
    let is_old = |it: &Listed| {
        let written = it.last_modified.parse::<Timestamp>();
        folders.iter().any(|folder| it.key.starts_with(folder.as_str()))
            && written.is_ok_and(|written| written < limit)
    };
    contents.extract_if(.., |it| is_old(it)).map(|it| it.key).collect()
}

/// The step that brings the index up to date, how many objects the old one lists if there is one, and how many the new one.
pub(crate) fn index_step(
    client: &Client,
    bucket: &str,
    contents: &[Listed],
    is_there: bool,
    told: &dyn Fn(u64, u64),
) -> Result<(Option<Step>, Option<u64>, u64), Failure> {
    let old = if is_there { s3_index::read(client, bucket)? } else { Value::Null };
    let index = s3_index::of(client, bucket, contents, &old, told).map_err(|e| failed(&e))?;
    let entries = index["total_objects"].as_u64().unwrap_or_default();
    let is_same = s3_index::says_the_same(&old, &index);
    let step = (!is_same).then(|| Step::WriteIndex { bucket: bucket.to_owned(), index });
    Ok((step, old["total_objects"].as_u64(), entries))
}

/// The folders that are cleaned up unless others are named: all but the ISOs, and never the index.
pub(crate) fn cleaned_by_default(folders: &[String]) -> Vec<String> {
    let stays = |folder: &&String| !folder.starts_with("isos/") && !INDEX.starts_with(folder.as_str());
    folders.iter().filter(stays).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(key: &str, last_modified: &str) -> Listed {
        Listed { key: key.into(), size: 1, last_modified: last_modified.into(), etag: "e".into() }
    }

    #[test]
    fn only_old_objects_in_the_named_folders_are_taken() {
        let mut contents = vec![
            listed("artifacts/old", "2026-01-01T00:00:00.000Z"),
            listed("artifacts/new", "2026-03-01T00:00:00.000Z"),
            listed("isos/old.iso", "2026-01-01T00:00:00.000Z"),
            listed("artifacts/odd", "yesterday"),
        ];
        let limit = "2026-02-01T00:00:00Z".parse().unwrap();
        let folders =
            cleaned_by_default(&["isos/".into(), "artifacts/".into(), "metadata/".into(), String::new()]);
        assert_eq!(folders, ["artifacts/"]);
        assert_eq!(take_old(&mut contents, &folders, limit), ["artifacts/old"]);
        assert_eq!(contents.len(), 3);
    }
}
