//! Test reports: the outcome of one or many vehicles, as an HTML page, `JUnit` XML, Markdown and JSON.
//!
//! ```
//! use reports::{Report, Verdict};
//!
//! let json = r#"{"schema": 1, "title": "Winter campaign", "vehicles": [
//!     {"host": "car1", "vin": "1HGBH41JXMN109186", "status": "PASS", "summary": "Updated.", "seconds": 731.4},
//!     {"host": "car2", "status": "FAIL", "summary": "Gateway refused the signature"}]}"#;
//! let report = Report::from_json(json)?;
//! assert_eq!(report.verdict(), Verdict::Fail);
//! assert!(report.to_markdown(None)?.contains("Gateway refused the signature"));
//! # Ok::<_, reports::Error>(())
//! ```
//!
//! | form | for | method |
//! |---|---|---|
//! | HTML | people: one file, which needs neither scripts nor a network | [`Report::to_html`] |
//! | `JUnit` XML | Jenkins, GitLab and AAP | [`Report::to_junit`] |
//! | Markdown | a chat, or a job's summary | [`Report::to_markdown`] |
//! | JSON | programs, and [`Report::merge`] after a [`Reader`] | [`Report::to_json`] |
//!
//! All texts may come from servers and devices. They are data: every form shows them as text, whatever they contain.
mod duration;
mod environment;
mod error;
mod groups;
mod html;
mod json;
mod junit;
mod markdown;
mod merge;
mod names;
mod origin;
mod reader;
mod report;
mod templates;
mod text;
mod timeline;
mod vehicle;
mod verdict;

pub use environment::{Environment, PackageVersion};
pub use error::Error;
pub use html::Live;
pub use json::SCHEMA;
pub use origin::{wrote_html, wrote_json, wrote_junit};
pub use reader::Reader;
pub use report::{Counts, Report};
pub use vehicle::{EcuChange, StateChange, Vehicle};
pub use verdict::Verdict;
