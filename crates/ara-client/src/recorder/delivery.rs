//! What becomes of an entry in ARA, and of the patience with a server that does not take it.
use super::Recorder;
use crate::{
    Error, Event, Kind, Moment, NewRun, Run, RunStatus, SpoolError, Uuid, entry::Entry, spool::Spool,
};
use serde_json::Map;
use std::time::{Duration, Instant};

/// An entry may take this part of the patience; what it takes beyond that is time lost. One that fails costs as much.
const FAIR: u32 = 4;
pub(super) const TOO_SLOW: &str = "The server is too slow.";

impl Recorder {
    /// Sends the oldest entry. True if ARA learned anything new; none if nothing is left, or the patience with this server
    /// is at its end. What takes long is lost only where somebody waits for it.
    pub(super) fn send_first(
        &self,
        spool: &mut Spool,
        awaited: bool,
    ) -> Result<Result<Option<bool>, Error>, SpoolError> {
        let (patience, mut renewed) = (self.settings.patience, false);
        let Some(mut entry) = spool.first().map_err(|e| self.unwritable(&e))? else { return Ok(Ok(None)) };
        let mut left = patience;
        let outcome = loop {
            if spool.known.given_up && !self.settings.fail_on_error {
                break Ok(None);
            }
            if !self.settings.fail_on_error {
                left = patience.saturating_sub(spool.known.lost);
            }
            self.settings.client.allow(left);
            let begun = Instant::now();
            let outcome = self.send(spool, &entry);
            let took = begun.elapsed();
            spool.known.lost += match &outcome {
                Ok(_) if awaited => took.saturating_sub(patience / FAIR),
                Ok(_) => Duration::ZERO,
                Err(_) => took.max(patience / FAIR),
            };
            spool.known.given_up = spool.known.lost >= patience;
            if let Err(error) = &outcome
                && error.may_be_size()
                && let Some(shorter) = entry.shortened()
            {
                entry = shorter;
                continue;
            }
            match outcome {
                Ok(new) => {
                    spool.done();
                    break Ok(Some(new));
                }
                // The server was emptied, or the run deleted there, since its numbers were noted.
                Err(error) if !renewed && is_about_numbers(&error) && spool.known.run.take().is_some() => {
                    renewed = true;
                }
                Err(error) if error.is_refusal() => {
                    (self.warn)(&format!("ARA rejected an entry, which was skipped. {error}"));
                    spool.done();
                    break Ok(Some(false));
                }
                Err(error) => {
                    spool.known.given_up |= !may_pass(&error);
                    break Err(error);
                }
            }
        };
        spool.known.trouble = match &outcome {
            Ok(Some(_)) => None,
            Ok(None) => spool.known.trouble.take(),
            // What is left of the patience says nothing about the server; that it is not all there does.
            Err(error) if error.kind() == Kind::Timeout && left < patience / 2 => Some(TOO_SLOW.into()),
            Err(error) => Some(error.to_string()),
        };
        self.save(spool)?;
        Ok(outcome)
    }

    /// Sends one entry. True if ARA did not know it.
    fn send(&self, spool: &mut Spool, entry: &Entry) -> Result<bool, Error> {
        match entry {
            Entry::Start(start) => {
                let made = self.register(spool, start)?;
                spool.known.start = Some(start.clone());
                if spool.known.finished {
                    self.close(spool, RunStatus::Running, start.started)?;
                    spool.known.finished = false;
                    spool.known.hosts.clear();
                }
                Ok(made)
            }
            Entry::Event(event, verdict) => {
                let stored = self.send_event(spool, event)?;
                if !spool.known.finished {
                    spool.known.note(event, *verdict);
                }
                let outcome = if spool.known.finished {
                    spool.known.told.unwrap_or(RunStatus::Completed)
                } else {
                    spool.known.overall()
                };
                // An event after the end moves the end.
                if outcome != RunStatus::Running || spool.known.told != Some(RunStatus::Running) {
                    self.close(spool, outcome, event.ended)?;
                }
                Ok(stored)
            }
            Entry::Finish(outcome, ended) => {
                let by_hosts =
                    if spool.known.has_failed() { RunStatus::Failed } else { RunStatus::Completed };
                let outcome = outcome.unwrap_or(by_hosts);
                let news = spool.known.told != Some(outcome) || !spool.known.finished;
                self.close(spool, outcome, *ended)?;
                spool.known.finished = true;
                Ok(news)
            }
            Entry::Left(otherwise, ended) => {
                if spool.known.finished || spool.known.overall() != RunStatus::Running {
                    return Ok(false);
                }
                self.close(
                    spool,
                    if spool.known.has_failed() { RunStatus::Failed } else { *otherwise },
                    *ended,
                )?;
                Ok(true)
            }
        }
    }

    fn register(&self, spool: &mut Spool, start: &NewRun) -> Result<bool, Error> {
        let registered = self.settings.client.register(start, &mut spool.known.claim)?;
        spool.known.run = Some(registered.run);
        spool.known.told.get_or_insert(RunStatus::Running);
        Ok(registered.made)
    }

    fn send_event(&self, spool: &mut Spool, event: &Event) -> Result<bool, Error> {
        self.settings.client.send(self.run(spool, event.started)?, event)
    }

    fn close(&self, spool: &mut Spool, outcome: RunStatus, ended: Moment) -> Result<(), Error> {
        self.settings.client.close(self.run(spool, ended)?, outcome, ended)?;
        spool.known.told = Some(outcome);
        Ok(())
    }

    /// The run's numbers, asked for again if they turned out to be wrong.
    fn run<'a>(&self, spool: &'a mut Spool, when: Moment) -> Result<&'a mut Run, Error> {
        if spool.known.run.is_none() {
            let start = spool.known.start.clone().unwrap_or_else(|| self.beginning(spool.run, when));
            self.register(spool, &start)?;
        }
        // `register` has set it, or failed.
        Ok(spool.known.run.get_or_insert_with(|| unreachable!("a registered run has numbers")))
    }

    /// The beginning of a run that was lost, or refused. What is known of the present one says nothing about another.
    fn beginning(&self, run: Uuid, when: Moment) -> NewRun {
        let start = NewRun { started: self.start.started.min(when), ..self.start.clone() };
        if run == start.id {
            return start;
        }
        NewRun {
            id: run,
            name: "a run whose beginning was lost".into(),
            labels: Vec::new(),
            metadata: Map::new(),
            ansible_play: None,
            ..start
        }
    }
}

fn is_about_numbers(error: &Error) -> bool {
    error.kind() == Kind::NotFound || error.is_refusal()
}

/// Whether the next entry may have more luck.
fn may_pass(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Unavailable | Kind::Timeout | Kind::RateLimited | Kind::UnknownOutcome | Kind::Conflict
    )
}
