//! The installed `jmp`: its location and its drivers.
use crate::Error;
use hardened_host::{Ending, Launch, read_named_file};
use std::{
    env,
    ffi::OsString,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

const NAME: &str = "jmp";
/// Prints those of its arguments, class names, whose modules can't be found. It runs no code of theirs, not even of the packages
/// that contain them: starting an exporter may do that, writing its configuration may not.
const PRINT_MISSING: &str = "
import site, sys
folders, names = sys.argv[1].split(':'), sys.argv[2:]
sys.path.extend(filter(None, folders))
if sys.prefix == sys.base_prefix:
    sys.path.append(site.getusersitepackages())

def spec(name, path):
    for finder in sys.meta_path:
        found = getattr(finder, 'find_spec', lambda *_: None)(name, path)
        if found:
            return found

for name in names:
    parts, path, known = name.split('.')[:-1], None, ''
    for part in parts:
        known = (known + '.' + part).lstrip('.')
        found = spec(known, path)
        if not found:
            break
        path = found.submodule_search_locations
        if path is None and known != '.'.join(parts):
            found = None
            break
    if not parts or not found:
        print(name)
";
/// Python may take this long on a busy machine with a cold disk.
const PATIENCE: Duration = Duration::from_secs(20);
/// What other programs of the user log in with, which is none of a device's business.
const OF_OTHERS: [&str; 4] = ["HATCI_TOKEN", "ARA_API_TOKEN", "ARA_API_USERNAME", "ARA_API_PASSWORD"];
/// The names of all drivers together are shorter.
const MOST: usize = 1 << 20;

/// An installed `jmp`.
#[derive(Debug, Clone)]
pub struct JmpProgram {
    path: PathBuf,
}

impl JmpProgram {
    /// The first one on PATH. Relative folders are skipped: anybody may have put something there.
    pub fn find() -> Result<Self, Error> {
        let is_program = |path: &PathBuf| {
            path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        let found = absolute_folders("PATH").map(|folder| folder.join(NAME)).find(is_program);
        found.map(|path| JmpProgram { path }).ok_or_else(|| Error::Program { program: NAME.into() })
    }

    /// Launches `jmp`. It can find `j` too, although it does not put its own folder on PATH.
    pub(crate) fn launch(&self) -> Launch {
        let beside = self.path.parent().map(Path::to_owned);
        // `jmp` may be a symbolic link to the folder with it and `j`.
        let really_beside = self.path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
        let mut launch = Launch::new(&self.path).with_environment().without_env(&OF_OTHERS);
        let folders = beside.into_iter().chain(really_beside).chain(absolute_folders("PATH"));
        launch = launch.env("PATH", joined(folders));
        if env::var_os("PYTHONPATH").is_some() {
            launch = launch.env("PYTHONPATH", joined(absolute_folders("PYTHONPATH")));
        }
        launch
    }

    /// The driver classes whose modules this `jmp` can't find; none if that can't be determined.
    pub fn missing_drivers(&self, classes: &[String]) -> Vec<String> {
        let Some(python) = self.python() else { return vec![] };
        let folders = absolute_folders("PYTHONPATH").map(|folder| folder.to_string_lossy().into_owned());
        let folders: Vec<String> = folders.collect();
        let mut launch = Launch::isolated_python(python, PRINT_MISSING).quiet();
        if let Some(home) = env::var_os("HOME") {
            launch = launch.env("HOME", home);
        }
        let Ok(child) = launch.arg(folders.join(":")).args(classes).start() else { return vec![] };
        match child.finish(PATIENCE, MOST) {
            (Ending::Exited(0), output) => {
                let printed = String::from_utf8_lossy(&output).into_owned();
                let is_one = |line: &&String| printed.lines().any(|printed| printed == *line);
                classes.iter().filter(is_one).cloned().collect()
            }
            _ => vec![],
        }
    }

    /// The interpreter in the script's first line.
    fn python(&self) -> Option<PathBuf> {
        const LARGEST: u64 = 1 << 20;
        let script = read_named_file(&self.path, LARGEST).ok()?;
        let first_line = script.split(|byte| *byte == b'\n').next()?;
        let path = PathBuf::from(String::from_utf8_lossy(first_line).strip_prefix("#!")?.trim());
        path.is_absolute().then_some(path)
    }
}

/// The absolute folders in a variable such as PATH.
fn absolute_folders(variable: &str) -> impl Iterator<Item = PathBuf> {
    let folders: Vec<PathBuf> =
        env::var_os(variable).map(|value| env::split_paths(&value).collect()).unwrap_or_default();
    folders.into_iter().filter(|folder| folder.is_absolute())
}

fn joined(folders: impl Iterator<Item = PathBuf>) -> OsString {
    // It can't fail for folders from such a variable, or next to a file that was found there.
    env::join_paths(folders).unwrap_or_default()
}
