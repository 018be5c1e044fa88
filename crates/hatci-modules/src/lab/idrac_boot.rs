//! `idrac_boot`
use super::idrac_boot_results::BootResults;
use super::idrac_boot_state::{Standing, WantedBios, WantedOrder};
use super::idrac_boot_work::{BootWork, Once};
use super::idrac_connection::{IdracConnection, IdracFailure, failed, failed_after};
use super::idrac_restart::{Reset, RestartOptions, has_begun, restart, wait_for_jobs, wait_for_restart};
use super::phases::Processing;
use ansible_module::{ErrorKind, Failure, Module, Options, Plan, Results, Return, SharedResults, Task};
use redfish_client::{Client, Error, NextBoot};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

/// Set what a server boots from, and its BIOS, over its iDRAC
///
/// Boot order and BIOS settings are applied by a job of the iDRAC that runs when the server restarts. A run while such a job waits finds
/// it and sends nothing again; if it is to set other values, the task fails with `conflict` and names the job.
///
/// # Notes
///
/// - A one-time boot (`once`) is used up by the next restart. With a `reset`, each run of the task sets it anew.
/// - `once: virtual_cd` is a setting of the iDRAC itself: an iDRAC8 would boot from the drive in the server otherwise.
///
/// # See also
///
/// - `idrac_virtual_media`: Insert the image to boot from.
#[derive(Options)]
pub struct BootOptions {
    /// What to boot from first, in order. Everything else follows as it was.
    ///
    /// An id, a name, or a part of a name such as `iSCSI`, which stands for all entries with that part.
    order: Option<Vec<String>>,
    /// What to boot from at the next start only.
    once: Option<Once>,
    /// Settings of the BIOS by their names, such as `BootMode`. Other settings stay as they are.
    bios: Option<Map<String, Value>>,
    #[option(flatten)]
    restart: RestartOptions,
    /// Maximum wait for the jobs in seconds.
    #[option(default = 1800)]
    wait_timeout: u64,
    #[option(flatten)]
    connection: IdracConnection,
}

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
        let sets_next = work.next.as_ref().is_some_and(|(_, _, is_set)| !is_set);
        let next_waits = work.next.as_ref().is_some_and(|(wanted, _, _)| *wanted != NextBoot::Normal);
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
        if !is_order_staged {
            // One job of the BIOS at a time: the boot order comes after the other has run.
            if !work.restarts || !self.restart.wait {
                self.task.warn(ORDER_IS_BEHIND);
            } else {
                self.restart(results)?;
                self.stage_order(self.read_order(None)?.as_ref(), results)?;
            }
        }
        self.set_next(&work, results)?;
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
        let is_next = work.next.as_ref().is_none_or(|(_, _, is_set)| *is_set || self.has_restarted);
        let waits = work.waits();
        let next_waits = !self.has_restarted
            && work.next.as_ref().is_some_and(|(it, _, is_set)| *is_set && *it != NextBoot::Normal);
        let is_absent = standings.contains(&Standing::Absent);
        results.update(|r| {
            r.order = work.order.as_ref().filter(|it| it.is_shown).map(|it| it.ids.clone());
            r.pending = Some(waits || next_waits || is_absent && !self.has_finished);
            r.power = Some(power);
        });
        let is_so = standings.iter().all(|it| *it == Standing::Applied) && is_next;
        results.update(|r| r.verified(is_so, if waits { self.waiting_for_restart() } else { vec![] }));
        if self.has_finished && is_absent {
            let msg = "The jobs have ended well, but the boot order or the BIOS settings are not as asked for. Look at them on the iDRAC: another setting may depend on them, or somebody else changed them.";
            return Err(Failure::new(ErrorKind::Failed, msg));
        }
        Ok(())
    }
}

impl IdracBoot {
    fn read(&self) -> Result<BootWork, Failure> {
        let bios = self.bios.as_ref().map(|wanted| WantedBios::read(&self.client, wanted)).transpose()?;
        let order = self.read_order(bios.as_ref().and_then(WantedBios::job))?;
        let next = match self.once {
            None => None,
            Some(wanted) => {
                self.client.check_next_boot(wanted).map_err(|e| failed(&e))?;
                let now = self.client.next_boot().map_err(|e| failed(&e))?;
                let is_set = now.is(wanted) == Some(true);
                Some((wanted, now, is_set))
            }
        };
        Ok(BootWork { order, bios, next, restarts: false })
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
        let staged = staged.map_err(|e| failed_after(self.acted, &e))?;
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
        let staged = staged.map_err(|e| failed_after(self.acted, &e))?;
        self.did("change the boot order", staged.method, staged.job, results);
        Ok(true)
    }

    fn set_next(&mut self, work: &BootWork, results: &SharedResults<BootResults>) -> Result<(), Failure> {
        let Some((wanted, now, false)) = &work.next else { return Ok(()) };
        let (method, warning) =
            self.client.set_next_boot(*wanted, now).map_err(|e| failed_after(self.acted, &e))?;
        if let Some(warning) = warning {
            self.task.warn(warning);
        }
        self.did("set the one-time boot", method, None, results);
        Ok(())
    }

    fn restart(&mut self, results: &SharedResults<BootResults>) -> Result<(), Failure> {
        let how = restart(&self.client, &|| self.is_restarting())?;
        self.has_restarted = true;
        self.did("restart the server", how, None, results);
        if self.restart.wait {
            // Without a job or a one-time boot there is nothing to see of a restart.
            let is_seen = !self.jobs.is_empty() || self.sets_next();
            let has_begun = || Ok(!is_seen || self.is_restarting()?);
            let took = wait_for_restart(how, &self.client, self.timeout, &self.task, &has_begun)?;
            wait_for_jobs(&self.client, &self.jobs, self.timeout.saturating_sub(took))?;
            self.has_finished = true;
        }
        Ok(())
    }

    /// Whether a job has begun, or the one-time boot was used.
    fn is_restarting(&self) -> Result<bool, Error> {
        Ok(has_begun(&self.client, &self.jobs)?
            || self.sets_next() && self.client.next_boot()?.is(NextBoot::Normal) == Some(true))
    }

    fn sets_next(&self) -> bool {
        self.once.is_some_and(|it| it != NextBoot::Normal)
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

/// What is left to be done.
const ORDER_IS_BEHIND: &str = "The boot order is not sent yet, because the iDRAC takes one change of the BIOS at a time. Run the task again after a restart.";
/// So long after a job has ended, the settings read as it has set them.
const SETTLING: Duration = Duration::from_secs(30);
