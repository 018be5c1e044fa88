//! Explains an error of the operating system, with a remedy.
use rustix::io::Errno;
use std::{fmt, io};

/// An error of the operating system.
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

/// If nothing better is known.
const LOOK: &str = "Check the system's log";

impl SystemFault {
    /// Explains this error.
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
                cause: "it contains a NUL character, which no program accepts".into(),
                remedy: "Remove it",
                number,
            },
            None => SystemFault { cause: words(error), remedy: LOOK, number },
        }
    }

    /// The same for an error number, as reported by another process.
    pub fn of_number(number: i32) -> Self {
        Self::of(&io::Error::from_raw_os_error(number))
    }

    /// A clause, such as `no space is left on the disk`.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// As an I/O error.
    pub(crate) fn to_error(&self) -> io::Error {
        self.number.map_or_else(|| io::Error::other(self.cause.clone()), io::Error::from_raw_os_error)
    }

    /// A sentence without its full stop.
    pub fn remedy(&self) -> &'static str {
        self.remedy
    }

    /// The same, but `other` if there is no specific remedy.
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
            "its environment and arguments are too long for this system",
            "Shorten the variables of the task's environment",
        ),
        Errno::AGAIN => (
            "this user has reached the limit of processes and threads (`ulimit -u`, or a container's limit)",
            "End some of them, or raise that limit",
        ),
        Errno::NOMEM => ("out of memory", "Free some memory, or raise the limit of this user or container"),
        Errno::NOSPC => ("no space is left on the disk", "Free some space"),
        Errno::DQUOT => ("this user's disk quota is exceeded", "Free some space, or raise the quota"),
        Errno::FBIG => ("a file would exceed the size limit (`ulimit -f`)", "Raise that limit"),
        Errno::MFILE => ("this process has too many open files (`ulimit -n`)", "Raise that limit"),
        Errno::NFILE => ("this machine has too many open files", "End the programs that hold them open"),
        Errno::ROFS => ("the file system is read-only", "Choose another folder"),
        Errno::IO => ("reading from or writing to the disk failed", "Check the disk for errors"),
        Errno::NOEXEC => ("it is not a program for this machine", "Install the one for this machine"),
        Errno::NAMETOOLONG => ("its name is too long", "Shorten it"),
        Errno::LOOP => ("it is a symbolic link", "Remove the link, or use its target"),
        Errno::ACCESS | Errno::PERM => ("permission denied for this user", "Correct its owner or mode"),
        Errno::NOENT => ("it does not exist", "Correct the name"),
        Errno::NOTDIR => ("a part of its path is not a folder", "Correct the path"),
        Errno::ISDIR => ("it is a folder", "Use a file instead"),
        _ => return None,
    })
}

/// For errors made by Rust itself.
fn of_kind(kind: io::ErrorKind) -> Option<(&'static str, &'static str)> {
    known(match kind {
        io::ErrorKind::StorageFull => Errno::NOSPC,
        io::ErrorKind::QuotaExceeded => Errno::DQUOT,
        io::ErrorKind::OutOfMemory => Errno::NOMEM,
        io::ErrorKind::NotFound => Errno::NOENT,
        io::ErrorKind::PermissionDenied => Errno::ACCESS,
        _ => return None,
    })
}

/// The system's message; the number adds nothing to it.
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
            (Command::new("/bin/true").arg(&long).spawn().unwrap_err(), "too long for this system"),
            (Command::new("/bin/true").arg("a\0b").spawn().unwrap_err(), "NUL character"),
            (Command::new("/nonexistent/for/sure").spawn().unwrap_err(), "it does not exist"),
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
