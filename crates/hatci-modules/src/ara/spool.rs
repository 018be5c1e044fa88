//! What ARA is still to be told of a run, on disk: written before it is sent, so that neither a dead server nor a killed
//! task loses it.
use ara_client::{Claim, Event, Moment, NewRun, Outcome, Run, Uuid};
use hardened_host::{Access, create_beside, is_still_at, named_folder, open_file, own_folder};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
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
    /// The job is over that told of the run. Unless that has ended, it ends as its hosts stand: so, if none has failed.
    Left(Outcome, Moment),
}

impl Entry {
    /// The same with less of what its user has to say, for a proxy that did not take it; none if that is short.
    pub(crate) fn shortened(&self) -> Option<Self> {
        match self {
            Entry::Start(start) => start.shortened().map(Entry::Start),
            Entry::Event(event, verdict) => event.shortened().map(|event| Entry::Event(event, *verdict)),
            Entry::Finish(..) | Entry::Left(..) => None,
        }
    }
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
    /// What was last told of its beginning.
    pub(crate) start: Option<NewRun>,
    /// The run's numbers, once the server has told them.
    pub(crate) run: Option<Run>,
    /// How many bytes of the entries file are done with.
    delivered: u64,
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
    /// Why something could not be sent.
    pub(crate) trouble: Option<String>,
    /// Whether the user was warned of it.
    pub(crate) warned: bool,
    /// Whose it is to make the run.
    pub(crate) claim: Claim,
}

impl Known {
    /// The server gets another chance, and all the time for it.
    pub(crate) fn renew_patience(&mut self) {
        self.given_up = false;
        self.lost = Duration::ZERO;
    }
}

/// The spool of one run, for whoever sends: nobody else can do so as long as this lives. Entries may be added meanwhile.
pub(crate) struct Spool {
    /// Whose it is.
    pub(crate) run: Uuid,
    folder: PathBuf,
    _lock: File,
    pub(crate) known: Known,
    /// Length of the line that holds the oldest entry, once it was looked at.
    line: u64,
}

/// Writes entries down for a run, after `start` if nobody has told of its beginning yet. Never waits for whoever sends.
pub(crate) fn add(base: &Path, run: Uuid, start: NewRun, entries: &[Entry]) -> io::Result<()> {
    let folder = base.join(run.to_string());
    let _adding = locked(&folder, ADDING)?;
    let mut file = open_file(&entries_file(&folder), Access::Append)?;
    let mut text = String::new();
    let begun = matches!(entries.first(), Some(Entry::Start(_))) || file.metadata()?.len() > 0;
    let start = (!begun && known(&folder)?.start.is_none()).then_some(Entry::Start(start));
    for entry in start.iter().chain(entries) {
        text += &serde_json::to_string(entry)?;
        text.push('\n');
    }
    if !ends_with_a_line(&mut file)? {
        text.insert(0, '\n');
    }
    file.write_all(text.as_bytes())
}

/// What is known of a run, without waiting for whoever sends.
pub(crate) fn look(base: &Path, run: Uuid) -> io::Result<Known> {
    known(&base.join(run.to_string()))
}

impl Spool {
    /// Opens the run's spool below `base`, or makes it, and waits for whoever has it open.
    pub(crate) fn open(base: &Path, run: Uuid) -> io::Result<Self> {
        let folder = base.join(run.to_string());
        let lock = locked(&folder, SENDING)?;
        Self::read(run, folder, lock)
    }

