//! `cargo xtask test`: the complete set-up and all tests, as a table of steps.

use std::path::PathBuf;
use std::{env, thread};

use clap::Args;

use crate::cores::{self, OTHERS};
use crate::environment::cargo;
use crate::error::{Error, Result};
use crate::linters;
use crate::steps::{self, Step, Work};
use crate::test_commands::{
    aap, aarch64, cargo_tests, helm_charts, memory, pytest, seed_images, yaml_validator,
};
use crate::tree;
use crate::venv::{self, AAP, ARA, CHECKERS, CORE_2_19, CORE_2_21, JUMPSTARTER, MOTO, REPORTS};

/// Skipped with `--quick`.
const SLOW: [&str; 5] = ["cargo-doc", "importer", "sanity", "pytest-2.15", "pytest-2.21"];

/// What depends on ansible-core, and so is tested on each version: plugins, protocol, keywords, ways to end. The rest
/// is between our programs and the servers, and is tested on one version: other files, and what is marked as `one_core`.
const ON_EACH_CORE: [&str; 11] = [
    "-m",
    "not one_core",
    "tests/plugins",
    "tests/e2e/test_connections.py",
    "tests/e2e/test_guard.py",
    "tests/e2e/test_guard_wait.py",
    "tests/e2e/test_ota_playbook.py",
    "tests/e2e/test_parity.py",
    "tests/e2e/test_protocol.py",
    "tests/e2e/test_reported_faults.py",
    "tests/e2e/test_secrets.py",
];

/// How much is tested.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct Scope {
    /// Skip the slow steps
    #[arg(long)]
    quick: bool,
    /// Also run what takes long: a minute of fuzzing for each parser, and the program for aarch64 under QEMU
    #[arg(long, conflicts_with = "quick")]
    long: bool,
    /// Test with each supported ansible-core, and write the table of what passed into the documentation
    #[arg(long, conflicts_with = "quick")]
    all_cores: bool,
}

/// Runs all steps, or only the named ones with their dependencies; an error if one fails.
pub(crate) fn test(scope: Scope, only: &[String]) -> Result<()> {
    let mut steps = all_steps(scope)?;
    if let Some(unknown) = only.iter().find(|name| !steps.iter().any(|step| step.name == **name)) {
        let names: Vec<_> = steps.iter().map(|step| step.name).collect();
        return Err(Error::Tree(format!("there is no step {unknown}; the steps are {}", names.join(", "))));
    }
    let wanted: Vec<&'static str> = steps
        .iter()
        .map(|step| step.name)
        .filter(|name| {
            if only.is_empty() {
                !(scope.quick && SLOW.contains(name))
            } else {
                only.iter().any(|it| it == name)
            }
        })
        .collect();
    let wanted = with_needs(wanted, &steps);
    steps.retain(|step| wanted.contains(&step.name));

    // At most one per core: each of the longest steps, the Python tests, keeps two processes busy.
    let workers = thread::available_parallelism().map_or(2, usize::from).min(4);
    let passed = steps::run(steps, workers, &tree::target("test"))?;
    if scope.all_cores && OTHERS.iter().all(|core| wanted.contains(&core.testing)) {
        cores::write_table(&tree::target("test"))?;
    }
    if passed {
        return Ok(());
    }
    Err(Error::Tree(format!("some steps failed; their output is in {}", tree::target("test").display())))
}

