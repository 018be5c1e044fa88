//! The ansible-cores that are supported, and the table in the documentation of what was tested with each.

use std::path::Path;

use fs_err as fs;

use crate::error::{Error, Result};
use crate::tree;
use crate::venv;

/// One supported ansible-core.
pub(crate) struct Core {
    pub(crate) venv: &'static str,
    /// The step that makes its environment.
    pub(crate) making: &'static str,
    /// The step that tests with it.
    pub(crate) testing: &'static str,
    /// Whether it is tested at each change, or only with `--all-cores`.
    pub(crate) always: bool,
}

/// All but the one that everything is tested with.
pub(crate) const OTHERS: [Core; 7] = [
    core("core-2.15", "venv-2.15", "pytest-2.15", true),
    core("core-2.16", "venv-2.16", "pytest-2.16", false),
    core("core-2.17", "venv-2.17", "pytest-2.17", false),
    core("core-2.18", "venv-2.18", "pytest-2.18", false),
    core("core-2.20", "venv-2.20", "pytest-2.20", false),
    core("core-2.21", "venv-2.21", "pytest-2.21", true),
    core("core-2.22", "venv-2.22", "pytest-2.22", false),
];

const fn core(venv: &'static str, making: &'static str, testing: &'static str, always: bool) -> Core {
    Core { venv, making, testing, always }
}

const PAGE: &str = "collection/docs/supported.md";
const BEGIN: &str = "<!-- Written by `cargo xtask test --all-cores`; do not edit. -->\n";
const END: &str = "<!-- End of what `cargo xtask test --all-cores` writes. -->\n";

/// What stands above the rows.
const INTRODUCTION: &str = "
## What was tested

What depends on ansible-core, such as the protocol, keywords, connections, secrets, and how a job ends, was tested with each of these.
All tests run with ansible-core 2.19.

| ansible-core | Python | tests |
|---|---|---|
";

/// Writes the table from what pytest has logged in this folder.
pub(crate) fn write_table(logs: &Path) -> Result<()> {
    let page = tree::root().join(PAGE);
    let text = fs::read_to_string(&page)?;
    let around = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        around.ok_or_else(|| Error::Tree(format!("{PAGE} lacks the marker lines of its table")))?;
    let mut table = INTRODUCTION.to_owned();
    for core in &OTHERS {
        table += &row(core, logs)?;
    }
    Ok(fs::write(&page, format!("{before}{BEGIN}{table}\n{END}{after}"))?)
}

fn row(core: &Core, logs: &Path) -> Result<String> {
    let version = venv::pinned(core.venv, "ansible-core")?;
    Ok(match venv::python(core.venv) {
        Ok(python) => {
            let log = fs::read_to_string(logs.join(format!("{}.log", core.testing)))?;
            format!("| {version} | {} | {} |\n", python.version, counts(&log))
        }
        Err(_) => format!("| {version} | | skipped: its Python was not installed |\n"),
    })
}

/// `118 passed, 9 skipped`, of the last line of pytest's output.
fn counts(log: &str) -> String {
    let last = log.lines().rev().find(|line| line.starts_with("===")).unwrap_or_default();
    let words = last.trim_matches(['=', ' ']);
    words.rsplit_once(" in ").map_or("no result", |(counts, _)| counts).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_are_those_of_the_last_line() {
        let log = "=== test session starts ===\n....\n=== 118 passed, 9 skipped in 80.12s (0:01:20) ===\n";
        assert_eq!(counts(log), "118 passed, 9 skipped");
        assert_eq!(counts("killed"), "no result");
    }

    #[test]
    fn a_core_has_its_requirements() {
        for core in &OTHERS {
            let version = venv::pinned(core.venv, "ansible-core").expect(core.venv);
            let minor = core.venv.strip_prefix("core-").expect(core.venv);
            assert!(version.starts_with(minor), "{version}");
        }
    }
}
