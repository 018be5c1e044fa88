//! `idrac_boot`
use super::idrac_boot_options::BootOptions;
use super::idrac_boot_results::BootResults;
use super::idrac_boot_state::{Standing, WantedBios, WantedOrder};
use super::idrac_boot_work::{BootWork, ORDER_IS_BEHIND, Once};
use super::idrac_connection::{IdracFailure, failed, failed_after};
use super::idrac_next_boot::WantedNext;
use super::idrac_restart::{
    Reset, RestartOptions, has_begun, restart, wait_for_jobs, wait_for_next_boot, wait_for_restart,
};
use super::phases::Processing;
use ansible_module::{ErrorKind, Failure, Module, Plan, Results, Return, SharedResults, Task};
use redfish_client::{Client, Error, NextBoot};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

/// The module `idrac_boot`.
pub struct IdracBoot {
    client: Client,
    task: Task,
    order: Option<Vec<String>>,
    once: Option<NextBoot>,
    bios: Option<Map<String, Value>>,
    restart: RestartOptions,
    timeout: Duration,
    /// Whether something was changed.
    acted: bool,
    /// Whether the server was restarted and the jobs waited for.
    has_finished: bool,
    has_restarted: bool,
    jobs: Vec<String>,
}

impl Module for IdracBoot {
    const NAME: &'static str = "idrac_boot";
    const EXAMPLES: &'static str = include_str!("idrac_boot.yml");
    type Options = BootOptions;
    type Results = BootResults;
    type Change = BootWork;

    fn details() -> Vec<Return> {
        IdracFailure::returns()
    }

    fn new(options: BootOptions, task: &Task) -> Result<Self, Failure> {
        if options.restart.wait && options.wait_timeout == 0 {
            return Err(Failure::invalid(
                "wait_timeout is 0 seconds; give at least 1, or set wait to false.",
            ));
        }
        Ok(Self {
            client: options.connection.client(task)?,
            task: task.clone(),
            order: options.order.filter(|it| !it.is_empty()),
            once: options.once.map(Once::next),
            bios: options.bios.filter(|it| !it.is_empty()),
            restart: options.restart,
            timeout: Duration::from_secs(options.wait_timeout),
            acted: false,
            has_finished: false,
            has_restarted: false,
            jobs: vec![],
        })
    }

    fn discover(&mut self, results: &SharedResults<BootResults>) -> Result<Plan<BootWork>, Failure> {
        let power = self.client.system().map_err(|e| failed(&e))?.power;
        let mut work = self.read()?;
        if self.restart.waits_for_others()
            && !self.task.check_mode()
            && has_begun(&self.client, &work.jobs()).map_err(|e| failed(&e))?
        {
            // Somebody has restarted the server meanwhile.
            wait_for_jobs(&self.client, &work.jobs(), self.timeout)?;
            work = self.read()?;
        }
        let waits = work.waits();
        let is_absent = work.standings().contains(&Standing::Absent);
        let sets_next = work.next.as_ref().is_some_and(WantedNext::is_due);
        let next_waits = work.next.as_ref().is_some_and(WantedNext::is_used_up);
        work.restarts = match self.restart.reset {
            Reset::Never => false,
            Reset::IfNeeded => waits || is_absent || next_waits,
            Reset::Always => true,
        };
        self.jobs = work.jobs();
        if work.is_order_behind() && !work.restarts {
            self.task.warn(ORDER_IS_BEHIND);
        }
        let (before, after) = work.difference(&power);
        results.update(|r| {
            r.order = work.order.as_ref().filter(|it| it.is_shown).map(|it| it.ids.clone());
            r.pending = Some(waits || is_absent || next_waits);
            r.job = self.jobs.last().cloned();
            r.power = Some(power);
            r.phases.discovery = before.as_object().cloned();
            r.phases.processing = Some(Processing { actions: work.steps(), made: None });
        });
        if !is_absent && !sets_next && !work.restarts {
            results.update(|r| r.verified(!waits, self.waiting_for_restart()));
            return Ok(Plan::Nothing);
        }
        Ok(Plan::Change { what: work, before, after })
    }

