//! What ARA is still to be told of a run, on disk: written before it is sent, so that neither a dead server nor a killed
//! task loses it.
use ara_client::{Claim, Event, Moment, NewRun, Outcome, Run, Uuid};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// What is known of a run is forgotten so long after its last entry; ARA itself calls one that is not closed expired by then.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// One thing that ARA is to be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Entry {
    /// A run begins, or is described anew.
    Start(NewRun),
    /// Something happened; with a verdict, the host's run is over.
    Event(Event, Option<Outcome>),
    /// The run is over; without an outcome it ends as its hosts did.
    Finish(Option<Outcome>, Moment),
}

/// How a host's part in the run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    /// More is to come.
    Running,
    /// Its last event failed. Unless another comes, that was its end.
    FailedSoFar,
    /// Over.
    Over(Outcome),
}

/// What is known of a run beside its entries.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    /// What was last written of its beginning.
    pub(crate) start: Option<NewRun>,
    /// The run's numbers, once the server has told them.
    pub(crate) run: Option<Run>,
    /// How many lines of the entries file are done with.
    delivered: usize,
    /// How each host's part stands.
    pub(crate) hosts: BTreeMap<String, Standing>,
    /// What ARA was told last of the run's state.
    pub(crate) told: Option<Outcome>,
    /// Whether a `Finish` was sent: what comes later does not open the run again.
    pub(crate) finished: bool,
    /// How long ARA has kept this run waiting for nothing.
    pub(crate) lost: Duration,
    /// Whether sending was given up for this run.
    pub(crate) given_up: bool,
    /// Whether the user was warned of it.
    pub(crate) warned: bool,
    /// Whose it is to make the run.
    pub(crate) claim: Claim,
}

/// The spool of one run, locked as long as this lives.
pub(crate) struct Spool {
    folder: PathBuf,
    _lock: File,
    pub(crate) known: Known,
    pending: Vec<Entry>,
}

impl Spool {
    /// Opens the run's spool below `base`, or makes it, and waits for whoever has it open.
    pub(crate) fn open(base: &Path, run: Uuid) -> io::Result<Self> {
        let folder = base.join(run.to_string());
        loop {
            DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
            let lock = lock_file(&folder)?;
            lock.lock()?;
            // Whoever had it may have removed the whole folder when the run was over.
            if is_at(&lock, &folder) {
                return Self::read(folder, lock);
            }
        }
    }

    /// The spools of other runs that hold something and that nobody has open, the oldest first. Forgets old empty ones.
    pub(crate) fn others(base: &Path, than: Uuid) -> Vec<Self> {
        let Ok(folders) = fs::read_dir(base) else { return Vec::new() };
        let mut found = Vec::new();
        for folder in
            folders.flatten().map(|entry| entry.path()).filter(|path| !path.ends_with(than.to_string()))
        {
            let Ok(lock) = lock_file(&folder) else { continue };
            if matches!(lock.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_))) {
                continue;
            }
            let changed = fs::metadata(known_file(&folder))
                .and_then(|it| it.modified())
                .unwrap_or(SystemTime::UNIX_EPOCH);
            match Self::read(folder, lock) {
                Ok(spool) if !spool.is_empty() => found.push((changed, spool)),
                // What can't be removed now is found again later.
                Ok(spool) if changed.elapsed().is_ok_and(|age| age > OLD) => {
                    drop(fs::remove_dir_all(&spool.folder));
                }
                _ => {}
            }
        }
        found.sort_by_key(|(changed, _)| *changed);
        found.into_iter().map(|(_, spool)| spool).collect()
    }

    fn read(folder: PathBuf, lock: File) -> io::Result<Self> {
        let known: Known = read_text(&known_file(&folder))?
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let text = read_text(&entries_file(&folder))?.unwrap_or_default();
        // A line that can't be read was cut when a process or the machine died while writing it.
        let pending =
            text.lines().skip(known.delivered).filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ok(Self { folder, _lock: lock, known, pending })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// How many entries wait.
    pub(crate) fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Whether ARA does not know the beginning yet, or not all of it.
    pub(crate) fn is_starting(&self) -> bool {
        self.pending.iter().any(|entry| matches!(entry, Entry::Start(_)))
    }

    /// The oldest entry.
    pub(crate) fn first(&self) -> Option<Entry> {
        self.pending.first().cloned()
    }

    /// Writes an entry down.
    pub(crate) fn add(&mut self, entry: Entry) -> io::Result<()> {
        let mut line = serde_json::to_string(&entry)?;
        line.push('\n');
        if let Entry::Start(start) = &entry {
            self.known.start = Some(start.clone());
        }
        private().append(true).open(entries_file(&self.folder))?.write_all(line.as_bytes())?;
        self.pending.push(entry);
        Ok(())
    }

    /// The oldest entry is done with.
    pub(crate) fn done(&mut self) {
        self.pending.remove(0);
        self.known.delivered += 1;
    }

    /// Keeps what is known for the next task.
    pub(crate) fn save(&mut self) -> io::Result<()> {
        if self.is_empty() && self.known.delivered > 0 {
            fs::remove_file(entries_file(&self.folder))?;
            self.known.delivered = 0;
        }
        let fresh = self.folder.join("known.new");
        private().write(true).truncate(true).open(&fresh)?.write_all(&serde_json::to_vec(&self.known)?)?;
        fs::rename(fresh, known_file(&self.folder))
    }
}

