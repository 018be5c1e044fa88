//! The run in ARA as a duty of its job: what waits in the spool is sent while the play goes on, and the run ends with the job.
use super::{
    ara_event::AraEvent,
    ara_run::AraRun,
    handed_run::{HandedRun, PATIENCE_AFTER_JOB},
};
use crate::duties::{Arguments, run_module};
use ara_client::RunStatus;
use job_guard::{Closing, Duty, Ending, Open, Owner, Work};
use serde_json::Value;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use tokio::time::Instant;

/// Makes a duty of what was handed over.
pub(crate) fn make(payload: Value, _: Owner) -> Result<Rc<dyn Duty>, String> {
    let duty = RunDuty { arguments: RefCell::default(), due: Cell::default() };
    duty.renew(payload)?;
    Ok(Rc::new(duty))
}

struct RunDuty {
    arguments: RefCell<Arguments>,
    /// None: nothing waits to be sent.
    due: Cell<Option<Instant>>,
}

impl RunDuty {
    fn with(&self, more: &[(&str, Value)]) -> Arguments {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.arguments.borrow().clone().into_iter().chain(more).collect()
    }
}

impl Duty for RunDuty {
    /// Unsent events stay in the spool, and the next run sends them.
    fn open(&self) -> Option<Open> {
        None
    }

    fn renew(&self, payload: Value) -> Result<(), String> {
        let handed: HandedRun = serde_json::from_value(payload).map_err(|e| e.to_string())?;
        self.arguments.replace(handed.arguments);
        self.due.set(self.due.get().or(handed.send.then(Instant::now)));
        Ok(())
    }

    fn due(&self) -> Option<Instant> {
        self.due.get()
    }

    fn attend(&self) -> Work<'_, bool> {
        self.due.take();
        let arguments = self.with(&[("_ansible_send_meanwhile", true.into())]);
        Box::pin(async move {
            let _ = run_module::<AraEvent>(arguments).await;
            true
        })
    }

    fn close<'a>(&'a self, closing: &'a Closing) -> Work<'a, Result<Option<String>, String>> {
        let (otherwise, is_expected) = match closing.ending {
            Ending::Ended => (RunStatus::Completed, true),
            Ending::Failed => (RunStatus::Failed, true),
            Ending::Interrupted | Ending::Killed | Ending::Abandoned => (RunStatus::Expired, false),
        };
        let arguments = self.with(&[("_ansible_job_ended", otherwise.as_str().into())]);
        Box::pin(async move {
            let answer = run_module::<AraRun>(arguments).await?;
            let is_told = answer.json.get("waiting").and_then(Value::as_u64) == Some(0);
            match (is_told, is_expected) {
                (true, true) => Ok(None),
                (true, false) => Ok(Some("The run in ARA was ended, too.".into())),
                (false, _) => Err("ARA can't be reached; the next run that reaches it sends the rest".into()),
            }
        })
    }

    fn patience(&self) -> Duration {
        PATIENCE_AFTER_JOB + Duration::from_secs(5)
    }
}
