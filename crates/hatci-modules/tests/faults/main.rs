//! Tests every module with every fault, and generates `collection/docs/fault_matrix.md`.
#![allow(clippy::disallowed_methods)] // tests create by hand what other programs would
mod fault;
mod own_ways;
mod page;
mod patience;
mod secrets;
mod subject;

use fault::{FAULTS, Harms};
use page::{Outcome, page};
use std::{collections::BTreeMap, path::Path, sync::Mutex, thread};
use subject::{MACHINES, SUBJECTS, Subject};

/// Set this variable to regenerate the page.
const REWRITE: &str = "REWRITE_FAULT_MATRIX";

/// All outcomes, by fault and module, each as their index in the lists.
fn run_all(subjects: &'static [Subject]) -> BTreeMap<(usize, usize), Outcome> {
    let outcomes = Mutex::new(BTreeMap::new());
    // One thread per module: most of the time is spent waiting for timeouts.
    thread::scope(|scope| {
        for (column, subject) in subjects.iter().enumerate() {
            let outcomes = &outcomes;
            scope.spawn(move || {
                for (row, fault) in FAULTS.iter().enumerate() {
                    let outcome = Outcome::of(&subject.run(fault));
                    outcomes.lock().unwrap().insert((row, column), outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap()
}

/// Checks what is the same for all modules.
fn check(outcomes: &BTreeMap<(usize, usize), Outcome>, subjects: &[Subject]) {
    for ((row, column), outcome) in outcomes {
        let (fault, module) = (FAULTS[*row].name, subjects[*column].name());
        assert!(!outcome.text.contains(subject::TOKEN), "{module}, {fault}: {}", outcome.text);
        let subject = &subjects[*column];
        match FAULTS[*row].harms {
            Harms::AllButHealth | Harms::AllButLookups if subject.asks_for_health() => {}
            Harms::AllButLookups if !subject.is_in_table => {}
            Harms::All | Harms::AllButHealth | Harms::AllButLookups => {
                assert!(outcome.kind.is_some(), "{module}, {fault}: {}", outcome.text);
            }
            Harms::None if subject.is_in_table => {
                assert!(outcome.kind.is_none(), "{module}, {fault}: {}", outcome.text);
            }
            Harms::None | Harms::Some => {}
        }
        // A sentence of cause and one of remedy.
        assert!(
            outcome.kind.is_none() || outcome.msg.matches(". ").count() >= 1,
            "{module}, {fault}: {}",
            outcome.msg
        );
    }
}

#[test]
fn every_module_under_every_fault() {
    let (outcomes, of_machines) = (run_all(&SUBJECTS), run_all(&MACHINES));
    check(&outcomes, &SUBJECTS);
    check(&of_machines, &MACHINES);
    // Of a bench's machines, reads are repeated until the deadline, so there is no such option.
    assert!(of_machines.values().all(|it| !it.msg.contains("retries")));
    let page = page(&outcomes, &of_machines);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../collection/docs/fault_matrix.md");
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "collection/docs/fault_matrix.md is outdated; regenerate it with\n\n    {REWRITE}=1 cargo test -p hatci-modules --test faults\n\n{page}"
    );
}
