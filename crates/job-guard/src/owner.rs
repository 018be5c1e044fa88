//! The process of a job, distinguished from any later one with the same pid.
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open, test_kill_process},
};
use std::{fmt, io, str::FromStr, thread::sleep, time::Duration};

/// Whether a process is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It is running.
    Running,
    /// It has ended.
    Over,
    /// It can't be seen from here, so its state is unknown.
    Unknown,
}

/// A process, identified by its pid and start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pid: i32,
    /// In clock ticks since boot, from /proc.
    started: u64,
}

impl Owner {
    /// The process that has this pid now, if any.
    pub fn of(pid: i32) -> Option<Self> {
        match look_at(pid) {
            Seen::Running { started, .. } => Some(Owner { pid, started }),
            Seen::Ended | Seen::Hidden => None,
        }
    }

    /// Whether no process has this pid now, or only a zombie.
    pub fn has_ended(pid: i32) -> bool {
        matches!(look_at(pid), Seen::Ended)
    }

    /// The parent of this process.
    pub fn of_parent() -> io::Result<Self> {
        let parent = i32::try_from(std::os::unix::process::parent_id()).ok().and_then(Self::of);
        parent.ok_or_else(|| io::Error::other("cannot read /proc"))
    }

    /// Whether it is still running. A zombie is not.
    pub fn is_alive(self) -> bool {
        self.state() == JobState::Running
    }

    /// Whether it is running, has ended, or can't be seen.
    pub fn state(self) -> JobState {
        match look_at(self.pid) {
            Seen::Running { started, .. } if started == self.started => JobState::Running,
            Seen::Running { .. } | Seen::Ended => JobState::Over,
            Seen::Hidden => JobState::Unknown,
        }
    }

    /// Whether this process descends from it.
    pub fn is_ancestor(self) -> bool {
        let mut pid = i32::try_from(std::os::unix::process::parent_id()).unwrap_or_default();
        while let Seen::Running { started, parent } = look_at(pid) {
            if self == (Owner { pid, started }) {
                return true;
            }
            pid = parent;
        }
        false
    }

    /// Blocks until the process has ended.
    pub fn wait_for_end(self) {
        // Without pidfd_open in the kernel, poll.
        const LOOK_EVERY: Duration = Duration::from_secs(1);
        let descriptor = Pid::from_raw(self.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        // Checked after opening: only now is it certain that the pid has not been reused.
        while self.is_alive() {
            match &descriptor {
                // Readable means ended; a signal only makes it check again.
                Some(descriptor) => drop(poll(&mut [PollFd::new(descriptor, PollFlags::IN)], None)),
                None => sleep(LOOK_EVERY),
            }
        }
    }
}

/// The id of the current boot: pids and clock ticks start anew with each.
pub fn boot_id() -> String {
    hardened_host::read_kernel_file("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
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

/// What /proc shows of the process that has a pid now.
enum Seen {
    Running {
        started: u64,
        parent: i32,
    },
    /// It has ended, or never existed.
    Ended,
    /// It exists, but /proc hides it from this user.
    Hidden,
}

fn look_at(pid: i32) -> Seen {
    let is_there = || Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH));
    match hardened_host::read_kernel_file(format!("/proc/{pid}/stat")) {
        Ok(stat) => read(&stat).unwrap_or(Seen::Ended),
        Err(_) if is_there() => Seen::Hidden,
        Err(_) => Seen::Ended,
    }
}

fn read(stat: &str) -> Option<Seen> {
    // The second field is the program's name in parentheses, which may contain anything.
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let started = fields.nth(17)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(Seen::Running { started, parent })
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
    fn this_process_descends_from_its_parent_and_not_from_itself_or_a_child() {
        assert!(Owner::of_parent().unwrap().is_ancestor());
        assert!(!own().is_ancestor());
        assert!(!Owner { started: 1, ..Owner::of_parent().unwrap() }.is_ancestor());
    }

    #[test]
    fn a_reused_number_does_not_fool() {
        let earlier = Owner { started: own().started - 1, ..own() };
        assert!(!earlier.is_alive());
        earlier.wait_for_end();
    }
}
