//! What `s3_artifact` takes and returns.
use super::{phases::Phases, s3_connection::S3Connection};
use ansible_module::{Choices, Options, Results};
use serde_json::Value;
use std::path::PathBuf;

/// Upload a file to S3, and publish it
///
/// The object is recognised by its size and the SHA-256 in its metadata, so an unchanged file is not uploaded twice. A large file is
/// uploaded in parts; after an interruption the next run sends only the missing ones. Publishing copies the object within the server.
///
/// # Notes
///
/// - An upload that is never finished keeps its parts on the server. `state=absent` removes them; a lifecycle rule of the bucket
///   (`AbortIncompleteMultipartUpload`) does so automatically.
/// - If `src` does not exist yet in check mode, the task predicts an upload.
#[derive(Options)]
#[options(required_if(state = ArtifactState::Present, all(src)))]
pub struct ArtifactOptions {
    /// The bucket.
    pub(crate) bucket: String,
    /// The key of the object.
    #[option(no_log = false)]
    pub(crate) key: String,
    /// The local file.
    pub(crate) src: Option<PathBuf>,
    /// Names and values to keep with the object. `sha256` is added.
    pub(crate) metadata: Option<serde_json::Map<String, Value>>,
    /// Where to copy the object for readers without credentials.
    pub(crate) publish: Option<Publish>,
    /// The base URL of `publish.bucket` for readers without credentials. Defaults to the endpoint and the name of the bucket.
    pub(crate) public_url: Option<String>,
    /// The size of one part, such as `16M`; 5 MiB to 5 GiB. A smaller file is sent in one piece.
    #[option(bytes, default = 16_777_216)]
    pub(crate) part_size: u64,
    /// Whether to continue an unfinished upload of the same file, and to keep the parts of one that fails.
    #[option(default = true)]
    pub(crate) resume: bool,
    /// Whether the object and its published copy should exist.
    #[option(default = ArtifactState::Present)]
    pub(crate) state: ArtifactState,
    #[option(flatten)]
    pub(crate) connection: S3Connection,
}

/// A copy.
#[derive(Options)]
pub(crate) struct Publish {
    /// The bucket.
    pub(crate) bucket: String,
    /// The key of the copy. Defaults to that of the object.
    #[option(no_log = false)]
    pub(crate) key: Option<String>,
}

#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum ArtifactState {
    /// It is there, with the content of `src`.
    Present,
    /// It is not there, and neither are unfinished uploads to its key.
    Absent,
}

/// What `s3_artifact` returns.
#[derive(Results, Default)]
pub struct ArtifactResults {
    /// The URL of the object.
    #[result(returned = "always", sample = "https://s3.example.com/lab-private/isos/agent.iso")]
    pub(crate) url: Option<String>,
    /// The SHA-256 of the file.
    #[result(
        returned = "when there is a file",
        sample = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )]
    pub(crate) sha256: Option<String>,
    /// The size of the file in bytes.
    #[result(returned = "when there is a file", sample = 1_207_959_552)]
    pub(crate) size: Option<u64>,
    /// The URL of the published copy.
    #[result(
        returned = "when `publish` is given",
        sample = "https://s3.example.com/lab-public/isos/4.18/agent.iso"
    )]
    pub(crate) published_url: Option<String>,
    /// Whether an unfinished upload was continued.
    #[result(returned = "with `state=present`", sample = false)]
    pub(crate) resumed: Option<bool>,
    #[result(flatten)]
    pub(crate) phases: Phases,
}
