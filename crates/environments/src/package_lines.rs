//! In which line of a package.json something is. JSON is YAML, and that reader knows lines.
use crate::{
    definition_tree::{Node, Value, read_documents},
    problem::field,
};
use std::collections::HashMap;

/// The line of each path, such as `environments[0].files.terraform`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines(HashMap<String, usize>);

impl Lines {
    /// Of this content; none are known if it can't be read.
    pub(crate) fn of(content: &[u8]) -> Self {
        let mut lines = Lines::default();
        for document in read_documents(content).unwrap_or_default() {
            lines.note(&document, "");
        }
        lines
    }

    /// The line of what has this path, or of the nearest that it is in.
    pub(crate) fn line(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(line) = self.0.get(path) {
                return Some(*line);
            }
            let end = path.rfind(['.', '['])?;
            path = &path[..end];
        }
    }

    fn note(&mut self, node: &Node, path: &str) {
        match &node.value {
            Value::Map(entries) => {
                for (key, value) in entries {
                    let path = field(path, key.text().unwrap_or_default());
                    self.0.insert(path.clone(), key.line);
                    self.note(value, &path);
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    self.0.insert(path.clone(), item.line);
                    self.note(item, &path);
                }
            }
            Value::Scalar(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_line_of_its_key_or_of_what_it_is_in() {
        let content = "{\n\t\"id\": \"core\",\n\t\"environments\": [\n\t\t{ \"name\": \"a\",\n\t\t\t\"files\": {\n\t\t\t\t\"../x\": 1\n} } ] }";
        let lines = Lines::of(content.as_bytes());
        for (path, line) in [
            ("id", Some(2)),
            ("version", None),
            ("environments[0]", Some(4)),
            ("environments[0].missing", Some(4)),
            ("environments[0].files.../x", Some(6)),
        ] {
            assert_eq!(lines.line(path), line, "{path}");
        }
        assert_eq!(Lines::of(b"{").line("id"), None);
    }
}
