//! The simulator as a program: prints its URL, then serves silently until stopped.
#![allow(clippy::disallowed_methods)] // runs only on developers' machines

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use sums_sim::Options;

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sums-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), Box<dyn Error>> {
    // Before the URL is printed, so that its reader can stop this process cleanly.
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    if options.exit_with_parent {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
    }
    let server = sums_sim::spawn(options)?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", server.url())?;
    stdout.flush()?;
    signals.forever().next();
    Ok(())
}
