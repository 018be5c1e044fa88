//! No secret is shown or left behind, also by what was killed.
use crate::bench::{Bench, INSTALL, SECRET};
use serde_json::json;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// Waits until the installer is at work, with the pull secret in its folder.
fn wait_for_secret(folder: &Path) {
    let until = Instant::now() + Duration::from_secs(60);
    while !holds_secret(folder) {
        assert!(Instant::now() < until, "the installer did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn holds_secret(folder: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            holds_secret(&path)
        } else {
            fs::read(&path).is_ok_and(|it| contains(&it, SECRET))
        }
    })
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn a_task_that_is_killed_in_the_middle_leaves_nothing_secret_and_the_next_one_ends_well() {
    for signal in ["-KILL", "-TERM"] {
        let bench = Bench::new().playing("hang");
        let mut child = bench.start(&bench.options(&json!({})), false);
        wait_for_secret(&bench.at("isos"));
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        child.wait().unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while fs::read_dir(bench.at("isos")).unwrap().count() > 0 {
            assert!(Instant::now() < until, "{signal}: the private folder is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut bench = bench;
        bench.environment.clear();
        assert!(bench.changed(&bench.options(&json!({})), false), "{signal}");
    }
}

#[test]
fn what_a_build_has_left_that_was_killed_with_its_guard_is_removed_by_the_next() {
    let bench = Bench::new();
    let left = bench.at("isos/.agent-iso-0123456789abcdef");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("install-config.yaml"), INSTALL).unwrap();
    assert!(bench.changed(&bench.options(&json!({})), false));
    assert!(!left.exists());
}

#[test]
fn a_task_that_is_refused_shows_no_secret_of_its_options() {
    let bench = Bench::new();
    let auths = json!({ "auths": { "quay.example": { "auth": SECRET } } });
    let mapping = json!({ "pullSecret": auths, "sshKey": "ssh-ed25519 AAAAsecretkey" });
    for install in [mapping, json!(INSTALL), json!(format!("{INSTALL} : broken: {{"))] {
        for further in
            [json!({ "channel": "stable" }), json!({ "bogus": 1 }), json!({ "state": "absent" }), json!({})]
        {
            let mut options = bench.options(&further);
            options["install_config"] = install.clone();
            // Bench::run looks for secrets.
            bench.run(&options, true);
        }
    }
}

#[test]
fn a_configuration_on_one_line_is_a_text_and_shows_no_secret_valid_or_not() {
    let bench = Bench::new();
    let install = json!({
        "apiVersion": "v1", "baseDomain": "bench.example", "metadata": { "name": "bench1" },
        "controlPlane": { "name": "master", "replicas": 1 }, "compute": [{ "name": "worker", "replicas": 0 }],
        "platform": { "none": {} }, "sshKey": "ssh-ed25519 AAAAsecretkey kim@laptop",
        "pullSecret": json!({ "auths": { "quay.example": { "auth": SECRET } } }).to_string(),
    });
    let text = install.to_string();
    assert!(bench.changed(&bench.options(&json!({ "install_config": text })), false));
    for given in [&text[..text.len() - 1], &text.replace("v1", "v2"), SECRET, &format!("pullSecret:{SECRET}")]
    {
        for option in ["install_config", "agent_config"] {
            // Bench::run looks for secrets.
            let result =
                bench.run(&bench.options(&json!({ option: given, "dest": bench.at("other.iso") })), true);
            assert_eq!(result["error"]["kind"], "invalid", "{result}");
        }
    }
}

#[test]
fn an_installer_that_tells_a_password_of_the_pull_secret_in_any_line_is_not_repeated() {
    for (password, auth) in [
        ("PULLSECRET", "dXNlcjpQVUxMU0VDUkVU"),
        ("pullsecret", "dXNlcjpwdWxsc2VjcmV0"),
        ("hush", "dXNlcjpodXNo"),
        ("hush\n", "dXNlcjpodXNoCg=="),
    ] {
        let bench = Bench::new();
        let password = password.trim();
        let long = "x".repeat(1990);
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = version ]; then echo \"$0 4.18.9\"; exit 0; fi\nfor line in 'level=error msg=registry password={password}' \
             'level=error msg=\"login user:{password} {auth}\"' 'level=info msg={long} {password}' 'level=info msg=\"{long} {auth}\"' \
             'level=fatal msg=\"unauthorized: {password}\"'; do echo \"$line\" >&2; done\nexit 1\n"
        );
        let installer = bench.at("script");
        fs::write(&installer, script).unwrap();
        fs::set_permissions(&installer, fs::Permissions::from_mode(0o755)).unwrap();
        let install = INSTALL.replace(SECRET, auth);
        let options = bench.options(&json!({ "installer": installer, "install_config": install }));
        let (result, progress) = bench.run_with_progress(&options);
        assert!(result["msg"].as_str().unwrap().contains("exit code 1: unauthorized: ***"), "{result}");
        assert!(progress.contains("registry password=***"), "{progress}");
        for text in [result.to_string(), progress] {
            assert!(!text.contains(password) && !text.contains(&auth[..10]), "{text}");
        }
    }
}
