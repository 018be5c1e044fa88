//! `cargo xtask`: the development tasks that cargo alone can't do. One file per command.
#![allow(clippy::disallowed_methods)] // runs only on developers' machines

mod archive;
mod bench;
mod controller;
mod cores;
mod cross;
mod debian;
mod demo;
mod docs;
mod environment;
mod error;
mod fetch;
mod http;
mod lab;
mod licences;
mod linking;
mod linters;
mod package;
mod process;
mod sbom;
mod server;
mod steps;
mod test;
mod test_commands;
mod tree;
mod venv;

use std::process::ExitCode;

use clap::Parser;

use crate::error::Error;

/// Builds, tests, packages and demonstrates the collection hatci.automation.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Measure the cost of tasks and processes, and print a table
    Bench {
        /// Measure only these groups
        groups: Vec<String>,
    },
    /// Run a whole OTA test of a simulated vehicle with the packaged collection
    Demo {
        /// Leave the servers running, and print their addresses
        #[arg(long)]
        keep: bool,
    },
    /// Generate the documentation of modules and roles from their sources
    Docs {
        /// Write nothing, and fail if a file is outdated
        #[arg(long)]
        check: bool,
    },
    /// Get what tests need and no virtual environment holds
    Fetch {
        /// What to get
        thing: fetch::Thing,
    },
    /// Build the binaries and the Galaxy archive; the last line of output is its path
    Package {
        /// Add a program `hatci` that was built on another machine; the archive then supports both
        #[arg(long, value_name = "MACHINE=PATH")]
        with: Vec<package::Program>,
        /// Also build the program for aarch64, on Debian 12, with packages that are fetched but not installed
        #[arg(long, conflicts_with = "with")]
        all: bool,
    },
    /// Set everything up and run every test
    Test {
        #[command(flatten)]
        scope: test::Scope,
        /// Run only these steps and their dependencies
        steps: Vec<String>,
    },
    /// Create virtual environments under .venv/ from tests/requirements/
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
        Task::Fetch { thing } => fetch::fetch(thing),
        Task::Package { with, all } => {
            package::package(with, all).map(|archive| println!("{}", archive.display()))
        }
        Task::Test { scope, steps } => test::test(scope, &steps),
        Task::Venv { names } => venv::make_all(&names.iter().map(String::as_str).collect::<Vec<_>>()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Lacking(what)) => {
            println!("{what}");
            ExitCode::from(steps::LACKING)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
