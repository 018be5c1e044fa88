//! `jumpstarter_power`
use super::device::{DeviceOptions, Session, command_failed};
use ansible_module::{Choices, Failure, Module, Options, Plan, Results, SharedResults, Task};
use jumpstarter::Room;
use serde_json::{Value, json};

/// So much of what a driver says is kept.
const ROOM: Room = Room { bytes: 64 << 10, lines: 1000 };

/// Switch the power of a device
///
/// The driver may not report the power state, so the module always switches, and always reports a change.
///
/// # Attributes
///
/// - `idempotent`: none. The power state is unknown.
#[derive(Options)]
pub struct PowerOptions {
    /// What to do.
    state: PowerState,
    /// The name of the power driver in the exporter's configuration, with a `.` between the names of a group and its member.
    #[option(default = "power")]
    driver: String,
    /// Seconds between off and on for `cycle`.
    #[option(default = 2)]
    wait: u64,
    /// Timeout in seconds, not including `wait`.
    #[option(default = 60)]
    timeout: u64,
    #[option(flatten)]
    device: DeviceOptions,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum PowerState {
    /// Power on.
    On,
    /// Power off.
    Off,
    /// Power off, then on again.
    Cycle,
}

/// What `jumpstarter_power` returns.
#[derive(Results, Default)]
pub struct PowerResults {
    /// What was done.
    #[result(returned = "when it was done, and in check mode", sample = "on")]
    state: Option<String>,
    /// What the driver wrote to stdout, up to 64 KiB with `stderr`.
    #[result(returned = "when the command has ended", sample = "")]
    stdout: Option<String>,
    /// What the driver wrote to stderr.
    #[result(returned = "when the command has ended", sample = "")]
    stderr: Option<String>,
}

/// The module `jumpstarter_power`.
pub struct JumpstarterPower {
    session: Session,
    wanted: PowerState,
    is_check_mode: bool,
}

impl Module for JumpstarterPower {
    const NAME: &'static str = "jumpstarter_power";
    const EXAMPLES: &'static str = include_str!("jumpstarter_power.yml");
    type Options = PowerOptions;
    type Results = PowerResults;
    type Change = ();

    fn new(options: PowerOptions, task: &Task) -> Result<Self, Failure> {
        let words = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if options.driver.is_empty() || !options.driver.chars().all(words) {
            return Err(Failure::invalid(format!("{:?} can't be the name of a driver.", options.driver)));
        }
        let driver = options.driver.replace('.', " ");
        let (command, wait) = match options.state {
            PowerState::On => (format!("j {driver} on"), 0),
            PowerState::Off => (format!("j {driver} off"), 0),
            PowerState::Cycle => (format!("j {driver} cycle --wait {}", options.wait), options.wait),
        };
        let timeout = options.timeout.saturating_add(wait);
        let session = Session::new(&options.device, vec![command], true, ROOM, timeout, task)?;
        Ok(JumpstarterPower { session, wanted: options.state, is_check_mode: task.check_mode() })
    }

    fn discover(&mut self, results: &SharedResults<PowerResults>) -> Result<Plan<()>, Failure> {
        if self.is_check_mode {
            results.update(|r| {
                r.state = Some(self.wanted.as_str().into());
                (r.stdout, r.stderr) = (Some(String::new()), Some(String::new()));
            });
        }
        Ok(Plan::change(Value::Null, json!({ "power": self.wanted.as_str() })))
    }

    fn process(&mut self, (): (), results: &SharedResults<PowerResults>) -> Result<(), Failure> {
        let mut failure = None;
        self.session.run(&mut |ran| {
            failure = (ran.code != 0).then(|| command_failed(&ran));
            results.update(|r| (r.stdout, r.stderr) = (Some(ran.stdout), Some(ran.stderr)));
        })?;
        failure.map_or(Ok(()), Err)?;
        results.update(|r| r.state = Some(self.wanted.as_str().into()));
        Ok(())
    }

    fn housekeep(&mut self, _: &SharedResults<PowerResults>) -> Result<(), Failure> {
        Ok(())
    }
}
