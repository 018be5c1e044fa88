//! The steps of `cargo xtask test` in which programs of others judge the assembled collection.

use std::process::Command;

use fs_err as fs;

use crate::environment::program;
use crate::error::{Error, Result};
use crate::package;
use crate::steps::{Step, Work};
use crate::tree;
use crate::venv::{self, CHECKERS, IMPORTER};

/// The programs that judge the assembled collection.
pub(crate) fn steps() -> Result<Vec<Step>> {
    let linter = |name, args: &[&str]| {
        let mut program = program(&venv::folder(CHECKERS), name, args)?;
        // The folder tells all of them which collection is meant.
        program.current_dir(package::folder()).env("ANSIBLE_COLLECTIONS_PATH", tree::target("collection"));
        Ok::<_, Error>(program)
    };
    let needs = ["package", "venv-checkers"];
    let mut steps = vec![
        Step::run("ansible-lint", &needs, linter("ansible-lint", &["--strict", "--nocolor"])?),
        Step::run("yamllint", &needs, linter("yamllint", &["--strict", "."])?),
        Step::run(
            "antsibull-docs",
            &needs,
            linter("antsibull-docs", &["lint-collection-docs", "--plugin-docs", "."])?,
        ),
    ];
    steps.push(Step::xtask("venv-importer", &[], &["venv", IMPORTER]));
    steps.push(Step::run("importer", &["package", "venv-importer"], importer()?));
    steps.push(Step::run("changelog", &needs, linter("antsibull-changelog", &["lint"])?));
    // Not the programs, nor the licences of others.
    let others = "./plugins/modules/__*,./THIRD_PARTY_LICENSES,./.git";
    steps.push(Step::run("codespell", &needs, linter("codespell", &["--skip", others, "."])?));
    // ansible-test checks only files in git.
    let git = [linter("git", &["init", "--quiet"])?, linter("git", &["add", "--all"])?];
    let sanity =
        linter("ansible-test", &["sanity", "--color", "no", "--python", &venv::python(CHECKERS)?.version])?;
    bring_pip()?;
    steps.insert(
        0,
        Step {
            name: "sanity",
            needs: needs.to_vec(),
            work: Work::Run(git.into_iter().chain([sanity]).collect()),
        },
    );
    Ok(steps)
}

/// What Ansible Galaxy does with the archive when it is uploaded.
fn importer() -> Result<Command> {
    let folder = tree::target("importer");
    fs::create_dir_all(&folder)?;
    let mut importer = program(&venv::folder(IMPORTER), "python", &["-m", "galaxy_importer.main"])?;
    importer.arg(package::archive()).current_dir(folder);
    Ok(importer)
}

/// ansible-test downloads pip's installer unless it finds one under this name. Python includes pip.
fn bring_pip() -> Result<()> {
    let cache = tree::target("home/.ansible/test/cache");
    fs::create_dir_all(&cache)?;
    let script = "import ensurepip\nensurepip.bootstrap(upgrade=True, default_pip=True)\n";
    Ok(fs::write(cache.join("get_pip_24_2.py"), script)?)
}
