//! What a task of `hatci_report` gives: reports to merge, and outcomes. What can't be read becomes a row without a verdict.
use super::report_entry::{Entry, entry, unread};
use super::report_input::text;
use ansible_module::Task;
use reports::{Reader, Report};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Where neither the task nor a report says one.
const TITLE: &str = "OTA test";

/// Adds these reports and outcomes, and takes the title of the first report that has one. Returns sentences about what can't be read.
pub(crate) fn read_into(
    given: &mut Report,
    files: Vec<PathBuf>,
    outcomes: Map<String, Value>,
    task: &Task,
) -> Vec<String> {
    let mut faults = vec![];
    let mut taken = |Entry { vehicle, faults: of_entry }| {
        faults.extend(of_entry);
        vehicle
    };
    let mut reader = Reader::default();
    let mut others: Vec<Report> = files
        .into_iter()
        .map(|path| {
            read(&path, &mut reader).unwrap_or_else(|why| {
                let vehicles = vec![taken(unread(&path.display().to_string(), why))];
                Report { vehicles, ..Report::new("") }
            })
        })
        .collect();
    let title = others.iter().map(|other| &other.title).find(|title| !title.is_empty());
    given.title = title.cloned().unwrap_or_else(|| TITLE.into());
    let vehicles = outcomes.into_iter().map(|(host, outcome)| taken(entry(&host, outcome, task))).collect();
    others.push(Report { vehicles, ..Report::new("") });
    given.merge(others);
    faults
}

/// A report to merge, or why it can't be merged.
fn read(path: &Path, reader: &mut Reader) -> Result<Report, String> {
    reader
        .read(&text(path).map_err(|failure| failure.msg)?)
        .map_err(|e| format!("{} can't be merged: {e}. Create it again, or leave it out.", path.display()))
}
