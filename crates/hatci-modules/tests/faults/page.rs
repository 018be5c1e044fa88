//! The page with the error kind that a playbook sees for each fault.
use crate::fault::FAULTS;
use crate::subject::{MACHINES, SUBJECTS, Subject};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt::Write};

/// The result of one module with one fault.
pub(crate) struct Outcome {
    /// `error.kind`; `None` for a task that did not fail.
    pub(crate) kind: Option<String>,
    pub(crate) msg: String,
    changed: bool,
    /// The complete result.
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

# The error kinds that tasks report for each fault

Each row is a fault in the module's main call (create, fix, ...); all earlier calls succeed. Each cell is the
`error.kind` of the task's result, for use in `rescue`; `ok` means that the task succeeded. The tasks ran with `retries: 1`,
`timeout: 1` and `deadline: 3`, against a server without idempotency keys.

`*` marks a failed task that reports `changed`: the change may have been made. For a create, the kind is then `unknown_outcome`: run the
task again with the `idempotency_key` from its result only if the server honours keys; otherwise check the server first.
";

const MACHINES_HEAD: &str = "
## The machines of a bench

Here all that a module asks goes wrong, from its first request on. These tasks ran with `timeout: 1` and `deadline: 3`.
";

type Outcomes = BTreeMap<(usize, usize), Outcome>;

pub(crate) fn page(outcomes: &Outcomes, of_machines: &Outcomes) -> String {
    let mut page = HEAD.to_owned();
    add_table(&mut page, outcomes, &SUBJECTS);
    page += MACHINES_HEAD;
    add_table(&mut page, of_machines, &MACHINES);
    page
}

fn add_table(page: &mut String, outcomes: &Outcomes, subjects: &[Subject]) {
    let columns: Vec<_> = subjects.iter().map(|subject| format!("`{}`", subject.name())).collect();
    let _ = writeln!(page, "\n| fault | {} |\n|---{}|", columns.join(" | "), "|---".repeat(columns.len()));
    for (row, fault) in FAULTS.iter().enumerate() {
        let cells: Vec<_> = (0..columns.len()).map(|column| outcomes[&(row, column)].cell()).collect();
        let _ = writeln!(page, "| {} | {} |", fault.name, cells.join(" | "));
    }
}
