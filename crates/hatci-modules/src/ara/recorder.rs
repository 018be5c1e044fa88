//! Brings a run's entries to ARA in order, each once, and never lets the run wait long for a server that does not serve.
mod fallback;
mod telling;

use super::{
    connection::{AraConnection, RunOptions, Service, failed, masked},
    run_id,
    spool::{self, Entry, Known, Spool},
};
use ansible_module::{Failure, Results, Task};
use ara_client::{Error, Moment, NewRun, Outcome, Uuid};
use serde_json::Value;
use std::{
    cell::Cell,
    thread::sleep,
    time::{Duration, Instant},
};

/// Between two attempts to end a run.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two entries that are sent meanwhile.
const GAP: Duration = Duration::from_millis(1);

/// Where the run can be found.
#[derive(Results, Default)]
pub(crate) struct RunResults {
    /// The run's id.
    #[result(returned = "always", sample = "0b5e1c9e-6a3f-4d55-9c39-2f9f6c3a1b77")]
    pub(crate) run_id: Option<String>,
    /// The number of the run's playbook in ARA.
    #[result(returned = "when ARA knows the run", sample = 17)]
    playbook_id: Option<u64>,
    /// The run's page in ARA.
    #[result(returned = "when ARA knows the run", sample = "http://127.0.0.1:8000/playbooks/17.html")]
    url: Option<String>,
    /// How many entries of this run wait in the spool.
    #[result(returned = "when something was to be sent", sample = 0)]
    pub(crate) waiting: Option<u64>,
}

/// The recorder of one run.
pub(crate) struct Recorder {
    task: Task,
    service: Service,
    start: NewRun,
    /// Why the spool could not be used.
    broken: Cell<Option<String>>,
}

impl Recorder {
    pub(crate) fn new(connection: &AraConnection, run: RunOptions, task: &Task) -> Result<Self, Failure> {
        let id = match run.run_id.as_deref().map(str::trim) {
            Some(text) if !text.is_empty() => run_id::given(text),
            _ => run_id::of_this_playbook().unwrap_or_else(Uuid::new_v4),
        };
        let start = NewRun {
            labels: run.labels.iter().map(|label| task.mask_text(label)).collect(),
            metadata: masked(run.metadata.unwrap_or_default(), task),
            ansible_version: task.about("version").and_then(Value::as_str).unwrap_or("unknown").to_owned(),
            controller: hardened_host::read_kernel_file("/proc/sys/kernel/hostname")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            user: std::env::var("USER").unwrap_or_default(),
            ansible_play: run_id::of_play(task),
            ..NewRun::new(id, task.mask_text(&run.run_name), Moment::now())
        };
        Ok(Self { service: connection.service()?, task: task.clone(), start, broken: Cell::default() })
    }

    /// What the run is registered with, if it has to be.
    pub(crate) fn start(&self) -> &NewRun {
        &self.start
    }

    /// Writes the entries down, after the run's beginning if that was never told. Somebody has to send them, too.
    pub(crate) fn write(&self, entries: &[Entry]) -> Result<(), Failure> {
        // A run is as old as the first that is told of it.
        let began = entries.iter().filter_map(|entry| match entry {
            Entry::Event(event, _) => Some(event.started),
            _ => None,
        });
        let started = began.fold(self.start.started, Moment::min);
        let start = NewRun { started, ..self.start.clone() };
        spool::add(&self.service.spool, self.start.id, start, entries).map_err(|e| self.unwritable(&e))
    }

