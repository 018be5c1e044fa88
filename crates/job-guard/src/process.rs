//! The guard as a process: it cuts itself loose from the task that started it, and serves until its job is over.
use crate::{
    JobGuard, Kinds, Owner,
    guard::Guard,
    memory::Memory,
    notes::delivered,
    place::Place,
    wire::{ARGUMENT, READY},
};
use rustix::{
    fs::Mode,
    process::{DumpableBehavior, set_dumpable_behavior, setsid},
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    ffi::OsString,
    io::{Write, stdout},
    os::unix::net::UnixListener,
    process::ExitCode,
    sync::Arc,
};
use tokio::{runtime::Builder, task::LocalSet};

/// The first argument of a program that brings another guard where one was killed; the job's process follows.
const REVIVE: &str = "--revive-job-guard";
/// So many things are done at once that wait for a server without the event loop.
const MOST_THREADS: usize = 8;

/// Runs the guard if the program was started as one; `None` if it was not. Must come first in `main`.
pub fn run_if_asked(kinds: fn() -> Kinds) -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next()?;
    let outcome = match first.to_str()? {
        ARGUMENT => guard(arguments, kinds),
        REVIVE => revive(arguments),
        _ => return None,
    };
    Some(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // The module reads this until the guard is ready.
            println!("{why}");
            ExitCode::FAILURE
        }
    })
}

fn guard(mut arguments: impl Iterator<Item = OsString>, kinds: fn() -> Kinds) -> Result<(), String> {
    let owner = owner(arguments.next())?;
    let place = arguments.next().map(|folder| Place::at(folder.into(), owner));
    serve(place.ok_or("it was started without its folder")?, kinds)
}

fn revive(mut arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let guard = JobGuard::of(owner(arguments.next())?).map_err(|e| e.to_string())?;
    guard.revive().map_err(|e| e.to_string())?;
    let mut out = stdout().lock();
    guard.news().iter().try_for_each(|news| writeln!(out, "{news}")).map_err(|e| e.to_string())?;
    out.flush().map_err(|e| e.to_string())?;
    delivered();
    Ok(())
}

fn owner(argument: Option<OsString>) -> Result<Owner, String> {
    let text = argument.unwrap_or_default().into_string().unwrap_or_default();
    let of_pid = || text.parse().ok().and_then(Owner::of);
    text.parse().ok().or_else(of_pid).ok_or_else(|| "it was started without its job's process".into())
}

fn serve(place: Place, kinds: fn() -> Kinds) -> Result<(), String> {
    detach()?;
    let socket = place.socket();
    // A killed guard leaves its socket behind. The starter holds the lock, so there is no other guard.
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).map_err(|e| format!("{}: {e}", socket.display()))?;
    listener.set_nonblocking(true).map_err(|e| e.to_string())?;
    let serving = async {
        let guard = Guard::new(place, kinds(), Memory::of_guard());
        guard.inherit();
        println!("{READY}");
        guard.run(listener).await
    };
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_io().enable_time().max_blocking_threads(MOST_THREADS).build();
    let runtime = runtime.map_err(|e| e.to_string())?;
    let outcome = runtime.block_on(LocalSet::new().run_until(serving)).map_err(|e| e.to_string());
    // Doesn't wait for abandoned work.
    runtime.shutdown_background();
    outcome
}

/// Keeps nothing of the task: not its descriptors (its pipes would never close, and one holds its arguments), not its session.
fn detach() -> Result<(), String> {
    hardened_host::close_others();
    // It fails only for a session leader, which needs none.
    let _ = setsid();
    rustix::process::umask(Mode::from_raw_mode(0o077));
    // Tokens may be in memory: forbid core dumps and debuggers of the same user.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // A container that stops sends SIGTERM to every process. The guard waits for its job to end, then closes what is open.
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register(signal, Arc::default()).map_err(|e| e.to_string())?;
    }
    Ok(())
}
