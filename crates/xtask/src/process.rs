//! Runs other programs: with their output on the terminal, or captured.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// Runs a program with its output on the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|source| not_started(command, source))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed { command: line(command), status, output: String::new() })
}

/// Runs a program silently and returns its stdout; shows both outputs if it fails.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let done = command.stdin(Stdio::null()).output().map_err(|source| not_started(command, source))?;
    let stdout = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() {
        return Ok(stdout);
    }
    let output = stdout + &String::from_utf8_lossy(&done.stderr);
    Err(Error::Failed { command: line(command), status: done.status, output })
}

/// The command as it could be typed, without its environment.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn not_started(command: &Command, source: std::io::Error) -> Error {
    Error::Start { program: command.get_program().to_string_lossy().into_owned(), source }
}

/// The program of this name, if it is installed.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder: PathBuf| folder.join(name))
        .find(|file: &PathBuf| Path::is_file(file))
}
