//! Finds the programs that the installer calls.
use std::{env, os::unix::fs::PermissionsExt, path::PathBuf};

/// The first program of this name in the absolute folders of PATH; anybody may have put something into a relative one.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    folders().map(|folder| folder.join(name)).find(is_program)
}

pub(crate) fn is_on_path(name: &str) -> bool {
    find(name).is_some()
}

/// The absolute folders of PATH.
pub(crate) fn folders() -> impl Iterator<Item = PathBuf> {
    let folders: Vec<PathBuf> =
        env::var_os("PATH").map(|value| env::split_paths(&value).collect()).unwrap_or_default();
    folders.into_iter().filter(|folder| folder.is_absolute())
}
