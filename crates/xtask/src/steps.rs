//! Runs steps with dependencies in parallel, keeps their output, and prints a table of results.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fs_err as fs;

use crate::error::{Error, Result};
use crate::process;

/// The exit code of a command that this machine lacks something for, which its last line of output names: its step is skipped.
pub(crate) const LACKING: u8 = 77;

/// Commands that run in sequence, once the steps they depend on have passed.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) needs: Vec<&'static str>,
    pub(crate) work: Work,
}

/// The work of a step.
pub(crate) enum Work {
    /// Run these commands, until one fails.
    Run(Vec<Command>),
    /// Skip, for this reason.
    Skip(String),
}

impl Step {
    /// A step of one command.
    pub(crate) fn run(name: &'static str, needs: &[&'static str], command: Command) -> Self {
        Self { name, needs: needs.to_vec(), work: Work::Run(vec![command]) }
    }

    /// A step that runs another command of this program.
    pub(crate) fn xtask(name: &'static str, needs: &[&'static str], args: &[&str]) -> Self {
        // The running file itself: cargo may have replaced it meanwhile.
        let mut xtask = Command::new("/proc/self/exe");
        xtask.args(args);
        Self::run(name, needs, xtask)
    }
}

/// The result of a step.
#[derive(Clone, Debug, PartialEq)]
enum StepOutcome {
    Passed {
        note: String,
    },
    Failed,
    /// A step that it depends on did not pass.
    NotRun {
        because: String,
    },
    Skipped {
        because: String,
    },
}

/// A finished step.
struct Done {
    name: &'static str,
    outcome: StepOutcome,
    took: Duration,
}

/// The state shared by the workers: the remaining and the finished steps.
struct Plan {
    waiting: Vec<Step>,
    done: Vec<Done>,
}

/// Runs the steps on this many workers, in the given order as far as dependencies allow, and prints the results.
/// The output of a step is kept in `logs`, and printed completely if the step fails. Returns true if none failed.
pub(crate) fn run(steps: Vec<Step>, workers: usize, logs: &Path) -> Result<bool> {
    fs::create_dir_all(logs)?;
    let order: Vec<_> = steps.iter().map(|step| step.name).collect();
    let plan = Mutex::new(Plan { waiting: steps, done: Vec::new() });
    let news = Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(&plan, &news, logs));
        }
    });
    let mut done = plan.into_inner().unwrap_or_else(PoisonError::into_inner).done;
    done.sort_by_key(|it| order.iter().position(|name| *name == it.name));
    Ok(tell(&done))
}

