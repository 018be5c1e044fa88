//! The stand-ins as a program: `bench-sim MACHINE` prints the machine's URL, then serves silently until stopped.
#![allow(clippy::disallowed_methods)] // runs only on developers' machines

use bench_sim::{idrac, mirror, openshift_install, s3, truenas};
use clap::{Parser, Subcommand};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{any::Any, error::Error, io::Write, path::Path, process::ExitCode};

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
    /// The mirror of OpenShift's releases.
    Mirror(mirror::MirrorOptions),
    /// The program `openshift-install`, which serves nothing; also when started under that name.
    OpenshiftInstall(openshift_install::InstallOptions),
    /// Buckets and objects, for the access key AKIDEXAMPLE with the secret key `planted-secret-key`.
    S3,
    /// Storage pools and iSCSI.
    Truenas(truenas::Options),
}

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    if Path::new(&name).file_name().is_some_and(|name| name == openshift_install::NAME) {
        return openshift_install::called();
    }
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    // Before the URL is printed, so that its reader can stop this process cleanly.
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    if arguments.exit_with_parent {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
    }
    // Kept until the end: dropping it stops it.
    let (url, _server): (String, Box<dyn Any>) = match arguments.machine {
        Machine::OpenshiftInstall(options) => return Ok(openshift_install::run(options)),
        Machine::Idrac(options) => {
            let server = idrac::spawn(options)?;
            (server.url(), Box::new(server))
        }
        Machine::Mirror(options) => {
            let server = mirror::spawn(options)?;
            (server.url(), Box::new(server))
        }
        Machine::S3 => {
            let server = s3::S3::start(s3::Options::default())?;
            (server.url(), Box::new(server))
        }
        Machine::Truenas(options) => {
            let server = truenas::spawn(options)?;
            (server.url(), Box::new(server))
        }
    };
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{url}")?;
    stdout.flush()?;
    signals.forever().next();
    Ok(ExitCode::SUCCESS)
}
