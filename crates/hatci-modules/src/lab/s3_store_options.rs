//! What `s3_artifact_store` takes and returns.
use super::{phases::Phases, s3_connection::S3Connection};
use ansible_module::{Choices, Failure, Options, Results};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Set up the buckets for a bench's images and artifacts
///
/// The private bucket holds everything; the public one holds what everybody may read. Other statements in the policy of the public bucket
/// are left alone, and so are all objects, unless `keep_days` is set.
///
/// # Notes
///
/// - With `state=absent` the buckets are deleted with their folders, index and old versions, but only if nothing else is in them. The
///   number of old versions is among the actions, also in check mode.
#[derive(Options)]
pub struct StoreOptions {
    /// The bucket for everything.
    pub(crate) private_bucket: String,
    /// The bucket for what everybody may read. By default, there is none.
    pub(crate) public_bucket: Option<String>,
    /// Whether the private bucket keeps replaced and deleted objects.
    #[option(default = true)]
    pub(crate) versioning: bool,
    /// The folders of the private bucket.
    #[option(default = ["isos/", "binaries/", "artifacts/"])]
    pub(crate) private_folders: Vec<String>,
    /// The folders of the public bucket.
    #[option(default = ["isos/4.16/", "isos/4.17/", "isos/4.18/", "isos/stable/"])]
    pub(crate) public_folders: Vec<String>,
    /// What everybody may read in the public bucket: all objects whose key begins with this.
    #[option(default = "isos/")]
    pub(crate) public_prefix: String,
    /// Whether to keep `metadata/index.json` in the private bucket, which lists its objects with their metadata.
    #[option(default = false)]
    pub(crate) index: bool,
    /// Delete objects of the private bucket that were written more than this many days ago. By default, nothing is deleted.
    pub(crate) keep_days: Option<u32>,
    /// The folders that `keep_days` applies to. Defaults to `private_folders` without `isos/`, which must be named to be cleaned up.
    pub(crate) cleanup_folders: Option<Vec<String>>,
    /// Whether the buckets should exist.
    #[option(default = StoreState::Present)]
    pub(crate) state: StoreState,
    #[option(flatten)]
    pub(crate) connection: S3Connection,
}

#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum StoreState {
    /// They are there, set up as described.
    Present,
    /// They are not there.
    Absent,
}

/// What `s3_artifact_store` returns.
#[derive(Results, Default)]
pub struct StoreResults {
    /// The buckets, as `private` and `public`: name, whether they exist, are versioned, and their folders.
    #[result(
        returned = "always",
        sample = { "private": { "name": "lab-private", "exists": true, "versioning": true, "folders": ["isos/"] } }
    )]
    pub(crate) buckets: Option<Map<String, Value>>,
    /// The policy of the public bucket.
    #[result(returned = "when there is a public bucket")]
    pub(crate) policy: Option<Value>,
    /// How many objects the index lists.
    #[result(returned = "when `index` is set", sample = 12)]
    pub(crate) index_entries: Option<u64>,
    /// The keys of the deleted objects.
    #[result(returned = "with `state=present`", sample = ["artifacts/log/20250102030405_1"])]
    pub(crate) deleted: Option<Vec<String>>,
    #[result(flatten)]
    pub(crate) phases: Phases,
}

impl StoreOptions {
    /// Refuses what can't work, and brings folders into the form of keys.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        if self.public_bucket.as_ref() == Some(&self.private_bucket) {
            return Err(Failure::invalid(
                "private_bucket and public_bucket are the same. Give the public one another name.",
            ));
        }
        if self.keep_days == Some(0) {
            return Err(Failure::invalid(
                "keep_days is 0, which would delete everything. Give at least 1, or leave it out.",
            ));
        }
        // A policy takes these for wildcards and variables, and there is no way to write them otherwise.
        if self.public_prefix.contains(['*', '?', '$']) {
            return Err(Failure::invalid(format!(
                "public_prefix {:?} contains a character that would also make other objects public. Use one without *, ? and $.",
                self.public_prefix
            )));
        }
        let all = [&mut self.private_folders, &mut self.public_folders];
        for folders in all.into_iter().chain(self.cleanup_folders.as_mut()) {
            let mut seen = BTreeSet::new();
            let given = std::mem::take(folders);
            let keys = given.iter().map(|it| as_folder(it)).collect::<Result<Vec<_>, _>>()?;
            folders.extend(keys.into_iter().filter(|key| seen.insert(key.clone())));
        }
        Ok(())
    }
}

/// A folder as the beginning of keys: with a slash at its end and none at its start.
fn as_folder(given: &str) -> Result<String, Failure> {
    let folder = given.trim_matches('/');
    if folder.is_empty() || folder.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(Failure::invalid(format!(
            "{given:?} is not a folder of a bucket. Write it like isos/ or isos/4.18/."
        )));
    }
    Ok(format!("{folder}/"))
}
