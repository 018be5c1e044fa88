//! The files that a package gives to an environment, each with the name that it gets among the outputs. Nothing outside the package's folder is
//! ever among them, whatever links there are in it.
use crate::{Environment, Package, PackageFile, Problem};
use hardened_host::{EntryKind, OpenFolder, SystemFault};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

/// The most files of one environment; more are a mistake, such as a link to a cache.
const MOST_FILES: usize = 100_000;
/// Folders within each other.
const DEEPEST: usize = 64;

/// The files of an environment. They were looked at, but not read.
#[derive(Debug)]
pub struct Sources {
    /// The folder of the package.
    pub(crate) folder: OpenFolder,
    /// In the order of package.json.
    pub(crate) outputs: Vec<Output>,
    /// By their names among the outputs.
    pub(crate) files: BTreeMap<String, SourceFile>,
}

/// A file or folder among the outputs.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) is_folder: bool,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// From the package's folder, without links.
    pub(crate) path: PathBuf,
    pub(crate) is_executable: bool,
}

impl Sources {
    /// Looks for all files of this environment. All problems are returned, not only the first one.
    pub fn of(package: &Package, environment: &Environment) -> Result<Self, Vec<Problem>> {
        let manifest = package.folder.join("package.json");
        let opened = package.folder.canonicalize().and_then(|real| OpenFolder::at(&real));
        let folder = opened.map_err(|e| {
            vec![Problem::of_file(
                &package.folder,
                format!("The package can't be read: {}.", SystemFault::of(&e)),
            )]
        })?;
        let mut walk = Walk { folder: &folder, files: BTreeMap::new() };
        let (mut outputs, mut problems) = (Vec::<Output>::new(), vec![]);
        for file in &environment.files {
            match walk.output(file, &outputs) {
                Ok(output) => outputs.push(output),
                Err(why) => problems.push(Problem {
                    file: manifest.clone(),
                    line: None,
                    path: format!("environments.{}.files.{}", environment.name, file.key),
                    message: format!(
                        "{} of the environment {} can't be used: {why}.",
                        file.path, environment.name
                    ),
                }),
            }
        }
        let files = walk.files;
        if problems.is_empty() { Ok(Sources { folder, outputs, files }) } else { Err(problems) }
    }
}

struct Walk<'a> {
    folder: &'a OpenFolder,
    files: BTreeMap<String, SourceFile>,
}

impl Walk<'_> {
    /// Adds this file, or all files of this folder. The error is a clause.
    fn output(&mut self, file: &PackageFile, others: &[Output]) -> Result<Output, String> {
        let (path, kind) = self.real(Path::new(&file.path))?;
        let is_folder = kind == EntryKind::Folder;
        let name = file.output_name(is_folder);
        if let Some(why) = PackageFile::reserved(&name) {
            return Err(why);
        }
        if let Some(other) = others.iter().find(|other| other.name == name) {
            return Err(format!(
                "its output would be {name}, as that of {}; give one of them another key",
                other.key
            ));
        }
        self.add(name.clone(), path, kind, &mut vec![])?;
        Ok(Output { key: file.key.to_string(), name, is_folder })
    }

    fn add(
        &mut self,
        name: String,
        path: PathBuf,
        kind: EntryKind,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), String> {
        match kind {
            EntryKind::File { is_executable } => {
                self.files.insert(name, SourceFile { path, is_executable });
                let is_too_many = self.files.len() > MOST_FILES;
                if is_too_many { Err(format!("there are more than {MOST_FILES} files")) } else { Ok(()) }
            }
            EntryKind::Folder => {
                if above.iter().any(|folder| folder.starts_with(&path)) {
                    return Err(format!(
                        "{name} is a link to a folder that it lies in, so there is no end of it"
                    ));
                }
                if above.len() == DEEPEST {
                    return Err(format!("{name} is more than {DEEPEST} folders deep"));
                }
                let entries = self.folder.entries(&path).map_err(|e| unreadable(&path, &e))?;
                above.push(path.clone());
                for (entry, _) in entries {
                    let entry = entry
                        .to_str()
                        .ok_or_else(|| format!("{}: a name in it is not UTF-8", path.display()))?;
                    let (real, kind) = self.real(&path.join(entry))?;
                    self.add(format!("{name}/{entry}"), real, kind, above)?;
                }
                above.pop();
                Ok(())
            }
            EntryKind::Link | EntryKind::Other => Err(format!(
                "{} is neither a file nor a folder, but a pipe, a socket or a device",
                path.display()
            )),
        }
    }

    /// Where this path leads within the package, without links.
    fn real(&self, path: &Path) -> Result<(PathBuf, EntryKind), String> {
        let failed = |e: &io::Error| match e.kind() {
            io::ErrorKind::NotFound => format!("{} does not exist", path.display()),
            _ if e.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                format!("{} is a link that leads back to itself", path.display())
            }
            _ => unreadable(path, e),
        };
        let home = self.folder.path();
        let real = home.join(path).canonicalize().map_err(|e| failed(&e))?;
        let below = real.strip_prefix(home).map_err(|_| {
            format!("{} is a link that leads out of the package, to {}", path.display(), real.display())
        })?;
        if below.as_os_str().is_empty() {
            return Err(format!("{} is a link to the package itself", path.display()));
        }
        // Nothing is opened yet: opening a pipe would wait for its other end.
        let kind = self.folder.kind(below).map_err(|e| failed(&e))?;
        Ok((below.to_owned(), kind))
    }
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    let fault = SystemFault::of(error);
    format!("{} can't be read: {}", path.display(), fault.cause())
}

#[cfg(test)]
mod tests;
