//! Seed images: small volumes from which cloud-init configures a machine at its first boot (the data source `NoCloud`).
//!
//! A role of `provisioner.json` has one image without a host name, or one image for each of its hosts. The same configuration gives the same
//! bytes.
mod cloud_config;
mod fat12;
mod host_name;
mod image;
mod images;
mod provisioner;
mod public_key;
mod record;
mod removal;
mod request;

pub use image::Image;
pub use images::{SeedPlan, build_seeds, plan_seeds};
pub use removal::remove_seeds;
pub use request::SeedRequest;

/// Why there is no seed: sentences.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SeedError(pub String);

impl From<crate::OutputsError> for SeedError {
    fn from(error: crate::OutputsError) -> Self {
        SeedError(error.to_string())
    }
}
