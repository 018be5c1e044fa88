//! A stand-in for the program `openshift-install`, as far as the agent-based installer goes: the same files, words and exit codes,
//! and a small but real ISO.
mod checks;
mod image;
mod log;
mod run;

use clap::{Args, Parser, Subcommand};
use std::{ffi::OsString, path::PathBuf, process::ExitCode};

/// The name by which the program is this stand-in.
pub const NAME: &str = "openshift-install";
/// A list of scenarios in this variable, with commas between them, is played beside those of the command line.
pub const SCENARIOS: &str = "OPENSHIFT_INSTALL_SIM";

/// What may go wrong, each after what went before it in a real run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// The base image can't be fetched, as in a lab without a way out.
    NoBaseImage,
    /// It works until somebody ends it.
    Hang,
    /// It ends well, without an ISO.
    NoIso,
    /// It ends well, with something that is no ISO.
    NotAnIso,
    /// Its fatal message repeats the install-config, pull secret and all.
    TellsSecrets,
    /// It says so much that nobody could keep it all.
    Noisy,
    /// It is killed, as by a machine that runs out of memory.
    Killed,
    /// It says nothing, and fails.
    Silent,
}

/// What can be set from outside; the real program has none of these.
#[derive(Args, Clone, Debug)]
pub struct InstallOptions {
    /// The version that it says it is.
    #[arg(long = "sim-version", default_value = "4.18.9")]
    pub version: String,
    /// The commit that it says it was built from.
    #[arg(long = "sim-commit", default_value = "2d5b5c01bd6c0f3a8a1b9f6ed4a40d0f6c9e4711")]
    pub commit: String,
    /// The name that it says it was called by.
    #[arg(long = "sim-name", default_value = NAME)]
    pub name: String,
    /// What goes wrong.
    #[arg(long = "sim-scenario")]
    pub scenarios: Vec<Scenario>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Says which one it is.
    Version,
    /// Commands for the agent-based installer.
    Agent {
        #[command(subcommand)]
        agent: Agent,
    },
}

#[derive(Subcommand, Clone, Debug)]
enum Agent {
    /// Makes something.
    Create {
        #[command(subcommand)]
        what: What,
    },
}

#[derive(Subcommand, Clone, Debug)]
enum What {
    /// The ISO.
    Image {
        /// The folder with the inputs.
        #[arg(long, default_value = ".")]
        dir: PathBuf,
        /// How much is said.
        #[arg(long, default_value = "info")]
        log_level: String,
    },
}

#[derive(Parser)]
struct Called {
    #[command(flatten)]
    options: InstallOptions,
}

/// The program, when it was started under its name; also by a script of the mirror, which names it once more.
pub fn called() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let by_script = arguments.get(1).is_some_and(|first| first == NAME);
    if by_script {
        arguments.remove(1);
    }
    let name = arguments.first().map(|name| name.to_string_lossy().into_owned());
    let mut options = Called::parse_from(arguments).options;
    if let Some(name) = name.filter(|_| !by_script) {
        options.name = name;
    }
    run(options)
}

/// The program.
pub fn run(mut options: InstallOptions) -> ExitCode {
    let asked = std::env::var(SCENARIOS).unwrap_or_default();
    let asked = asked.split(',').filter(|word| !word.is_empty());
    options
        .scenarios
        .extend(asked.filter_map(|word| <Scenario as clap::ValueEnum>::from_str(word, true).ok()));
    match &options.command {
        Command::Version => {
            println!("{} {}", options.name, options.version);
            println!("built from commit {}", options.commit);
            println!("release image quay.io/openshift-release-dev/ocp-release@sha256:{}", "0".repeat(64));
            println!("release architecture amd64");
            ExitCode::SUCCESS
        }
        Command::Agent { agent: Agent::Create { what: What::Image { dir, log_level } } } => {
            run::create_image(dir, log_level == "debug", &options.scenarios, &options.version)
        }
    }
}
