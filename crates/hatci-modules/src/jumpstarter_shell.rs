//! `jumpstarter_shell`
use crate::jumpstarter_device::{DeviceOptions, Session, command_failed};
use ansible_module::{Failure, Module, Options, Plan, Results, Task, Told};
use jumpstarter::Ran;
use serde_json::{Value, json};

/// Run commands for a device in a Jumpstarter shell
///
/// The commands run on this machine, with `j` connected to the device; all in one shell, each by `sh -c`, one after the other.
///
/// # Attributes
///
/// - `idempotent`: none. Nobody knows what a command changes, so each run reports a change.
/// - `diff_mode`: none. Nobody knows what a command changes.
#[derive(Options)]
#[options(mutually_exclusive(command, commands), required_one_of(command, commands))]
pub struct ShellOptions {
    /// One command.
    command: Option<String>,
    /// Several.
    commands: Option<Vec<String>>,
    /// Seconds that all commands together may take. Then they are ended, with everything they have started.
    #[option(default = 300)]
    timeout: u64,
    /// Whether a command that fails is the last, and fails the task.
    #[option(default = true)]
    check_rc: bool,
    #[option(flatten)]
    device: DeviceOptions,
}

/// What `jumpstarter_shell` returns. No `rc` of its own: Ansible would fail the task for any that isn't 0, whatever `check_rc` says.
#[derive(Results, Default)]
pub struct ShellResults {
    /// Each command that has ended: `cmd`, `rc`, `stdout`, `stdout_lines` and `stderr`; at most 8 MiB of what it wrote, and a
    /// warning if that was more.
    #[result(returned = "always", sample = [{ "cmd": "j power on", "rc": 0, "stdout": "", "stdout_lines": [], "stderr": "" }])]
    results: Vec<Value>,
    /// What all commands wrote to stdout.
    #[result(returned = "when a command has ended", sample = "booting\nready")]
    stdout: Option<String>,
    /// The same in lines.
    #[result(returned = "when a command has ended", sample = ["booting", "ready"])]
    stdout_lines: Option<Vec<String>>,
    /// What all commands wrote to stderr.
    #[result(returned = "when a command has ended", sample = "")]
    stderr: Option<String>,
}

/// The module `jumpstarter_shell`.
pub struct JumpstarterShell {
    session: Session,
    check_rc: bool,
}

impl Module for JumpstarterShell {
    const NAME: &'static str = "jumpstarter_shell";
    const EXAMPLES: &'static str = include_str!("jumpstarter_shell.yml");
    type Options = ShellOptions;
    type Results = ShellResults;
    type Change = ();

    fn new(options: ShellOptions, task: &Task) -> Result<Self, Failure> {
        let commands: Vec<String> =
            options.command.into_iter().chain(options.commands.unwrap_or_default()).collect();
        if commands.is_empty() {
            return Err(Failure::invalid("commands is empty; give at least one."));
        }
        let session = Session::new(&options.device, commands, options.check_rc, options.timeout, task)?;
        Ok(JumpstarterShell { session, check_rc: options.check_rc })
    }

    fn discover(&mut self, _: &Told<ShellResults>) -> Result<Plan<()>, Failure> {
        // Nobody knows what a command changes.
        Ok(Plan::Change { what: (), before: Value::Null, after: Value::Null })
    }

    fn process(&mut self, (): (), results: &Told<ShellResults>) -> Result<(), Failure> {
        let mut failure = None;
        self.session.run(&mut |ran| {
            if ran.code != 0 {
                failure = Some(command_failed(&ran));
            }
            results.tell(|r| r.take(&ran));
        })?;
        failure.filter(|_| self.check_rc).map_or(Ok(()), Err)
    }

    fn housekeep(&mut self, _: &Told<ShellResults>) -> Result<(), Failure> {
        Ok(())
    }
}

impl ShellResults {
    fn take(&mut self, ran: &Ran) {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        self.results.push(json!({
            "cmd": ran.command,
            "rc": ran.code,
            "stdout": ran.stdout,
            "stdout_lines": lines(&ran.stdout),
            "stderr": ran.stderr,
        }));
        self.stdout.get_or_insert_default().push_str(&ran.stdout);
        self.stderr.get_or_insert_default().push_str(&ran.stderr);
        self.stdout_lines.get_or_insert_default().extend(lines(&ran.stdout));
    }
}
