//! Which seeds of which environment are asked for.
use crate::{Name, Place};
use std::path::PathBuf;

/// The key of `provisioner.json` among the outputs.
pub(super) const KEY: &str = "provisioner";

/// Which seeds of which environment.
#[derive(Debug, Clone)]
pub struct SeedRequest {
    /// Where the outputs are.
    pub place: Place,
    /// The root of the repository: images are in it.
    pub root: PathBuf,
    /// The role, as `provisioner.json` names it.
    pub role: Name,
    /// The hosts that get an image each; none: one image without a host name.
    pub hosts: Vec<String>,
    /// The folder for which `~` stands.
    pub home: Option<PathBuf>,
    /// The bucket that the images have been uploaded to, to be noted in their record.
    pub uploaded_to: Option<String>,
}

impl SeedRequest {
    /// The record of the role's images, among the outputs.
    pub fn metadata_path(&self) -> PathBuf {
        self.place.folder().join(KEY).join(format!("{}.json", self.role))
    }
}
