//! Brings a run's entries to ARA in order, each once, and never lets the run wait long for a server that does not serve.
mod delivery;
mod fallback;

use crate::{
    Client, Error, Moment, NewRun, RunStatus, SpoolError, Uuid,
    entry::Entry,
    known::Known,
    spool::{self, Spool},
};
use std::{
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};

/// Between two attempts to end a run.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two entries that are sent meanwhile.
const GAP: Duration = Duration::from_millis(1);

/// How a recorder serves its user.
pub struct RecorderSettings {
    /// The server.
    pub client: Client,
    /// For one run, all waiting for nothing together.
    pub patience: Duration,
    /// Whether a run that can't be recorded is an error, and no mere warning.
    pub fail_on_error: bool,
    /// The spool for this server; what is for one server must never reach another.
    pub spool: PathBuf,
}

/// Where a run can be found, and what of it is still to be sent.
#[derive(Debug, Clone)]
pub struct RunFound {
    /// The run's id.
    pub run: Uuid,
    /// The number of its playbook in ARA, once that is known.
    pub playbook: Option<u64>,
    /// Its page in ARA, once that is known.
    pub url: Option<String>,
    /// How many entries wait, if that was counted.
    pub waiting: Option<usize>,
}

/// The recorder of one run.
pub struct Recorder {
    settings: RecorderSettings,
    start: NewRun,
    /// Tells the user of what needs no failure.
    warn: Box<dyn Fn(&str)>,
}

impl Recorder {
    /// For the run that begins with `start`; `warn` takes sentences for the user.
    pub fn new(settings: RecorderSettings, start: NewRun, warn: impl Fn(&str) + 'static) -> Self {
        Self { settings, start, warn: Box::new(warn) }
    }

    /// What the run is registered with, if it has to be.
    pub fn start(&self) -> &NewRun {
        &self.start
    }

    /// Writes the entries down, after the run's beginning if that was never told. Somebody has to send them, too.
    pub fn write(&self, entries: &[Entry]) -> Result<(), Error> {
        // A run is as old as the first that is told of it.
        let began = entries.iter().filter_map(|entry| match entry {
            Entry::Event(event, _) => Some(event.started),
            _ => None,
        });
        let started = began.fold(self.start.started, Moment::min);
        let start = NewRun { started, ..self.start.clone() };
        spool::add(&self.settings.spool, self.start.id, start, entries)
            .map_err(|e| self.unwritable(&e).into())
    }

    /// Sends all that waits for this run, and after its beginning what other runs have left; with `drain` that in any case, and
    /// once more to a server that was given up. True if ARA learned anything new; `found` hears where the run is.
    pub fn deliver(&self, drain: bool, found: &mut dyn FnMut(RunFound)) -> Result<bool, Error> {
        let begun = Instant::now();
        let mut spool = self.spool()?;
        if drain {
            spool.known.renew_patience();
        }
        let starting = spool.known.run.is_none();
        let mut learned = false;
        let outcome = loop {
            match self.send_first(&mut spool, true)? {
                Ok(Some(new)) => learned |= new,
                Ok(None) => break Ok(learned),
                Err(error) if self.settings.fail_on_error => break Err(error),
                Err(_) => {}
            }
            // Each entry may be quick enough, and all together not.
            spool.known.given_up |= begun.elapsed() > self.settings.patience && self.waiting(&spool)? > 0;
        };
        let waiting = self.waiting(&spool)?;
        found(self.found(&spool.known, waiting));
        if outcome.is_ok() && waiting > 0 {
            spool.known.trouble.get_or_insert_with(|| delivery::TOO_SLOW.into());
            self.warn_once(&mut spool)?;
        }
        let started = starting && spool.known.run.is_some();
        drop(spool);
        if started {
            self.settings.client.warnings().iter().for_each(|warning| (self.warn)(warning));
        }
        // Not to a server that has just been given up.
        if waiting > 0 || !(started || drain) {
            return outcome;
        }
        let drained = self.deliver_others(if drain { Duration::MAX } else { self.settings.patience })?;
        outcome.map(|learned| learned || drained > 0)
    }

    /// Leaves it to somebody else to send what waits. The user hears of what could not be sent meanwhile, `found` where the run is.
    pub fn leave(&self, found: &mut dyn FnMut(RunFound)) -> Result<(), Error> {
        let known = self.known()?;
        if known.trouble.is_some()
            && !known.warned
            && let Some(mut spool) = self.spool_unless_open(self.start.id)?
        {
            self.warn_once(&mut spool)?;
        }
        found(self.found(&known, None));
        Ok(())
    }

