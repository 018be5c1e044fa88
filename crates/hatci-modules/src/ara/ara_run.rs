//! `ara_run`
use super::{
    connection::{AraConnection, RunOptions, failed},
    handed_run,
    run_results::RunResults,
};
use ansible_module::{Choices, Failure, Module, Options, Plan, Results, SharedResults, Task};
use ara_client::{Entry, Moment, Recorder, RunStatus};
use serde_json::{Value, json};

/// Start or end a run in ARA
///
/// ARA calls a run a playbook. It is registered once, even if several tasks or machines try at the same time. A known run is joined, and
/// missing labels and metadata are added to it. If ARA's own callback records the play, the run becomes a play within the callback's
/// playbook.
///
/// An unreachable, slow or broken server delays a run by at most `timeout` seconds. Unsent events stay in `spool`.
#[derive(Options)]
pub struct RunModuleOptions {
    /// The desired state of the run.
    #[option(default = RunState::Started)]
    state: RunState,
    /// The outcome, with `state=finished`. By default the run failed if the last event of any host did.
    status: Option<Ending>,
    #[option(flatten)]
    run: RunOptions,
    #[option(flatten)]
    connection: AraConnection,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum RunState {
    /// The run is registered.
    Started,
    /// The run is closed.
    Finished,
}

#[derive(Choices, Clone, Copy)]
enum Ending {
    /// Succeeded.
    Completed,
    /// Failed.
    Failed,
    /// Unknown or abandoned.
    Expired,
}

/// What `ara_run` returns.
#[derive(Results, Default)]
pub struct RunModuleResults {
    #[result(flatten)]
    run: RunResults,
}

/// The module `ara_run`.
pub struct AraRun {
    recorder: Recorder,
    wanted: RunState,
    ending: Option<RunStatus>,
    task: Task,
}

impl Module for AraRun {
    const NAME: &'static str = "ara_run";
    const EXAMPLES: &'static str = include_str!("ara_run.yml");
    type Options = RunModuleOptions;
    type Results = RunModuleResults;
    type Change = ();

    fn new(options: RunModuleOptions, task: &Task) -> Result<Self, Failure> {
        Ok(Self {
            recorder: options.connection.recorder(options.run, task)?,
            wanted: options.state,
            ending: options.status.map(Ending::outcome),
            task: task.clone(),
        })
    }

    /// Whether ARA knows the run shows when it is told; to ask before would only cost time.
    fn discover(&mut self, results: &SharedResults<RunModuleResults>) -> Result<Plan<()>, Failure> {
        let start = self.recorder.start();
        results.update(|r| r.run.run_id = Some(start.id.to_string()));
        let state = match self.wanted {
            RunState::Started => RunStatus::Running,
            RunState::Finished => self.ending.unwrap_or(RunStatus::Completed),
        };
        let after = json!({ "run_id": start.id, "name": start.name, "status": state.as_str() });
        Ok(Plan::change(Value::Null, after))
    }

    fn process(&mut self, (): (), results: &SharedResults<RunModuleResults>) -> Result<(), Failure> {
        if let Some(otherwise) = self.ended_with_job() {
            let waiting = self
                .recorder
                .with_spool_fallback(|recorder| {
                    recorder.end_with_job(otherwise, handed_run::PATIENCE_AFTER_JOB)
                })
                .map_err(|e| failed(&e))?;
            results.update(|r| r.run.waiting = Some(waiting as u64));
            return Ok(());
        }
        let entry = match self.wanted {
            RunState::Started => Entry::Start(self.recorder.start().clone()),
            RunState::Finished => Entry::Finish(self.ending, Moment::now()),
        };
        let entries = [entry];
        let learned = self.recorder.with_spool_fallback(|recorder| {
            recorder.write(&entries)?;
            handed_run::hand_over(&self.task, recorder.start().id, false);
            recorder.deliver(false, &mut |found| results.update(|r| r.run = found.into()))
        });
        let learned = learned.map_err(|e| failed(&e))?;
        if !learned {
            self.task.unchanged();
        }
        Ok(())
    }

    /// What was stored, ARA has answered for.
    fn housekeep(&mut self, _: &SharedResults<RunModuleResults>) -> Result<(), Failure> {
        Ok(())
    }
}

impl AraRun {
    /// How the run ends if no host has failed, where the guard of a job that is over wants it to end.
    fn ended_with_job(&self) -> Option<RunStatus> {
        let text = self.task.ansible_key("job_ended")?.as_str()?;
        [RunStatus::Completed, RunStatus::Failed, RunStatus::Expired]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }
}

impl Ending {
    fn outcome(self) -> RunStatus {
        match self {
            Ending::Completed => RunStatus::Completed,
            Ending::Failed => RunStatus::Failed,
            Ending::Expired => RunStatus::Expired,
        }
    }
}
