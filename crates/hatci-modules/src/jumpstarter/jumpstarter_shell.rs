//! `jumpstarter_shell`
use super::device::{DeviceOptions, Session, command_failed};
use ansible_module::{Failure, Module, Options, Plan, Results, Return, SharedResults, Task};
use jumpstarter::{CommandOutput, Room};
use serde_json::{Map, Value, json};

/// What `max_output` may be at most, so that neither this program nor Ansible needs much memory for it.
const LARGEST_OUTPUT: u64 = 8 << 20;
/// What lines cost beside their text is bounded, too.
const MOST_LINES: u64 = 50_000;

/// Run commands for a device in a Jumpstarter shell
///
/// The commands run on this machine, with `j` connected to the device: one after the other in one Jumpstarter shell, each with `sh -c`.
///
/// # Attributes
///
/// - `idempotent`: none. The module cannot detect changes, so each run reports one.
/// - `diff_mode`: none. The module cannot detect changes.
#[derive(Options)]
#[options(mutually_exclusive(command, commands), required_one_of(command, commands))]
pub struct ShellOptions {
    /// A single command.
    command: Option<String>,
    /// A list of commands.
    commands: Option<Vec<String>>,
    /// Timeout in seconds for all commands together. After that they are stopped, with everything they have started.
    #[option(default = 300)]
    timeout: u64,
    /// Whether a failing command stops the remaining ones and fails the task.
    #[option(default = true)]
    check_rc: bool,
    /// How much output of all commands is kept, such as `500K` or `2M`; at most 8 MiB, and 50,000 lines.
    ///
    /// Further output is discarded, with a warning; where it was cut, the output ends in `…`.
    #[option(bytes, default = 2_097_152)]
    max_output: u64,
    #[option(flatten)]
    device: DeviceOptions,
}

/// What is documented of [`ShellResults`]. No `rc` of its own: Ansible would fail the task for any that isn't 0, whatever `check_rc`
/// says.
#[derive(Results, Default)]
#[allow(dead_code)] // only its documentation is used
struct Documented {
    /// Each command that was run (in check mode, each that would have been run, with no output): `cmd`, `rc` (124 if it timed out),
    /// `stdout`, `stdout_lines`, and `stderr` with the log lines of the command and of `j`; and `left_out`, the number of bytes
    /// discarded because of `max_output`, if any.
    #[result(returned = "always", sample = [{ "cmd": "j power on", "rc": 0, "stdout": "", "stdout_lines": [], "stderr": "" }])]
    results: Vec<Value>,
    /// What all commands wrote to stdout.
    #[result(returned = "when a command has ended", sample = "booting\nready")]
    stdout: Option<String>,
    /// The same as a list of lines.
    #[result(returned = "when a command has ended", sample = ["booting", "ready"])]
    stdout_lines: Option<Vec<String>>,
    /// What all commands wrote to stderr.
    #[result(returned = "when a command has ended", sample = "")]
    stderr: Option<String>,
    /// The output of `jmp` itself; only the last 64 KiB of it.
    #[result(returned = "when there was any", sample = "WARNING  Exporter is about to be updated")]
    jmp_output: Option<String>,
}

/// What `jumpstarter_shell` returns; kept once, and repeated in its several forms only when it is told.
#[derive(Default)]
pub struct ShellResults {
    ran: Vec<CommandOutput>,
    jmp_output: String,
}

impl Results for ShellResults {
    fn returns() -> Vec<Return> {
        Documented::returns()
    }

    fn put(&self, all: &mut Map<String, Value>) {
        let lines = |ran: &CommandOutput| ran.stdout.lines().map(Value::from).collect::<Vec<_>>();
        let result = |ran: &CommandOutput| {
            let mut result = json!({
                "cmd": ran.command,
                "rc": ran.code,
                "stdout": ran.stdout,
                "stdout_lines": lines(ran),
                "stderr": ran.stderr,
            });
            if ran.left_out > 0 {
                result["left_out"] = ran.left_out.into();
            }
            result
        };
        all.insert("results".into(), self.ran.iter().map(result).collect());
        if !self.ran.is_empty() {
            let all_of =
                |text: fn(&CommandOutput) -> &str| self.ran.iter().map(text).collect::<String>().into();
            all.insert("stdout".into(), all_of(|ran| &ran.stdout));
            all.insert("stdout_lines".into(), self.ran.iter().flat_map(lines).collect());
            all.insert("stderr".into(), all_of(|ran| &ran.stderr));
        }
        if !self.jmp_output.is_empty() {
            all.insert("jmp_output".into(), self.jmp_output.as_str().into());
        }
    }
}

/// The module `jumpstarter_shell`.
pub struct JumpstarterShell {
    task: Task,
    session: Session,
    commands: Vec<String>,
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
        if options.max_output > LARGEST_OUTPUT {
            return Err(Failure::invalid("max_output is more than 8 MiB. Redirect larger output to a file."));
        }
        let room = Room { bytes: options.max_output, lines: MOST_LINES };
        let session =
            Session::new(&options.device, commands.clone(), options.check_rc, room, options.timeout, task)?;
        Ok(JumpstarterShell { task: task.clone(), session, commands, check_rc: options.check_rc })
    }

    fn discover(&mut self, results: &SharedResults<ShellResults>) -> Result<Plan<()>, Failure> {
        if self.task.check_mode() {
            results.update(|r| r.ran = self.commands.drain(..).map(in_check_mode).collect());
        }
        // Nobody knows what a command changes.
        Ok(Plan::change(Value::Null, Value::Null))
    }

    fn process(&mut self, (): (), results: &SharedResults<ShellResults>) -> Result<(), Failure> {
        let mut failure = None;
        let jmp_output = self.session.run(&mut |ran| {
            if ran.code != 0 {
                failure = Some(command_failed(&ran));
            }
            if ran.left_out > 0 {
                self.task.warn(format!(
                    "{} bytes of the output of {:?} exceed `max_output` and were discarded. Raise `max_output`, or redirect the output to a file.",
                    ran.left_out, ran.command
                ));
            }
            results.update(|r| r.ran.push(ran));
        })?;
        results.update(|r| r.jmp_output = jmp_output);
        failure.filter(|_| self.check_rc).map_or(Ok(()), Err)
    }

    fn housekeep(&mut self, _: &SharedResults<ShellResults>) -> Result<(), Failure> {
        Ok(())
    }
}

/// Stands for a command that is not run: the next task finds what it looks for, and it is empty.
fn in_check_mode(command: String) -> CommandOutput {
    CommandOutput {
        command,
        code: 0,
        stdout: String::new(),
        stderr: String::new(),
        left_out: 0,
        last_line: String::new(),
    }
}
