//! Random specs and arguments through ansible-core's own validator and through this crate: the answers must be the same.
//!
//! `ANSIBLE_CORE_PYTHONS` names the interpreters whose ansible-core is asked, with colons between their paths; without it
//! there is nothing to compare with. `ARGSPEC_ROWS` (100000) and `ARGSPEC_SEED` (1) choose the rows.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod classes;
#[path = "../recorded/mod.rs"]
mod recorded;

use ansible_module::{Validated, secrets::HIDDEN};
use classes::{CLASSES, Class};
use recorded::{run, same, told};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    io::{self, BufRead, BufReader, Write},
    process::{Command, Stdio},
};

const GENERATOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/generate.py");
/// So many unexplained rows are shown.
const MOST_SHOWN: usize = 5;

#[test]
fn answers_are_those_of_ansible_core() {
    let Some(pythons) = env::var_os("ANSIBLE_CORE_PYTHONS").filter(|paths| !paths.is_empty()) else {
        return say("skipped: ANSIBLE_CORE_PYTHONS names no interpreter that has ansible-core");
    };
    let rows = number("ARGSPEC_ROWS", 100_000);
    let seed = number("ARGSPEC_SEED", 1);
    let mut unexplained = 0;
    for python in env::split_paths(&pythons) {
        let tally = compare(python.as_os_str(), seed, rows);
        say(&format!("{}, seed {seed}: {}", release(python.as_os_str()), tally.summary()));
        assert_eq!(tally.rows, rows, "{} did not make all rows", python.display());
        unexplained += tally.unexplained;
    }
    assert_eq!(unexplained, 0, "rows differ for no known reason; they are shown above");
}

/// What two answers to the same row can differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aspect {
    /// There is none from ansible-core: it raised an exception, or said what no JSON can hold.
    Answer,
    /// What the user is told, or whether there is a fault at all.
    Message,
    /// The coerced values.
    Params,
    /// What is masked.
    Secrets,
    Warnings,
    Deprecations,
}

/// One row, answered by both.
struct Case<'a> {
    theirs: &'a Value,
    ours: &'a Validated,
}

impl Case<'_> {
    fn differing(&self) -> Vec<Aspect> {
        if ["raises", "unwritable"].iter().any(|key| self.theirs.get(key).is_some()) {
            return vec![Aspect::Answer];
        }
        let same = [
            (Aspect::Message, self.message() == self.their_message()),
            (Aspect::Params, same(&self.ours.params.clone().into(), &self.theirs["params"])),
            (Aspect::Secrets, self.masks_theirs() && self.ours.secrets.len() == self.their_secrets().len()),
            (Aspect::Warnings, self.warnings() == self.theirs["warnings"]),
            (Aspect::Deprecations, self.deprecations() == self.theirs["deprecations"]),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(aspect, _)| aspect).collect()
    }

    /// Empty if there is no fault.
    fn message(&self) -> String {
        self.ours.outcome.as_ref().err().map(told).unwrap_or_default()
    }

    fn their_message(&self) -> &str {
        self.theirs["error"].as_str().unwrap_or_default()
    }

    fn their_secrets(&self) -> Vec<&str> {
        self.theirs["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn masks_theirs(&self) -> bool {
        self.their_secrets().iter().all(|secret| self.ours.secrets.mask_text(secret) == HIDDEN)
    }

    /// Without that of short secrets, which is this crate's own.
    fn warnings(&self) -> Value {
        let theirs_too = self.ours.warnings.iter().filter(|text| !text.starts_with("The secret in option"));
        theirs_too.map(String::as_str).collect()
    }

    /// Where the spec names no collection, ansible-core takes that of the plugin that called, which here is itself.
    fn deprecations(&self) -> Value {
        self.ours.deprecations.iter().map(|note| note.to_value(Some("ansible.builtin"))).collect()
    }
}

#[derive(Default)]
struct Tally {
    rows: usize,
    agreed: usize,
    accepted: usize,
    explained: BTreeMap<&'static str, usize>,
    unexplained: usize,
}

impl Tally {
    fn add(&mut self, theirs: &Value) {
        self.rows += 1;
        let ours = run(theirs);
        let case = Case { theirs, ours: &ours };
        let differing = case.differing();
        if differing.is_empty() {
            self.agreed += 1;
            self.accepted += usize::from(ours.outcome.is_ok());
            return;
        }
        let reasons: Option<Vec<&Class>> = differing
            .iter()
            .map(|aspect| {
                CLASSES.iter().find(|class| class.aspects.contains(aspect) && (class.applies)(&case))
            })
            .collect();
        match reasons {
            Some(reasons) => *self.explained.entry(reasons[0].name).or_default() += 1,
            None => self.show(&case, &differing),
        }
    }

    fn show(&mut self, case: &Case, differing: &[Aspect]) {
        self.unexplained += 1;
        if self.unexplained <= MOST_SHOWN {
            let Validated { params, warnings, .. } = case.ours;
            say(&format!("row {} differs in {differing:?}\n  theirs: {}", self.rows, case.theirs));
            say(&format!(
                "  ours: {:?} params {} secrets {} warnings {warnings:?} deprecations {}",
                case.message(),
                Value::from(params.clone()),
                case.ours.secrets.len(),
                case.deprecations(),
            ));
        }
    }

    fn summary(&self) -> String {
        let Tally { rows, agreed, accepted, explained, unexplained } = self;
        let reasons: Vec<_> = explained.iter().map(|(name, rows)| format!("\n  {rows:6} {name}")).collect();
        format!(
            "{agreed} of {rows} rows agree, {accepted} of these accepted; {unexplained} differ for no known reason, and for a \
             known one:{}",
            reasons.concat()
        )
    }
}

fn compare(python: &OsStr, seed: usize, rows: usize) -> Tally {
    let mut generator = command(python)
        .args([GENERATOR, &seed.to_string(), &rows.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter starts");
    let mut tally = Tally::default();
    for line in BufReader::new(generator.stdout.take().expect("it was piped")).split(b'\n') {
        let line = line.expect("the generator's rows can be read");
        tally.add(&serde_json::from_slice(&line).expect("a row is JSON"));
    }
    let status = generator.wait().expect("the generator was started here");
    assert!(status.success(), "the generator failed: {status}");
    tally
}

/// The interpreter, with nothing of this environment.
fn command(python: &OsStr) -> Command {
    let mut command = Command::new(python);
    command.arg("-B").env_clear();
    command
}

fn release(python: &OsStr) -> String {
    let version = "import ansible.release as r, platform as p; print(f'ansible-core {r.__version__} on Python {p.python_version()}')";
    let output = command(python).args(["-c", version]).output().expect("the interpreter starts");
    String::from_utf8_lossy(&output.stdout).trim().into()
}

fn number(variable: &str, otherwise: usize) -> usize {
    env::var(variable)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}

/// To stderr past the test harness, which would keep it to itself if the test passes.
fn say(text: &str) {
    writeln!(io::stderr(), "{text}").expect("stderr can be written to");
}
