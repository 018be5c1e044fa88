//! The keeper as a process: it cuts itself loose from the task that started it, and serves until its job is over.
use super::{keeper::Keeper, place::Place};
use crate::blocking::OwnRuntime;
use rustix::{
    fs::Mode,
    process::{DumpableBehavior, set_dumpable_behavior, setsid},
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{ffi::OsStr, os::unix::net::UnixListener, process::ExitCode, sync::Arc};
use tokio::task::LocalSet;

/// The first argument that makes a module's program the keeper; the owner and the directory follow.
pub(super) const ARGUMENT: &str = "--keepalive";
/// What the keeper says, on its stdout, once it can be asked.
pub(super) const READY: &str = "ready";

/// Is the keeper, if the program was started as one; `None` if it was not. Must come first in `main`.
pub fn run_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(ARGUMENT)) {
        return None;
    }
    let owner = arguments.next().and_then(|owner| owner.to_str()?.parse().ok());
    let place = owner.zip(arguments.next()).map(|(owner, directory)| Place::at(directory.into(), owner));
    let outcome = place.ok_or("it was not told whose leases to keep".to_owned()).and_then(serve);
    Some(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Before it is ready the module reads this, afterwards nobody does.
            println!("{why}");
            ExitCode::FAILURE
        }
    })
}

fn serve(place: Place) -> Result<(), String> {
    detach()?;
    let socket = place.socket();
    // One that was killed has left its socket; whoever starts a keeper holds the lock, so there is no other.
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).map_err(|e| format!("{}: {e}", socket.display()))?;
    listener.set_nonblocking(true).map_err(|e| e.to_string())?;
    let serving = async {
        let keeper = Keeper::new(place);
        println!("{READY}");
        keeper.run(listener).await
    };
    let runtime = OwnRuntime::new().map_err(|e| e.to_string())?;
    runtime.run(LocalSet::new().run_until(serving)).map_err(|e| e.to_string())
}

/// Nothing of the task's stays: neither its descriptors (its pipes would never close, and one holds its arguments) nor its session.
fn detach() -> Result<(), String> {
    const FIRST_OTHER_THAN_STDIO: i32 = 3;
    let numbers: Vec<i32> = std::fs::read_dir("/proc/self/fd")
        .map_err(|e| format!("/proc/self/fd: {e}"))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for number in numbers.into_iter().filter(|number| *number >= FIRST_OTHER_THAN_STDIO) {
        // The one that the directory was read through is closed already.
        let _ = nix::unistd::close(number);
    }
    // It fails only for the leader of a session, which needs none.
    let _ = setsid();
    rustix::process::umask(Mode::from_raw_mode(0o077));
    // Tokens may be in memory: no core dump, no debugger of the same user.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // A container that stops sends SIGTERM to everybody. The keeper waits for its owner to end, and then gives the leases back.
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register(signal, Arc::default()).map_err(|e| e.to_string())?;
    }
    Ok(())
}
