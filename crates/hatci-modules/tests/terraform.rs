//! `terraform_phase` with the real Terraform, offline: `terraform_data` is built in. Without a `terraform` on PATH, each test is skipped with a sentence.
#![allow(clippy::disallowed_methods)] // the program under test is started plainly
use serde_json::{Value, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const MODULE: &str = r#"
variable "api_token" { type = string }
variable "names" { type = list(string) }
resource "terraform_data" "node" {
  for_each = toset(var.names)
  input    = "${each.key} ${var.api_token}"
}
output "nodes" { value = [for name in var.names : name] }
output "shown" { value = terraform_data.node[var.names[0]].output }
output "hidden" {
  value     = var.api_token
  sensitive = true
}
"#;
const SECRET: &str = "s3cr3t-t0ken";

struct Lab {
    folder: TempDir,
}

impl Lab {
    /// None without Terraform.
    fn new() -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        if !env::split_paths(&path).any(|folder| folder.join("terraform").is_file()) {
            println!("Skipped: there is no terraform on PATH, so nothing was planned.");
            return None;
        }
        let lab = Lab { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(lab.at("tmp")).unwrap();
        fs::create_dir(lab.at("module, one")).unwrap();
        fs::write(lab.at("terraformrc"), "").unwrap();
        lab.write("module, one/main.tf", MODULE);
        lab.values(&["a", "b"]);
        Some(lab)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.at(path), text).unwrap();
    }

    fn values(&self, names: &[&str]) {
        self.write("values.tfvars", &format!("api_token = \"{SECRET}\"\nnames = {names:?}\n"));
    }

    fn start(&self, options: &Value, environment: &[(&str, &str)]) -> Child {
        let mut all = json!({
            "chdir": self.at("module, one"), "var_file": self.at("values.tfvars"), "workspace": "development",
            "_ansible_module_name": "hatci.automation.terraform_phase", "_ansible_verbosity": 4, "_ansible_diff": true,
        });
        all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
        let arguments = self.at("arguments.json");
        fs::write(&arguments, json!({ "ANSIBLE_MODULE_ARGS": all }).to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hatci"));
        command
            .arg(arguments)
            .env("TMPDIR", self.at("tmp"))
            .env("TF_CLI_CONFIG_FILE", self.at("terraformrc"));
        command.envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The answer, in which the secret never is; and that nothing is left of the plan.
    fn answer(&self, options: &Value) -> Value {
        self.answer_with(options, &[])
    }

    fn answer_with(&self, options: &Value, environment: &[(&str, &str)]) -> Value {
        let output = self.start(options, environment).wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(
            fs::read_dir(self.at("tmp")).unwrap().count(),
            0,
            "a plan is left: it has all values in clear text"
        );
        serde_json::from_str(&text).unwrap()
    }

    fn counts(answer: &Value) -> [u64; 3] {
        ["add", "change", "destroy"].map(|name| answer[name].as_u64().unwrap_or_else(|| panic!("{answer}")))
    }
}

#[test]
fn what_is_planned_is_applied_once_and_removed_once() {
    let Some(lab) = Lab::new() else { return };
    let check = lab.answer(&json!({ "_ansible_check_mode": true }));
    assert_eq!((&check["changed"], Lab::counts(&check)), (&json!(true), [2, 0, 0]));
    assert_eq!(
        check["plan"],
        json!(["create terraform_data.node[\"a\"]", "create terraform_data.node[\"b\"]"])
    );
    let only = lab.answer(&json!({ "plan_only": true }));
    assert_eq!((&only["changed"], Lab::counts(&only)), (&json!(true), [2, 0, 0]));
    let first = lab.answer(&json!({}));
    assert_eq!((&first["changed"], Lab::counts(&first)), (&json!(true), [2, 0, 0]));
    assert_eq!(
        (&first["outputs"]["nodes"], &first["outputs"]["hidden"]),
        (&json!(["a", "b"]), &json!("(sensitive value)"))
    );
    assert!(first["outputs"]["shown"].as_str().unwrap().starts_with("a ***"), "{first}");
    for check_mode in [false, true] {
        let again = lab.answer(&json!({ "_ansible_check_mode": check_mode }));
        assert_eq!((&again["changed"], Lab::counts(&again)), (&json!(false), [0, 0, 0]));
        assert_eq!(again["outputs"]["nodes"], json!(["a", "b"]));
    }
    lab.values(&["a"]);
    assert_eq!(
        Lab::counts(&lab.answer(&json!({ "targets": ["terraform_data.node[\"a\"]"], "plan_only": true }))),
        [0, 0, 0]
    );
    assert_eq!(Lab::counts(&lab.answer(&json!({}))), [0, 0, 1]);
    let gone = lab.answer(&json!({ "state": "absent" }));
    assert_eq!((&gone["changed"], Lab::counts(&gone)), (&json!(true), [0, 0, 1]));
    assert_eq!(lab.answer(&json!({ "state": "absent" }))["changed"], false);
}

#[test]
fn a_second_environment_never_plans_the_first_ones_machines_away() {
    let Some(lab) = Lab::new() else { return };
    lab.answer(&json!({}));
    lab.values(&["c"]);
    let staging = lab.answer(&json!({ "workspace": "staging" }));
    assert_eq!(Lab::counts(&staging), [1, 0, 0]);
    lab.values(&["a", "b"]);
    assert_eq!(lab.answer(&json!({}))["changed"], false);
}

#[test]
fn values_that_terraform_would_load_besides_stop_the_task_and_are_named() {
    let Some(lab) = Lab::new() else { return };
    for name in ["terraform.tfvars", "terraform.tfvars.json", "old.auto.tfvars", "old.auto.tfvars.json"] {
        let path = lab.at("module, one").join(name);
        fs::write(&path, "{}").unwrap();
        let answer = lab.answer(&json!({ "_ansible_check_mode": true }));
        let msg = answer["msg"].as_str().unwrap();
        assert!(
            answer["failed"] == true && msg.contains(path.to_str().unwrap()) && msg.contains("Delete it"),
            "{msg}"
        );
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn the_environment_cannot_turn_a_plan_into_another() {
    let Some(lab) = Lab::new() else { return };
    lab.answer(&json!({}));
    let environment = [
        ("TF_CLI_ARGS_plan", "-destroy"),
        ("TF_CLI_ARGS", "-nonsense"),
        ("TF_WORKSPACE", "default"),
        ("TF_LOG", "trace"),
    ];
    let answer = lab.answer_with(&json!({}), &environment);
    assert_eq!((&answer["changed"], Lab::counts(&answer)), (&json!(false), [0, 0, 0]));
}

#[test]
fn a_warning_beside_the_outputs_hides_none_of_them() {
    let Some(lab) = Lab::new() else { return };
    // Terraform warns that this file is not there, also where it is asked for JSON.
    let answer = lab.answer_with(&json!({}), &[("TF_CLI_CONFIG_FILE", "/nowhere/terraformrc")]);
    assert_eq!(
        (&answer["failed"], &answer["outputs"]["nodes"]),
        (&Value::Null, &json!(["a", "b"])),
        "{answer}"
    );
}

#[test]
fn errors_say_what_is_wrong_without_the_line_that_terraform_quotes() {
    let Some(lab) = Lab::new() else { return };
    for (values, expected) in [
        (format!("api_token = {SECRET}\nnames = []\n"), "values.tfvars, line 1"),
        (format!("api_token = \"{SECRET}\nnames = []\n"), "values.tfvars"),
        (format!("api_token = [\"{SECRET}\"]\nnames = []\n"), "string required"),
        (format!("api_token = \"{SECRET}\"\napi_token = \"{SECRET}\"\n"), "line 2"),
        ("names = []\n".into(), "api_token"),
    ] {
        lab.write("values.tfvars", &values);
        let answer = lab.answer(&json!({}));
        let msg = answer["msg"].as_str().unwrap();
        assert!(
            answer["failed"] == true && msg.contains("terraform plan failed") && msg.contains(expected),
            "{msg}"
        );
    }
    lab.write("module, one/main.tf", "resource {");
    let msg = lab.answer(&json!({}))["msg"].to_string();
    assert!(msg.contains("terraform init failed") && msg.contains("main.tf"), "{msg}");
    let msg = lab.answer(&json!({ "var_file": lab.at("missing.tfvars") }))["msg"].to_string();
    assert!(msg.contains("missing.tfvars") && msg.contains("Correct `var_file`"), "{msg}");
    assert!(lab.answer(&json!({ "chdir": lab.at("none") }))["msg"].to_string().contains("Correct `chdir`"));
}

/// A module whose resource takes as long as this file is missing, and says when it begins.
const SLOW: &str = r#"
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "touch {begun}; for i in $(seq 1000); do [ -e {go} ] && break; sleep 0.05; done" }
}
resource "terraform_data" "after" { depends_on = [terraform_data.slow] }
"#;

fn wait_for(what: impl Fn() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < LONGEST, "it did not come");
        sleep(Duration::from_millis(20));
    }
}

