//! The name space that all schema files share.
//!
//! A schema file is a stream of documents `{uri, schema}`. Beyond what yaml-validator refuses, two schemas of the same uri are refused, of
//! which it takes the last one, and a schema that refers to itself without going into the value, which it would check for ever.
use crate::{Problem, definition_tree::read_documents, schema::Schema, schema_reader};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// The schemas of some files, by uri.
#[derive(Debug, Clone, Default)]
pub struct Schemas {
    by_uri: BTreeMap<String, Origin>,
}

#[derive(Debug, Clone)]
struct Origin {
    schema: Schema,
    file: PathBuf,
    line: usize,
}

impl Schemas {
    /// Reads the schemas of these files, each with its content. All problems are returned, not only the first one.
    pub fn read(files: &[(PathBuf, Vec<u8>)]) -> Result<Self, Vec<Problem>> {
        let mut schemas = Schemas::default();
        let mut problems = vec![];
        for (file, content) in files {
            schemas.add(file, content, &mut problems);
        }
        for uri in schemas.endless() {
            let message = format!(
                "The schema {uri} refers to itself without going into the value, so a check would never end. Remove this reference."
            );
            problems.extend(schemas.by_uri.get(uri).map(|origin| origin.problem(message)));
        }
        if problems.is_empty() { Ok(schemas) } else { Err(problems) }
    }

    pub(crate) fn get(&self, uri: &str) -> Option<&Schema> {
        self.by_uri.get(uri).map(|origin| &origin.schema)
    }

    /// Whether there is a schema of this uri.
    pub fn has(&self, uri: &str) -> bool {
        self.by_uri.contains_key(uri)
    }

    fn add(&mut self, file: &Path, content: &[u8], problems: &mut Vec<Problem>) {
        let refused =
            |line, message: String| Problem { file: file.into(), line, path: String::new(), message };
        let documents = match read_documents(content) {
            Ok(documents) if documents.is_empty() => {
                problems.push(refused(None, "The file holds no schema. Add one, or remove the file.".into()));
                return;
            }
            Ok(documents) => documents,
            Err(e) => {
                problems.push(refused(
                    e.line,
                    format!("The schemas can't be read: {}. Correct this line.", e.message),
                ));
                return;
            }
        };
        for document in documents {
            let Some((uri, schema)) = schema_reader::read(&document, file, problems) else { continue };
            if let Some(other) = self.by_uri.get(&uri) {
                let place = format!("{}:{}", other.file.display(), other.line);
                let message = format!(
                    "There is already a schema with the uri {uri}, in {place}. Rename or remove one of them."
                );
                problems.push(refused(Some(document.line), message));
                continue;
            }
            self.by_uri.insert(uri, Origin { schema, file: file.into(), line: document.line });
        }
    }

    /// The schemas that lead to themselves for the same value: one of each circle.
    fn endless(&self) -> BTreeSet<&str> {
        let mut done = BTreeSet::new();
        let mut endless = BTreeSet::new();
        for start in self.by_uri.keys() {
            // The way to a schema, each with what it still leads to.
            let mut way = vec![(start.as_str(), self.led_to(start))];
            let mut on_way = BTreeSet::from([start.as_str()]);
            while let Some((uri, left)) = way.last_mut() {
                match left.pop() {
                    Some(next) if on_way.contains(next) => drop(endless.insert(next)),
                    Some(next) if done.contains(next) => {}
                    Some(next) => {
                        on_way.insert(next);
                        way.push((next, self.led_to(next)));
                    }
                    None => {
                        on_way.remove(uri);
                        done.insert(*uri);
                        way.pop();
                    }
                }
            }
        }
        endless
    }

    /// The uris of the schemas that this one asks about the same value.
    fn led_to(&self, uri: &str) -> Vec<&str> {
        let mut found = vec![];
        if let Some(schema) = self.get(uri) {
            schema.same_value(&mut found);
        }
        found
    }
}

impl Origin {
    fn problem(&self, message: String) -> Problem {
        Problem { file: self.file.clone(), line: Some(self.line), path: String::new(), message }
    }
}

#[cfg(test)]
mod tests;
