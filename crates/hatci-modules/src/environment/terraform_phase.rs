//! `terraform_phase`
use super::{
    terraform_events::Events,
    terraform_run::{APPLY, Terraform},
    terraform_values::{conceal_secrets, refuse_other_values},
};
use crate::seconds::seconds;
use ansible_module::{Choices, ErrorKind, Failure, Module, Options, Plan, Results, SharedResults, Task};
use serde_json::{Map, Value, json};
use std::{
    ffi::OsString,
    path::{Path, PathBuf, absolute},
};

/// How many planned actions are returned.
const MOST_ACTIONS: usize = 1000;
/// `plan -detailed-exitcode`: there are changes.
const CHANGES: i32 = 2;

/// Plan and apply a Terraform module
///
/// Makes a plan, and applies exactly that plan. In check mode it only makes the plan. The values come from one file, and each environment has its own
/// workspace, so that the plan for one never removes what belongs to another.
///
/// # Notes
///
/// - Files in the module that Terraform would load as well (`terraform.tfvars`, `*.auto.tfvars`) make the task fail, since a value that only an old
///   file sets would stay in force.
/// - `TF_CLI_ARGS`, `TF_LOG` and `TF_WORKSPACE` of the environment have no effect.
/// - Values are never returned or shown. Whatever `var_file` contains under a name that suggests a secret, or for a variable declared `sensitive`,
///   is masked everywhere else, too.
/// - If the task is stopped, Terraform is interrupted once, and ends after it has written its state, which may take minutes.
/// - `terraform init` writes to `.terraform` in the module, also in check mode.
#[derive(Options)]
pub struct PhaseOptions {
    /// The folder of the module.
    chdir: PathBuf,
    /// The file with the values, such as the file `terraform` of an environment's outputs.
    var_file: Option<PathBuf>,
    /// The workspace, such as the name of the environment. It is created if it does not exist.
    workspace: String,
    /// Only these resources and what they depend on, by their addresses.
    #[option(default = [])]
    targets: Vec<String>,
    /// Whether to stop after the plan. The task is `changed` if the plan has changes.
    #[option(default = false)]
    plan_only: bool,
    /// How long to wait for the lock of the state, in seconds.
    #[option(default = 60)]
    lock_timeout: u64,
    /// Timeout in seconds for all of it.
    #[option(default = 3600)]
    timeout: u64,
    /// Whether what the module describes should exist.
    #[option(default = PhaseState::Present)]
    state: PhaseState,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum PhaseState {
    /// It exists as described.
    Present,
    /// Nothing of it exists in this workspace.
    Absent,
}

/// What `terraform_phase` returns.
#[derive(Results, Default)]
pub struct PhaseResults {
    /// How many resources the plan adds.
    #[result(returned = "when there is a plan", sample = 3)]
    add: Option<u64>,
    /// How many it changes.
    #[result(returned = "when there is a plan", sample = 0)]
    change: Option<u64>,
    /// How many it destroys.
    #[result(returned = "when there is a plan", sample = 0)]
    destroy: Option<u64>,
    /// The plan: each action with its resource; the first thousand of them. No values.
    #[result(returned = "when there is a plan", sample = ["create proxmox_vm_qemu.node[0]"])]
    plan: Option<Vec<String>>,
    /// The outputs of the module. Those declared `sensitive` are `(sensitive value)`.
    #[result(returned = "when it was applied, or nothing had to change", sample = { "names": ["k8s-master-1"] })]
    outputs: Option<Map<String, Value>>,
}

/// The module `terraform_phase`.
pub struct TerraformPhase {
    task: Task,
    module: PathBuf,
    var_file: Option<PathBuf>,
    targets: Vec<String>,
    plan_only: bool,
    lock_timeout: u64,
    state: PhaseState,
    terraform: Terraform,
    is_applied: bool,
}

impl Module for TerraformPhase {
    const NAME: &'static str = "terraform_phase";
    const EXAMPLES: &'static str = include_str!("terraform_phase.yml");
    type Options = PhaseOptions;
    type Results = PhaseResults;
    type Change = ();