const LONGEST: Duration = Duration::from_secs(600);

fn slow() -> Option<(Lab, PathBuf)> {
    let lab = Lab::new()?;
    let place = |name: &str| lab.at(name).to_str().unwrap().to_owned();
    lab.write("module, one/main.tf", &SLOW.replace("{begun}", &place("begun")).replace("{go}", &place("go")));
    lab.write("values.tfvars", "");
    let state = lab.at("module, one/terraform.tfstate.d/development/terraform.tfstate");
    Some((lab, state))
}

fn resources(state: &Path) -> usize {
    let state: Value = serde_json::from_slice(&fs::read(state).unwrap_or_default()).unwrap_or_default();
    state["resources"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_task_that_is_stopped_interrupts_terraform_once_which_saves_what_it_has_begun() {
    for signal in ["-TERM", "-KILL"] {
        let Some((lab, state)) = slow() else { return };
        let mut child = lab.start(&json!({}), &[]);
        wait_for(|| lab.at("begun").exists());
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        if signal == "-TERM" {
            let output = child.wait_with_output().unwrap();
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert!(
                answer["msg"].as_str().unwrap().contains("terraform apply was interrupted, and ends"),
                "{answer}"
            );
        } else {
            child.wait().unwrap();
        }
        // A second interrupt would end Terraform before it writes the state.
        wait_for(|| resources(&state) == 1);
        wait_for(|| {
            fs::read_dir(lab.at("tmp")).unwrap().flatten().all(|entry| !entry.path().join("plan").exists())
        });
        fs::remove_dir_all(lab.at("tmp")).unwrap();
        fs::create_dir(lab.at("tmp")).unwrap();
        wait_for(|| {
            !lab.at("module, one/terraform.tfstate.d/development/.terraform.tfstate.lock.info").exists()
        });
        lab.write("go", "");
        // What was interrupted is known, and made anew.
        let answer = lab.answer(&json!({}));
        assert_eq!((&answer["changed"], Lab::counts(&answer)), (&json!(true), [2, 0, 1]), "{answer}");
    }
}

#[test]
fn a_held_lock_is_told_with_its_holder() {
    let Some((lab, _)) = slow() else { return };
    let first = lab.start(&json!({}), &[]);
    wait_for(|| lab.at("begun").exists());
    let output = lab.start(&json!({ "lock_timeout": 0 }), &[]).wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let msg = answer["msg"].as_str().unwrap();
    assert!(msg.contains("Error acquiring the state lock") && msg.contains("Who:"), "{msg}");
    lab.write("go", "");
    assert!(first.wait_with_output().unwrap().status.success());
}
