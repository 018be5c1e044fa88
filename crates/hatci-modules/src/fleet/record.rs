//! The file of a campaign while a task works on it: what is learned of a vehicle gets into it as soon as may be.
use super::outcomes::outcomes;
use ::fleet::{Campaign, Vehicle};
use ansible_module::{ErrorKind, Failure, Hook, Task};
use hardened_host::{NamedFileError, SystemFault, make_folders, read_own_file, replace_file};
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The file may have so many bytes.
const LARGEST: u64 = 256 << 20;
/// It is written at most so often.
const PERIOD: Duration = Duration::from_secs(1);
/// To write it may take the hundredth part of the time.
const SHARE: u32 = 100;

/// A campaign's file, if the task has one.
#[derive(Clone)]
pub(crate) struct Record(Option<Arc<Mutex<Open>>>);

struct Open {
    path: PathBuf,
    campaign: Campaign,
    places: HashMap<String, usize>,
    /// Whether the file lacks the last changes.
    is_stale: bool,
    saved: Instant,
    /// How long that took.
    took: Duration,
    /// Why the file could not be written.
    trouble: Option<String>,
}

impl Record {
    /// Reads the file that the user named. Without one, nothing is kept.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Record(None)) };
        let campaign = read(path)?.ok_or_else(|| {
            let msg = format!(
                "{}: there is no such file. Run hatci_fleet_plan first, which writes it.",
                path.display()
            );
            Failure::new(ErrorKind::NotFound, msg)
        })?;
        Ok(Record(Some(Arc::new(Mutex::new(Open {
            path: path.into(),
            places: campaign.places(),
            campaign,
            is_stale: false,
            saved: Instant::now(),
            took: Duration::ZERO,
            trouble: None,
        })))))
    }

    /// Notes what is known of this vehicle now. One that is not in the file is none of the campaign.
    pub(crate) fn note(&self, host: &str, note: impl FnOnce(&mut Vehicle)) {
        let Some(mut open) = self.lock() else { return };
        let Some(place) = open.places.get(host).copied() else { return };
        note(&mut open.campaign.vehicles[place]);
        open.is_stale = true;
    }

    /// Has the file written when the task is interrupted; then this is said.
    pub(crate) fn save_on_interrupt(&self, task: &Task, words: String) -> Hook {
        let record = self.clone();
        task.on_interrupt(move || {
            // There is nobody left to be told of a failure.
            let _ = record.save();
            words
        })
    }

    /// Writes the file if it is time to.
    pub(crate) fn save_sometimes(&self) {
        if let Some(mut open) =
            self.lock().filter(|open| open.saved.elapsed() >= PERIOD.max(open.took * SHARE))
        {
            // Reported at the end: a file that can't be written must not stop the updates under way.
            let _ = open.save();
        }
    }

    /// Writes the file if something has changed.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        self.lock().map_or(Ok(()), |mut open| open.save())
    }

    /// What is known of each vehicle, for a report.
    pub(crate) fn outcomes(&self) -> Map<String, Value> {
        self.lock().map_or_else(Map::new, |open| outcomes(&open.campaign, &HashMap::new(), ""))
    }

    fn lock(&self) -> Option<MutexGuard<'_, Open>> {
        Some(self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Open {
    fn save(&mut self) -> Result<(), Failure> {
        if !self.is_stale {
            return Ok(());
        }
        let began = Instant::now();
        self.saved = began;
        self.campaign.revision += 1;
        write(&self.path, &self.campaign).inspect_err(|failure| self.trouble = Some(failure.msg.clone()))?;
        (self.is_stale, self.trouble) = (false, None);
        (self.saved, self.took) = (Instant::now(), began.elapsed());
        Ok(())
    }
}

/// The campaign in a file of this user; `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Campaign>, Failure> {
    let bytes = match read_own_file(path, LARGEST) {
        Ok(bytes) => bytes,
        Err(fault) if fault.is_not_found() => return Ok(None),
        Err(fault @ (NamedFileError::Foreign { .. } | NamedFileError::ForeignLink { .. })) => {
            let msg = format!(
                "{}: {fault}, so what it says of vehicles is not trusted. Give another resume_file, or make this one yours if you trust it.",
                path.display()
            );
            return Err(Failure::new(ErrorKind::Conflict, msg));
        }
        Err(fault) => return Err(refused(path, &fault.into())),
    };
    Campaign::from_yaml(&String::from_utf8_lossy(&bytes))
        .map(Some)
        .map_err(|why| Failure::invalid(format!("{}: {why}. Give another resume_file.", path.display())))
}

/// Replaces the file in one step; only this user can read it. A folder that is missing is made.
pub(crate) fn write(path: &Path, campaign: &Campaign) -> Result<(), Failure> {
    make_folders(path.parent().unwrap_or(Path::new("/")))
        .and_then(|()| replace_file(path, campaign.to_yaml().as_bytes(), 0o600))
        .map_err(|e| refused(path, &e))
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    let fault = SystemFault::of(error);
    let remedy = fault.remedy_or("Correct resume_file or the permissions of its folder");
    Failure::new(ErrorKind::Failed, format!("{}: {}. {remedy}.", path.display(), fault.cause()))
}
