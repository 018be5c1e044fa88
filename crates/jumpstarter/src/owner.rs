//! The process whose leases are kept, told apart from any later one with the same number.
use crate::Error;
use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, pidfd_open},
};
use std::{fmt, str::FromStr, thread::sleep, time::Duration};

/// A process, by its number and the clock tick in which it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pid: i32,
    /// In clock ticks after the boot, as /proc tells it.
    started: u64,
}

impl Owner {
    /// The process that has this number now; none if there is none.
    pub fn of(pid: i32) -> Option<Self> {
        Some(Owner { pid, started: start_of(pid)? })
    }

    /// Whoever started this process.
    pub fn of_parent() -> Result<Self, Error> {
        i32::try_from(std::os::unix::process::parent_id())
            .ok()
            .and_then(Self::of)
            .ok_or_else(|| Error::System { why: "/proc can't be read".into() })
    }

    /// Whether it still runs. One that has ended and isn't yet collected by its parent does not.
    pub fn is_alive(self) -> bool {
        start_of(self.pid) == Some(self.started)
    }

    /// Returns when the process has ended.
    pub fn wait_for_end(self) {
        // Where the kernel has no such descriptors, looking now and then must do.
        const LOOK_EVERY: Duration = Duration::from_secs(1);
        let descriptor = Pid::from_raw(self.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        // Asked after opening: only now is it certain that the number was not given to another process meanwhile.
        while self.is_alive() {
            match &descriptor {
                // Readable means ended; a signal only makes it look again.
                Some(descriptor) => drop(poll(&mut [PollFd::new(descriptor, PollFlags::IN)], None)),
                None => sleep(LOOK_EVERY),
            }
        }
    }
}

/// As `PID-START`, for arguments, file names and tags.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.pid, self.started)
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (pid, started) = text.split_once('-').ok_or(())?;
        Ok(Owner { pid: pid.parse().map_err(|_| ())?, started: started.parse().map_err(|_| ())? })
    }
}

/// When the process with this number started; none if it has ended or never was.
fn start_of(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold anything.
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?;
    let started = fields.nth(18)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(started)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn own() -> Owner {
        Owner::of(i32::try_from(std::process::id()).unwrap()).unwrap()
    }

    #[test]
    fn a_running_process_is_alive_and_can_be_written_down() {
        assert!(own().is_alive());
        assert_eq!(own().to_string().parse(), Ok(own()));
    }

    #[test]
    fn one_that_ended_is_not_alive_even_before_it_is_collected() {
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let owner = Owner::of(i32::try_from(child.id()).unwrap()).unwrap();
        assert!(owner.is_alive());
        let watching = std::thread::spawn(move || owner.wait_for_end());
        child.kill().unwrap();
        watching.join().unwrap();
        assert!(!owner.is_alive());
        child.wait().unwrap();
        assert!(Owner::of(owner.pid).is_none());
    }

    #[test]
    fn a_reused_number_does_not_fool() {
        let earlier = Owner { started: own().started - 1, ..own() };
        assert!(!earlier.is_alive());
        earlier.wait_for_end();
    }
}
