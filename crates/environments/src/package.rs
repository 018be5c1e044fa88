//! A package: `config/packages/ID/package.json`, and what it gives to each environment.
use crate::{
    Name, PackageFile, Problem, Root, Version, json::read_json, name::listed, package_lines::Lines,
    problem::field,
};
use hardened_host::read_named_file;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A package, as its package.json describes it. Whether its files are there is not yet known.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its folder: `ROOT/config/packages/ID`.
    pub folder: PathBuf,
    /// Its id, which is the name of its folder.
    pub id: Name,
    /// Its version.
    pub version: Version,
    /// What it is for.
    pub description: Option<String>,
    /// In the order of package.json; at least one, and no name twice.
    pub environments: Vec<Environment>,
    /// Where in package.json something is.
    pub(crate) lines: Lines,
}

/// What a package gives to one environment.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its name, such as `development`.
    pub name: Name,
    /// In the order of package.json; at least one, and no key twice.
    pub files: Vec<PackageFile>,
}

/// The largest package.json, in bytes.
const LARGEST: u64 = 1 << 20;

impl Package {
    /// Reads the package.json of this package. All problems are returned, not only the first one.
    pub fn read(root: &Root, id: &Name) -> Result<Self, Vec<Problem>> {
        let folder = root.package_folder(id);
        let file = folder.join("package.json");
        let bytes = read_named_file(&file, LARGEST).map_err(|e| {
            let message = if e.is_not_found() {
                format!("There is no package {id}; {}.", known(root))
            } else {
                format!("The package {id} can't be read: {e}. Correct this file.")
            };
            vec![Problem::of_file(&file, message)]
        })?;
        Package::parse(&folder, id, &bytes)
    }

    /// The same for a package.json with this content, as an earlier commit has it.
    pub(crate) fn parse(folder: &Path, id: &Name, bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut reading =
            Reading { file: folder.join("package.json"), lines: Lines::of(bytes), problems: vec![] };
        let content = match read_json::<Value>(bytes) {
            Ok(Value::Object(content)) => content,
            Ok(_) => {
                reading.add("", "It must be a JSON object with id, version and environments.");
                return Err(reading.problems);
            }
            Err(e) => {
                let message = format!("It is not valid JSON: {}. Correct this line.", e.message);
                let mut problem = Problem::of_file(reading.file, message);
                problem.line = e.line;
                return Err(vec![problem]);
            }
        };
        let read = reading.package(folder, id, &content);
        match read {
            Some(package) if reading.problems.is_empty() => Ok(package),
            _ => Err(reading.problems),
        }
    }

    /// The environment of this name. The error is a sentence that names the environments there are.
    pub fn environment(&self, name: &str) -> Result<&Environment, String> {
        let found = self.environments.iter().find(|environment| environment.name.as_str() == name);
        found.ok_or_else(|| {
            let names = self.environments.iter().map(|environment| environment.name.to_string());
            format!("{} has no environment {name}; it has {}", self.id, listed(names))
        })
    }

