//! Where the outputs of an environment are.
use crate::Name;
use hardened_host::OpenFolder;
use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf, absolute},
    rc::Rc,
};

/// The outputs of one environment.
#[derive(Debug, Clone)]
pub struct Place {
    /// The folder that holds one folder for each environment.
    pub(crate) outputs: PathBuf,
    pub(crate) environment: String,
    given: Vec<(&'static str, PathBuf)>,
    /// The folder `outputs` while it is written to, so that nobody who exchanges it leads us elsewhere.
    held: Option<Rc<OpenFolder>>,
}

impl Place {
    /// `outputs` is the folder that holds one folder for each environment, such as `ROOT/api/outputs`; it need not exist.
    pub fn new(outputs: &Path, environment: &Name) -> io::Result<Self> {
        Ok(Place {
            outputs: absolute(outputs)?,
            environment: environment.to_string(),
            given: vec![],
            held: None,
        })
    }

    /// The variable of the playbook by which it finds the same place, for its command; none is needed where it looks by itself.
    #[must_use]
    pub fn given(mut self, variable: &'static str, path: &Path) -> Self {
        self.given.push((variable, path.to_owned()));
        self
    }

    /// The environment.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// The folder of this environment.
    pub fn folder(&self) -> PathBuf {
        self.outputs.join(&self.environment)
    }

    /// Its metadata.json.
    pub fn metadata_path(&self) -> PathBuf {
        self.folder().join(super::METADATA)
    }

    /// The command that generates the outputs anew, for messages.
    pub fn command(&self, package: &str) -> String {
        let mut command = format!(
            "ansible-playbook hatci.automation.environment -e env={} -e config={package}",
            self.environment
        );
        for (variable, path) in &self.given {
            let path = path.to_string_lossy();
            let is_plain = path.bytes().all(|c| c == b'/' || Name::may_contain(c));
            let value = if is_plain {
                format!("{variable}={path}")
            } else {
                // For the shell, a quote ends the text, stands by itself, and the text goes on.
                format!("'{}'", serde_json::json!({ *variable: path }).to_string().replace('\'', "'\\''"))
            };
            command.push_str(" -e ");
            command.push_str(&value);
        }
        command
    }

    /// The same place, which from now on is the folder that has its name now; `open` opens it.
    pub(super) fn held(&self, open: fn(&Path) -> io::Result<OpenFolder>) -> io::Result<Self> {
        Ok(Place { held: Some(Rc::new(open(&self.outputs)?)), ..self.clone() })
    }

    /// Opens the folder of this environment.
    pub(super) fn open(&self) -> io::Result<OpenFolder> {
        match &self.held {
            Some(outputs) => outputs.within(OsStr::new(&self.environment)),
            None => OpenFolder::at(&self.folder()),
        }
    }

    /// The path of the folder `outputs` for what is done there; in messages it is [`shown`](Self::shown).
    pub(super) fn at_work(&self) -> PathBuf {
        self.held.as_ref().map_or_else(|| self.outputs.clone(), |outputs| outputs.by_descriptor())
    }

    /// The path of this environment's folder for what is done there.
    pub(super) fn folder_at_work(&self) -> PathBuf {
        self.at_work().join(&self.environment)
    }

    /// A path for what is done there as the user knows it.
    pub(super) fn shown(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.at_work()).map_or_else(|_| path.into(), |rest| self.outputs.join(rest))
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.at_work().join(format!(".{}.lock", self.environment))
    }

    /// Where this process makes the new folder.
    pub(super) fn staging(&self) -> PathBuf {
        self.at_work().join(format!(".{}.{}{NEW}", self.environment, std::process::id()))
    }

    /// Where this process puts the old folder.
    pub(super) fn aside(&self) -> PathBuf {
        self.at_work().join(format!(".{}.{}{OLD}", self.environment, std::process::id()))
    }

    /// Whether this is the name of a folder that a process of this environment has left: true for the old folder, false for the new one.
    pub(super) fn is_old_leftover(&self, name: &str) -> Option<bool> {
        let rest = name.strip_prefix('.')?.strip_prefix(&self.environment)?.strip_prefix('.')?;
        let (process, is_old) = match (rest.strip_suffix(OLD), rest.strip_suffix(NEW)) {
            (Some(process), _) => (process, true),
            (_, Some(process)) => (process, false),
            _ => return None,
        };
        let is_number = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(is_old)
    }
}

const NEW: &str = ".new";
const OLD: &str = ".old";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_finds_the_same_place_whatever_its_path_is() {
        let place = Place::new(Path::new("/o"), &Name::parse("dev").unwrap()).unwrap();
        let command =
            |path: &str| place.clone().given("environment_outputs", Path::new(path)).command("core");
        let start = "ansible-playbook hatci.automation.environment -e env=dev -e config=core -e ";
        assert_eq!(command("/o/x-1"), format!("{start}environment_outputs=/o/x-1"));
        assert_eq!(command("/o/a b"), format!("{start}'{{\"environment_outputs\":\"/o/a b\"}}'"));
        assert_eq!(command("/o'"), format!("{start}'{{\"environment_outputs\":\"/o'\\''\"}}'"));
    }

    #[test]
    fn only_leftovers_of_the_same_environment_are_taken_for_such() {
        let place = Place::new(Path::new("/o"), &Name::parse("dev").unwrap()).unwrap();
        for (name, expected) in [
            (".dev.17.new", Some(false)),
            (".dev.17.old", Some(true)),
            (".dev.lock", None),
            (".dev.1.2.new", None),
            (".dev..new", None),
            (".dev2.17.new", None),
            ("dev", None),
        ] {
            assert_eq!(place.is_old_leftover(name), expected, "{name}");
        }
    }
}