    fn new(options: PhaseOptions, task: &Task) -> Result<Self, Failure> {
        // Terraform would take a relative path as one from the module.
        let whole = |option: &str, path: &Path| {
            absolute(path).map_err(|e| Failure::invalid(format!("{option}: {e}.")))
        };
        let module = whole("chdir", &options.chdir)?;
        let var_file = options.var_file.as_deref().map(|path| whole("var_file", path)).transpose()?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        // A name of dots would be the folder of the module.
        if options.workspace.trim_start_matches('.').is_empty() || !options.workspace.chars().all(is_name) {
            return Err(Failure::invalid(format!(
                "workspace: {:?} is not a valid name. Use letters, digits, `.`, `_` and `-`.",
                options.workspace
            )));
        }
        let timeout = seconds("timeout", options.timeout)?;
        Ok(TerraformPhase {
            task: task.clone(),
            terraform: Terraform::new(task, module.clone(), options.workspace, timeout)?,
            module,
            var_file,
            targets: options.targets,
            plan_only: options.plan_only,
            lock_timeout: options.lock_timeout,
            state: options.state,
            is_applied: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<PhaseResults>) -> Result<Plan<()>, Failure> {
        refuse_other_values(&self.module)?;
        conceal_secrets(&self.module, self.var_file.as_deref(), &self.task)?;
        let (code, said) = self.terraform.run("init", &words(&["-input=false", "-no-color"]))?;
        if code != 0 {
            return Err(self.failed("init", &[error_of_text(&self.task.mask_text(&said))]));
        }
        let (code, said) = self.terraform.run("plan", &self.plan_arguments())?;
        let events = Events::of(&said);
        if code != 0 && code != CHANGES {
            return Err(self.failed("plan", &reasons(&events)));
        }
        results.update(|r| {
            (r.add, r.change, r.destroy) = (Some(events.add), Some(events.change), Some(events.destroy));
            r.plan = Some(events.actions.iter().take(MOST_ACTIONS).cloned().collect());
        });
        if code == 0 {
            self.read_outputs(results)?;
            return Ok(Plan::Nothing);
        }
        let planned: Vec<_> = events.actions.into_iter().take(MOST_ACTIONS).collect();
        Ok(Plan::change(json!({ "actions": [] }), json!({ "actions": planned })))
    }

    fn process(&mut self, (): (), _: &SharedResults<PhaseResults>) -> Result<(), Failure> {
        if self.plan_only {
            return Ok(());
        }
        let mut arguments = words(&["-input=false", "-no-color", "-json"]);
        arguments.push(format!("-lock-timeout={}s", self.lock_timeout).into());
        arguments.push(self.terraform.plan_file().into());
        let (code, said) = self.terraform.run(APPLY, &arguments)?;
        if code != 0 {
            return Err(self.failed(APPLY, &reasons(&Events::of(&said))));
        }
        self.is_applied = true;
        Ok(())
    }

    fn housekeep(&mut self, results: &SharedResults<PhaseResults>) -> Result<(), Failure> {
        if self.is_applied { self.read_outputs(results) } else { Ok(()) }
    }
}

impl TerraformPhase {
    fn plan_arguments(&self) -> Vec<OsString> {
        let mut arguments = words(&["-input=false", "-no-color", "-json", "-detailed-exitcode"]);
        arguments.push(format!("-lock-timeout={}s", self.lock_timeout).into());
        if let Some(path) = &self.var_file {
            arguments.push(joined("-var-file=", path));
        }
        arguments.extend(self.targets.iter().map(|target| format!("-target={target}").into()));
        arguments.push(joined("-out=", &self.terraform.plan_file()));
        if self.state == PhaseState::Absent {
            arguments.push("-destroy".into());
        }
        arguments
    }

    fn read_outputs(&mut self, results: &SharedResults<PhaseResults>) -> Result<(), Failure> {
        let (code, said) = self.terraform.run("output", &words(&["-no-color", "-json"]))?;
        if code != 0 {
            return Err(self.failed("output", &[error_of_text(&self.task.mask_text(&said))]));
        }
        let Some(all) = json_among(&said) else {
            // What it said is not shown: it may hold outputs that are declared `sensitive`.
            return Err(
                self.failed("output", &["it returned no JSON; run it by hand in that folder.".into()])
            );
        };
        let shown = |(name, output): (String, Value)| {
            if output["sensitive"] == true {
                self.conceal_all(&output["value"]);
                return (name, "(sensitive value)".into());
            }
            (name, output["value"].clone())
        };
        let outputs = all.into_iter().map(shown).collect();
        results.update(|r| r.outputs = Some(outputs));
        Ok(())
    }

    /// The same value may be in another output.
    fn conceal_all(&self, value: &Value) {
        match value {
            Value::String(text) => self.task.conceal(text),
            Value::Array(list) => list.iter().for_each(|value| self.conceal_all(value)),
            Value::Object(object) => object.values().for_each(|value| self.conceal_all(value)),
            _ => {}
        }
    }

    fn failed(&self, command: &str, reasons: &[String]) -> Failure {
        let text = self.task.mask_text(&reasons.join("\n"));
        let text = shown_text::harmless(&text);
        let msg = format!("terraform {command} failed in {}: {text}", self.module.display());
        Failure::new(ErrorKind::Failed, msg)
    }
}

fn reasons(events: &Events) -> Vec<String> {
    match (&events.errors[..], &events.other[..]) {
        ([], []) => vec!["it gave no reason; run it by hand in that folder.".into()],
        ([], other) => other.to_vec(),
        (errors, _) => errors.to_vec(),
    }
}

/// The JSON object among what Terraform said: a warning, such as one about its own configuration, may stand before or after it.
fn json_among(said: &str) -> Option<Map<String, Value>> {
    let begins_a_line = |&(at, _): &(usize, &str)| at == 0 || said[..at].ends_with('\n');
    said.match_indices('{').filter(begins_a_line).find_map(|(at, _)| {
        serde_json::Deserializer::from_str(&said[at..]).into_iter::<Map<String, Value>>().next()?.ok()
    })
}

/// From the first error on, without the frame around it.
fn error_of_text(said: &str) -> String {
    const LONGEST: usize = 2000;
    let from = said.find("Error:").unwrap_or_default();
    let lines =
        said[from..].lines().map(|line| line.trim_matches(|c: char| c.is_whitespace() || "│╷╵".contains(c)));
    let text = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    shown_text::cut(&text, LONGEST).into_owned()
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn joined(option: &str, path: &Path) -> OsString {
    let mut word = OsString::from(option);
    word.push(path);
    word
}

#[cfg(test)]
mod tests {
    use super::{error_of_text, json_among};
    use shown_text::EncodedForms;

    #[test]
    fn an_error_that_is_cut_holds_no_beginning_of_a_value() {
        let value = "q7RkVd2mP9sLx4TwZbYc";
        let secrets = EncodedForms::of(&[value.to_owned()]);
        for padding in 1970..2000 {
            let said = format!("╷\n│ Error: {}\n│ {value} {}\n╵\n", "x".repeat(padding - 8), "y".repeat(99));
            let shown = secrets.concealed(&error_of_text(&said), "*");
            assert!(shown.ends_with('…') && !shown.contains("q7Rk"), "{padding}: {shown}");
        }
    }

    #[test]
    fn outputs_are_found_beside_warnings() {
        let outputs = "{\n  \"ip\": {\n    \"value\": \"192.0.2.1\"\n  }\n}\n";
        for said in [
            outputs.to_owned(),
            format!("│ Warning: {{ no file\n╵\n{outputs}"),
            format!("{outputs}╷\n│ Warning\n"),
        ] {
            assert_eq!(json_among(&said).unwrap()["ip"]["value"], "192.0.2.1", "{said}");
        }
        assert_eq!(json_among("{}\n").unwrap().len(), 0);
        assert!(json_among("no outputs").is_none());
    }
}
