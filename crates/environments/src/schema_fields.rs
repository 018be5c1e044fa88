//! The fields of the maps that a schema is made of, and what is wrong with them.
use crate::{
    Problem,
    definition_tree::{Node, shown},
};
use std::path::Path;

/// Reads fields, and collects the problems.
pub(crate) struct Fields<'a> {
    pub(crate) file: &'a Path,
    pub(crate) problems: &'a mut Vec<Problem>,
}

impl Fields<'_> {
    pub(crate) fn refuse<T>(&mut self, node: &Node, path: &str, message: impl Into<String>) -> Option<T> {
        let (file, path) = (self.file.to_owned(), path.to_owned());
        self.problems.push(Problem { file, line: Some(node.line), path, message: message.into() });
        None
    }

    /// Whether it is a map that has fields of these names alone.
    pub(crate) fn only(&mut self, node: &Node, path: &str, names: &[&str]) -> Option<()> {
        let Some(entries) = node.map() else {
            return self.refuse(node, path, format!("A schema must be a map, not {}.", shown(node)));
        };
        let before = self.problems.len();
        for (key, _) in entries {
            match key.text() {
                Some(name) if names.contains(&name) => {}
                Some(name) => {
                    let message = format!(
                        "The field {name} is not allowed here; the allowed fields are {}. Remove it.",
                        names.join(", ")
                    );
                    self.refuse::<()>(key, path, message);
                }
                None => {
                    self.refuse::<()>(key, path, format!("The key {} is not a text. Quote it.", shown(key)));
                }
            }
        }
        (self.problems.len() == before).then_some(())
    }

    pub(crate) fn required<'n>(&mut self, node: &'n Node, path: &str, name: &str) -> Option<&'n Node> {
        let found = node.field(name);
        if found.is_none() {
            self.refuse::<()>(node, path, format!("The field {name} is missing. Add it."));
        }
        found
    }

    pub(crate) fn text(&mut self, node: &Node, path: &str) -> Option<String> {
        match node.text() {
            Some(text) => Some(text.to_owned()),
            None => self.refuse(
                node,
                path,
                format!("It must be a string, not the {} {}.", node.kind(), shown(node)),
            ),
        }
    }
}
