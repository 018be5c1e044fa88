//! What the operating system refused, in words, and what helps against just that.
use rustix::io::Errno;
use std::{fmt, io};

/// A refusal of the operating system.
///
/// ```
/// let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
/// let fault = hardened_host::SystemFault::of(&full);
/// assert_eq!(fault.cause(), "no space is left on the disk");
/// assert_eq!(fault.remedy(), "Free some space");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemFault {
    cause: String,
    remedy: &'static str,
    number: Option<i32>,
}

/// Where nothing better is known.
const LOOK: &str = "Look into the system's log";

impl SystemFault {
    /// What this error means.
    pub fn of(error: &io::Error) -> Self {
        let number = error.raw_os_error();
        let known = error
            .raw_os_error()
            .map(Errno::from_raw_os_error)
            .and_then(known)
            .or_else(|| of_kind(error.kind()));
        match known {
            Some((cause, remedy)) => SystemFault { cause: cause.into(), remedy, number },
            None if error.to_string().to_lowercase().contains("nul byte") => SystemFault {
                cause: "there is a NUL character in it, which can't be handed to any program".into(),
                remedy: "Take it out",
                number,
            },
            None => SystemFault { cause: words(error), remedy: LOOK, number },
        }
    }

    /// The same for an error that is told by its number, as from another process.
    pub fn of_number(number: i32) -> Self {
        Self::of(&io::Error::from_raw_os_error(number))
    }

    /// A clause, such as `no space is left on the disk`.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// The system's error, as far as it is one.
    pub(crate) fn to_error(&self) -> io::Error {
        self.number.map_or_else(|| io::Error::other(self.cause.clone()), io::Error::from_raw_os_error)
    }

    /// A sentence without its full stop.
    pub fn remedy(&self) -> &'static str {
        self.remedy
    }

    /// The same; `other` where nothing is known that helps against just that.
    pub fn remedy_or(&self, other: &'static str) -> &'static str {
        if self.remedy == LOOK { other } else { self.remedy }
    }
}

impl fmt::Display for SystemFault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}. {}", self.cause, self.remedy)
    }
}

fn known(error: Errno) -> Option<(&'static str, &'static str)> {
    Some(match error {
        Errno::TOOBIG => (
            "its environment and arguments are longer than this system takes",
            "Make the variables of the task's environment shorter",
        ),
        Errno::AGAIN => (
            "this user may not start another process or thread now (`ulimit -u`, or a container's limit)",
            "End some, or raise that limit",
        ),
        Errno::NOMEM => ("no memory is left", "Free some, or raise the limit of this user or container"),
        Errno::NOSPC => ("no space is left on the disk", "Free some space"),
        Errno::DQUOT => ("this user's share of the disk is used up", "Free some space, or raise the quota"),
        Errno::FBIG => ("a file would grow larger than it may (`ulimit -f`)", "Raise that limit"),
        Errno::MFILE => ("this process has as many files open as it may (`ulimit -n`)", "Raise that limit"),
        Errno::NFILE => ("this machine has as many files open as it can", "End the programs that hold them"),
        Errno::ROFS => ("the file system can only be read", "Choose another folder"),
        Errno::IO => ("the disk could not be read or written", "Look whether the disk is broken"),
        Errno::NOEXEC => ("it is no program for this machine", "Install the one for it"),
        Errno::NAMETOOLONG => ("its name is too long", "Shorten it"),
        Errno::LOOP => ("there is a symbolic link in its place", "Remove the link, or name where it leads"),
        Errno::ACCESS | Errno::PERM => ("this user is not permitted to use it", "Correct its owner or mode"),
        Errno::NOENT => ("there is nothing of this name", "Correct the name"),
        Errno::NOTDIR => ("a part of its path is not a folder", "Correct the path"),
        Errno::ISDIR => ("it is a folder", "Name a file"),
        _ => return None,
    })
}

/// For errors that Rust makes itself.
fn of_kind(kind: io::ErrorKind) -> Option<(&'static str, &'static str)> {
    known(match kind {
        io::ErrorKind::StorageFull => Errno::NOSPC,
        io::ErrorKind::QuotaExceeded => Errno::DQUOT,
        io::ErrorKind::FileTooLarge => Errno::FBIG,
        io::ErrorKind::OutOfMemory => Errno::NOMEM,
        io::ErrorKind::NotFound => Errno::NOENT,
        io::ErrorKind::PermissionDenied => Errno::ACCESS,
        _ => return None,
    })
}

/// The system's words; the number says nothing to a reader that they don't.
fn words(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn real_errors_are_told_in_words() {
        let long = "x".repeat(3 << 20);
        for (error, cause) in [
            (Command::new("/bin/true").arg(&long).spawn().unwrap_err(), "longer than this system takes"),
            (Command::new("/bin/true").arg("a\0b").spawn().unwrap_err(), "NUL character"),
            (Command::new("/nonexistent/for/sure").spawn().unwrap_err(), "nothing of this name"),
            (std::fs::read("/").unwrap_err(), "it is a folder"),
            (std::fs::write("/dev/full", "x").unwrap_err(), "no space"),
        ] {
            let fault = SystemFault::of(&error);
            assert!(fault.cause().contains(cause), "{error}: {fault}");
            assert!(!fault.to_string().contains("os error"), "{fault}");
        }
    }

    #[test]
    fn an_error_that_nobody_knows_keeps_the_systems_words() {
        let fault = SystemFault::of_number(Errno::CHILD.raw_os_error());
        assert_eq!((fault.cause(), fault.remedy()), ("No child processes", LOOK));
    }
}