    fn process(&mut self, work: BootWork, results: &SharedResults<BootResults>) -> Result<(), Failure> {
        results.update(|r| r.phases.processing = Some(Processing::default()));
        self.stage_bios(&work, results)?;
        let is_order_staged = !work.is_order_behind() && self.stage_order(work.order.as_ref(), results)?;
        let mut next = work.next;
        if !is_order_staged {
            // One job of the BIOS at a time: the boot order comes after the other has run.
            if !work.restarts || !self.restart.wait {
                self.task.warn(ORDER_IS_BEHIND);
            } else {
                self.restart(results)?;
                self.stage_order(self.read_order(None)?.as_ref(), results)?;
                // The restart has used it.
                next = self.read_next()?;
            }
        }
        self.set_next(next.as_ref(), results)?;
        if work.restarts { self.restart(results) } else { Ok(()) }
    }

    fn housekeep(&mut self, results: &SharedResults<BootResults>) -> Result<(), Failure> {
        let power = self.client.system().map_err(|e| failed(&e))?.power;
        let read = || self.read().map_err(|failure| Failure { changed: Some(self.acted), ..failure });
        let mut work = read()?;
        // What a job has applied may read as before for a moment.
        let end = Instant::now() + SETTLING;
        while self.has_finished && work.standings().contains(&Standing::Absent) && Instant::now() < end {
            std::thread::sleep(Duration::from_secs(1));
            work = read()?;
        }
        let standings = work.standings();
        let is_unused = |it: &WantedNext| it.is_set().unwrap_or(!self.has_restarted);
        let is_next = work.next.as_ref().is_none_or(|it| !it.is_due() || self.has_restarted);
        let next_waits = work.next.as_ref().is_some_and(|it| it.is_used_up() && is_unused(it));
        let waits = work.waits();
        let is_absent = standings.contains(&Standing::Absent);
        results.update(|r| {
            // What was refused waits for nothing.
            let is_pending = waits || next_waits || is_absent && self.acted && !self.has_finished;
            let is_to_be =
                |it: &&WantedOrder| it.is_shown && (is_pending || it.standing == Standing::Applied);
            r.order = work.order.as_ref().filter(is_to_be).map(|it| it.ids.clone());
            r.pending = Some(is_pending);
            r.power = Some(power);
        });
        let is_so = standings.iter().all(|it| *it == Standing::Applied) && is_next;
        let mut warnings = if waits { self.waiting_for_restart() } else { vec![] };
        if let Some(doubt) = work.next.as_ref().and_then(WantedNext::doubt) {
            self.task.warn(&doubt);
            warnings.push(doubt);
        }
        results.update(|r| r.verified(is_so, warnings));
        if self.has_finished && is_absent {
            let msg = "The jobs succeeded, but the boot order or the BIOS settings are not as requested. Check them on the iDRAC: they may depend on another setting, or someone else changed them.";
            return Err(Failure::new(ErrorKind::Failed, msg));
        }
        Ok(())
    }
}

impl IdracBoot {
    fn read(&self) -> Result<BootWork, Failure> {
        let bios = self.bios.as_ref().map(|wanted| WantedBios::read(&self.client, wanted)).transpose()?;
        let order = self.read_order(bios.as_ref().and_then(WantedBios::job))?;
        let next = self.read_next()?;
        Ok(BootWork { order, bios, next, restarts: false })
    }

    fn read_next(&self) -> Result<Option<WantedNext>, Failure> {
        self.once.map(|wanted| WantedNext::read(&self.client, wanted)).transpose()
    }

    /// `first` as for [`WantedOrder::read`].
    fn read_order(&self, first: Option<&str>) -> Result<Option<WantedOrder>, Failure> {
        let read = |names: &Vec<String>| WantedOrder::read(&self.client, names, first, &self.task);
        self.order.as_ref().map(read).transpose()
    }

    fn stage_bios(&mut self, work: &BootWork, results: &SharedResults<BootResults>) -> Result<(), Failure> {
        let Some(bios) = work.bios.as_ref().filter(|it| it.standing == Standing::Absent) else {
            return Ok(());
        };
        let staged = match self.client.stage_bios(&bios.found, &bios.missing()) {
            // The answer to the first try was lost, or somebody else wants the same.
            Err(error @ Error::JobPending { .. }) => {
                let now = WantedBios::read(&self.client, &bios.values)?.standing;
                now.staged("bios_settings").ok_or(error)
            }
            outcome => outcome,
        };
        let staged = staged.map_err(|e| self.unstaged("change the BIOS settings", &e, results))?;
        self.did("change the BIOS settings", staged.method, staged.job, results);
        Ok(())
    }

