//! The job's memory: an unnamed file held by the job's process. A guard that is killed leaves its duties, secrets included, to the
//! next one without writing them to a disk.
//!
//! The first line names the guard's socket; each further line adds or removes a duty. It is empty while there is no guard.
use crate::Id;
use rustix::fs::{Mode, OFlags, open};
use serde_json::Value;
use std::{
    env,
    fs::File,
    io::{Read, Seek, SeekFrom, Write, stdin},
    os::{
        fd::AsFd,
        unix::fs::{FileExt, MetadataExt},
    },
    path::{Path, PathBuf},
};

/// The environment variable with the file descriptor of the job's memory, if the job has one.
pub const MEMORY: &str = "ANSIBLE_MODULE_JOB_MEMORY";

/// The memory as seen by a guard, or by the module that starts one.
pub(crate) struct Memory(Option<File>);

impl Memory {
    /// The memory of the job that this process belongs to.
    pub(crate) fn of_job() -> Self {
        let number = env::var(MEMORY).ok().and_then(|number| number.parse::<u32>().ok());
        Memory(number.and_then(|number| open_descriptor(number).ok()).filter(is_nameless))
    }

    /// The memory that the guard was started with.
    pub(crate) fn of_guard() -> Self {
        Memory(stdin().as_fd().try_clone_to_owned().map(File::from).ok().filter(is_nameless))
    }

    pub(crate) fn into_file(self) -> Option<File> {
        self.0
    }

    /// The socket of the guard that runs, or of one that was killed.
    pub(crate) fn socket(&self) -> Option<PathBuf> {
        const LONGEST: usize = 4096;
        let mut line = [0; LONGEST];
        let length = self.0.as_ref()?.read_at(&mut line, 0).ok()?;
        let first = line[..length].split(|byte| *byte == b'\n').next()?;
        serde_json::from_slice(first).ok()
    }

    /// The duties of a guard that was killed.
    pub(crate) fn duties(&mut self) -> Vec<(Id, Value)> {
        let mut text = String::new();
        let Some(file) = &mut self.0 else { return vec![] };
        if file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut text)).is_err() {
            return vec![];
        }
        let mut duties: Vec<(Id, Value)> = vec![];
        for line in text.lines().skip(1) {
            // A line that was cut short by the guard's end can't be parsed.
            let Ok((id, payload)) = serde_json::from_str::<(Id, Option<Value>)>(line) else { continue };
            duties.retain(|(other, _)| *other != id);
            duties.extend(payload.map(|payload| (id, payload)));
        }
        duties
    }

    /// Records that a guard is running, with no duties so far.
    pub(crate) fn begin(&mut self, socket: &Path) {
        self.clear();
        self.write(&socket);
    }

    /// Records that the guard holds this duty, or no longer does.
    pub(crate) fn put(&mut self, id: &Id, payload: Option<&Value>) {
        self.write(&(id, payload));
    }

    /// Records that no guard is running.
    pub(crate) fn clear(&mut self) {
        self.0.iter().for_each(|file| drop(file.set_len(0)));
    }

    fn write(&mut self, line: &impl serde::Serialize) {
        // Without memory, the duties of a killed guard are lost; nothing else depends on it.
        if let (Some(file), Ok(mut text)) = (&mut self.0, serde_json::to_vec(line)) {
            text.push(b'\n');
            let _ = file.write_all(&text);
        }
    }
}

fn open_descriptor(number: u32) -> std::io::Result<File> {
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CLOEXEC;
    Ok(open(format!("/proc/self/fd/{number}"), flags, Mode::empty())?.into())
}

fn is_nameless(file: &File) -> bool {
    file.metadata().is_ok_and(|found| found.is_file() && found.nlink() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn the_next_guard_learns_the_duties_that_were_left_even_if_the_last_line_was_cut() {
        let nameless = tempfile::tempfile().unwrap();
        let number = u32::try_from(nameless.as_raw_fd()).unwrap();
        let mut memory = Memory(Some(open_descriptor(number).unwrap()).filter(is_nameless));
        let id = |name: &str| Id { kind: "k".into(), name: name.into() };
        memory.begin(Path::new("/run/socket"));
        memory.put(&id("one"), Some(&1.into()));
        memory.put(&id("two"), Some(&2.into()));
        memory.put(&id("one"), Some(&3.into()));
        memory.put(&id("two"), None);
        memory.0.as_mut().unwrap().write_all(b"[{\"kind\":\"k\",\"na").unwrap();
        assert_eq!(memory.duties(), [(id("one"), 3.into())]);
        assert_eq!(memory.socket(), Some("/run/socket".into()));
        memory.clear();
        assert_eq!((memory.duties(), memory.socket()), (vec![], None));
    }
}
