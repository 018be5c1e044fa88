//! Closes duties, and records in the note what could not be closed.
use crate::{
    Closing, Ending, Id, Open,
    guard::{Guard, log, send},
    held::Held,
    wire::Reply,
};
use serde_json::Value;
use std::{rc::Rc, time::Duration};
use tokio::{
    net::UnixStream,
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

/// Of more duties than this the note is written once a second, not at each change: a fleet has a thousand.
const FEW: usize = 32;
/// How long the guard stays after the job's end, at least, so that a client can read its last messages.
const LINGER: Duration = Duration::from_secs(1);

impl Guard {
    /// The module that claimed this has died; the object may or may not exist.
    pub(crate) async fn abandon(&self, id: Id) {
        let is_only_claimed = self.duties.all().get(&id).is_some_and(|held| held.task.is_none());
        if let Some(duty) = self.duties.find(&id).filter(|_| is_only_claimed) {
            log(&format!("{id}: the module that claimed it was killed"));
            log_outcome(&id, &duty.close(&self.closing(Ending::Abandoned)).await);
            // Removed only now: if the job ends meanwhile, this must be among the duties to close.
            self.duties.all().remove(&id);
        }
    }

    /// Closes everything that is open and reports what was done. What could not be closed stays in the note.
    pub(crate) async fn close_all(&self, ending: Ending) {
        let closing = Rc::new(self.closing(ending));
        let all: Vec<(Id, Held)> = self.duties.all().drain().collect();
        let mut tasks = JoinSet::new();
        for (id, Held { duty, task, .. }) in all {
            task.iter().for_each(AbortHandle::abort);
            let closing = closing.clone();
            tasks.spawn_local(async move {
                let outcome = timeout(duty.patience(), duty.close(&closing)).await;
                let outcome = outcome.unwrap_or_else(|_| Err("it timed out".into()));
                log_outcome(&id, &outcome);
                (id, duty, outcome)
            });
        }
        let (mut left, mut closed) = (vec![], vec![]);
        while let Some(Ok((id, duty, outcome))) = tasks.join_next().await {
            left.extend(duty.open().filter(|_| outcome.is_err()));
            closed.push(duty);
            let said = match outcome {
                Ok(said) => said,
                Err(why) => Some(format!("{id} could not be closed: {}.", clause(&why))),
            };
            self.listeners
                .borrow()
                .iter()
                .for_each(|listener| drop(said.clone().map(|it| listener.send(it))));
        }
        // Not earlier: one of them may be the lock that keeps the next job waiting until the others are closed.
        drop(closed);
        self.memory.borrow_mut().clear();
        self.listeners.take();
        // At once, also if nothing is left: the next job may look before this process is gone.
        self.write_note(&left);
        // The client is still reading.
        sleep(LINGER).await;
        if left.is_empty() {
            self.place.clear();
        }
    }

    /// Handles the job's own announcement that it is over, and streams what is done then.
    pub(crate) async fn report_end(&self, ending: Ending, mut stream: UnixStream) {
        let (tell, mut told) = mpsc::unbounded_channel();
        self.listeners.borrow_mut().push(tell);
        self.over.set(Some(ending));
        self.is_over.notify_one();
        let mut goes_on = send(&mut stream, &Reply::Wait(self.wait.get())).await;
        while goes_on && let Some(said) = told.recv().await {
            goes_on = send(&mut stream, &Reply::Said(said)).await;
        }
    }

    /// Saves this duty for the next guard and its open object for the next job. `None` marks the duty as closed.
    pub(crate) fn note(&self, id: &Id, payload: Option<&Value>) {
        self.memory.borrow_mut().put(id, payload);
        self.note_is_stale.set(true);
        if self.duties.all().len() <= FEW {
            self.renew_note();
        }
    }

    /// Writes the note if something has changed since.
    pub(crate) fn renew_note(&self) {
        if self.note_is_stale.replace(false) {
            let open: Vec<Open> = self.duties.all().values().filter_map(|held| held.duty.open()).collect();
            self.write_note(&open);
        }
    }

    fn write_note(&self, open: &[Open]) {
        if let Err(why) = self.place.note(open) {
            log(&format!("cannot write the note: {why}"));
        }
    }

    fn closing(&self, ending: Ending) -> Closing {
        Closing { ending, steps: self.steps.borrow().clone() }
    }
}

/// A reason without the full stop that it may end with.
fn clause(why: &str) -> &str {
    why.trim_end().trim_end_matches('.')
}

fn log_outcome(id: &Id, outcome: &Result<Option<String>, String>) {
    match outcome {
        Ok(_) => log(&format!("{id}: closed")),
        Err(why) => log(&format!("{id}: not closed: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::clause;

    #[test]
    fn a_reason_ends_with_one_full_stop() {
        for why in ["each create needs its own.", "each create needs its own", "each create needs its own. "]
        {
            assert_eq!(clause(why), "each create needs its own");
        }
    }
}
