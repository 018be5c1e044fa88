//! Builds the program for aarch64 on another machine, with Debian's packages unpacked below `target/`: nothing is installed.

use std::collections::BTreeSet;
use std::env::consts::ARCH;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;

use crate::environment;
use crate::error::{Error, Result};
use crate::fetch::on_path;
use crate::linking;
use crate::process;
use crate::tree;

/// The machine that is built for.
pub(crate) const MACHINE: &str = "aarch64";
const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Debian's newest Rust: a standard library fits only the compiler that it was built with.
const RUST: [&str; 3] = ["rustc-web", "libstd-rust-web-dev:amd64", "libstd-rust-web-dev:arm64"];
/// For C, and to link. The names end in the version because the plain ones hold only links.
const GCC: [&str; 8] = [
    "binutils-aarch64-linux-gnu",
    "cpp-12-aarch64-linux-gnu",
    "gcc-12-aarch64-linux-gnu",
    "libc6-arm64-cross",
    "libc6-dev-arm64-cross",
    "libgcc-12-dev-arm64-cross",
    "libgcc-s1-arm64-cross",
    "linux-libc-dev-arm64-cross",
];
/// Libraries that must be those of the machine: its C library belongs to its loader, and the others come with any C compiler.
const OF_THE_MACHINE: [&str; 4] = ["gcc-12-base", "libc6", "libgcc-s1", "libstdc++6"];
const EMULATOR: [&str; 1] = ["qemu-user-static"];

/// Builds the program, and returns its path. The error is [`Error::Lacking`] where this machine can't.
pub(crate) fn program() -> Result<PathBuf> {
    check_machine()?;
    let _lock = tree::lock(&folder().join("lock"))?;
    check_program("cc")?; // for build scripts
    let tools = unpacked("toolchain", "Rust and GCC for aarch64, 200 MB", |apt| {
        Ok([&RUST.map(str::to_owned)[..], &GCC.map(str::to_owned), &apt.libraries()?].concat())
    })?;
    println!("Building the program for {MACHINE}");
    process::run(&mut build(&tools))?;
    Ok(program_path())
}

/// Fetches QEMU, which runs the program here, and returns its path.
pub(crate) fn emulator() -> Result<PathBuf> {
    check_machine()?;
    let _lock = tree::lock(&folder().join("lock"))?;
    unpacked("emulator", "QEMU, 60 MB", |_| Ok(EMULATOR.map(str::to_owned).to_vec()))?;
    Ok(emulator_path())
}

/// The path of QEMU, once it is fetched.
pub(crate) fn emulator_path() -> PathBuf {
    folder().join("emulator/usr/bin/qemu-aarch64-static")
}

/// The path of the program, once it is built.
pub(crate) fn program_path() -> PathBuf {
    folder().join("build").join(TARGET).join("release/hatci")
}

fn folder() -> PathBuf {
    tree::target("cross")
}

fn check_machine() -> Result<()> {
    if ARCH == "x86_64" {
        return Ok(());
    }
    Err(Error::Lacking(format!(
        "Only an x86_64 machine builds for {MACHINE} this way; build on {MACHINE} and use `package --with`"
    )))
}

fn check_program(name: &str) -> Result<()> {
    if on_path(name).is_some() {
        return Ok(());
    }
    Err(Error::Lacking(format!(
        "To build for {MACHINE} takes Debian 12 with `{name}`, which is missing here; install it, or build elsewhere and use `package --with`"
    )))
}

/// The compiler also builds the build scripts, so nothing may be shared with the usual target.
fn build(tools: &Path) -> Command {
    let bin = tools.join("usr/bin");
    let gcc = bin.join("aarch64-linux-gnu-gcc-12");
    let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
        .map(|folder| tools.join(folder).display().to_string())
        .join(":");
    let mut cargo =
        environment::cargo(&["build", "--release", "--package", "hatci-modules", "--bin", "hatci"]);
    cargo
        .args(["--target", TARGET])
        .env("CARGO_TARGET_DIR", folder().join("build"))
        .env("RUSTC", bin.join("rustc"))
        .env("RUSTFLAGS", linking::flags())
        .env("LD_LIBRARY_PATH", libraries)
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", &gcc)
        .env("CC_aarch64_unknown_linux_gnu", &gcc)
        .env("AR_aarch64_unknown_linux_gnu", bin.join("aarch64-linux-gnu-ar"));
    cargo
}

