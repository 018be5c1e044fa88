//! `cargo xtask package`: builds the binaries, the collection's tree, and the Galaxy archive.

use std::env::consts::ARCH;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ansible_module::Entry;
use fs_err as fs;
use hatci_modules::MODULES;

use crate::archive;
use crate::cross;
use crate::environment;
use crate::error::{Error, Result};
use crate::licences::licences;
use crate::linking;
use crate::process;
use crate::sbom::sbom;
use crate::tree::{self, VERSION};
use crate::venv;

/// What goes into the archive from the top of the source tree, in addition to everything below `collection/`.
const FROM_ROOT: [&str; 10] = [
    ".ansible-lint",
    ".yamllint",
    "CHANGELOG.md",
    "changelogs",
    "LICENSE",
    "README.md",
    "galaxy.yml",
    "meta",
    "playbooks",
    "roles",
];

/// Linux on these machines, in `uname -m` names; the folder in the archive and cargo's target are named after them.
const MACHINES: [&str; 2] = ["x86_64", "aarch64"];

/// What the archive may have at most, in bytes.
const LARGEST: u64 = 8_000_000;

/// The ansible-core versions whose sanity tests may check the collection.
const SANITY_VERSIONS: [&str; 7] = ["2.15", "2.16", "2.17", "2.18", "2.19", "2.20", "2.21"];

/// The multi-call program for one of [`MACHINES`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Program {
    machine: String,
    path: PathBuf,
}

impl FromStr for Program {
    type Err = String;

    /// Parses `aarch64=PATH`.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once('=') {
            Some((machine, path)) if MACHINES.contains(&machine) && machine != ARCH => {
                Ok(Self { machine: machine.to_owned(), path: path.into() })
            }
            _ => Err(format!(
                "expected MACHINE=PATH, with MACHINE one of {} but not {ARCH}",
                MACHINES.join(" and ")
            )),
        }
    }
}

/// Builds everything for this machine and returns the path of the archive, which also contains `others`; with `all`, the program
/// for aarch64 is built, too.
pub(crate) fn package(mut others: Vec<Program>, all: bool) -> Result<PathBuf> {
    if all {
        others.push(Program { machine: cross::MACHINE.to_owned(), path: cross::program()? });
    }
    let core = venv::make(venv::CORE_2_19)?;
    let _lock = tree::lock(&tree::target("collection.lock"))?;
    let programs = [&[build_binary()?], &others[..]].concat();
    println!("Laying out {}", folder().display());
    lay_out(&folder(), &programs)?;
    process::output_of(
        environment::program(&core, "ansible-galaxy", &["collection", "build", "--force", "--output-path"])?
            .args([tree::target("collection"), folder()]),
    )?;
    archive::make_reproducible(&archive())?;
    check_size(fs::metadata(archive())?.len())?;
    add_companions(&archive())?;
    Ok(archive())
}

fn check_size(bytes: u64) -> Result<()> {
    if bytes <= LARGEST {
        return Ok(());
    }
    Err(Error::Tree(format!(
        "the archive has {bytes} bytes, but at most {LARGEST} are allowed; see what the program has gained"
    )))
}

/// Writes what goes beside the archive: its bill of materials, and the checksums of both.
fn add_companions(archive: &Path) -> Result<()> {
    let bill = archive.with_file_name(format!("hatci-automation-{VERSION}.cdx.json"));
    fs::write(&bill, sbom("hatci-modules", &triple())?)?;
    let line = |file: &Path| -> Result<String> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!("{}  {name}\n", archive::sha256(&fs::read(file)?)))
    };
    let sums = [line(archive)?, line(&bill)?].concat();
    Ok(fs::write(archive.with_file_name("SHA256SUMS"), sums)?)
}

/// The path of the built archive.
pub(crate) fn archive() -> PathBuf {
    tree::target(&format!("collection/hatci-automation-{VERSION}.tar.gz"))
}

/// The assembled collection, in the folder structure that Ansible's tools require.
pub(crate) fn folder() -> PathBuf {
    tree::target("collection/ansible_collections/hatci/automation")
}

fn build_binary() -> Result<Program> {
    process::run(
        environment::cargo(&[
            "build",
            "--release",
            "--package",
            "hatci-modules",
            "--bin",
            "hatci",
            "--target",
        ])
        .arg(triple())
        .env("RUSTFLAGS", linking::flags()),
    )?;
    Ok(Program { machine: ARCH.to_owned(), path: program() })
}

