//! Virtual environments: `.venv/NAME`, created from `tests/requirements/NAME.txt` and recreated when that file changes.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;

use crate::error::{Error, Result};
use crate::process;
use crate::tree;

/// The ansible-core that builds the archive and runs the demo.
pub(crate) const CORE_2_19: &str = "core-2.19";
/// The newest released ansible-core.
pub(crate) const CORE_2_21: &str = "core-2.21";
/// ansible-lint and the other linters.
pub(crate) const CHECKERS: &str = "checkers";
/// A real ARA server, and an ansible-core with ARA's own callback.
pub(crate) const ARA: &str = "ara";
/// What judges reports, and drives a browser.
pub(crate) const REPORTS: &str = "reports";
/// What sets up and runs jobs as the Automation Platform does.
pub(crate) const AAP: &str = "aap";
/// Ansible Galaxy's own check of an archive.
pub(crate) const IMPORTER: &str = "importer";
/// A real S3.
pub(crate) const MOTO: &str = "moto";
/// The real `jmp`.
pub(crate) const JUMPSTARTER: &str = "jumpstarter";

/// An installed interpreter.
#[derive(Debug, PartialEq)]
pub(crate) struct Python {
    pub(crate) path: PathBuf,
    /// Such as "3.11".
    pub(crate) version: String,
}

/// Creates several environments, two at a time: pip waits for the network as much as it computes.
pub(crate) fn make_all(names: &[&str]) -> Result<()> {
    for pair in names.chunks(2) {
        std::thread::scope(|scope| {
            let running: Vec<_> = pair.iter().map(|name| scope.spawn(|| make(name))).collect();
            running.into_iter().try_for_each(|one| {
                one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).map(drop)
            })
        })?;
    }
    Ok(())
}

/// Creates the environment unless it exists, and returns its folder.
pub(crate) fn make(name: &str) -> Result<PathBuf> {
    let venv = folder(name);
    let requirements = requirements(name);
    // The folder is part of the stamp because scripts in an environment contain its path: it can't be moved.
    let wanted = format!("{}\n{}", venv.display(), fs::read_to_string(&requirements)?);
    let stamp = venv.join("made-from.txt");
    let _lock = tree::lock(&venv.with_file_name(format!("{name}.lock")))?;
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(venv);
    }

    let python = python(name)?.path;
    println!("Making .venv/{name} with {}", python.display());
    if venv.exists() {
        fs::remove_dir_all(&venv)?;
    }
    process::output_of(Command::new(python).args(["-m", "venv"]).arg(&venv))?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"];
    process::output_of(Command::new(venv.join("bin/python")).args(pip).arg(&requirements))?;
    fs::write(&stamp, wanted)?;
    Ok(venv)
}

/// The folder of the environment of this name, whether it exists or not.
pub(crate) fn folder(name: &str) -> PathBuf {
    tree::root().join(".venv").join(name)
}

/// The interpreter for the environment: the first installed one that its requirements file names.
pub(crate) fn python(name: &str) -> Result<Python> {
    let file = requirements(name);
    let text = fs::read_to_string(&file)?;
    let wanted = text
        .lines()
        .find_map(|line| line.strip_prefix("# Python: "))
        .ok_or_else(|| Error::Tree(format!("{} lacks its line `# Python: 3.11 ...`", file.display())))?;
    let found = wanted.split_whitespace().find_map(interpreter);
    found.ok_or_else(|| Error::NoPython {
        file,
        wanted: wanted.split_whitespace().collect::<Vec<_>>().join(" or "),
    })
}

/// The version of a package in the environment.
pub(crate) fn pinned(name: &str, package: &str) -> Result<String> {
    let file = requirements(name);
    let text = fs::read_to_string(&file)?;
    let version = text.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
    version
        .map(str::to_owned)
        .ok_or_else(|| Error::Tree(format!("{} does not pin {package}", file.display())))
}

fn requirements(name: &str) -> PathBuf {
    tree::root().join("tests/requirements").join(format!("{name}.txt"))
}

/// A complete Python of this version ("3.11"): that of the system, which is built with all optimisations, or on PATH, or installed by
/// pyenv, which leaves those out.
fn interpreter(version: &str) -> Option<Python> {
    let usual = [format!("/usr/bin/python{version}"), format!("python{version}"), "python3".to_string()]
        .map(PathBuf::from);
    usual.into_iter().chain(pyenv(version)).find_map(|candidate| complete(&candidate, version))
}

/// The interpreter by its real path, if it has this version and can create environments.
///
/// Only starting it is a reliable test: pyenv's shims exist for versions that they then refuse to run, and Debian
/// ships a Python without `ensurepip`.
fn complete(python: &Path, version: &str) -> Option<Python> {
    let probe = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2]); print(sys.executable)";
    let answer = process::output_of(Command::new(python).args(["-c", probe])).ok()?;
    let (found, path) = answer.trim_end().split_once('\n')?;
    (found == version).then(|| Python { path: path.into(), version: found.to_string() })
}

fn pyenv(version: &str) -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv"));
    let Some(pyenv) = env::var_os("PYENV_ROOT").map(PathBuf::from).or(home) else { return Vec::new() };
    let Ok(versions) = fs::read_dir(pyenv.join("versions")) else { return Vec::new() };
    let ours = format!("{version}.");
    let folders = versions.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(&ours));
    folders.map(|entry| entry.path().join("bin/python3")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_of_another_version_is_not_taken() {
        let python = python(CORE_2_19).expect("the tests need a Python");
        assert_eq!(complete(&python.path, "2.7"), None);
    }

    #[test]
    fn every_requirements_file_pins_every_package() {
        for entry in fs::read_dir(tree::root().join("tests/requirements")).expect("the folder is there") {
            let path = entry.expect("it can be listed").path();
            let text = fs::read_to_string(&path).expect("it can be read");
            let loose: Vec<_> =
                text.lines().filter(|line| !line.starts_with('#') && !line.contains("==")).collect();
            assert!(loose.is_empty(), "{}: {loose:?}", path.display());
        }
    }
}
