//! Where things lie in the source tree and under `target/`.

use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::error::Result;

/// The version of the workspace, which is also the collection's.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The top of the source tree.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate lies in crates/xtask")
}

/// A path below `target/`, where everything that is made here goes, whatever `CARGO_TARGET_DIR` says.
pub(crate) fn target(path: &str) -> PathBuf {
    root().join("target").join(path)
}

/// Waits until no other `cargo xtask` holds the lock of this name, then holds it until dropped.
pub(crate) fn lock(path: &Path) -> Result<fs::File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = fs::File::create(path)?;
    file.file().lock()?;
    Ok(file)
}