/// The path of this machine's program, once it is built.
pub(crate) fn program() -> PathBuf {
    tree::target(&triple()).join("release/hatci")
}

/// This machine's target triple.
fn triple() -> String {
    format!("{ARCH}-unknown-linux-gnu")
}

/// Only these programs are included: other files below `target/` may be outdated.
fn lay_out(folder: &Path, programs: &[Program]) -> Result<()> {
    check_version()?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    copy(&tree::root().join("collection"), folder)?;
    for name in FROM_ROOT {
        copy(&tree::root().join(name), &folder.join(name))?;
    }
    for Program { machine, path } in programs {
        add_binary(path, &folder.join(format!("plugins/modules/__{machine}__")))?;
    }
    fs::write(folder.join("THIRD_PARTY_LICENSES"), licences("hatci-modules", &triple())?)?;
    // ansible-test reads what git does not ignore, and mistakes a binary for a broken Python file.
    fs::write(
        folder.join(".gitignore"),
        "/plugins/modules/__*__/\n/tests/output/\n/.ansible/\n__pycache__/\n",
    )?;
    add_sanity_exceptions(&folder.join("tests/sanity"))
}

fn check_version() -> Result<()> {
    let galaxy = fs::read_to_string(tree::root().join("galaxy.yml"))?;
    let line = format!("version: {VERSION}");
    if galaxy.lines().any(|it| it == line) {
        return Ok(());
    }
    Err(Error::Tree(format!("galaxy.yml lacks the line `{line}`, the version in the workspace's Cargo.toml")))
}

/// Adds the multi-call binary, and a link to it for each module.
fn add_binary(binary: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    fs::copy(binary, folder.join("hatci"))?;
    for module in MODULES {
        symlink("hatci", folder.join(module.name))?;
    }
    Ok(())
}

/// The only exception: the licence is Apache-2.0, but the test accepts only the GPL's header.
fn add_sanity_exceptions(folder: &Path) -> Result<()> {
    let modules = MODULES.iter().map(|module: &Entry| format!("modules/{}", module.name));
    let plugins = modules.chain(
        [
            "callback/ara_queue",
            "inventory/hatci",
            "lookup/made_in_job",
            "lookup/package_vehicles",
            "lookup/tasks_fault",
            "lookup/undefined_in",
        ]
        .map(str::to_owned),
    );
    let line = |plugin| format!("plugins/{plugin}.py validate-modules:missing-gplv3-license\n");
    let lines = plugins.map(line).collect::<Vec<_>>().concat();
    fs::create_dir_all(folder)?;
    for version in SANITY_VERSIONS {
        fs::write(folder.join(format!("ignore-{version}.txt")), &lines)?;
    }
    Ok(())
}

/// Copies a file or folder recursively, with permissions.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name() != "__pycache__" {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_programs_named_are_packed() {
        let temp = tempfile::TempDir::new().expect("there is room");
        let path = temp.path().join("built");
        fs::write(&path, "built").expect("it can be written");
        for machines in [&MACHINES[..1], &MACHINES[1..], &MACHINES] {
            let program = |machine: &&str| Program { machine: machine.to_string(), path: path.clone() };
            let programs: Vec<_> = machines.iter().map(program).collect();
            let folder = temp.path().join("collection");
            lay_out(&folder, &programs).expect("the tree is whole");
            for machine in MACHINES {
                let module = folder.join(format!("plugins/modules/__{machine}__/hatci_info"));
                assert_eq!(module.exists(), machines.contains(&machine), "{machine} of {machines:?}");
            }
        }
    }

    #[test]
    fn an_archive_of_more_than_8_mb_is_refused() {
        assert!(check_size(LARGEST).is_ok());
        assert!(check_size(LARGEST + 1).is_err());
    }

    #[test]
    fn a_program_of_another_machine_is_named_with_it() {
        let other = MACHINES.into_iter().find(|machine| *machine != ARCH).expect("there are two");
        let program = Program { machine: other.into(), path: "a=b/hatci".into() };
        assert_eq!(format!("{other}=a=b/hatci").parse(), Ok(program));
        for wrong in [other.to_string(), "riscv64=hatci".into(), format!("{ARCH}=hatci")] {
            assert!(wrong.parse::<Program>().is_err(), "{wrong}");
        }
    }
}
