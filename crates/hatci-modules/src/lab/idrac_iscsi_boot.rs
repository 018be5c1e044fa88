//! `idrac_iscsi_boot`
use super::idrac_boot_state::other_values;
use super::idrac_connection::{IdracConnection, IdracFailure, failed, failed_after};
use super::idrac_iscsi_settings::{Reading, Target, Values, Wanted, shown};
use super::idrac_restart::{Reset, RestartOptions, has_begun, restart, wait_for_jobs};
use super::phases::{Housekeeping, Phases, Processing};
use ansible_module::{
    Choices, ErrorKind, Failure, Module, Options, Plan, Results, Return, Secret, SharedResults, Task,
};
use redfish_client::{Client, Idrac, JobEnd, NicFunction};
use serde_json::{Map, Value};
use std::time::Duration;

/// Have a network function of a server boot from an iSCSI target
///
/// The settings are applied by jobs of the iDRAC that run when the server restarts. An iDRAC8 takes them in up to three steps with a
/// restart between: with `reset: if_needed` one run does them all; without, each run does the next one. A run while a job waits finds it
/// and sends nothing again; if it is to set other values, the task fails with `conflict` and names the job.
///
/// # Notes
///
/// - An iDRAC never shows a CHAP secret, so a changed one is not noticed: set `update_secret` to `always` to send it.
/// - Some firmware shows blanks after the settings are applied. Then `verified` is `unknown`.
///
/// # See also
///
/// - `idrac_boot`: Boot from it first.
#[derive(Options)]
#[options(required_if(state = IscsiState::Present, all(target)))]
pub struct IscsiBootOptions {
    /// The network function, such as `NIC.Integrated.1-1-1`.
    function: String,
    /// Whether the function gets its own address by DHCP.
    #[option(default = true)]
    dhcp: bool,
    /// The target to boot from.
    target: Option<TargetOptions>,
    /// The name of the initiator, if it is not to be that of the adapter.
    initiator: Option<String>,
    /// The login at the target, if it wants one.
    chap: Option<ChapOptions>,
    /// When to send the CHAP secret.
    #[option(default = UpdateSecret::OnCreate)]
    update_secret: UpdateSecret,
    #[option(flatten)]
    restart: RestartOptions,
    /// Whether the function should boot from the target.
    #[option(default = IscsiState::Present)]
    state: IscsiState,
    #[option(flatten)]
    connection: IdracConnection,
}

/// A target.
#[derive(Options)]
pub(crate) struct TargetOptions {
    /// Its whole name, such as `iqn.2005-10.org.freenas.ctl:bench1`.
    iqn: String,
    /// Its IP address.
    address: String,
    /// Its port.
    #[option(default = 3260)]
    port: u16,
    /// The number of the LUN.
    #[option(default = 0)]
    lun: u16,
}

