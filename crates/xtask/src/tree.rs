//! Where things lie in the source tree and under `target/`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// The cargo that runs us, in the source tree, building into `target/`.
///
/// What `cargo run` tells us about this crate is taken away again: build scripts that watch those variables
/// (ring's) would else run anew each time cargo is called from here and from a shell in turn.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo.current_dir(root()).env("CARGO_TARGET_DIR", root().join("target"));
    cargo
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
