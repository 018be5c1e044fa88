//! What is wrong in a file, and where.
use std::{fmt, path::PathBuf};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file or folder.
    pub file: PathBuf,
    /// The line in it, from 1, if it is known.
    pub line: Option<usize>,
    /// The place within its content, such as `role[0].vm_size`; empty for the whole file.
    pub path: String,
    /// What is wrong, and what to do: sentences.
    pub message: String,
}

impl Problem {
    /// A problem of a whole file or folder.
    pub fn of_file(file: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Problem { file: file.into(), line: None, path: String::new(), message: message.into() }
    }
}

/// The path of a field within what has this path.
pub(crate) fn field(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// `FILE:LINE: PATH: MESSAGE`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)
    }
}