    /// False: the iDRAC is busy with the job of this task for the BIOS settings.
    fn stage_order(
        &mut self,
        order: Option<&WantedOrder>,
        results: &SharedResults<BootResults>,
    ) -> Result<bool, Failure> {
        let Some(order) = order.filter(|it| it.standing == Standing::Absent) else {
            return Ok(true);
        };
        let staged = match self.client.stage_boot_order(&order.found, &order.ids) {
            Err(Error::JobPending { job, .. })
                if self.acted && (job.is_empty() || self.jobs.contains(&job)) =>
            {
                return Ok(false);
            }
            Err(error @ Error::JobPending { .. }) => {
                let now = WantedOrder::read(&self.client, &order.ids, None, &self.task)?.standing;
                now.staged(order.found.method()).ok_or(error)
            }
            outcome => outcome,
        };
        let staged = staged.map_err(|e| self.unstaged("change the boot order", &e, results))?;
        self.did("change the boot order", staged.method, staged.job, results);
        Ok(true)
    }

    /// The failure of staging settings, and what it has done all the same.
    fn unstaged(&self, what: &str, error: &Error, results: &SharedResults<BootResults>) -> Failure {
        if error.is_staged() {
            results.update(|r| r.left_without_job(what));
        }
        failed_after(self.acted, error)
    }

    fn set_next(
        &mut self,
        next: Option<&WantedNext>,
        results: &SharedResults<BootResults>,
    ) -> Result<(), Failure> {
        let Some(next) = next.filter(|it| it.is_due()) else { return Ok(()) };
        let cleared = self.client.clear_other_next_boot(next.wanted, &next.now);
        if let Some(method) = cleared.map_err(|e| failed_after(self.acted, &e))? {
            self.did("clear the other one-time boot", method, None, results);
        }
        let set = self.client.set_next_boot(next.wanted, &next.now);
        let (method, warning) = set.map_err(|e| failed_after(self.acted, &e))?;
        if let Some(warning) = warning {
            self.task.warn(warning);
        }
        self.did("set the one-time boot", method, None, results);
        Ok(())
    }

    fn restart(&mut self, results: &SharedResults<BootResults>) -> Result<(), Failure> {
        let next = self.next_to_use().map_err(|e| failed_after(self.acted, &e))?;
        let how = restart(&self.client, &|| self.is_restarting(next))?;
        self.has_restarted = true;
        self.did("restart the server", how, None, results);
        if self.restart.wait {
            let start = Instant::now();
            let left = || self.timeout.saturating_sub(start.elapsed());
            // Without a job or a one-time boot there is nothing to see of a restart.
            let is_seen = !self.jobs.is_empty() || next.is_some();
            let has_begun = || Ok(!is_seen || self.is_restarting(next)?);
            wait_for_restart(how, &self.client, self.timeout, &self.task, &has_begun)?;
            wait_for_jobs(&self.client, &self.jobs, left())?;
            if let Some(next) = next {
                wait_for_next_boot(&self.client, next, left())?;
            }
            self.has_finished = true;
        }
        Ok(())
    }

    /// The one-time boot that a restart will use, if the iDRAC shows it.
    fn next_to_use(&self) -> Result<Option<NextBoot>, Error> {
        let Some(wanted) = self.once.filter(|it| *it != NextBoot::Normal) else { return Ok(None) };
        Ok((self.client.next_boot()?.is(wanted) == Some(true)).then_some(wanted))
    }

    /// Whether a job has begun, or the one-time boot was used.
    fn is_restarting(&self, next: Option<NextBoot>) -> Result<bool, Error> {
        Ok(has_begun(&self.client, &self.jobs)? || next.is_some() && self.next_to_use()?.is_none())
    }

    fn did(&mut self, what: &str, method: &str, job: Option<String>, results: &SharedResults<BootResults>) {
        self.acted = true;
        self.has_finished = false;
        self.task.progress(&format!("{what}: done ({method})"));
        results.update(|r| r.did(what, method, job.as_ref()));
        self.jobs.extend(job);
    }

    fn waiting_for_restart(&self) -> Vec<String> {
        self.jobs.iter().map(|job| format!("Job {job} waits until the server is restarted.")).collect()
    }
}

/// So long after a job has ended, the settings read as it has set them.
const SETTLING: Duration = Duration::from_secs(30);
