//! The commands of the steps of `cargo xtask test`.

use std::path::PathBuf;
use std::process::Command;

use crate::cross;
use crate::debian;
use crate::environment::{cargo, program};
use crate::error::Result;
use crate::fetch;
use crate::package;
use crate::tree;
use crate::venv::{self, AAP, ARA, CORE_2_19, JUMPSTARTER, MOTO};

/// Runs Python tests in one of the environments.
pub(crate) fn pytest(venv: &str, tests: &[&str]) -> Result<Command> {
    // More processes beside the longest step would only slow it down.
    let processes = if venv == CORE_2_19 { "3" } else { "2" };
    let mut pytest = program(
        &venv::folder(venv),
        "pytest",
        &["-n", processes, "--dist", "worksteal", "-p", "no:cacheprovider", "-ra", "--durations", "20"],
    )?;
    pytest
        .args(tests)
        .current_dir(tree::root())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("COLLECTION_ARCHIVE", package::archive())
        .env("SUMS_SIM", tree::target("debug/sums-sim"))
        .env("BENCH_SIM", tree::target("debug/bench-sim"))
        .env("JUMPSTARTER_VENV", venv::folder(JUMPSTARTER))
        .env("ARA_VENV", venv::folder(ARA))
        .env("MOTO_VENV", venv::folder(MOTO))
        .env("REPORT_JUDGES", fetch::folder());
    Ok(pytest)
}

/// What takes Helm. Elsewhere it is not there, so that nothing is tested twice.
pub(crate) fn helm_charts() -> Result<Command> {
    let mut tests = pytest(
        CORE_2_19,
        &[
            "-k",
            "charts or checklist or platform",
            "tests/e2e/test_environment_charts.py",
            "tests/e2e/test_environments.py",
        ],
    )?;
    tests.env("HELM", fetch::helm_path());
    Ok(tests)
}

/// A whole test of a vehicle by the program for aarch64, under QEMU.
pub(crate) fn aarch64() -> Result<Command> {
    let mut test = pytest(CORE_2_19, &["-n", "0", "tests/e2e/test_aarch64.py"])?;
    test.env("AARCH64_PROGRAM", cross::program_path()).env("QEMU_AARCH64", cross::emulator_path());
    Ok(test)
}

/// What is tested of the Automation Platform, in one process: what its first run has set up is what the tests look at.
pub(crate) fn aap(long: bool) -> Result<Command> {
    let mut tests =
        pytest(AAP, &["-n", "0", "tests/e2e/test_aap.py", "tests/e2e/test_execution_environment.py"])?;
    if long {
        tests.env("BARE_ROOT", "1");
    }
    Ok(tests)
}

/// All tests but those of the modules' two dozen programs: their test binaries would hold none.
pub(crate) fn cargo_tests() -> Vec<Command> {
    [
        &["build", "--workspace", "--examples"][..], // tests run them
        &[
            "test",
            "--workspace",
            "--no-fail-fast",
            "--lib",
            "--bin",
            "sums-sim",
            "--bin",
            "xtask",
            "--test",
            "*",
        ],
        &["test", "--workspace", "--no-fail-fast", "--doc"],
    ]
    .map(cargo)
    .into()
}

/// The program whose verdicts on definitions are compared with ours, and how to get it. Its YAML parser is no longer maintained, so it is no
/// dependency of any crate.
pub(crate) fn yaml_validator() -> (Command, PathBuf) {
    let folder = tree::target("yaml-validator");
    let mut getting = cargo(&["install", "--quiet", "--locked", "--debug", "yaml-validator-cli@0.1.1"]);
    getting.arg("--root").arg(&folder);
    // Other steps hold the lock of the usual one.
    getting.env("CARGO_TARGET_DIR", folder.join("build"));
    (getting, folder.join("bin/yaml-validator-cli"))
}

/// The memory that the shipped program needs: an unoptimised one would take minutes for the largest inputs.
pub(crate) fn memory() -> Command {
    let mut test = cargo(&["test", "--workspace", "--test", "memory", "--", "--ignored"]);
    test.env("SHIPPED_PROGRAM", package::program());
    test
}

/// The tests of seed images once more, with the programs that read such volumes, which not every machine has.
pub(crate) fn seed_images() -> Command {
    let mut test = cargo(&["test", "--workspace", "--test", "seeds"]);
    test.env("SEED_PROGRAMS", debian::seed_programs());
    test
}