    /// As [`Spool::open`], but none if somebody has it open.
    pub(crate) fn try_open(base: &Path, run: Uuid) -> io::Result<Option<Self>> {
        let folder = base.join(run.to_string());
        let lock = lock(&folder, SENDING, |file| match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        })?;
        lock.map(|lock| Self::read(run, folder, lock)).transpose()
    }

    /// The other runs whose spools hold something and that nobody has open, the oldest first. Forgets old empty ones.
    pub(crate) fn others(base: &Path, than: Uuid) -> Vec<Uuid> {
        let Ok(folders) = fs::read_dir(base) else { return Vec::new() };
        let runs = folders.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let mut found = Vec::new();
        for run in runs.filter(|run| *run != than) {
            let Ok(Some(spool)) = Self::try_open(base, run) else { continue };
            let changed = fs::metadata(known_file(&spool.folder))
                .and_then(|it| it.modified())
                .unwrap_or(SystemTime::UNIX_EPOCH);
            match spool.waiting() {
                Ok(0) if changed.elapsed().is_ok_and(|age| age > OLD) => spool.forget(),
                Ok(0) | Err(_) => {}
                Ok(_) => found.push((changed, run)),
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, run)| run).collect()
    }

    fn read(run: Uuid, folder: PathBuf, lock: File) -> io::Result<Self> {
        let known = known(&folder)?;
        Ok(Self { run, folder, _lock: lock, known, line: 0 })
    }

    /// How many entries wait.
    pub(crate) fn waiting(&self) -> io::Result<usize> {
        let _adding = locked(&self.folder, ADDING)?;
        let rest = BufReader::new(from(&entries_file(&self.folder), self.known.delivered)?);
        let lines = rest.split(b'\n').collect::<io::Result<Vec<_>>>()?;
        Ok(lines.iter().filter(|line| entry_in(line).is_some()).count())
    }

    /// The oldest entry. Where there is none, what was sent is removed.
    pub(crate) fn first(&mut self) -> io::Result<Option<Entry>> {
        let _adding = locked(&self.folder, ADDING)?;
        let path = entries_file(&self.folder);
        let mut rest = BufReader::new(from(&path, self.known.delivered)?);
        let mut line = Vec::new();
        self.line = 0;
        while rest.read_until(b'\n', &mut line)? > 0 {
            self.line += line.len() as u64;
            // A line that can't be read was cut when a process or the machine died while writing it.
            if let Some(entry) = entry_in(&line) {
                return Ok(Some(entry));
            }
            line.clear();
        }
        if self.known.delivered + self.line > 0 {
            // In this order: entries that are sent again are stored once, those that are passed over are lost.
            self.known.delivered = 0;
            self.save()?;
            fs::remove_file(path)?;
        }
        Ok(None)
    }

    /// The oldest entry, which was looked at, is done with.
    pub(crate) fn done(&mut self) {
        self.known.delivered += std::mem::take(&mut self.line);
    }

    /// Keeps what is known for the next who sends.
    pub(crate) fn save(&self) -> io::Result<()> {
        let (fresh, mut file) = create_beside(&known_file(&self.folder))?;
        let written =
            serde_json::to_vec(&self.known).map_err(io::Error::from).and_then(|known| file.write_all(&known));
        written.and_then(|()| fs::rename(&fresh, known_file(&self.folder))).inspect_err(|_| {
            // Half of it is of no use.
            let _ = fs::remove_file(&fresh);
        })
    }

    /// Removes the whole folder, unless something was added. What can't be removed now is found again later.
    fn forget(mut self) {
        if matches!(self.first(), Ok(None))
            && let Ok(_adding) = locked(&self.folder, ADDING)
            && !entries_file(&self.folder).exists()
        {
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Held while entries are added or removed; not while they are sent.
const ADDING: &str = "adding";
/// Held by whoever sends.
const SENDING: &str = "sending";

fn known(folder: &Path) -> io::Result<Known> {
    let text = io::read_to_string(from(&known_file(folder), 0)?)?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn entry_in(line: &[u8]) -> Option<Entry> {
    serde_json::from_slice(line).ok()
}

/// Waits for the lock of this name in the folder, which is made if it is missing.
fn locked(folder: &Path, name: &str) -> io::Result<File> {
    loop {
        if let Some(lock) = lock(folder, name, |file| file.lock().map(|()| true))? {
            return Ok(lock);
        }
    }
}

/// The lock of this name in the folder, which is made if it is missing; none if it is not for `take` to have.
fn lock(folder: &Path, name: &str, take: impl Fn(&File) -> io::Result<bool>) -> io::Result<Option<File>> {
    loop {
        let lock = lock_file(folder, name)?;
        if !take(&lock)? {
            return Ok(None);
        }
        // Whoever had it may have removed the whole folder.
        if is_still_at(&lock, &folder.join(name)) {
            return Ok(Some(lock));
        }
    }
}

fn lock_file(folder: &Path, name: &str) -> io::Result<File> {
    // `spool/SERVER/RUN`: the last is nobody else's.
    named_folder(folder.parent().unwrap_or(folder))?;
    own_folder(folder)?;
    open_file(&folder.join(name), Access::Append)
}

fn ends_with_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// The file from this byte on; nothing where there is no file.
fn from(path: &Path, start: u64) -> io::Result<Box<dyn Read>> {
    match open_file(path, Access::Read) {
        Ok(mut file) => file.seek(SeekFrom::Start(start)).map(|_| Box::new(file) as Box<dyn Read>),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Box::new(io::empty())),
        Err(error) => Err(error),
    }
}

fn entries_file(folder: &Path) -> PathBuf {
    folder.join("entries.jsonl")
}

fn known_file(folder: &Path) -> PathBuf {
    folder.join("known.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
    use tempfile::TempDir;

    fn finish() -> Entry {
        Entry::Finish(Some(Outcome::Completed), Moment::now())
    }

    fn start(run: Uuid) -> NewRun {
        NewRun::new(run, "run", Moment::now())
    }

    fn open(base: &TempDir, run: Uuid) -> Spool {
        Spool::open(base.path(), run).unwrap()
    }

    #[test]
    fn what_was_written_is_there_for_the_next_until_it_is_done() {
        let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
        let (start, end) = (start(run), finish());
        add(base.path(), run, start.clone(), std::slice::from_ref(&end)).unwrap();

        let mut spool = open(&base, run);
        assert_eq!(spool.first().unwrap(), Some(Entry::Start(start.clone())));
        spool.known.start = Some(start.clone());
        spool.done();
        spool.save().unwrap();
        drop(spool);

        let mut spool = open(&base, run);
        assert_eq!((spool.waiting().unwrap(), spool.first().unwrap()), (1, Some(end.clone())));
        spool.done();
        assert_eq!(spool.first().unwrap(), None);
        drop(spool);

        add(base.path(), run, start, std::slice::from_ref(&end)).unwrap();
        assert_eq!(open(&base, run).first().unwrap(), Some(end), "the beginning is known");
        assert_eq!(open(&base, Uuid::new_v4()).first().unwrap(), None);
    }

    #[test]
    fn entries_are_added_while_somebody_sends() {
        let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
        let mut sending = open(&base, run);
        add(base.path(), run, start(run), &[finish()]).unwrap();
        assert_eq!(sending.waiting().unwrap(), 2);
        while sending.first().unwrap().is_some() {
            sending.done();
        }
        add(base.path(), run, start(run), &[finish()]).unwrap();
        assert!(sending.first().unwrap().is_some());
        assert!(Spool::try_open(base.path(), run).unwrap().is_none());
    }

    #[test]
    fn no_line_breaks_what_reads_it() {
        fuzzing::run(env!("CARGO_MANIFEST_DIR"), "spool", |bytes| {
            bytes.split(|byte| *byte == b'\n').for_each(|line| drop(entry_in(line)));
            drop(serde_json::from_slice::<Known>(bytes));
        });
    }

    #[test]
    fn a_line_cut_by_a_dying_process_is_passed_over() {
        let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
        add(base.path(), run, start(run), &[finish()]).unwrap();
        let file = entries_file(&base.path().join(run.to_string()));
        File::options().append(true).open(file).unwrap().write_all(b"{\"Fin").unwrap();
        add(base.path(), run, start(run), &[finish()]).unwrap();
        let mut spool = open(&base, run);
        assert_eq!(spool.waiting().unwrap(), 3);
        for _ in 0..3 {
            assert!(spool.first().unwrap().is_some());
            spool.done();
        }
        assert_eq!(spool.first().unwrap(), None);
    }

    #[test]
    fn others_are_those_with_something_in_them_that_nobody_has_open() {
        let base = TempDir::new().unwrap();
        let [waiting, held, empty] = [(); 3].map(|()| Uuid::new_v4());
        for run in [waiting, held] {
            add(base.path(), run, start(run), &[finish()]).unwrap();
        }
        let _held = open(&base, held);
        drop(open(&base, empty));
        assert_eq!(Spool::others(base.path(), Uuid::new_v4()), [waiting]);
        assert!(!base.path().join(empty.to_string()).exists(), "what holds nothing and is old is gone");
    }

    #[test]
    fn a_lock_whose_folder_was_removed_meanwhile_is_taken_again() {
        let base = TempDir::new().unwrap();
        let folder = base.path().join("run");
        let taken = std::cell::Cell::new(0);
        let lock = lock(&folder, SENDING, |file| {
            taken.set(taken.get() + 1);
            if taken.get() == 1 {
                fs::remove_dir_all(&folder)?;
            }
            file.lock().map(|()| true)
        });
        let ours = lock.unwrap().unwrap().metadata().unwrap();
        assert_eq!((taken.get(), ours.ino()), (2, fs::metadata(folder.join(SENDING)).unwrap().ino()));
    }

    #[test]
    fn what_somebody_else_has_prepared_is_neither_followed_nor_believed() {
        let (base, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let target = elsewhere.path().join("target");
        fs::write(&target, "precious").unwrap();
        let folder = |run: Uuid| base.path().join(run.to_string());
        for name in ["adding", "entries.jsonl", "known.json"] {
            let run = Uuid::new_v4();
            fs::DirBuilder::new().mode(0o700).create(folder(run)).unwrap();
            symlink(&target, folder(run).join(name)).unwrap();
            assert!(add(base.path(), run, start(run), &[finish()]).is_err(), "{name}");
        }
        let [open_to_others, link] = [(); 2].map(|()| Uuid::new_v4());
        fs::DirBuilder::new().mode(0o777).create(folder(open_to_others)).unwrap();
        fs::set_permissions(folder(open_to_others), std::os::unix::fs::PermissionsExt::from_mode(0o777))
            .unwrap();
        fs::write(folder(open_to_others).join("entries.jsonl"), "{}\n").unwrap();
        symlink(elsewhere.path(), folder(link)).unwrap();
        for run in [open_to_others, link] {
            assert!(Spool::open(base.path(), run).is_err());
        }
        assert!(Spool::others(base.path(), Uuid::new_v4()).is_empty());
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_this_user_can_read_it() {
        let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
        add(base.path(), run, start(run), &[finish()]).unwrap();
        let spool = open(&base, run);
        spool.save().unwrap();
        assert_eq!(fs::metadata(&spool.folder).unwrap().mode() & 0o777, 0o700);
        for file in fs::read_dir(&spool.folder).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o077, 0);
        }
    }
}
