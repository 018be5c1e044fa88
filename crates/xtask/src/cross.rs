//! Builds the program for aarch64 on another machine, with Debian's packages unpacked below `target/`: nothing is installed.

use std::collections::BTreeSet;
use std::env::consts::ARCH;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian::{self, Apt};
use crate::environment;
use crate::error::{Error, Result};
use crate::linking;
use crate::process::{self, on_path};
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
/// That of the machine, and that of what is built.
const ARCHITECTURES: &str = r#"APT::Architecture "amd64";
#clear APT::Architectures;
APT::Architectures { "amd64"; "arm64"; };
"#;

/// Builds the program, and returns its path. The error is [`Error::Lacking`] where this machine can't.
pub(crate) fn program() -> Result<PathBuf> {
    check_machine()?;
    let _lock = tree::lock(&folder().join("lock"))?;
    check_program("cc")?; // for build scripts
    let tools = unpacked("toolchain", "Rust and GCC for aarch64, 200 MB", |apt| {
        Ok([&RUST.map(str::to_owned)[..], &GCC.map(str::to_owned), &libraries(apt)?].concat())
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

/// The folder of this name, with these packages in it.
fn unpacked(name: &str, what: &str, packages: impl Fn(&Apt) -> Result<Vec<String>>) -> Result<PathBuf> {
    for program in debian::PROGRAMS {
        check_program(program)?;
    }
    let root = folder().join(name);
    // The folder is part of it because a moved tree needs another one.
    let wanted = format!("{}\n{RUST:?}\n{GCC:?}\n{EMULATOR:?}\n", root.display());
    debian::unpacked(&root, &wanted, what, || {
        let apt = Apt::new(&folder().join("apt"), ARCHITECTURES)?;
        let packages = packages(&apt)?;
        apt.download(&packages)
    })?;
    Ok(root)
}

/// The names of all libraries that the compiler needs, some of which carry a version that changes with the compiler's.
fn libraries(apt: &Apt) -> Result<Vec<String>> {
    let options = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"]
        .map(|kind| format!("--no-{kind}"));
    let mut words = vec!["depends", "--recurse"];
    words.extend(options.iter().map(String::as_str));
    words.push("libstd-rust-web-dev");
    let tree = apt.run("apt-cache", &words, "libstd-rust-web-dev")?;
    Ok(named_in(&tree).into_iter().filter(|name| name != "libstd-rust-web-dev").collect())
}

/// The packages that stand at the beginning of a line; indented are their dependencies, and in brackets are virtual ones.
fn named_in(tree: &str) -> BTreeSet<String> {
    let packages = tree.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()));
    packages.filter(|name| !OF_THE_MACHINE.contains(name)).map(str::to_owned).collect()
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
}
