//! What is kept: buckets with their objects and uploads.
use std::collections::BTreeMap;

/// One bucket.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// By key.
    pub objects: BTreeMap<String, Object>,
    /// `Enabled` or `Suspended`; empty if it never kept versions.
    pub versioning: String,
    /// As it was sent.
    pub policy: Option<String>,
    /// Whether public policies are refused, as AWS does for new buckets.
    pub blocks_public: bool,
    /// What must be deleted before the bucket can be: versions that no key shows any more.
    pub(super) old_versions: Vec<(String, Object)>,
    pub(super) uploads: BTreeMap<String, Upload>,
}

impl Bucket {
    /// Deletes an object; its version stays where versions are kept.
    pub(super) fn hide(&mut self, key: &str) {
        if let Some(object) = self.objects.remove(key)
            && self.versioning == "Enabled"
        {
            self.old_versions.push((key.to_owned(), object));
        }
    }
}

/// One object.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Without quotes.
    pub etag: String,
    /// Names in lower case.
    pub metadata: Vec<(String, String)>,
    /// As ISO 8601.
    pub modified: String,
    /// The server's name for this version.
    pub version: String,
}

/// One upload that is neither completed nor aborted.
#[derive(Clone, Debug, Default)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) metadata: Vec<(String, String)>,
    pub(super) parts: BTreeMap<u32, (Vec<u8>, String)>,
}
