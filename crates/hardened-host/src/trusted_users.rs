//! The users whose files and folders are as good as our own.
use rustix::process::geteuid;
use std::{os::unix::fs::MetadataExt, path::Path};

/// This user, root, and who owns `/`: nothing is safe from that user.
pub(crate) fn trusted_users() -> Vec<u32> {
    let of_everything = Path::new("/").metadata().ok().map(|root| root.uid());
    [geteuid().as_raw(), 0].into_iter().chain(of_everything).collect()
}

/// Whether what belongs to this user is as good as our own.
pub(crate) fn is_trusted(owner: u32) -> bool {
    trusted_users().contains(&owner)
}
