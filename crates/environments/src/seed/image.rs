//! A seed image.
use std::path::PathBuf;

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
    /// In bytes.
    pub size: u64,
    /// The host it is for; none: any host of the role.
    pub host: Option<String>,
    /// Its key in a bucket.
    pub object_key: String,
}
