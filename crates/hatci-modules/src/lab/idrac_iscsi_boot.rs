//! `idrac_iscsi_boot`
use super::idrac_boot_state::{other_values, unplanned};
use super::idrac_connection::{IdracFailure, failed, failed_after};
use super::idrac_iscsi_options::IscsiBootOptions;
use super::idrac_iscsi_results::IscsiBootResults;
use super::idrac_iscsi_settings::{Reading, SECRET, Values, Wanted, changes, names, next_step, shown};
use super::idrac_iscsi_target::{IscsiState, UpdateSecret};
use super::idrac_restart::{Reset, RestartOptions, has_begun, restart, wait_for_jobs, wait_for_restart};
use super::phases::Processing;
use ansible_module::{ErrorKind, Failure, Module, Plan, Results, Return, SharedResults, Task};
use redfish_client::{Client, Error, Idrac, Job, JobEnd, NicFunction};
use serde_json::Value;
use std::time::Duration;

/// The module `idrac_iscsi_boot`.
pub struct IdracIscsiBoot {
    client: Client,
    task: Task,
    function: String,
    wanted: Wanted,
    sends_secret: bool,
    restart: RestartOptions,
    jobs: Vec<String>,
    /// The steps that were sent.
    sent: Vec<Values>,
    /// Whether the iDRAC wants one group of settings at a time.
    goes_stepwise: bool,
    restarts: u32,
    /// Whether all steps were sent, and their jobs have ended.
    has_finished: bool,
}

impl Module for IdracIscsiBoot {
    const NAME: &'static str = "idrac_iscsi_boot";
    const EXAMPLES: &'static str = include_str!("idrac_iscsi_boot.yml");
    type Options = IscsiBootOptions;
    type Results = IscsiBootResults;
    type Change = NicFunction;

    fn details() -> Vec<Return> {
        IdracFailure::returns()
    }