    /// Sends all that waits for this run, and after its beginning what other runs have left; with `drain` that in any case, and
    /// once more to a server that was given up. True if ARA learned anything new; `found` hears where the run is.
    pub(crate) fn deliver(&self, drain: bool, found: &mut dyn FnMut(RunResults)) -> Result<bool, Failure> {
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
                Err(error) if self.service.fail_on_error => break Err(failed(&error)),
                Err(_) => {}
            }
            // Each entry may be quick enough, and all together not.
            spool.known.given_up |= begun.elapsed() > self.service.patience && self.waiting(&spool)? > 0;
        };
        let waiting = self.waiting(&spool)?;
        found(self.results(&spool.known, waiting));
        if outcome.is_ok() && waiting > 0 {
            spool.known.trouble.get_or_insert_with(|| telling::TOO_SLOW.into());
            self.warn_once(&mut spool)?;
        }
        let started = starting && spool.known.run.is_some();
        drop(spool);
        if started {
            self.service.client.warnings().iter().for_each(|warning| self.task.warn(warning));
        }
        // Not to a server that has just been given up.
        if waiting > 0 || !(started || drain) {
            return outcome;
        }
        let drained = self.deliver_others(if drain { Duration::MAX } else { self.service.patience })?;
        outcome.map(|learned| learned || drained > 0)
    }

    /// Leaves it to somebody else to send what waits. The user hears of what could not be sent meanwhile, `found` where the run is.
    pub(crate) fn leave(&self, found: &mut dyn FnMut(RunResults)) -> Result<(), Failure> {
        let known = self.known()?;
        if known.trouble.is_some()
            && !known.warned
            && let Some(mut spool) = self.spool_unless_open(self.start.id)?
        {
            self.warn_once(&mut spool)?;
        }
        found(self.results(&known, None));
        Ok(())
    }

    /// Whether ARA knows the run, as far as this machine knows.
    pub(crate) fn is_registered(&self) -> Result<bool, Failure> {
        Ok(self.known()?.run.is_some())
    }

    /// Sends what waits while the play goes on, also what earlier runs have left.
    pub(crate) fn deliver_meanwhile(&self) -> Result<(), Failure> {
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
    /// for so long, unless it was given up before. How many entries then wait.
    pub(crate) fn end_with_job(&self, otherwise: Outcome, patience: Duration) -> Result<usize, Failure> {
        let begun = Instant::now();
        self.write(&[Entry::Left(otherwise, Moment::now())])?;
        let mut spool = self.spool()?;
        let was_given_up = spool.known.given_up;
        loop {
            while !matches!(self.send_first(&mut spool, false)?, Ok(None)) {}
            let waiting = self.waiting(&spool)?;
            if waiting == 0 || was_given_up || begun.elapsed() > patience {
                return Ok(waiting);
            }
            spool.known.renew_patience();
            sleep(PAUSE);
        }
    }

    /// Sends what other runs have left, for so long. How many entries it sent; what one of them can't be told doesn't stop the
    /// others, as long as it says nothing about the server.
    pub(crate) fn deliver_others(&self, time: Duration) -> Result<usize, Failure> {
        let begun = Instant::now();
        let mut sent = 0;
        let mut trouble = None;
        for run in Spool::others(&self.service.spool, self.start.id) {
            let Some(mut spool) = self.spool_unless_open(run)? else { continue };
            spool.known.renew_patience();
            while trouble.as_ref().is_none_or(is_about_entry) && begun.elapsed() <= time {
                match self.send_first(&mut spool, true)? {
                    Ok(Some(_)) => sent += 1,
                    Ok(None) => break,
                    Err(error) if self.service.fail_on_error => return Err(failed(&error)),
                    Err(error) => {
                        trouble = Some(error);
                        break;
                    }
                }
            }
        }
        if let Some(error) = trouble {
            self.task.warn(format!("ARA can't be told what earlier runs have left. {error}"));
        }
        Ok(sent)
    }

    fn results(&self, known: &Known, waiting: impl Into<Option<usize>>) -> RunResults {
        RunResults {
            run_id: Some(self.start.id.to_string()),
            playbook_id: known.run.as_ref().map(|run| run.playbook),
            url: known.run.as_ref().map(|run| self.service.client.page(run)),
            waiting: waiting.into().map(|waiting| waiting as u64),
        }
    }

    /// Warns of what could not be sent, unless that was done.
    fn warn_once(&self, spool: &mut Spool) -> Result<(), Failure> {
        if let (Some(why), false) = (&spool.known.trouble, spool.known.warned) {
            self.task.warn(format!(
                "ARA can't be told of this run. {why} What is to be told waits in {}, and the next run that reaches the \
                 server sends it.",
                self.service.spool.display()
            ));
            spool.known.warned = true;
        }
        self.save(spool)
    }

    fn waiting(&self, spool: &Spool) -> Result<usize, Failure> {
        spool.waiting().map_err(|e| self.unwritable(&e))
    }

    fn known(&self) -> Result<Known, Failure> {
        spool::look(&self.service.spool, self.start.id).map_err(|e| self.unwritable(&e))
    }

    fn spool(&self) -> Result<Spool, Failure> {
        Spool::open(&self.service.spool, self.start.id).map_err(|e| self.unwritable(&e))
    }

    fn spool_unless_open(&self, run: Uuid) -> Result<Option<Spool>, Failure> {
        Spool::try_open(&self.service.spool, run).map_err(|e| self.unwritable(&e))
    }

    fn save(&self, spool: &Spool) -> Result<(), Failure> {
        spool.save().map_err(|e| self.unwritable(&e))
    }
}

/// Whether it is this entry that fails, and another may not.
fn is_about_entry(error: &Error) -> bool {
    matches!(error.exchange().map(ara_client::ExchangeError::status), None | Some(Some(400 | 500)))
}
