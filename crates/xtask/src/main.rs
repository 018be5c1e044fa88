//! `cargo xtask`: what takes more than cargo alone. One file per command.
#![allow(clippy::disallowed_methods)] // runs on the machines of developers only

mod bench;
mod controller;
mod demo;
mod docs;
mod environment;
mod error;
mod http;
mod lab;
mod licences;
mod package;
mod process;
mod server;
mod steps;
mod test;
mod tree;
mod venv;

use std::process::ExitCode;

use clap::Parser;

/// Builds, tests, packages and shows the collection hatci.automation.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Measure what a task and a process cost, and print a table
    Bench {
        /// Measure only these groups
        groups: Vec<String>,
    },
    /// Take a simulated vehicle through a whole OTA test with the packaged collection
    Demo {
        /// Leave the servers running, and tell their addresses
        #[arg(long)]
        keep: bool,
    },
    /// Write the documentation of modules and roles from their sources
    Docs {
        /// Write nothing, and fail if something is stale
        #[arg(long)]
        check: bool,
    },
    /// Build the binaries and the Galaxy archive; the last line is its path
    Package {
        /// A program `hatci` for another machine, built there; the archive then serves both
        #[arg(long, value_name = "MACHINE=PATH")]
        with: Vec<package::Program>,
    },
    /// Set everything up and run every test
    Test {
        /// Leave out the slow steps
        #[arg(long)]
        quick: bool,
        /// Feed each parser of foreign text with random input for a minute, instead of a fifth of a second
        #[arg(long, conflicts_with = "quick")]
        long: bool,
        /// Run only these steps and what they need
        steps: Vec<String>,
    },
    /// Make virtual environments under .venv/ from tests/requirements/
    Venv {
        /// Names of requirements files, without .txt
        #[arg(required = true)]
        names: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Bench { groups } => bench::bench(&groups),
        Task::Demo { keep } => demo::demo(keep),
        Task::Docs { check } => docs::run(check),
        Task::Package { with } => package::package(&with).map(|archive| println!("{}", archive.display())),
        Task::Test { quick, long, steps } => test::test(quick, long, &steps),
        Task::Venv { names } => venv::make_all(&names.iter().map(String::as_str).collect::<Vec<_>>()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
