//! The page that says what a playbook sees of each fault.
use crate::fault::FAULTS;
use crate::subject::SUBJECTS;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt::Write};

/// What came out of one module under one fault.
pub(crate) struct Outcome {
    /// `error.kind`; `None` for a task that did not fail.
    pub(crate) kind: Option<String>,
    pub(crate) msg: String,
    changed: bool,
    /// The whole answer.
    pub(crate) text: String,
}

impl Outcome {
    pub(crate) fn of(answer: &Map<String, Value>) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Outcome {
            kind: text(answer.get("error").and_then(|error| error.get("kind"))),
            msg: text(answer.get("msg")).unwrap_or_default(),
            changed: answer.get("changed") == Some(&Value::Bool(true)),
            text: Value::from(answer.clone()).to_string(),
        }
    }

    fn cell(&self) -> String {
        let kind = self.kind.as_ref().map_or("ok".into(), |kind| format!("`{kind}`"));
        if self.changed && self.kind.is_some() { kind + " *" } else { kind }
    }
}

const HEAD: &str = "\
<!-- Written by `cargo test -p hatci-modules --test faults`; do not edit. -->

# What a task says when something goes wrong

Each row is a fault that meets the one call that decides (creating, fixing, …); the calls before it went well. Each cell is the
`error.kind` of the task's result, for `rescue` to look at; `ok` is a task that did not fail. The tasks had `retries: 1`,
`timeout: 1`, `deadline: 3`, and the server knows no idempotency keys.

`*` marks a failed task that says `changed`: the change may have been made. For a create that is `unknown_outcome`; run the task
again with the `idempotency_key` from its result only if the server honours keys, else look first.
";

pub(crate) fn page(outcomes: &BTreeMap<(usize, usize), Outcome>) -> String {
    let mut page = HEAD.to_owned();
    let columns: Vec<_> = SUBJECTS.iter().map(|subject| format!("`{}`", subject.name())).collect();
    let _ = writeln!(page, "\n| fault | {} |\n|---{}|", columns.join(" | "), "|---".repeat(columns.len()));
    for (row, fault) in FAULTS.iter().enumerate() {
        let cells: Vec<_> = (0..columns.len()).map(|column| outcomes[&(row, column)].cell()).collect();
        let _ = writeln!(page, "| {} | {} |", fault.name, cells.join(" | "));
    }
    page
}
