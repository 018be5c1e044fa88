//! Runs Terraform: in a workspace, without what other variables of the environment would add to its arguments, and never stopped half-way.
use ansible_module::{ErrorKind, Failure, Task};
use hardened_host::{Ending, FreshFolder, Launch, create_file, read_own_file};
use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::{Duration, Instant},
};

/// How long Terraform may take to end once it was interrupted: it finishes what its providers are doing, and writes the state.
const PATIENCE: Duration = Duration::from_secs(600);
const SAY_EVERY: Duration = Duration::from_secs(60);
const LARGEST_OUTPUT: u64 = 64 << 20;
/// The command that makes the changes of a plan.
pub(super) const APPLY: &str = "apply";
/// What other programs of the user log in with.
const OF_OTHERS: [&str; 4] = ["HATCI_TOKEN", "ARA_API_TOKEN", "ARA_API_USERNAME", "ARA_API_PASSWORD"];

/// Terraform for one module and one workspace.
pub(super) struct Terraform {
    task: Task,
    program: PathBuf,
    module: PathBuf,
    workspace: String,
    /// Holds the plan, which has all values in clear text.
    plan: FreshFolder,
    /// Holds the output.
    output: FreshFolder,
    end: Instant,
    runs: u32,
}

impl Terraform {
    /// `module` is an absolute path.
    pub(super) fn new(
        task: &Task,
        module: PathBuf,
        workspace: String,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let folder = || {
            FreshFolder::new("hatci-terraform-").map_err(|e| {
                let msg = format!(
                    "There is no private folder for the plan: {e}. Set TMPDIR to a folder of this user."
                );
                Failure::new(ErrorKind::Failed, msg)
            })
        };
        Ok(Terraform {
            task: task.clone(),
            program: program()?,
            module,
            workspace,
            plan: folder()?,
            output: folder()?,
            end: Instant::now() + timeout,
            runs: 0,
        })
    }

    /// Where the plan is.
    pub(super) fn plan_file(&self) -> PathBuf {
        self.plan.path().join("plan")
    }

    /// Runs `terraform -chdir=MODULE COMMAND ARGUMENT...`; its exit code and all that it said.
    pub(super) fn run(&mut self, command: &str, arguments: &[OsString]) -> Result<(i32, String), Failure> {
        self.runs += 1;
        let output = self.output.path().join(format!("output-{}", self.runs));
        create_file(&output).map_err(|e| self.failed(command, &format!("its output can't be kept: {e}")))?;
        let mut chdir = OsString::from("-chdir=");
        chdir.push(&self.module);
        let launch = Launch::new(&self.program).with_environment().without_env(&OF_OTHERS);
        let mut launch = without_foreign_settings(launch)
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_WORKSPACE", &self.workspace)
            .arg(chdir)
            .arg(command)
            .args(arguments)
            .interruptible(&output, PATIENCE);
        if command == APPLY {
            // Also if this process is killed.
            launch = launch.removing(self.plan.path());
        }
        let mut child = launch.start().map_err(|e| self.failed(command, &e.to_string()))?;
        let guard = child.guard();
        let words = format!(
            "terraform {command} was interrupted, and ends as soon as it has written its state. Wait for that before the next run."
        );
        let places = [self.plan.path().to_owned(), self.output.path().to_owned()];
        let hook = self.task.on_interrupt(move || {
            guard.let_end();
            // Terraform has read the plan, and has the output open; nobody else will use them.
            let _ = places.map(fs::remove_dir_all);
            words
        });
        let begun = Instant::now();
        let mut is_late = false;
        while !child.has_ended_within(SAY_EVERY.min(self.end.saturating_duration_since(Instant::now()))) {
            if Instant::now() >= self.end {
                is_late = true;
                self.task.progress(&format!("terraform {command} took too long and is being interrupted"));
                child.guard().end();
                break;
            }
            self.task.progress(&format!(
                "terraform {command} has been running for {} seconds",
                begun.elapsed().as_secs()
            ));
        }
        let ending = child.ending();
        drop(hook);
        let said = read_own_file(&output, LARGEST_OUTPUT)
            .map_err(|e| self.failed(command, &format!("its output can't be read: {e}")))?;
        let said = String::from_utf8_lossy(&said).into_owned();
        match ending {
            _ if is_late => Err(Failure::new(
                ErrorKind::Timeout,
                format!(
                    "terraform {command} took longer than `timeout` and was interrupted. Raise `timeout`, and run the task again: it continues where this one stopped."
                ),
            )),
            Ending::Exited(code) => Ok((code, said)),
            Ending::NotStarted(e) => Err(self.failed(command, &e.to_string())),
            Ending::Killed(signal) => Err(self.failed(command, &format!("it was killed by signal {signal}"))),
            Ending::GuardDied => {
                Err(self.failed(command, "it was killed together with the process that watches it"))
            }
        }
    }

    fn failed(&self, command: &str, why: &str) -> Failure {
        Failure::new(
            ErrorKind::Failed,
            format!(
                "terraform {command} in {} did not finish: {why}. Run the task again.",
                self.module.display()
            ),
        )
    }
}

/// `TF_CLI_ARGS_plan=-destroy` would turn a plan into one that destroys; `TF_LOG` would show secrets.
fn without_foreign_settings(launch: Launch) -> Launch {
    let names: Vec<String> = env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    let foreign: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| ["TF_CLI_ARGS", "TF_LOG", "TF_WORKSPACE"].iter().any(|start| name.starts_with(start)))
        .collect();
    launch.without_env(&foreign)
}

/// The first `terraform` on PATH, in an absolute folder.
fn program() -> Result<PathBuf, Failure> {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_program = |path: &PathBuf| {
        path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("terraform"))
        .find(is_program)
        .ok_or_else(|| {
            Failure::new(
                ErrorKind::NotFound,
                "There is no program terraform on PATH. Install it, or put its folder on PATH.",
            )
        })
}
