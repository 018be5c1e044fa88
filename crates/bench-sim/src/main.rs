//! The stand-ins as a program: `bench-sim MACHINE` prints the machine's URL, then serves silently until stopped.
#![allow(clippy::disallowed_methods)] // runs only on developers' machines

use bench_sim::idrac;
use clap::{Parser, Subcommand};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{error::Error, io::Write, process::ExitCode};

/// Stand-ins for the machines of a bench.
#[derive(Parser)]
struct Arguments {
    /// Stop when the parent process ends.
    #[arg(long)]
    exit_with_parent: bool,
    #[command(subcommand)]
    machine: Machine,
}

#[derive(Subcommand)]
enum Machine {
    /// The iDRAC of a Dell server.
    Idrac(idrac::IdracOptions),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    // Before the URL is printed, so that its reader can stop this process cleanly.
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    if arguments.exit_with_parent {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
    }
    // Kept until the end: dropping it stops it.
    let server = match arguments.machine {
        Machine::Idrac(options) => idrac::spawn(options)?,
    };
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", server.url())?;
    stdout.flush()?;
    signals.forever().next();
    Ok(())
}