/// The folder of this name, with these packages in it: fetched the first time, and again when what is wanted changes.
fn unpacked(name: &str, what: &str, packages: impl Fn(&Apt) -> Result<Vec<String>>) -> Result<PathBuf> {
    let root = folder().join(name);
    let stamp = root.join("unpacked-from.txt");
    // The folder is part of it because a moved tree needs another one.
    let wanted = format!("{}\n{RUST:?}\n{GCC:?}\n{EMULATOR:?}\n", root.display());
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(root);
    }
    println!("Fetching from Debian, into {}, without installing: {what}", root.display());
    let apt = Apt::new(&folder().join("apt"))?;
    let packages = packages(&apt)?;
    println!("The packages are {}", packages.join(", "));
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    fs::create_dir_all(&root)?;
    for archive in apt.download(&packages)? {
        process::output_of(Command::new("dpkg").arg("--extract").args([&archive, &root]))?;
        fs::remove_file(&archive)?;
    }
    fs::write(stamp, wanted)?;
    Ok(root)
}

/// apt with the machine's sources and keys, and with lists of its own, which name packages of both machines.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Fetches the lists.
    fn new(folder: &Path) -> Result<Self> {
        for program in ["apt-get", "apt-cache", "dpkg"] {
            check_program(program)?;
        }
        // What an interrupted run has left must not be unpacked, too.
        if folder.join("packages").exists() {
            fs::remove_dir_all(folder.join("packages"))?;
        }
        for part in ["state/lists/partial", "cache/archives/partial", "packages"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let apt = Self { folder: folder.to_owned() };
        fs::write(apt.settings(), settings(folder))?;
        apt.run("apt-get", &["update"], "Debian's lists of packages")?;
        Ok(apt)
    }

    fn settings(&self) -> PathBuf {
        self.folder.join("apt.conf")
    }

    /// The names of all libraries that the compiler needs, some of which carry a version that changes with the compiler's.
    fn libraries(&self) -> Result<Vec<String>> {
        let options = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"]
            .map(|kind| format!("--no-{kind}"));
        let mut words = vec!["depends", "--recurse"];
        words.extend(options.iter().map(String::as_str));
        words.push("libstd-rust-web-dev");
        let tree = self.run("apt-cache", &words, "libstd-rust-web-dev")?;
        Ok(named_in(&tree).into_iter().filter(|name| name != "libstd-rust-web-dev").collect())
    }

    /// Downloads the packages, and returns the paths of their files.
    fn download(&self, packages: &[String]) -> Result<Vec<PathBuf>> {
        let words: Vec<_> = std::iter::once("download").chain(packages.iter().map(String::as_str)).collect();
        self.run("apt-get", &words, "the packages")?;
        let files = fs::read_dir(self.folder.join("packages"))?;
        files.map(|entry| Ok(entry?.path())).collect()
    }

    /// Runs one of apt's programs; the error says in one sentence that `what` is missing.
    fn run(&self, program: &str, words: &[&str], what: &str) -> Result<String> {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.settings()).arg("--quiet").args(words).env("LC_ALL", "C.UTF-8");
        command.current_dir(self.folder.join("packages"));
        process::output_of(&mut command).map_err(|error| match error {
            Error::Failed { output, .. } => {
                Error::Lacking(format!("{program} can't get {what}: {}", first_error(&output)))
            }
            other => other,
        })
    }
}

/// The machine's settings are read before these. Its hooks would tidy up what belongs to the machine.
fn settings(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"Dir::State "{folder}/state";
Dir::Cache "{folder}/cache";
APT::Architecture "amd64";
#clear APT::Architectures;
APT::Architectures {{ "amd64"; "arm64"; }};
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
"#
    )
}

/// The packages that stand at the beginning of a line; indented are their dependencies, and in brackets are virtual ones.
fn named_in(tree: &str) -> BTreeSet<String> {
    let packages = tree.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()));
    packages.filter(|name| !OF_THE_MACHINE.contains(name)).map(str::to_owned).collect()
}

fn first_error(output: &str) -> &str {
    output.lines().find_map(|line| line.strip_prefix("E: ")).unwrap_or("it doesn't say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_are_those_that_apt_names_but_not_the_machines_own() {
        let tree =
            "libstd-rust-web-1.96\n  Depends: libc6\n |Depends: libllvm22\nlibc6\nlibllvm22\n<libc-dev>\n";
        assert_eq!(named_in(tree).into_iter().collect::<Vec<_>>(), ["libllvm22", "libstd-rust-web-1.96"]);
    }

    #[test]
    fn what_apt_can_not_get_is_told_in_one_sentence() {
        let output = "Reading package lists...\nW: slow\nE: Unable to locate package x\nE: Broken\n";
        assert_eq!(first_error(output), "Unable to locate package x");
    }
}
