//! Paths in the source tree and under `target/`.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use fs_err as fs;

use crate::error::Result;

/// The version of the workspace and the collection.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The top of the source tree: the one that cargo runs us from, else the one we were built in.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&here).ancestors().nth(2).expect("this crate lies in crates/xtask").to_path_buf()
    });
    &ROOT
}

/// A path below `target/`, where all generated files go, regardless of `CARGO_TARGET_DIR`.
pub(crate) fn target(path: &str) -> PathBuf {
    root().join("target").join(path)
}

/// Waits until no other `cargo xtask` holds this lock, then holds it until dropped.
pub(crate) fn lock(path: &Path) -> Result<fs::File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = fs::File::create(path)?;
    file.file().lock()?;
    Ok(file)
}