    /// Whether ARA knows the run, as far as this machine knows.
    pub fn is_registered(&self) -> Result<bool, Error> {
        Ok(self.known()?.run.is_some())
    }

    /// Sends what waits while the play goes on, also what earlier runs have left.
    pub fn deliver_meanwhile(&self) -> Result<(), Error> {
        while !matches!(self.send_first(&mut self.spool()?, false)?, Ok(None)) {
            // A task that wants to send by itself comes in here.
            sleep(GAP);
        }
        // Not to a server that has just been given up.
        if self.waiting(&self.spool()?)? == 0 {
            self.deliver_others(Duration::MAX)?;
        }
        Ok(())
    }

    /// Ends the run, unless it has ended, since its job is over: as its hosts stand, or else so. A server that is away is tried again
    /// for so long. One that was given up before is tried again only for a job that was interrupted or killed: for any other, somebody
    /// waits. How many entries then wait.
    pub fn end_with_job(&self, otherwise: RunStatus, patience: Duration) -> Result<usize, Error> {
        let begun = Instant::now();
        self.write(&[Entry::Left(otherwise, Moment::now())])?;
        let mut spool = self.spool()?;
        let gives_up = spool.known.given_up && otherwise != RunStatus::Expired;
        loop {
            while !matches!(self.send_first(&mut spool, false)?, Ok(None)) {}
            let waiting = self.waiting(&spool)?;
            if waiting == 0 || gives_up || begun.elapsed() > patience {
                return Ok(waiting);
            }
            spool.known.renew_patience();
            sleep(PAUSE);
        }
    }

    /// Sends what other runs have left, for so long. How many entries it sent; what one of them can't be told doesn't stop the
    /// others, as long as it says nothing about the server.
    fn deliver_others(&self, time: Duration) -> Result<usize, Error> {
        let begun = Instant::now();
        let mut sent = 0;
        let mut trouble = None;
        for run in Spool::others(&self.settings.spool, self.start.id) {
            let Some(mut spool) = self.spool_unless_open(run)? else { continue };
            spool.known.renew_patience();
            while trouble.as_ref().is_none_or(is_about_entry) && begun.elapsed() <= time {
                match self.send_first(&mut spool, true)? {
                    Ok(Some(_)) => sent += 1,
                    Ok(None) => break,
                    Err(error) if self.settings.fail_on_error => return Err(error),
                    Err(error) => {
                        trouble = Some(error);
                        break;
                    }
                }
            }
        }
        if let Some(error) = trouble {
            (self.warn)(&format!("The unsent events of earlier runs can't be sent to ARA. {error}"));
        }
        Ok(sent)
    }

    fn found(&self, known: &Known, waiting: impl Into<Option<usize>>) -> RunFound {
        RunFound {
            run: self.start.id,
            playbook: known.run.as_ref().map(|run| run.playbook),
            url: known.run.as_ref().map(|run| self.settings.client.page(run)),
            waiting: waiting.into(),
        }
    }

    /// Warns of what could not be sent, unless that was done.
    fn warn_once(&self, spool: &mut Spool) -> Result<(), SpoolError> {
        if let (Some(why), false) = (&spool.known.trouble, spool.known.warned) {
            (self.warn)(&format!(
                "This run can't be recorded in ARA now. {why} Unsent events are kept in {}; the next run that reaches the \
                 server sends them.",
                self.settings.spool.display()
            ));
            spool.known.warned = true;
        }
        self.save(spool)
    }

    fn waiting(&self, spool: &Spool) -> Result<usize, SpoolError> {
        spool.waiting().map_err(|e| self.unwritable(&e))
    }

    fn known(&self) -> Result<Known, SpoolError> {
        spool::look(&self.settings.spool, self.start.id).map_err(|e| self.unwritable(&e))
    }

    fn spool(&self) -> Result<Spool, SpoolError> {
        Spool::open(&self.settings.spool, self.start.id).map_err(|e| self.unwritable(&e))
    }

    fn spool_unless_open(&self, run: Uuid) -> Result<Option<Spool>, SpoolError> {
        Spool::try_open(&self.settings.spool, run).map_err(|e| self.unwritable(&e))
    }

    fn save(&self, spool: &Spool) -> Result<(), SpoolError> {
        spool.save().map_err(|e| self.unwritable(&e))
    }
}

/// Whether it is this entry that fails, and another may not.
fn is_about_entry(error: &Error) -> bool {
    matches!(error.exchange().map(crate::ExchangeError::status), None | Some(Some(400 | 500)))
}
