//! The definitions of a repository: `api/definitions/KIND/*.yml`, each checked by the schema `KIND_schema` of `api/schemas/*.schema.yml`.
use crate::{
    Problem, Root, Schemas,
    cross_check::{self, Definition},
    definition_tree::{Node, read_documents},
};
use hardened_host::{Contained, ContainedError, ContainedFile, ContainedFolder, SystemFault};
use std::{
    collections::BTreeSet,
    io::Read,
    path::{Path, PathBuf},
};

/// What a check of all definitions found.
#[derive(Debug, Default)]
pub struct DefinitionsCheck {
    /// The schemas and definitions that were checked.
    pub checked: Vec<PathBuf>,
    /// What is wrong with them.
    pub problems: Vec<Problem>,
    /// Sentences about what was not checked.
    pub warnings: Vec<String>,
}

/// Where schemas and definitions are, from the root.
const PLACE: &str = "api";
const SCHEMAS: &str = "schemas";
const DEFINITIONS: &str = "definitions";
/// The largest file, in bytes.
const LARGEST: u64 = 1 << 20;

impl DefinitionsCheck {
    /// Checks all definitions of a repository: each by its schema, and then what they say of each other.
    pub fn of(root: &Root) -> Self {
        let mut check = DefinitionsCheck::default();
        let place = root.path().join(PLACE);
        if !place.join(DEFINITIONS).exists() {
            let message = format!(
                "There is no folder {PLACE}/{DEFINITIONS} in {}, so no definitions were checked.",
                root.path().display()
            );
            check.warnings.push(message);
            return check;
        }
        let folder = match ContainedFolder::open(&place) {
            Ok(folder) => folder,
            Err(e) => {
                let fault = SystemFault::of(&e);
                let message =
                    format!("The definitions can't be read: {}. {}.", fault.cause(), fault.remedy());
                check.problems.push(Problem::of_file(place, message));
                return check;
            }
        };
        let is_schema = |path: &Path| path.components().count() == 1 && is_yaml(path, ".schema");
        let schemas = check.files(&folder, &place, SCHEMAS, &is_schema);
        let definitions = check.files(&folder, &place, DEFINITIONS, &|path| is_yaml(path, ""));
        match Schemas::read(&schemas) {
            Ok(schemas) => check.definitions(&schemas, &place.join(DEFINITIONS), definitions),
            Err(problems) => check.problems.extend(problems),
        }
        check
    }

    /// The wanted files in this folder, each with its content.
    fn files(
        &mut self,
        folder: &ContainedFolder,
        place: &Path,
        name: &str,
        is_wanted: &dyn Fn(&Path) -> bool,
    ) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = vec![];
        let walked = folder.walk(Path::new(name), &mut |path, found| {
            let Contained::File(found) = found else { return Ok::<_, ContainedError>(()) };
            let is_hidden = path.iter().any(|part| part.as_encoded_bytes().starts_with(b"."));
            if is_hidden || !is_wanted(path) {
                return Ok(());
            }
            let path = place.join(name).join(path);
            match content(found) {
                Ok(content) => files.push((path.clone(), content)),
                Err(message) => self.problems.push(Problem::of_file(&path, message)),
            }
            self.checked.push(path);
            Ok(())
        });
        if let Err(e) = walked {
            let message = format!("The {name} can't be read: {} {}. Correct this.", e.path.display(), e.what);
            self.problems.push(Problem::of_file(place.join(&e.path), message));
        }
        files
    }

    fn definitions(&mut self, schemas: &Schemas, folder: &Path, files: Vec<(PathBuf, Vec<u8>)>) {
        let mut without_schema = BTreeSet::new();
        let mut definitions = vec![];
        for (file, content) in files {
            let within = file.strip_prefix(folder).unwrap_or(&file);
            let Some(kind) = within.parent().and_then(|parent| parent.iter().next()) else {
                let message = "No schema applies to this definition. Move it into the folder of its kind.";
                self.problems.push(Problem::of_file(&file, message));
                continue;
            };
            let kind = kind.to_string_lossy().into_owned();
            let uri = format!("{kind}_schema");
            if !schemas.has(&uri) {
                without_schema.insert(kind);
                continue;
            }
            match one_document(&file, &content) {
                Ok(content) => {
                    self.problems.extend(schemas.check(&uri, &content, &file));
                    definitions.push(Definition { kind, file, content });
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        for kind in without_schema {
            let message = format!(
                "There is no schema {kind}_schema for the definitions in this folder. Add it to a file {PLACE}/{SCHEMAS}/NAME.schema.yml."
            );
            self.problems.push(Problem::of_file(folder.join(kind), message));
        }
        self.problems.extend(cross_check::check(&definitions));
    }
}

/// Whether a file is named `NAME.yml` or `NAME.yaml`, with this before the ending.
fn is_yaml(path: &Path, before: &str) -> bool {
    let name = path.to_string_lossy();
    [".yml", ".yaml"]
        .iter()
        .any(|ending| name.strip_suffix(ending).is_some_and(|stem| stem.ends_with(before)))
}

fn content(found: ContainedFile) -> Result<Vec<u8>, String> {
    let mut content = vec![];
    let read = found.file.take(LARGEST + 1).read_to_end(&mut content);
    match read.map_err(|e| SystemFault::of(&e)) {
        Ok(_) if content.len() as u64 > LARGEST => {
            Err("The file is larger than 1 MiB, which no definition needs. Split it.".into())
        }
        Ok(_) => Ok(content),
        Err(fault) => Err(format!("The file can't be read: {}. {}.", fault.cause(), fault.remedy())),
    }
}

/// The only document of a definition.
fn one_document(file: &Path, content: &[u8]) -> Result<Node, Problem> {
    let refused = |line, message: String| Problem { file: file.into(), line, path: String::new(), message };
    let mut documents = read_documents(content).map_err(|e| {
        refused(e.line, format!("The definition can't be read: {}. Correct this line.", e.message))
    })?;
    match (documents.pop(), documents.is_empty()) {
        (Some(only), true) if !only.is_null() => Ok(only),
        (Some(second), false) => {
            let message = "The file holds more than one document. Move each into a file of its own.";
            Err(refused(Some(second.line), message.into()))
        }
        _ => Err(refused(None, "The file is empty. Fill it in, or remove it.".into())),
    }
}

#[cfg(test)]
mod tests;