fn with_needs(mut wanted: Vec<&'static str>, steps: &[Step]) -> Vec<&'static str> {
    let mut next = 0;
    while next < wanted.len() {
        let needs = steps.iter().filter(|step| step.name == wanted[next]).flat_map(|step| &step.needs);
        let new: Vec<_> = needs.copied().filter(|need| !wanted.contains(need)).collect();
        wanted.extend(new);
        next += 1;
    }
    wanted
}

/// All steps. Where dependencies allow, they start in this order: those that many depend on come first.
fn all_steps(Scope { long, all_cores, .. }: Scope) -> Result<Vec<Step>> {
    let mut doc = cargo(&["doc", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "--deny warnings");
    let clippy = cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]);
    let mut tests = cargo_tests();
    let (getting, oracle) = yaml_validator();
    tests[1].env("YAML_VALIDATOR_CLI", oracle);
    if long {
        tests[1].env("FUZZ_SECONDS", "60");
    }
    let suite = ["tests/plugins", "tests/e2e"];
    let needs = ["package", "sums-sim", "venv-jumpstarter", "venv-ara"];

    let mut steps = vec![
        Step::xtask("venv-2.19", &[], &["venv", CORE_2_19]),
        Step::run("fmt", &[], cargo(&["fmt", "--check"])),
        Step::xtask("package", &["venv-2.19"], &["package"]),
        Step::xtask("venv-checkers", &[], &["venv", CHECKERS]),
        Step::xtask("venv-jumpstarter", &[], &["venv", JUMPSTARTER]),
        Step::xtask("venv-ara", &[], &["venv", ARA]),
        Step::xtask("venv-moto", &[], &["venv", MOTO]),
        // Not beside the package, for which the longest step waits.
        Step::run("sums-sim", &[], cargo(&["build", "--package", "sums-sim", "--package", "bench-sim"])),
        Step::run("yaml-validator", &[], getting),
        Step { name: "cargo-test", needs: vec!["sums-sim", "yaml-validator"], work: Work::Run(tests) },
        Step::run("pytest-2.19", &[&needs[..], &["venv-moto"]].concat(), pytest(CORE_2_19, &suite)?),
    ];
    let others = OTHERS.iter().filter(|core| core.always || all_cores);
    steps.extend(others.clone().map(|core| venv_or_skip(core.making, core.venv)));
    steps.extend(linters::steps()?);
    steps.push(Step::run("clippy", &["sums-sim"], clippy));
    for core in others {
        let needs = [&needs[..], &[core.making]].concat();
        steps.push(Step::run(core.testing, &needs, pytest(core.venv, &ON_EACH_CORE)?));
    }
    steps.extend([
        Step::run(
            "openapi",
            &["sums-sim", "venv-checkers"],
            pytest(CHECKERS, &["tests/e2e/test_openapi.py"])?,
        ),
        Step::run(
            "docsite",
            &["package", "venv-checkers"],
            pytest(CHECKERS, &["tests/e2e/test_docsite.py"])?,
        ),
        Step::run(
            "molecule",
            &["package", "sums-sim", "venv-checkers"],
            pytest(CHECKERS, &["tests/e2e/test_molecule.py"])?,
        ),
        Step::xtask("venv-aap", &[], &["venv", AAP]),
        Step::run("aap", &["package", "sums-sim", "venv-aap", "venv-jumpstarter"], aap(long)?),
        Step::xtask("venv-reports", &[], &["venv", REPORTS]),
        Step::xtask("browser", &[], &["fetch", "browser"]),
        Step::xtask("junit-schema", &["venv-reports"], &["fetch", "junit-schema"]),
        Step::run(
            "report-page",
            &["package", "sums-sim", "venv-reports", "browser"],
            pytest(REPORTS, &["tests/e2e/test_report_page.py"])?,
        ),
        Step::run(
            "report-forms",
            &["package", "sums-sim", "junit-schema"],
            pytest(REPORTS, &["tests/e2e/test_report_forms.py"])?,
        ),
        Step::xtask("helm", &["venv-2.19"], &["fetch", "helm"]),
        Step::run("helm-charts", &["package", "sums-sim", "venv-jumpstarter", "helm"], helm_charts()?),
        deny(),
        Step::run("memory", &["package", "cargo-test"], memory()),
        Step::xtask("seed-programs", &[], &["fetch", "seed-programs"]),
        Step::run("seed-images", &["cargo-test", "seed-programs"], seed_images()),
        differential(cores(), long)?,
        Step::xtask("docs", &[], &["docs", "--check"]),
        Step::run("cargo-doc", &["clippy"], doc),
    ]);
    if long {
        steps.push(Step::xtask("aarch64-program", &["package"], &["fetch", "aarch64"]));
        steps.push(Step::run(
            "aarch64",
            &["package", "sums-sim", "venv-jumpstarter", "aarch64-program"],
            aarch64()?,
        ));
    }
    Ok(steps)
}

