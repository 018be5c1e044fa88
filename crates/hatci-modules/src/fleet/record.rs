//! The file of a campaign while a task works on it: what is learned of a vehicle gets into it as soon as may be. One write is under way at
//! a time, and the next one takes with it all that was noted meanwhile.
use super::{campaign_place::CampaignPlace, outcomes::outcomes};
use ::fleet::{Campaign, Stage, Vehicle};
use ansible_module::{ErrorKind, Failure, Hook, Task};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What can be asked for again is written at most so often.
const PERIOD: Duration = Duration::from_secs(1);
/// To write that may take the hundredth part of the time.
const SHARE: u32 = 100;
/// To write what a step has made may take the tenth part.
const STEP_SHARE: u32 = 10;

/// A campaign's file, if the task has one.
#[derive(Clone)]
pub(crate) struct Record(Option<Arc<Kept>>);

struct Kept {
    place: CampaignPlace,
    /// Whose secrets stay out of the file.
    task: Task,
    open: Mutex<Open>,
    /// A write has ended.
    written: Condvar,
}

struct Open {
    campaign: Campaign,
    places: HashMap<String, usize>,
    /// Counts the notes.
    noted: u64,
    /// So many of them are in the file.
    in_file: u64,
    /// Whether a thread is writing the file.
    is_being_written: bool,
    saved: Instant,
    /// How long that took.
    took: Duration,
}

impl Record {
    /// Reads the file that the user named. Without one, nothing is kept. The task's secrets stay out of the file.
    pub(crate) fn open(path: Option<&Path>, task: &Task) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Record(None)) };
        let place = CampaignPlace::at(path)?;
        let campaign = place.read()?.ok_or_else(|| {
            let msg =
                format!("{}: there is no such file. Run hatci_fleet_plan first to write it.", path.display());
            Failure::new(ErrorKind::NotFound, msg)
        })?;
        let open = Open {
            places: campaign.places(),
            campaign,
            noted: 0,
            in_file: 0,
            is_being_written: false,
            saved: Instant::now(),
            took: Duration::ZERO,
        };
        Ok(Record(Some(Arc::new(Kept {
            place,
            task: task.clone(),
            open: Mutex::new(open),
            written: Condvar::new(),
        }))))
    }

    /// Notes what is known of this vehicle now. One that is not in the file is none of the campaign.
    pub(crate) fn note(&self, host: &str, note: impl FnOnce(&mut Vehicle)) {
        let Some(kept) = self.0.as_deref() else { return };
        let mut open = kept.lock();
        let Some(place) = open.places.get(host).copied() else { return };
        let vehicle = &mut open.campaign.vehicles[place];
        note(vehicle);
        for words in vehicle.words_mut() {
            *words = kept.task.mask_text(words.as_str()).into();
        }
        open.noted += 1;
    }

    /// Has the file say that something is begun with this vehicle, before it is.
    pub(crate) fn begin(&self, host: &str) -> Result<(), Failure> {
        self.note(host, |it| {
            it.stage = it.stage.max(Stage::Starting);
            it.started = it.started.or(Some(Timestamp::now()));
        });
        self.save()
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

    /// Writes the file if it is time to: for what the server can be asked again.
    pub(crate) fn save_sometimes(&self) {
        let is_due = |open: MutexGuard<Open>| open.saved.elapsed() >= PERIOD.max(open.took * SHARE);
        if self.0.as_deref().map(Kept::lock).is_some_and(is_due) {
            // Reported at the end: a file that can't be written must not stop the updates under way.
            let _ = self.save();
        }
    }

    /// Writes what was learned of a vehicle after its beginning, unless the file was written just now.
    pub(crate) fn save_step(&self) {
        let is_due = |open: MutexGuard<Open>| open.saved.elapsed() >= open.took * STEP_SHARE;
        if self.0.as_deref().map(Kept::lock).is_some_and(is_due) {
            // Reported at the end, as above.
            let _ = self.save();
        }
    }

    /// Returns once all that was noted before is in the file.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        self.0.as_deref().map_or(Ok(()), Kept::save)
    }

    /// What is known of each vehicle, for a report.
    pub(crate) fn outcomes(&self) -> Map<String, Value> {
        let open = self.0.as_deref().map(Kept::lock);
        open.map_or_else(Map::new, |open| outcomes(&open.campaign, &HashMap::new(), ""))
    }
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn save(&self) -> Result<(), Failure> {
        let mut open = self.lock();
        let wanted = open.noted;
        while open.in_file < wanted {
            if open.is_being_written {
                open = self.written.wait(open).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let began = Instant::now();
            open.campaign.revision += 1;
            let (noted, text) = (open.noted, open.campaign.to_yaml());
            open.is_being_written = true;
            drop(open);
            let written = self.place.write(&text);
            open = self.lock();
            (open.is_being_written, open.saved, open.took) = (false, Instant::now(), began.elapsed());
            self.written.notify_all();
            written?;
            open.in_file = noted;
        }
        Ok(())
    }
}
