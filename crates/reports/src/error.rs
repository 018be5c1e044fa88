//! Why there is no report.
use crate::{SCHEMA, text};
use serde_json::Value;

/// Why there is no report. `Display` is a clause.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not the JSON form of a report.
    #[error("it is not a report in JSON form: {0}")]
    Json(#[from] serde_json::Error),
    /// It was written by a version of this program with another form.
    #[error("it has the format {}, but this version reads the format {SCHEMA}", text::name(&found.to_string()))]
    Schema {
        /// The form it says it has.
        found: Value,
    },
    /// It is larger than a [`crate::Reader`] allows.
    #[error("it is too large: a report holds at most 10,000 tests")]
    TooMuch,
    /// The template can't be used.
    #[error("the template can't be used: {0}")]
    Template(String),
    /// `JUnit` XML can't be written.
    #[error("JUnit XML can't be written: {0}")]
    Junit(#[from] quick_junit::SerializeError),
}
