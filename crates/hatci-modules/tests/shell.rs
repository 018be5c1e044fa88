//! `jumpstarter_shell` as a program, with a `jmp` that has no device but runs commands as the real one does.
#![allow(clippy::disallowed_methods)] // the program under test is started plainly
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{
    fs::{self, File, Permissions},
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// Logs to stdout as `jmp` does, runs what comes after `--`, and logs again.
const JMP: &str = r#"#!/bin/sh
echo "[11/20/26 20:18:58] INFO     jmp begins"
[ "$JMP_FAILS" = yes ] && { echo "no such exporter" >&2; exit 1; }
while [ "$1" != -- ]; do shift; done
shift
"$@"
echo "[11/20/26 20:18:59] INFO     jmp ends"
"#;

/// A machine with such a `jmp`.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        let jmp = folder.path().join("jmp");
        fs::write(&jmp, JMP).unwrap();
        fs::set_permissions(&jmp, Permissions::from_mode(0o755)).unwrap();
        Bench { folder }
    }

    /// The task's program, started by this script, which it is `"$@"` in.
    fn start(&self, script: &str, options: &Value) -> Child {
        let is_named = options.get("exporter_config").is_some();
        let mut all = if is_named { json!({}) } else { json!({ "exporter": "vehicle" }) };
        all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
        let arguments = self.folder.path().join("arguments.json");
        fs::write(&arguments, json!({ "ANSIBLE_MODULE_ARGS": all }).to_string()).unwrap();
        let mut command = Command::new("/bin/sh");
        let program = Path::new(env!("CARGO_BIN_EXE_hatci")).with_file_name("jumpstarter_shell");
        command.args(["-c", script, "sh"]).arg(program).arg(arguments);
        command.env("PATH", format!("{}:/usr/bin:/bin", self.folder.path().display()));
        command.env("TMPDIR", self.temporary());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
    }

    fn run(&self, options: &Value) -> Value {
        result(self.start("exec \"$@\"", options))
    }

    fn temporary(&self) -> std::path::PathBuf {
        self.folder.path().join("tmp")
    }

    fn is_tidy(&self) -> bool {
        fs::read_dir(self.temporary()).unwrap().count() == 0
    }
}

