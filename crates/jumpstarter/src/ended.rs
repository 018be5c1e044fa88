//! How a lease ended.
use std::fmt;

/// How a lease ended, or why it could not be acquired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whether it is over although it could have been had; else it never could.
    pub was_satisfiable: bool,
    /// One word, such as `Expired` or `ExporterNotFound`.
    pub reason: String,
    /// The controller's sentence.
    pub message: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.was_satisfiable {
            write!(
                f,
                "has ended ({}: {}). Acquire the bench again, under another lease name.",
                self.reason, self.message
            )
        } else {
            write!(
                f,
                "could not be acquired ({}: {}). Correct `exporter` or `selector`.",
                self.reason, self.message
            )
        }
    }
}
