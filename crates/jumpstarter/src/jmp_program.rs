//! The installed `jmp`: where it is, and which drivers it has.
use crate::Error;
use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const NAME: &str = "jmp";
/// Prints those of its arguments that are no classes which can be imported.
const PRINT_MISSING: &str = "
import importlib, sys
for name in sys.argv[1:]:
    module, _, attribute = name.rpartition('.')
    try:
        getattr(importlib.import_module(module), attribute)
    except Exception:
        print(name)
";

/// An installed `jmp`.
#[derive(Debug, Clone)]
pub struct JmpProgram {
    path: PathBuf,
}

impl JmpProgram {
    /// The first one on PATH.
    pub fn find() -> Result<Self, Error> {
        let path = env::var_os("PATH").unwrap_or_default();
        let is_program = |path: &PathBuf| {
            path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        let found = env::split_paths(&path).map(|directory| directory.join(NAME)).find(is_program);
        found
            .map(|path| JmpProgram { path })
            .ok_or_else(|| Error::Program { program: NAME.into(), why: "it is not on PATH".into() })
    }

    /// A command that finds `j` too, although `jmp` does not put its own directory on PATH.
    pub(crate) fn command(&self) -> Command {
        let beside = self.path.parent().map(Path::to_owned);
        // `jmp` may be a link to where it and `j` really are.
        let really_beside = self.path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
        let path = env::var_os("PATH").unwrap_or_default();
        let directories = beside.into_iter().chain(really_beside).chain(env::split_paths(&path));
        let mut command = Command::new(&self.path);
        // It can't fail for directories that were on PATH; should it, PATH stays as it is.
        command.env("PATH", env::join_paths(directories).unwrap_or(path));
        command
    }

    /// Those of the driver classes that this `jmp` could not load; none if that can't be found out.
    pub fn missing_drivers(&self, classes: &[String]) -> Vec<String> {
        let Some(python) = self.python() else { return vec![] };
        let output = Command::new(python)
            .args(["-c", PRINT_MISSING])
            .args(classes)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        match output {
            Ok(output) if output.status.success() => {
                String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
            }
            _ => vec![],
        }
    }

    /// The interpreter that the script names in its first line.
    fn python(&self) -> Option<OsString> {
        let mut first_line = String::new();
        let script = std::fs::File::open(&self.path).ok()?;
        BufReader::new(script).read_line(&mut first_line).ok()?;
        Some(first_line.strip_prefix("#!")?.trim().into())
    }
}
