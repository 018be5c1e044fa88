//! What the server knows at a moment: buckets, the requests so far, and what is to go wrong.
use super::{
    faults::Fault,
    store::{Bucket, Object, Upload},
};
use std::collections::BTreeMap;

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `GET`, `PUT`, …
    pub method: String,
    /// Path and query, percent-encoded.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The length of the body in bytes.
    pub length: usize,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) buckets: BTreeMap<String, Bucket>,
    /// Counts versions and uploads.
    pub(super) versions: usize,
    pub(super) faults: Vec<Fault>,
    pub(super) seen: Vec<Seen>,
}

impl State {
    pub(super) fn object(&self, bucket: &str, key: &str) -> Option<&Object> {
        self.buckets.get(bucket)?.objects.get(key)
    }

    pub(super) fn upload(&self, bucket: &str, id: &str) -> Option<&Upload> {
        self.buckets.get(bucket)?.uploads.get(id)
    }

    pub(super) fn upload_mut(&mut self, bucket: &str, id: &str) -> Option<&mut Upload> {
        self.buckets.get_mut(bucket)?.uploads.get_mut(id)
    }
}