    /// The ids of all packages of a repository, in alphabetical order: each folder below `config/packages` that does not begin with a dot.
    pub fn all(root: &Root) -> Result<Vec<Name>, Problem> {
        let folder = root.packages_folder();
        let failed = |e: &std::io::Error| {
            let fault = hardened_host::SystemFault::of(e);
            let message = format!("The packages can't be listed: {}. {}.", fault.cause(), fault.remedy());
            Problem::of_file(&folder, message)
        };
        let mut ids = vec![];
        for entry in folder.read_dir().map_err(|e| failed(&e))? {
            let entry = entry.map_err(|e| failed(&e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || !entry.path().is_dir() {
                continue;
            }
            let id = Name::parse(&name).map_err(|e| {
                Problem::of_file(
                    entry.path(),
                    format!("A package can't have this name: {e}. Rename its folder."),
                )
            })?;
            ids.push(id);
        }
        ids.sort();
        Ok(ids)
    }
}

/// Which packages there are, as a clause.
fn known(root: &Root) -> String {
    match Package::all(root) {
        Ok(ids) if ids.is_empty() => "there are no packages at all".into(),
        Ok(ids) => format!("there are {}", listed(ids.iter().map(Name::to_string))),
        Err(_) => "the folder of the packages can't be listed".into(),
    }
}

/// Reads one package.json, and collects what is wrong.
struct Reading {
    file: PathBuf,
    lines: Lines,
    problems: Vec<Problem>,
}

impl Reading {
    fn add(&mut self, path: &str, message: impl Into<String>) {
        let problem = Problem {
            file: self.file.clone(),
            line: self.lines.line(path),
            path: path.into(),
            message: message.into(),
        };
        self.problems.push(problem);
    }

    /// Notes the error, if there is one.
    fn keep<T>(&mut self, path: &str, result: Result<T, String>, remedy: &str) -> Option<T> {
        result.map_err(|e| self.add(path, format!("{}. {remedy}", sentence(&e)))).ok()
    }

    fn package(&mut self, folder: &Path, id: &Name, content: &Map<String, Value>) -> Option<Package> {
        let written = self.text(content, "", "id");
        let same_id = match written {
            Some(written) if written != id.as_str() => {
                self.add(
                    "id",
                    format!("The id is {written:?}, but the folder is named {id}. Make them the same."),
                );
                None
            }
            other => other,
        };
        let version = self
            .text(content, "", "version")
            .and_then(|text| self.keep("version", Version::parse(text), "Correct the version."));
        let description = match content.get("description") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => {
                self.add("description", format!("The description must be a text, not {}.", kind(other)));
                None
            }
        };
        let environments = self.environments(content.get("environments"));
        same_id?;
        Some(Package {
            folder: folder.into(),
            id: id.clone(),
            version: version?,
            description,
            environments: environments?,
            lines: self.lines.clone(),
        })
    }

    fn environments(&mut self, listed: Option<&Value>) -> Option<Vec<Environment>> {
        let listed = match listed {
            Some(Value::Array(listed)) if !listed.is_empty() => listed,
            None | Some(Value::Array(_)) => {
                self.add(
                    "environments",
                    "There is no environment. List at least one, with its name and files.",
                );
                return None;
            }
            Some(other) => {
                self.add("environments", format!("The environments must be a list, not {}.", kind(other)));
                return None;
            }
        };
        let mut all: Vec<Environment> = vec![];
        for (index, item) in listed.iter().enumerate() {
            let path = format!("environments[{index}]");
            let Value::Object(item) = item else {
                self.add(
                    &path,
                    format!("An environment must be an object with name and files, not {}.", kind(item)),
                );
                continue;
            };
            let name = self.text(item, &path, "name").and_then(|name| {
                self.keep(&format!("{path}.name"), Name::parse(name), "Rename the environment.")
            });
            let files = self.files(&path, name.as_ref(), item.get("files"));
            let (Some(name), Some(files)) = (name, files) else { continue };
            if all.iter().any(|other| other.name == name) {
                self.add(
                    &format!("{path}.name"),
                    format!("The environment {name} is listed twice. Keep one of them."),
                );
                continue;
            }
            all.push(Environment { name, files });
        }
        Some(all)
    }

    fn files(
        &mut self,
        within: &str,
        environment: Option<&Name>,
        files: Option<&Value>,
    ) -> Option<Vec<PackageFile>> {
        let path = format!("{within}.files");
        let files = match files {
            Some(Value::Object(files)) if !files.is_empty() => files,
            None | Some(Value::Object(_)) => {
                self.add(&path, "The environment has no files. Give at least one, as key and path.");
                return None;
            }
            Some(other) => {
                self.add(
                    &path,
                    format!("The files must be an object of keys and paths, not {}.", kind(other)),
                );
                return None;
            }
        };
        let mut all = vec![];
        for (key, value) in files {
            let path = format!("{path}.{key}");
            let of = environment.map(|name| format!(" of {name}")).unwrap_or_default();
            let parsed = match value {
                Value::String(source) => PackageFile::parse(key, source),
                other => Err(format!("the path must be a text, not {}", kind(other))),
            };
            match parsed {
                Ok(file) => all.push(file),
                Err(e) => self.add(&path, format!("{}{of}: {e}. Correct this entry.", key.escape_debug())),
            }
        }
        Some(all)
    }

    /// A field that must be a text with something in it.
    fn text<'v>(&mut self, content: &'v Map<String, Value>, within: &str, field: &str) -> Option<&'v str> {
        let path = self::field(within, field);
        match content.get(field) {
            Some(Value::String(text)) if !text.is_empty() => return Some(text),
            Some(Value::String(_)) => self.add(&path, format!("The {field} is empty. Fill it in.")),
            None => self.add(&path, format!("The {field} is missing. Add it.")),
            Some(other) => self.add(&path, format!("The {field} must be a text, not {}.", kind(other))),
        }
        None
    }
}

/// What a value is, with its article.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// With its first letter capitalised.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
