//! The installed `jmp`: where it is, and which drivers it has.
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
/// Prints those of its arguments, the names of classes, whose modules nobody can find. Nothing of them is run, not even the packages
/// that they are in: whoever starts an exporter may do that, not whoever writes its configuration.
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
/// Python needs so long even on a busy machine with a cold disk.
const PATIENCE: Duration = Duration::from_secs(20);
/// The names of drivers are shorter, all together.
const MOST: usize = 1 << 20;

/// An installed `jmp`.
#[derive(Debug, Clone)]
pub struct JmpProgram {
    path: PathBuf,
}

impl JmpProgram {
    /// The first one on PATH. Folders that depend on the working folder are passed over: anybody may have put something there.
    pub fn find() -> Result<Self, Error> {
        let is_program = |path: &PathBuf| {
            path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        let found = absolute_folders("PATH").map(|folder| folder.join(NAME)).find(is_program);
        found.map(|path| JmpProgram { path }).ok_or_else(|| Error::Program { program: NAME.into() })
    }

    /// `jmp`, which finds `j` too, although it does not put its own folder on PATH.
    pub(crate) fn launch(&self) -> Launch {
        let beside = self.path.parent().map(Path::to_owned);
        // `jmp` may be a link to where it and `j` really are.
        let really_beside = self.path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
        let mut launch = Launch::new(&self.path).with_environment();
        let folders = beside.into_iter().chain(really_beside).chain(absolute_folders("PATH"));
        launch = launch.env("PATH", joined(folders));
        if env::var_os("PYTHONPATH").is_some() {
            launch = launch.env("PYTHONPATH", joined(absolute_folders("PYTHONPATH")));
        }
        launch
    }

    /// Those of the driver classes whose modules this `jmp` could not find; none if that can't be found out.
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

    /// The interpreter that the script names in its first line.
    fn python(&self) -> Option<PathBuf> {
        const LARGEST: u64 = 1 << 20;
        let script = read_named_file(&self.path, LARGEST).ok()?;
        let first_line = script.split(|byte| *byte == b'\n').next()?;
        let path = PathBuf::from(String::from_utf8_lossy(first_line).strip_prefix("#!")?.trim());
        path.is_absolute().then_some(path)
    }
}

/// The folders that a variable such as PATH names, but those that depend on the working folder.
fn absolute_folders(variable: &str) -> impl Iterator<Item = PathBuf> {
    let folders: Vec<PathBuf> =
        env::var_os(variable).map(|value| env::split_paths(&value).collect()).unwrap_or_default();
    folders.into_iter().filter(|folder| folder.is_absolute())
}

fn joined(folders: impl Iterator<Item = PathBuf>) -> OsString {
    // It can't fail for folders that came out of such a variable, or are beside a file that was found there.
    env::join_paths(folders).unwrap_or_default()
}