/// The steps that create the environments of the tested ansible-cores, and their interpreters, as far as installed.
fn cores() -> Vec<(&'static str, PathBuf)> {
    [("venv-2.19", CORE_2_19), ("venv-2.21", CORE_2_21)]
        .into_iter()
        .filter(|(_, venv)| venv::python(venv).is_ok())
        .map(|(step, venv)| (step, venv::folder(venv).join("bin/python")))
        .collect()
}

/// What `deny.toml` says of licences, versions and sources. Advisories come from the network, and are not for a test to fail on.
fn deny() -> Step {
    let answers = cargo(&["deny", "--version"]).output().is_ok_and(|output| output.status.success());
    if !answers {
        let because = "cargo-deny is not installed (cargo install --locked cargo-deny)".to_string();
        return Step { name: "deny", needs: Vec::new(), work: Work::Skip(because) };
    }
    Step::run("deny", &[], cargo(&["deny", "--offline", "--locked", "check", "bans", "licenses", "sources"]))
}

/// Random specs and arguments through the validator of each of these ansible-cores, and through ours.
fn differential(cores: Vec<(&'static str, PathBuf)>, long: bool) -> Result<Step> {
    if cores.is_empty() {
        // The test would pass without comparing anything.
        let because = "no Python is installed for an ansible-core to compare with".to_string();
        return Ok(Step { name: "differential", needs: Vec::new(), work: Work::Skip(because) });
    }
    let (steps, pythons): (Vec<_>, Vec<_>) = cores.into_iter().unzip();
    let pythons = env::join_paths(pythons).map_err(|e| Error::Tree(e.to_string()))?;
    let mut test = cargo(&["test", "--workspace", "--test", "differential"]);
    test.env("ANSIBLE_CORE_PYTHONS", pythons).env("ARGSPEC_ROWS", if long { "100000" } else { "10000" });
    Ok(Step::run("differential", &[&["cargo-test"], &steps[..]].concat(), test))
}

/// Not every machine has a Python for the oldest or the newest ansible-core.
fn venv_or_skip(name: &'static str, venv: &str) -> Step {
    match venv::python(venv) {
        Ok(_) => Step::xtask(name, &[], &["venv", venv]),
        Err(missing) => Step { name, needs: Vec::new(), work: Work::Skip(missing.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_is_a_step() {
        let steps = all_steps(Scope { long: true, all_cores: true, ..Scope::default() })
            .expect("the machine has a Python");
        let names: Vec<_> = steps.iter().map(|step| step.name).collect();
        for step in &steps {
            assert!(step.needs.iter().all(|need| names.contains(need)), "{}: {:?}", step.name, step.needs);
        }
    }

    #[test]
    fn what_a_step_needs_comes_along() {
        let steps = all_steps(Scope::default()).expect("the machine has a Python");
        let wanted = with_needs(vec!["yamllint"], &steps);
        assert_eq!(wanted, ["yamllint", "package", "venv-checkers", "venv-2.19"]);
    }

    #[test]
    fn with_nothing_to_compare_with_the_step_is_skipped() {
        let step = differential(Vec::new(), false).expect("there is nothing to join");
        assert!(matches!(step.work, Work::Skip(_)));
        let step = differential(vec![("venv-2.19", "python".into())], false).expect("the path can be joined");
        assert_eq!(step.needs, ["cargo-test", "venv-2.19"]);
        assert!(matches!(step.work, Work::Run(_)));
    }
}