fn entries_file(folder: &Path) -> PathBuf {
    folder.join("entries.jsonl")
}

fn known_file(folder: &Path) -> PathBuf {
    folder.join("known.json")
}

fn lock_file(folder: &Path) -> io::Result<File> {
    private().write(true).open(folder.join("lock"))
}

/// For this user alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600);
    options
}

fn is_at(lock: &File, folder: &Path) -> bool {
    let (ours, there) = (lock.metadata(), fs::metadata(folder.join("lock")));
    matches!((ours, there), (Ok(ours), Ok(there)) if ours.ino() == there.ino())
}

fn read_text(path: &Path) -> io::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn finish() -> Entry {
        Entry::Finish(Some(Outcome::Completed), Moment::now())
    }

    #[test]
    fn what_was_written_is_there_for_the_next_until_it_is_done() {
        let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
        let entries = [Entry::Start(NewRun::new(run, "run", Moment::now())), finish()];
        let mut spool = Spool::open(base.path(), run).unwrap();
        for entry in &entries {
            spool.add(entry.clone()).unwrap();
        }
        spool.save().unwrap();
        drop(spool);

        let mut spool = Spool::open(base.path(), run).unwrap();
        assert_eq!(spool.pending, entries);
        spool.done();
        spool.save().unwrap();
        drop(spool);

        let mut spool = Spool::open(base.path(), run).unwrap();
        assert_eq!(spool.first(), Some(entries[1].clone()));
        spool.done();
        spool.save().unwrap();
        assert!(Spool::open(base.path(), Uuid::new_v4()).unwrap().is_empty());
        drop(spool);
        assert!(Spool::open(base.path(), run).unwrap().is_empty());
    }

    #[test]
    fn a_line_cut_by_a_dying_process_is_passed_over() {
        let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
        let mut spool = Spool::open(base.path(), run).unwrap();
        spool.add(finish()).unwrap();
        private().append(true).open(entries_file(&spool.folder)).unwrap().write_all(b"{\"Fin").unwrap();
        drop(spool);
        assert_eq!(Spool::open(base.path(), run).unwrap().waiting(), 1);
    }

    #[test]
    fn others_are_those_with_something_in_them_that_nobody_has_open() {
        let base = TempDir::new().unwrap();
        let runs = [(); 3].map(|()| Uuid::new_v4());
        let mut open = runs.map(|run| Spool::open(base.path(), run).unwrap());
        open[0].add(finish()).unwrap();
        open[1].add(finish()).unwrap();
        let [first, _held, empty] = open;
        drop((first, empty));
        let others = Spool::others(base.path(), Uuid::new_v4());
        assert_eq!(
            others.iter().map(|spool| &spool.folder).collect::<Vec<_>>(),
            [&base.path().join(runs[0].to_string())]
        );
    }

    #[test]
    fn only_this_user_can_read_it() {
        let base = TempDir::new().unwrap();
        let mut spool = Spool::open(base.path(), Uuid::new_v4()).unwrap();
        spool.add(finish()).unwrap();
        spool.save().unwrap();
        assert_eq!(fs::metadata(&spool.folder).unwrap().mode() & 0o777, 0o700);
        for file in fs::read_dir(&spool.folder).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o077, 0);
        }
    }
}
