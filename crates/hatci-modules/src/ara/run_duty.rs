//! The run in ARA as a duty of its job: what waits in the spool is sent while the play goes on, and the run ends with the job.
use super::{
    ara_event::AraEvent,
    ara_run::AraRun,
    connection::{AraConnection, RunOptions},
};
use crate::duties::{Arguments, job_guard, run_module};
use ansible_module::Task;
use ara_client::{Outcome, Uuid};
use job_guard::{Closing, Duty, Ending, Id, Open, Owner, Work};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use tokio::time::Instant;

/// The guard's name for this kind of duty.
pub(crate) const RUN: &str = "run in ARA";
/// For so long an ARA that is away when the job ends is tried; then the next run tells it.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

#[derive(Serialize, Deserialize)]
struct Handed {
    /// Of `ara_run`: which run, and how to reach ARA.
    arguments: Arguments,
    /// Whether something waits to be sent.
    send: bool,
}

/// Hands this run to the guard of the job. False if there is none to take it.
pub(crate) fn hand_over(task: &Task, run: Uuid, send: bool) -> bool {
    let Some(guard) = job_guard() else { return false };
    let mut arguments = task.options_of::<RunOptions>();
    arguments.extend(task.options_of::<AraConnection>());
    arguments.insert("run_id".into(), run.to_string().into());
    // Only a task can fail.
    arguments.insert("fail_on_error".into(), false.into());
    for about in ["version", "play_uuid"] {
        arguments.extend(task.about(about).map(|value| (format!("_ansible_{about}"), value.clone())));
    }
    let server = arguments.get("ara_api_base_url").and_then(Value::as_str).unwrap_or_default();
    let id = Id { kind: RUN.into(), name: format!("{run} ({server})") };
    let handed = serde_json::to_value(Handed { arguments, send }).unwrap_or_default();
    let is_taken = guard.take(id, handed).is_ok();
    guard.news().iter().for_each(|news| task.warn(news));
    is_taken
}

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
        let handed: Handed = serde_json::from_value(payload).map_err(|e| e.to_string())?;
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
            Ending::Ended => (Outcome::Completed, true),
            Ending::Failed => (Outcome::Failed, true),
            Ending::Interrupted | Ending::Killed | Ending::Abandoned => (Outcome::Expired, false),
        };
        let arguments = self.with(&[("_ansible_job_ended", otherwise.as_str().into())]);
        Box::pin(async move {
            let answer = run_module::<AraRun>(arguments).await?;
            let is_told = answer.json.get("waiting").and_then(Value::as_u64) == Some(0);
            match (is_told, is_expected) {
                (true, true) => Ok(None),
                (true, false) => Ok(Some("The run in ARA has ended, too.".into())),
                (false, _) => Err("ARA can't be told; the next run that reaches it does that".into()),
            }
        })
    }

    fn patience(&self) -> Duration {
        LONGEST + Duration::from_secs(5)
    }
}
