//! What ARA is still to be told of a run, on disk: written before it is sent, so that neither a dead server nor a killed
//! task loses it.
use crate::{
    NewRun, Uuid,
    entry::Entry,
    known::Known,
    lines::{self, Lines},
    spool_lock::{ADDING, SENDING, lock, locked},
};
use hardened_host::{Access, OPENED_BY_USER, open_file, replace_file};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// What is known of a run is forgotten so long after its last entry; ARA itself calls one that is not closed expired by then.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// What waits for one run is no longer than this, in bytes.
const MOST_WAITING: u64 = 64 << 20;
/// What is known of a run is no longer than this, in bytes; a host takes some fifty.
const MOST_KNOWN: u64 = 4 << 20;

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
        let mut line = serde_json::to_string(entry)?;
        if line.len() > lines::LONGEST
            && let Some(shorter) = entry.shortened()
        {
            line = serde_json::to_string(&shorter)?;
        }
        text += &line;
        text.push('\n');
    }
    let length = file.metadata()?.len();
    if length + text.len() as u64 > MOST_WAITING
        && length.saturating_sub(known(&folder)?.delivered) + text.len() as u64 > MOST_WAITING
    {
        let full = format!("{} MiB of this run are waiting there, which is the limit", MOST_WAITING >> 20);
        return Err(io::Error::new(io::ErrorKind::StorageFull, full));
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
        let mut rest = Lines::of(from(&entries_file(&self.folder), self.known.delivered)?);
        let mut waiting = 0;
        while let Some((line, _)) = rest.next()? {
            waiting += usize::from(entry_in(line).is_some());
        }
        Ok(waiting)
    }

    /// The oldest entry. Where there is none, what was sent is removed.
    pub(crate) fn first(&mut self) -> io::Result<Option<Entry>> {
        let _adding = locked(&self.folder, ADDING)?;
        let path = entries_file(&self.folder);
        let mut rest = Lines::of(from(&path, self.known.delivered)?);
        self.line = 0;
        while let Some((line, length)) = rest.next()? {
            self.line += length;
            // A line that can't be read was cut when a process or the machine died while writing it.
            if let Some(entry) = entry_in(line) {
                return Ok(Some(entry));
            }
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
        replace_file(&known_file(&self.folder), &serde_json::to_vec(&self.known)?, OPENED_BY_USER)
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

fn known(folder: &Path) -> io::Result<Known> {
    let mut text = Vec::new();
    from(&known_file(folder), 0)?.take(MOST_KNOWN).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text).unwrap_or_default())
}

fn entry_in(line: &[u8]) -> Option<Entry> {
    serde_json::from_slice(line).ok()
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
mod tests;