/// One worker: takes the first step that can start, until none is left.
fn work(plan: &Mutex<Plan>, news: &Condvar, logs: &Path) {
    let mut now = locked(plan);
    while !now.waiting.is_empty() {
        let Some(index) = now.waiting.iter().position(|step| now.settled(step)) else {
            now = news.wait(now).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let step = now.waiting.remove(index);
        let obstacle = now.obstacle(&step);
        drop(now);
        let done = carry_out(step, obstacle, logs);
        now = locked(plan);
        now.done.push(done);
        news.notify_all();
    }
}

fn locked(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Plan {
    /// Whether all dependencies of the step are finished. An unknown name counts as finished.
    fn settled(&self, step: &Step) -> bool {
        let over = |need: &&str| self.done.iter().any(|done| done.name == *need);
        step.needs.iter().all(over)
    }

    /// Why the step cannot run, if a step that it needs did not pass.
    fn obstacle(&self, step: &Step) -> Option<StepOutcome> {
        let bad = self.done.iter().filter(|done| step.needs.contains(&done.name));
        bad.into_iter().find_map(|done| match &done.outcome {
            StepOutcome::Passed { .. } => None,
            StepOutcome::Skipped { because } => Some(StepOutcome::Skipped { because: because.clone() }),
            StepOutcome::Failed | StepOutcome::NotRun { .. } => {
                Some(StepOutcome::NotRun { because: done.name.to_string() })
            }
        })
    }
}

fn carry_out(step: Step, obstacle: Option<StepOutcome>, logs: &Path) -> Done {
    let started = Instant::now();
    let log = logs.join(format!("{}.log", step.name));
    let outcome = match (obstacle, step.work) {
        (Some(obstacle), _) => obstacle,
        (None, Work::Skip(because)) => StepOutcome::Skipped { because },
        (None, Work::Run(commands)) => match run_all(commands, &log) {
            Ok(()) => StepOutcome::Passed { note: note(&fs::read_to_string(&log).unwrap_or_default()) },
            Err(Error::Failed { status, .. }) if status.code() == Some(LACKING.into()) => {
                let log = fs::read_to_string(&log).unwrap_or_default();
                StepOutcome::Skipped { because: log.lines().last().unwrap_or_default().to_string() }
            }
            Err(error) => {
                report(step.name, &log, &error);
                StepOutcome::Failed
            }
        },
    };
    let done = Done { name: step.name, outcome, took: started.elapsed() };
    println!("{}", done.line());
    done
}

fn run_all(commands: Vec<Command>, log: &PathBuf) -> Result<()> {
    let mut out = fs::File::create(log)?;
    for mut command in commands {
        let line = process::line(&command);
        writeln!(out, "$ {line}")?;
        let (stdout, stderr) = (out.file().try_clone()?, out.file().try_clone()?);
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        let status = command.status().map_err(|source| process::not_started(&command, source))?;
        if !status.success() {
            return Err(Error::Failed { command: line, status, output: String::new() });
        }
    }
    Ok(())
}

/// Prints the whole output of a failed step at once, so that other steps' lines don't mix in.
fn report(name: &str, log: &Path, error: &Error) {
    let output =
        fs::read(log).map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
    println!("---- {name} ----\n{}\n{error}\n----", output.trim_end());
}

/// The test programs' own summary: cargo's results added up, or pytest's last line.
fn note(log: &str) -> String {
    let cargo: Vec<_> = log.lines().filter_map(|line| line.strip_prefix("test result: ok. ")).collect();
    if !cargo.is_empty() {
        let passed: u32 = cargo.iter().filter_map(|line| line.split(' ').next()?.parse::<u32>().ok()).sum();
        return format!("{passed} passed in {} binaries", cargo.len());
    }
    let pytest = log.lines().rev().find(|line| line.starts_with('=') && line.contains(" passed"));
    pytest.unwrap_or_default().trim_matches(['=', ' ']).to_string()
}

/// Prints the table and the closing line; returns true if nothing failed.
fn tell(done: &[Done]) -> bool {
    println!();
    let count = |wanted: fn(&StepOutcome) -> bool| done.iter().filter(|it| wanted(&it.outcome)).count();
    for it in done {
        println!("{}", it.line());
    }
    let failed = count(|it| matches!(it, StepOutcome::Failed));
    let not_run = count(|it| matches!(it, StepOutcome::NotRun { .. }));
    println!(
        "\nsteps: {} passed, {failed} failed, {} skipped, {not_run} not run",
        count(|it| matches!(it, StepOutcome::Passed { .. })),
        count(|it| matches!(it, StepOutcome::Skipped { .. })),
    );
    failed + not_run == 0
}

impl Done {
    fn line(&self) -> String {
        let (word, rest) = match &self.outcome {
            StepOutcome::Passed { note } => ("ok", note.clone()),
            StepOutcome::Failed => ("FAILED", String::new()),
            StepOutcome::NotRun { because } => ("not run", format!("{because} did not pass")),
            StepOutcome::Skipped { because } => ("skipped", because.clone()),
        };
        format!("{word:8} {:20} {:6.1} s  {rest}", self.name, self.took.as_secs_f32()).trim_end().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &'static str, needs: &[&'static str], script: &str) -> Step {
        let mut sh = Command::new("sh");
        sh.args(["-c", script]);
        Step { name, needs: needs.to_vec(), work: Work::Run(vec![sh]) }
    }

    #[test]
    fn a_step_runs_after_what_it_needs() {
        let logs = tempfile::tempdir().expect("a folder for the test");
        let file = logs.path().join("it").display().to_string();
        let steps = vec![
            step("reads", &["writes"], &format!("cat {file}")),
            step("writes", &[], &format!("touch {file}")),
        ];
        assert!(run(steps, 2, logs.path()).expect("the logs can be written"));
    }

    #[test]
    fn what_needs_a_failed_step_is_not_run_and_the_whole_fails() {
        let logs = tempfile::tempdir().expect("a folder for the test");
        let file = logs.path().join("it");
        let steps = vec![
            step("fails", &[], "exit 3"),
            step("follows", &["fails"], &format!("touch {}", file.display())),
        ];
        assert!(!run(steps, 2, logs.path()).expect("the logs can be written"));
        assert!(!file.exists());
    }

    #[test]
    fn what_needs_a_skipped_step_is_skipped_for_the_same_reason() {
        let plan = Plan {
            waiting: Vec::new(),
            done: vec![Done {
                name: "venv",
                outcome: StepOutcome::Skipped { because: "no Python".to_string() },
                took: Duration::ZERO,
            }],
        };
        let skipped = Some(StepOutcome::Skipped { because: "no Python".to_string() });
        assert_eq!(plan.obstacle(&step("pytest", &["venv"], "")), skipped);
    }

    #[test]
    fn a_step_that_lacks_something_is_skipped_and_says_what() {
        let logs = tempfile::tempdir().expect("a folder for the test");
        let done = carry_out(step("lacks", &[], "echo no; echo no browser; exit 77"), None, logs.path());
        assert_eq!(done.outcome, StepOutcome::Skipped { because: "no browser".to_string() });
    }

    #[test]
    fn test_programs_are_quoted() {
        let cargo = "test result: ok. 3 passed; 0 failed\nx\ntest result: ok. 4 passed; 0 failed\n";
        assert_eq!(note(cargo), "7 passed in 2 binaries");
        assert_eq!(note("a\n==== 5 passed, 1 skipped in 2.10s ====\n"), "5 passed, 1 skipped in 2.10s");
        assert_eq!(note("Finished"), "");
    }
}