fn result(child: Child) -> Value {
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A pipe that stays open as long as one of the processes lives that a command has started with `3>"$PIPE"`.
fn pipe(folder: &Path) -> std::path::PathBuf {
    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    pipe
}

#[test]
fn a_suite_that_logs_as_jmp_does_keeps_all_of_its_lines() {
    let bench = Bench::new();
    let suite = "echo '[11/20/26 20:18:58] ERROR    brakes: no answer'; \
        echo '                             in 5 s'; echo '                    ERROR    1 of 9 failed'; exit 1";
    let result = bench.run(&json!({ "command": suite }));
    let lines = [
        "[11/20/26 20:18:58] ERROR    brakes: no answer",
        "                             in 5 s",
        "                    ERROR    1 of 9 failed",
    ];
    assert_eq!(result["stdout_lines"], json!(lines));
    assert!(result["msg"].as_str().unwrap().contains("It said: ERROR    1 of 9 failed."), "{result}");
    let jmp = result["jmp_output"].as_str().unwrap();
    assert!(jmp.contains("jmp begins") && jmp.contains("jmp ends"), "{jmp}");
}

#[test]
fn no_other_user_can_read_or_forge_anything_whatever_the_umask() {
    let bench = Bench::new();
    let command = "d=$(dirname \"$0\"); stat -c '%a %n' \"$d\" \"$d\"/*; grep -lsa plan-ted /proc/[0-9]*/cmdline | grep -v self";
    let command = format!("{command}; true plan-ted");
    let result = result(bench.start("umask 000; exec \"$@\"", &json!({ "command": command })));
    let lines: Vec<&str> =
        result["stdout_lines"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(lines.len() >= 6, "{result}");
    let modes = lines.iter().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>();
    // What the shell looks for is in its own command alone.
    let (found, modes): (Vec<&str>, Vec<&str>) =
        modes.into_iter().partition(|line| line.starts_with("/proc"));
    assert!(found.len() <= 1, "{lines:?}");
    assert_eq!((modes[0], modes[1..].iter().all(|mode| *mode == "600")), ("700", true), "{lines:?}");
    assert!(bench.is_tidy());
}

#[test]
fn nothing_is_left_when_the_module_is_killed() {
    let bench = Bench::new();
    let pipe = pipe(bench.folder.path());
    let command = format!(
        "exec 3>'{}'; (env -i setsid sleep 60 &); trap '' TERM; echo begun >&3; sleep 60; sleep 60",
        pipe.display()
    );
    let mut child = bench.start("exec \"$@\"", &json!({ "command": command }));
    let mut reader = BufReader::new(File::open(&pipe).unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    assert!(!bench.is_tidy());
    child.kill().unwrap();
    let mut output = child.stdout.take().unwrap();
    child.wait().unwrap();
    assert_eq!(reader.read(&mut [0]).unwrap(), 0, "the last process has ended");
    output.read_to_string(&mut line).unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !bench.is_tidy() {
        assert!(std::time::Instant::now() < end, "the folder stays");
        std::thread::yield_now();
    }
}

#[test]
fn what_a_command_leaves_running_ends_with_its_module_also_after_a_success() {
    let bench = Bench::new();
    let pipe = pipe(bench.folder.path());
    let command =
        format!("exec 3<>'{}'; (env -i setsid sleep 60 &); setsid sleep 60 & echo done", pipe.display());
    let reader = std::thread::spawn(move || File::open(&pipe).unwrap().read(&mut [0]).unwrap());
    let result = bench.run(&json!({ "command": command }));
    assert_eq!(result["stdout"], "done\n");
    assert_eq!(reader.join().unwrap(), 0);
}

#[test]
fn what_there_is_no_room_for_is_counted_and_said_and_the_last_line_is_still_the_reason() {
    let bench = Bench::new();
    let commands = json!(["echo first; echo second", "echo third; echo why >&2; exit 3"]);
    let result = bench.run(&json!({ "commands": commands, "max_output": "9" }));
    let [one, other] = [0, 1].map(|number| result["results"][number].clone());
    assert_eq!((one["stdout"].as_str(), one["left_out"].as_u64()), (Some("first\nsec…"), Some(4)));
    assert_eq!((other["stdout"].as_str(), other["left_out"].as_u64()), (Some(""), Some(10)));
    assert!(result["msg"].as_str().unwrap().contains("It said: why."), "{result}");
    assert!(result["warnings"][1].as_str().unwrap().starts_with("10 bytes "), "{result}");
    let refused = bench.run(&json!({ "command": "true", "max_output": "16M" }));
    assert!(refused["msg"].as_str().unwrap().contains("more than 8 MiB"), "{refused}");
}

#[test]
fn however_much_a_device_prints_the_module_takes_less_than_a_hundred_megabytes() {
    use nix::sys::resource::{UsageWho, getrusage};
    let bench = Bench::new();
    let devices = [
        ("yes '' | head -c 60000000", 50_000 + "…".len()),
        ("head -c 60000000 /dev/zero", (8 << 20) / 6 + "…".len()), // as JSON has them
        ("yes 'a line of a log' | head -c 60000000 >&2", 0),
    ];
    let results = devices.map(|(device, _)| {
        let file = bench.folder.path().join("result");
        let script = format!("exec \"$@\" >'{}'", file.display());
        let options = json!({ "commands": [device, device], "max_output": "8M" });
        assert!(bench.start(&script, &options).wait().unwrap().success());
        let kept = file.with_extension(device.len().to_string());
        fs::rename(&file, &kept).unwrap();
        kept
    });
    // Before this process reads them: its own memory counts as that of what it starts.
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() / 1024;
    for ((device, kept), file) in devices.into_iter().zip(results) {
        let result: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert_eq!(result["results"][1]["rc"], 0, "{device}");
        assert_eq!(result["stdout"].as_str().unwrap().len(), kept, "{device}");
        assert!(result["results"][1]["left_out"].as_u64().unwrap() > 50_000_000, "{device}");
    }
    assert!(peak < 100, "{peak} MB");
}

#[test]
fn the_file_with_the_arguments_is_closed_before_anything_is_started() {
    let bench = Bench::new();
    let script = "exec 7<\"$2\" 8>/dev/null; exec \"$1\" /proc/self/fd/7";
    let command =
        "for fd in /proc/[0-9]*/fd/*; do readlink $fd; done | grep -F \"$BENCH\" | grep -F arguments";
    let script = format!("BENCH='{}'; export BENCH; {script}", bench.folder.path().display());
    let result = result(bench.start(&script, &json!({ "command": command, "check_rc": false })));
    assert_eq!(result["stdout"], "", "{result}");
    assert_eq!(result["results"][0]["rc"], 1, "{result}");
}

#[test]
fn commands_of_every_kind_are_run_as_they_are() {
    let bench = Bench::new();
    let long = format!("x={}; echo ${{#x}}", "x".repeat(300_000));
    let commands = json!([
        "-l",
        long,
        "echo 'two\nlines'\nexit 4",
        "echo \\",
        "exec >/dev/null 2>&1; sleep 0.1; echo",
        "kill -9 $$"
    ]);
    let result = bench.run(&json!({ "commands": commands, "check_rc": false }));
    let codes: Vec<_> =
        result["results"].as_array().unwrap().iter().map(|one| one["rc"].as_i64().unwrap()).collect();
    assert_eq!(codes, [127, 0, 4, 0, 0, 137]);
    assert_eq!(result["results"][1]["stdout"], "300000\n");
    let nul = bench.run(&json!({ "command": "echo a\0b" }));
    assert!(nul["msg"].as_str().unwrap().contains("NUL character"), "{nul}");
}

#[test]
fn what_the_system_refuses_is_told_with_the_remedy_that_fits() {
    let bench = Bench::new();
    let said = |script: &str, options: &Value| {
        result(bench.start(script, options))["msg"].as_str().unwrap_or_default().to_owned()
    };
    let missing = said("PATH=/usr/bin:/bin; exec \"$@\"", &json!({ "command": "true" }));
    assert!(missing.contains("Install jumpstarter-cli"), "{missing}");
    let broken = said("JMP_FAILS=yes; export JMP_FAILS; exec \"$@\"", &json!({ "command": "true" }));
    assert!(
        broken.contains("could not connect to the exporter vehicle") && broken.contains("no such exporter"),
        "{broken}"
    );
    let name = said("exec \"$@\"", &json!({ "command": "true", "exporter": "a\0b" }));
    assert!(name.contains("NUL character") && !name.contains("Install"), "{name}");
    // Where the place for temporary files is missing, another is taken.
    assert_eq!(said("TMPDIR=/nonexistent; export TMPDIR; exec \"$@\"", &json!({ "command": "true" })), "");
    // The limit is for files, not for what a device says.
    let limited =
        result(bench.start(
            "ulimit -f 1; exec \"$@\"",
            &json!({ "command": "head -c 100000 /dev/zero | tr '\\0' x" }),
        ));
    assert_eq!(limited["stdout"].as_str().unwrap_or_default().len(), 100_000, "{limited}");
}

#[test]
fn a_shell_that_was_killed_is_called_that_and_its_output_is_kept() {
    let bench = Bench::new();
    let commands = json!(["echo first", "echo before; kill -9 $PPID; sleep 1", "echo never"]);
    let result = bench.run(&json!({ "commands": commands }));
    let msg = result["msg"].as_str().unwrap();
    assert!(
        msg.contains("the shell that runs the commands was killed") && msg.contains("echo before"),
        "{msg}"
    );
    assert!(!msg.contains("status 0"), "{msg}");
    assert_eq!(result["failed"], true);
    assert_eq!(result["results"][0]["stdout"], "first\n");
    assert_eq!(result["results"][1]["stdout"], "before\n", "{result}");
    assert_eq!((&result["results"][1]["rc"], result["results"].as_array().unwrap().len()), (&json!(137), 2));
}

#[test]
fn the_token_of_an_exporter_is_concealed_however_the_exporter_is_named() {
    let bench = Bench::new();
    let text = "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: {namespace: d, name: vehicle}\n\
        endpoint: controller.example\ntoken: hush-Exporter-0815\nexport: {}\n";
    let file = bench.folder.path().join("vehicle.yaml");
    fs::write(&file, text).unwrap();
    let exporters = bench.folder.path().join(".config/jumpstarter/exporters");
    fs::create_dir_all(&exporters).unwrap();
    fs::copy(&file, exporters.join("vehicle.yaml")).unwrap();
    let command = format!("cat '{}'", file.display());
    let home = format!("HOME='{}'; export HOME; exec \"$@\"", bench.folder.path().display());
    for device in [json!({ "exporter_config": file }), json!({ "exporter": "vehicle" })] {
        let mut options = device;
        options["command"] = command.as_str().into();
        let shown = result(bench.start(&home, &options)).to_string();
        assert!(shown.contains("controller.example"), "{shown}");
        assert!(!shown.contains("Exporter-0815"), "{shown}");
    }
}

/// Whether six characters of the secret that follow one another stand in the text.
fn holds_part(text: &str, secret: &str) -> bool {
    secret.as_bytes().windows(6).any(|part| text.contains(std::str::from_utf8(part).unwrap()))
}

/// The token of an exporter of this machine; and the options by which it is used.
fn exporter_with_token(bench: &Bench) -> (String, Value) {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJraW0iLCJleHAiOjE3NjQ0NzUyMDAsImp0aSI6IjlmM2E3YyJ9\
                 .q7RkVd2mP9sLx4TwZbYcHn8eKf3uGj6oQi1vXa5pWr0"
        .to_owned();
    let text = format!(
        "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: {{namespace: d, name: vehicle}}\n\
         endpoint: controller.example\ntoken: {token}\nexport: {{}}\n"
    );
    let file = bench.folder.path().join("vehicle.yaml");
    fs::write(&file, text).unwrap();
    fs::write(bench.folder.path().join("token"), &token).unwrap();
    (token, json!({ "exporter_config": file }))
}

#[test]
fn a_token_is_not_shown_in_part_wherever_the_output_is_cut() {
    let bench = Bench::new();
    let (token, exporter) = exporter_with_token(&bench);
    let file = bench.folder.path().join("token");
    for (command, max_output) in [
        (format!("printf '%377s'; cat '{}'", file.display()), "500"),
        (format!("printf '%490s'; cat '{}'", file.display()), "500"),
        (format!("printf '%377s'; base64 -w 60 '{}'", file.display()), "480"),
        (format!("printf '%377s' >&2; od -t x1 '{}' >&2", file.display()), "600"),
        (format!("head -c 65450 /dev/zero | tr '\\0' x; cat '{}'", file.display()), "64K"),
        (format!("printf '%900s' >&2; cat '{}' >&2; printf '%200s' x >&2; exit 3", file.display()), "9"),
        (format!("cut -d. -f3 '{}'", file.display()), "2M"),
    ] {
        let mut options = exporter.clone();
        options["command"] = command.as_str().into();
        options["max_output"] = max_output.into();
        let result = bench.run(&options);
        let shown = result.to_string();
        let base64 = BASE64_STANDARD.encode(&token);
        let hex = token.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        for form in [&token, &base64, &hex] {
            let rest = shown.replace(&command, "");
            assert!(!holds_part(&rest, form), "{command}: {}", &rest[rest.len().saturating_sub(3000)..]);
        }
        assert!(shown.contains("****"), "{command}");
    }
}