/// A login.
#[derive(Options)]
pub(crate) struct ChapOptions {
    /// The user.
    user: String,
    /// The secret: 12 to 16 characters.
    secret: Secret,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum UpdateSecret {
    /// When the login is set or its user changes.
    OnCreate,
    /// Always; each run of the task then changes something.
    Always,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum IscsiState {
    /// It boots from it.
    Present,
    /// It boots from no target: its settings are the factory's.
    Absent,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Verified {
    /// The settings read back as they should be.
    Yes,
    /// They read back otherwise.
    No,
    /// They are not applied yet, or the firmware doesn't show them.
    Unknown,
}

/// What `idrac_iscsi_boot` returns.
#[derive(Results, Default)]
pub struct IscsiBootResults {
    /// Whether the settings are in force.
    #[result(returned = "when the iDRAC answered", sample = true)]
    applied: Option<bool>,
    /// Whether something waits for a restart.
    #[result(returned = "when the iDRAC answered", sample = false)]
    pending: Option<bool>,
    /// Whether the settings read back as they should be: `yes`, `no` or `unknown`.
    #[result(returned = "when the iDRAC answered", sample = "yes")]
    verified: Option<String>,
    /// The jobs of this task, or the one that waits.
    #[result(returned = "when the iDRAC answered", sample = ["JID_123456789012"])]
    jobs: Option<Vec<String>>,
    #[result(flatten)]
    phases: Phases,
}

/// The module `idrac_iscsi_boot`.
pub struct IdracIscsiBoot {
    client: Client,
    task: Task,
    function: String,
    wanted: Wanted,
    state: IscsiState,
    sends_secret: bool,
    restart: RestartOptions,
    jobs: Vec<String>,
    acted: bool,
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
        let chap = options.chap.as_ref().map(|it| (it.user.as_str(), it.secret.expose()));
        let wanted = match (&options.target, options.state) {
            (Some(target), IscsiState::Present) => {
                let TargetOptions { iqn, address, port, lun } = target;
                check_iqn(iqn)?;
                let target = Target { iqn, address, port: *port, lun: *lun };
                Wanted::target(&target, options.dhcp, options.initiator.as_deref(), chap)
            }
            _ => Wanted::defaults(),
        };
        Ok(Self {
            client: options.connection.client(task)?,
            task: task.clone(),
            function: options.function,
            wanted,
            state: options.state,
            sends_secret: options.update_secret == UpdateSecret::Always,
            restart: options.restart,
            jobs: vec![],
            acted: false,
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
            && !self.wanted.includes(&function.pending)
        {
            return Err(other_values(&format!("the iSCSI settings of {}", self.function), job));
        }
        let is_unshown = job.is_none() && self.is_unshown(&function)?;
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
            let mut actions: Vec<String> = vec![];
            if is_missing && job.is_none() {
                actions.push(format!("set {}", names(&missing)));
            }
            if restarts {
                actions.push("restart the server".into());
            }
            r.phases.processing = Some(Processing { actions, made: None });
        });
        self.report(&function, job.is_some() || is_missing, results);
        if (job.is_some() || !is_missing) && !restarts {
            return Ok(Plan::Nothing);
        }
        let mut after = before.clone();
        after.extend(self.wanted.all());
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
        let mut has_addressed = false;
        loop {
            if !self.jobs.is_empty() && self.is_unshown(&function)? {
                break;
            }
            let Some(step) = self.next_step(&function)? else { break };
            let outcome = self.client.stage_iscsi(&function, &step);
            let job = match outcome {
                // The target depends on the addressing, which must be applied once, whatever it reads as.
                Err(error) if error.is_too_early() && !has_addressed => {
                    has_addressed = true;
                    let addressing = self.wanted.groups[0].clone();
                    self.client
                        .stage_iscsi(&function, &addressing)
                        .map_err(|_| failed_after(self.acted, &error))?
                }
                outcome => outcome.map_err(|e| failed_after(self.acted, &e))?,
            };
            self.sends_secret &= !step.contains_key("CHAPSecret");
            self.did(&step, job, results);
            if self.restart.reset == Reset::Never {
                return Ok(());
            }
            self.restart(results)?;
            if !may_go_on {
                return Ok(());
            }
            function = self.read()?;
            if self.jobs.len() > MOST_STEPS {
                break;
            }
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
        let is_missing = !self.has_finished && self.missing(&function).iter().any(|group| !group.is_empty());
        self.report(&function, job.is_some() || is_missing, results);
        if self.has_finished && self.wanted.reading(&function.iscsi) == Reading::Other {
            let msg = format!(
                "The jobs have ended well, but the iSCSI settings of {} are not as asked for. Look at them on the iDRAC: another setting may depend on them, or somebody else changed them.",
                self.function
            );
            return Err(Failure::new(ErrorKind::Failed, msg));
        }
        Ok(())
    }
}

impl IdracIscsiBoot {
    fn read(&self) -> Result<NicFunction, Failure> {
        self.client.nic_function(&self.function).map_err(|e| failed_after(self.acted, &e))
    }

    fn missing(&self, function: &NicFunction) -> [Values; 3] {
        self.wanted.missing(&function.iscsi, self.sends_secret)
    }

    /// What is to be sent next: everything at once, or to an iDRAC8 one group.
    fn next_step(&self, function: &NicFunction) -> Result<Option<Values>, Failure> {
        let mut groups = self.missing(function).to_vec();
        if self.state == IscsiState::Absent {
            groups.reverse();
        }
        groups.retain(|group| !group.is_empty());
        let is_stepwise = self.client.identity().map_err(|e| failed(&e))?.idrac == Idrac::Eight;
        let step = if is_stepwise {
            groups.into_iter().next()
        } else {
            Some(groups.into_iter().flatten().collect())
        };
        Ok(step.filter(|step: &Values| !step.is_empty()))
    }

    /// Whether the settings are applied, as far as can be known, and the firmware doesn't show them.
    fn is_unshown(&self, function: &NicFunction) -> Result<bool, Failure> {
        if self.state == IscsiState::Absent || self.wanted.reading(&function.iscsi) != Reading::Blank {
            return Ok(false);
        }
        match function.iscsi.get("TargetInfoViaDHCP") {
            // Without a target, nobody sets this.
            Some(Value::Bool(via_dhcp)) => Ok(!via_dhcp),
            _ => {
                let jobs = self.client.jobs().map_err(|e| failed(&e))?;
                Ok(jobs.iter().any(|job| {
                    job.end() == JobEnd::Good
                        && job.kind == "NICConfiguration"
                        && job.name.contains(&self.function)
                }))
            }
        }
    }

    fn restart(&mut self, results: &SharedResults<IscsiBootResults>) -> Result<(), Failure> {
        let (client, jobs) = (&self.client, self.jobs.last().cloned().into_iter().collect::<Vec<_>>());
        restart(client, &|| has_begun(client, &jobs))?;
        self.acted = true;
        results.update(|r| {
            r.phases.processing.get_or_insert_default().actions.push("restart the server".into())
        });
        if self.restart.wait { wait_for_jobs(&self.client, &jobs, TIMEOUT) } else { Ok(()) }
    }

    fn did(&mut self, step: &Values, job: String, results: &SharedResults<IscsiBootResults>) {
        self.acted = true;
        self.task.progress(&format!(
            "{}: {} set, by job {job}",
            self.function,
            names(std::slice::from_ref(step))
        ));
        self.jobs.push(job);
        results.update(|r| {
            r.jobs = Some(self.jobs.clone());
            r.phases
                .processing
                .get_or_insert_default()
                .actions
                .push(format!("set {}", names(std::slice::from_ref(step))));
        });
    }

    fn report(&self, function: &NicFunction, waits: bool, results: &SharedResults<IscsiBootResults>) {
        let reading = self.wanted.reading(&function.iscsi);
        let verified = match reading {
            _ if waits => Verified::Unknown,
            Reading::Same => Verified::Yes,
            Reading::Blank => Verified::Unknown,
            Reading::Other => Verified::No,
        };
        let mut warnings = vec![];
        if waits {
            warnings.extend(
                self.jobs.last().map(|job| format!("Job {job} waits until the server is restarted.")),
            );
        } else if reading == Reading::Blank {
            warnings.push("The iDRAC does not show all settings, so they could not be compared.".into());
        }
        results.update(|r| {
            r.applied = Some(!waits && reading != Reading::Other);
            r.pending = Some(waits);
            r.verified = Some(verified.as_str().into());
            r.jobs = Some(self.jobs.clone());
            r.phases.housekeeping = Some(Housekeeping { verified: verified == Verified::Yes, warnings });
        });
    }
}

/// The jobs of one step together may take so long.
const TIMEOUT: Duration = Duration::from_secs(1800);
/// Three groups, and the addressing once more.
const MOST_STEPS: usize = 6;

fn names(groups: &[Map<String, Value>]) -> String {
    groups.iter().flatten().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ")
}

/// Refuses a name that no server boots from.
fn check_iqn(iqn: &str) -> Result<(), Failure> {
    let is_name = ["iqn.", "eui.", "naa."].iter().any(|start| iqn.to_lowercase().starts_with(start));
    let why = if !is_name {
        "does not begin with iqn., eui. or naa."
    } else if iqn.contains('_') {
        "contains _, and no server boots from such a name"
    } else if iqn.contains(char::is_whitespace) {
        "contains a blank"
    } else {
        return Ok(());
    };
    Err(Failure::invalid(format!("target.iqn: {iqn:?} {why}. Give the whole name of the target.")))
}