    fn new(options: IscsiBootOptions, task: &Task) -> Result<Self, Failure> {
        let wanted = match (&options.target, options.state) {
            (Some(target), IscsiState::Present) => {
                target.wanted(options.dhcp, options.initiator.as_deref(), options.chap.as_ref())?
            }
            _ => Wanted::defaults(),
        };
        Ok(Self {
            client: options.connection.client(task)?,
            task: task.clone(),
            function: options.function,
            wanted,
            sends_secret: options.update_secret == UpdateSecret::Always,
            restart: options.restart,
            jobs: vec![],
            sent: vec![],
            goes_stepwise: false,
            restarts: 0,
            has_finished: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<IscsiBootResults>) -> Result<Plan<NicFunction>, Failure> {
        let mut function = self.read()?;
        let mut job = self.client.iscsi_job(&function).map_err(|e| failed(&e))?;
        if let Some(running) =
            job.as_ref().filter(|it| !it.waits_for_restart() && self.restart.waits_for_others())
            && !self.task.check_mode()
        {
            wait_for_jobs(&self.client, std::slice::from_ref(&running.id), TIMEOUT)?;
            function = self.read()?;
            job = None;
        }
        if let Some(job) = &job
            && !self.is_wanted(&function)
        {
            return Err(other_values(&format!("the iSCSI settings of {}", self.function), job));
        }
        match &job {
            Some(job) if changes(&function.pending, &function.iscsi).is_empty() => self.task.warn(format!(
                "Job {} will change {}, but the iDRAC does not show how. Restart the server, then run the task again.",
                job.id, self.function
            )),
            Some(_) => {}
            None => self.check_unplanned(&function)?,
        }
        let is_unshown = job.is_none() && !self.sends_secret && self.is_unshown(&function)?;
        let missing = self.missing(&function);
        let is_missing = !is_unshown && missing.iter().any(|group| !group.is_empty());
        self.jobs = job.iter().map(|job| job.id.clone()).collect();
        let restarts = match self.restart.reset {
            Reset::Never => false,
            Reset::IfNeeded => job.is_some() || is_missing,
            Reset::Always => true,
        };
        let before = shown(&function.iscsi);
        results.update(|r| {
            r.phases.discovery = Some(before.clone());
            let set = (is_missing && job.is_none()).then(|| format!("set {}", names(&missing)));
            let restart = restarts.then(|| "restart the server".to_owned());
            let actions = set.into_iter().chain(restart).collect();
            r.phases.processing = Some(Processing { actions, made: None });
        });
        let reading = self.wanted.reading(&function.iscsi);
        results.update(|r| r.report(reading, job.is_some() || is_missing, &self.jobs));
        if (job.is_some() || !is_missing) && !restarts {
            return Ok(Plan::Nothing);
        }
        let after: Values = before.clone().into_iter().chain(self.wanted.all()).collect();
        Ok(Plan::Change { what: function, before: before.into(), after: after.into() })
    }

    fn process(
        &mut self,
        function: NicFunction,
        results: &SharedResults<IscsiBootResults>,
    ) -> Result<(), Failure> {
        results.update(|r| r.phases.processing = Some(Processing::default()));
        let may_go_on = self.restart.reset != Reset::Never && self.restart.wait;
        if !self.jobs.is_empty() {
            self.restart(results)?;
            if !may_go_on {
                return Ok(());
            }
        }
        let mut function = if self.jobs.is_empty() { function } else { self.read()? };
        while let Some(step) = self.next_step(&function)?
            && self.sent.len() < MOST_STEPS
        {
            if !self.send(&function, step, results)? {
                continue;
            }
            if self.restart.reset == Reset::Never {
                return Ok(());
            }
            self.restart(results)?;
            if !may_go_on {
                return Ok(());
            }
            function = self.read()?;
        }
        if self.jobs.is_empty() {
            self.restart(results)?;
        }
        self.has_finished = true;
        Ok(())
    }

    fn housekeep(&mut self, results: &SharedResults<IscsiBootResults>) -> Result<(), Failure> {
        let function = self.read()?;
        let job = self.client.iscsi_job(&function).map_err(|e| failed(&e))?;
        let is_missing = !self.has_finished && self.next_step(&function)?.is_some();
        let reading = self.wanted.reading(&function.iscsi);
        results.update(|r| r.report(reading, job.is_some() || is_missing, &self.jobs));
        if self.has_finished && reading == Reading::Other {
            let msg = format!(
                "The jobs succeeded, but the iSCSI settings of {} are not as requested. Check them on the iDRAC: they may depend on another setting, or someone else changed them.",
                self.function
            );
            return Err(Failure::new(ErrorKind::Failed, msg));
        }
        Ok(())
    }
}

impl IdracIscsiBoot {
    fn read(&self) -> Result<NicFunction, Failure> {
        let unread = |e| Failure { changed: Some(self.acted()), ..failed(&e) };
        self.client.nic_function(&self.function).map_err(unread)
    }

    /// Whether a part of what is asked for is pending.
    fn is_wanted(&self, function: &NicFunction) -> bool {
        self.wanted.includes(&function.pending, &function.iscsi)
    }

    /// Refuses to have a job made that would apply what somebody else has left without one.
    fn check_unplanned(&self, function: &NicFunction) -> Result<(), Failure> {
        let others = self.wanted.others(&function.pending, &function.iscsi);
        if others.is_empty() { Ok(()) } else { Err(unplanned(&self.function, &others)) }
    }

    /// Whether anything was changed.
    fn acted(&self) -> bool {
        self.restarts > 0 || !self.sent.is_empty()
    }

    fn missing(&self, function: &NicFunction) -> [Values; 3] {
        self.wanted.missing(&function.iscsi, self.sends_secret)
    }

    fn next_step(&self, function: &NicFunction) -> Result<Option<Values>, Failure> {
        let (missing, stepwise) = (self.missing(function), self.is_stepwise()?);
        Ok(next_step(&missing, self.wanted.undoes, stepwise, &function.iscsi, &self.sent))
    }

    fn is_stepwise(&self) -> Result<bool, Failure> {
        Ok(self.goes_stepwise || self.client.identity().map_err(|e| failed(&e))?.idrac == Idrac::Eight)
    }

    /// Sends a step. False: it must be a smaller one.
    fn send(
        &mut self,
        function: &NicFunction,
        step: Values,
        results: &SharedResults<IscsiBootResults>,
    ) -> Result<bool, Failure> {
        let addressing = &self.wanted.groups[0];
        let (job, step) = match self.client.stage_iscsi(function, &step) {
            Err(error) if error.is_too_early() && !self.is_stepwise()? => {
                self.goes_stepwise = true;
                return Ok(false);
            }
            // The target depends on the addressing, which must be applied once, whatever it reads as.
            Err(error) if error.is_too_early() && !self.sent.contains(addressing) => {
                let job = self.client.stage_iscsi(function, addressing);
                let failed =
                    |e: Error| self.unstaged(addressing, if e.is_staged() { &e } else { &error }, results);
                (job.map_err(failed)?, addressing.clone())
            }
            // The answer to the first try was lost, or somebody else wants the same.
            Err(Error::JobPending { job, .. }) if !job.is_empty() && self.is_wanted(&self.read()?) => {
                (job, step)
            }
            outcome => (outcome.map_err(|e| self.unstaged(&step, &e, results))?, step),
        };
        self.sends_secret &= !step.contains_key(SECRET);
        let action = format!("set {}", names(std::slice::from_ref(&step)));
        self.task.progress(&format!("{}: {action}, by job {job}", self.function));
        self.jobs.push(job);
        self.sent.push(step);
        results.update(|r| {
            r.jobs = Some(self.jobs.clone());
            r.did(action);
        });
        Ok(true)
    }

    /// The failure of staging settings, and what it has done all the same.
    fn unstaged(&self, step: &Values, error: &Error, results: &SharedResults<IscsiBootResults>) -> Failure {
        if error.is_staged() {
            results.update(|r| r.did(format!("set {}, without a job", names(std::slice::from_ref(step)))));
        }
        failed_after(self.acted(), error)
    }

    /// Whether the settings are applied, as far as can be known, and the firmware doesn't show them.
    fn is_unshown(&self, function: &NicFunction) -> Result<bool, Failure> {
        if self.wanted.undoes || self.wanted.reading(&function.iscsi) != Reading::Blank {
            return Ok(false);
        }
        // Without a target, nobody switches this off.
        if let Some(Value::Bool(via_dhcp)) = function.iscsi.get("TargetInfoViaDHCP") {
            return Ok(!via_dhcp);
        }
        let jobs = self.client.jobs().map_err(|e| failed(&e))?;
        let has_set = |job: &&Job| {
            job.end() == JobEnd::Good && job.kind == "NICConfiguration" && job.name.contains(&self.function)
        };
        Ok(jobs.iter().filter(has_set).count() >= if self.is_stepwise()? { 2 } else { 1 })
    }

    fn restart(&mut self, results: &SharedResults<IscsiBootResults>) -> Result<(), Failure> {
        let (client, jobs) = (&self.client, self.jobs.last().cloned().into_iter().collect::<Vec<_>>());
        let how = restart(client, &|| has_begun(client, &jobs))?;
        self.restarts += 1;
        results.update(|r| r.did("restart the server".into()));
        if jobs.is_empty() || !self.restart.wait {
            return Ok(());
        }
        let took = wait_for_restart(how, client, TIMEOUT, &self.task, &|| has_begun(client, &jobs))?;
        wait_for_jobs(client, &jobs, TIMEOUT.saturating_sub(took))
    }
}

/// A job may take so long.
const TIMEOUT: Duration = Duration::from_secs(1800);
/// Three groups, and the addressing once more.
const MOST_STEPS: usize = 6;
