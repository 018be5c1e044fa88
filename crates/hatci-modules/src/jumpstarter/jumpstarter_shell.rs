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
/// The commands run on this machine, with `j` connected to the device; all in one shell, each by `sh -c`, one after the other.
///
/// # Attributes
///
/// - `idempotent`: none. The module cannot detect changes, so each run reports one.
/// - `diff_mode`: none. The module cannot detect changes.
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
    /// How much of what all commands write is kept, such as `500K` or `2M`; at most 8 MiB, and 50,000 lines.
    ///
    /// What comes after that is counted and forgotten, with a warning.
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
    /// Each command that was run, in check mode each that would have been, with no output: `cmd`, `rc` (124 if it ran into `timeout`), `stdout`, `stdout_lines` and `stderr`, with log lines
    /// that it or `j` wrote; and `left_out`, how many bytes of it `max_output` left no room for, if there were any.
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
    /// What `jmp` itself said, which no command wrote; the end of it, if it was more than 64 KiB.
    #[result(returned = "when it said anything", sample = "WARNING  Exporter is about to be updated")]
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
            return Err(Failure::invalid(
                "max_output is more than 8 MiB. Let a command that writes more write into a file of its own.",
            ));
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
                    "{} bytes that {:?} wrote are left out here, since there is no room for them. Raise `max_output`, or let it write into a file of its own.",
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
