//! The files that a package gives to an environment, each with the name that it gets among the outputs. Nothing outside the package's folder is
//! ever among them, whatever links there are in it.
use crate::{Environment, Name, Package, PackageFile, Problem};
use hardened_host::{Contained, ContainedError, ContainedFault, ContainedFolder, SystemFault};
use std::{
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// The files of an environment. They were looked at, but not read.
#[derive(Debug)]
pub struct Sources {
    /// That of the package.
    folder: ContainedFolder,
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
    /// From the package's folder; there may be links on the way.
    pub(crate) path: PathBuf,
    pub(crate) is_executable: bool,
}

impl Sources {
    /// Looks for all files of this environment. All problems are returned, not only the first one.
    pub fn of(package: &Package, environment: &Environment) -> Result<Self, Vec<Problem>> {
        let folder = ContainedFolder::open(&package.folder).map_err(|e| {
            let fault = SystemFault::of(&e);
            let message =
                format!("The package {} can't be read: {}. {}.", package.id, fault.cause(), fault.remedy());
            vec![Problem::of_file(&package.folder, message)]
        })?;
        let index =
            package.environments.iter().position(|it| it.name == environment.name).unwrap_or_default();
        let mut sources = Sources { folder, outputs: vec![], files: BTreeMap::new() };
        let mut problems = vec![];
        for file in &environment.files {
            if let Err(message) = sources.add(package, environment, file) {
                let path = format!("environments[{index}].files.{}", file.key);
                problems.push(Problem {
                    file: package.folder.join("package.json"),
                    line: package.lines.line(&path),
                    path,
                    message,
                });
            }
        }
        if problems.is_empty() { Ok(sources) } else { Err(problems) }
    }

    /// Opens one of the files.
    pub(crate) fn open(&self, file: &SourceFile) -> io::Result<File> {
        match self.folder.find(&file.path) {
            Ok(Contained::File(found)) => Ok(found.file),
            Ok(Contained::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            Err(e) => Err(io::Error::other(e)),
        }
    }

    /// Adds this file, or all files of this folder. The error is a sentence and its remedy.
    fn add(
        &mut self,
        package: &Package,
        environment: &Environment,
        file: &PackageFile,
    ) -> Result<(), String> {
        let failed = |e: &ContainedError| {
            format!("{} of {} in {}: {e}. {}.", file.key, environment.name, package.id, remedy(&e.what))
        };
        let (mut is_folder, mut found, mut unnamed) = (false, vec![], None);
        self.folder
            .walk(Path::new(&file.path), &mut |within, contained| {
                let is_itself = within.as_os_str().is_empty();
                match (contained, within.to_str()) {
                    (Contained::Folder, _) => is_folder |= is_itself,
                    (Contained::File(contained), Some(name)) => {
                        let path = if is_itself {
                            file.path.as_str().into()
                        } else {
                            Path::new(&file.path).join(within)
                        };
                        let source = SourceFile { path, is_executable: contained.is_executable };
                        found.push((name.to_owned(), source));
                    }
                    (Contained::File(_), None) => unnamed = Some(within.to_owned()),
                }
                Ok::<_, ContainedError>(())
            })
            .map_err(|e| failed(&e))?;
        if let Some(path) = unnamed {
            return Err(format!(
                "{} of {}: the name {} is not UTF-8. Rename the file.",
                file.key,
                environment.name,
                path.display()
            ));
        }
        let name = file.output_name(is_folder);
        if let Some(why) = PackageFile::reserved(&name) {
            return Err(format!(
                "The key {} of {} can't be used for {}: {why}. Use another key.",
                file.key, environment.name, file.path
            ));
        }
        // Others split lists of paths at commas, spaces and line breaks.
        if !name.bytes().all(Name::may_contain) {
            return Err(format!(
                "{} of {}: the ending of {:?} can't be part of a name: letters, digits, `_` and `-`. Rename the file.",
                file.key, environment.name, file.path
            ));
        }
        if let Some(other) = self.outputs.iter().find(|other| other.name == name) {
            return Err(format!(
                "The keys {} and {} of {} would have the same output, {name}. Rename one of them.",
                other.key, file.key, environment.name
            ));
        }
        for (within, source) in found {
            let whole = if within.is_empty() { name.clone() } else { format!("{name}/{within}") };
            self.files.insert(whole, source);
        }
        self.outputs.push(Output { key: file.key.to_string(), name, is_folder });
        Ok(())
    }
}

fn remedy(what: &ContainedFault) -> &'static str {
    match what {
        ContainedFault::Missing => "Add it, or correct the path in package.json",
        ContainedFault::LeadsOut => {
            "Replace the link with its target; a package contains everything that it uses"
        }
        ContainedFault::Loop => "Remove the link",
        ContainedFault::Special(_) => "Remove it, or move it out of the package",
        ContainedFault::System(fault) => fault.remedy(),
        _ => "Name only what the environment needs",
    }
}

#[cfg(test)]
mod tests;
