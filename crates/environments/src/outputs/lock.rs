//! The lock of an environment's outputs: one process at a time writes them. The file stays, so that all lock the same one; the lock itself ends
//! with its process.
use super::{Place, error::OutputsError};
use hardened_host::open_lock;
use std::{
    fs::{File, TryLockError},
    io::{self, Read, Seek, Write},
    process,
    thread::sleep,
    time::{Duration, Instant},
};

/// How much of a lock's file is read.
const LONGEST: u64 = 300;

/// Waits for the lock of these outputs, for at most `patience`. It ends when it is dropped.
pub(super) fn lock(place: &Place, patience: Duration) -> Result<File, OutputsError> {
    const LOOK_EVERY: Duration = Duration::from_millis(20);
    let (path, environment) = (place.lock_file(), &place.environment);
    let failed = |e: &io::Error| OutputsError::system("lock", &place.shown(&path), e);
    let mut file = open_lock(&path).map_err(|e| failed(&e))?;
    let end = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                return Err(OutputsError::Locked(format!(
                    "The outputs of {environment} are being written by {}. Wait until it has ended, then run the task again.",
                    holder(&mut file)
                )));
            }
            Err(TryLockError::WouldBlock) => sleep(LOOK_EVERY),
            // A file system without locks: the outputs are still exchanged as a whole.
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => break,
            Err(TryLockError::Error(e)) => return Err(failed(&e)),
        }
    }
    let host = rustix::system::uname();
    let since = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    let who = format!("process {} on {} since {since}\n", process::id(), host.nodename().to_string_lossy());
    // Only for the message of another process.
    let _ = file.set_len(0).and_then(|()| file.write_all(who.as_bytes()));
    Ok(file)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(LONGEST).read_to_string(&mut text));
    match text.lines().next() {
        Some(who) if read.is_ok() && who.starts_with("process ") => who.to_owned(),
        _ => "an unknown process".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Name;
    use std::path::Path;

    fn place(outputs: &Path) -> Place {
        Place::new(outputs, &Name::parse("development").unwrap()).unwrap()
    }

    #[test]
    fn a_lock_that_came_with_a_copy_of_the_repository_is_taken_and_closed() {
        use std::{fs, os::unix::fs::PermissionsExt};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".development.lock");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        lock(&place(folder.path()), Duration::ZERO).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn who_waits_too_long_learns_who_holds_the_lock_and_since_when() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".development.lock");
        let place = place(folder.path());
        let first = lock(&place, Duration::ZERO).unwrap();
        let error = lock(&place, Duration::from_millis(50)).unwrap_err().to_string();
        let expected =
            format!("The outputs of development are being written by process {} on ", process::id());
        assert!(error.starts_with(&expected) && error.contains(" since 20"), "{error}");
        drop(first);
        lock(&place, Duration::ZERO).unwrap();
        assert!(path.exists());
    }
}
