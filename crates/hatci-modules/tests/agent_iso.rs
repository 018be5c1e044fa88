//! `openshift_agent_iso` as a program, with a stand-in for `openshift-install` and for the mirror of its releases.
#![allow(clippy::disallowed_methods)] // the program under test is started plainly
use bench_sim::mirror::{self, MirrorFault, MirrorOptions, MirrorServer};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

const SECRET: &str = "a2ltOmh1c2g0NzEx"; // kim:hush4711
const INSTALL: &str = r#"
apiVersion: v1
baseDomain: bench.example
metadata: {name: bench1}
controlPlane: {name: master, replicas: 1}
compute: [{name: worker, replicas: 0}]
platform: {none: {}}
pullSecret: '{"auths": {"quay.example": {"auth": "a2ltOmh1c2g0NzEx"}}}'
sshKey: ssh-ed25519 AAAAsecretkey kim@laptop
"#;
const AGENT: &str = r"
apiVersion: v1beta1
kind: AgentConfig
rendezvousIP: 192.0.2.10
hosts:
  - hostname: r630
    interfaces: [{name: eno1, macAddress: 52:54:00:12:34:56}]
";

/// The stand-in, built as an example of this crate.
fn stand_in() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_hatci")).with_file_name("examples").join("openshift-install")
}

/// A machine with both configurations, an installer on it and a mirror near it.
struct Bench {
    folder: TempDir,
    mirror: MirrorServer,
    environment: Vec<(&'static str, String)>,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| ())
    }

    fn with(set: impl FnOnce(&mut MirrorOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("install-config.yaml", INSTALL), ("agent-config.yaml", AGENT)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        fs::create_dir(folder.path().join("bin")).unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        symlink(stand_in(), folder.path().join("openshift-install")).unwrap();
        let mut options = MirrorOptions {
            versions: vec!["4.18.9".into(), "4.19.0-rc.2".into()],
            channels: vec!["stable-4.18=4.18.9".into()],
            scenarios: vec![],
            faults: vec![],
            program: Some(stand_in()),
        };
        set(&mut options);
        let mirror = mirror::spawn(options).unwrap();
        Bench { folder, mirror, environment: vec![] }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Scenarios of the installer.
    fn playing(mut self, scenarios: &str) -> Self {
        self.environment.push((bench_sim::openshift_install::SCENARIOS, scenarios.into()));
        self
    }

    /// Options with the installer that is here, and these.
    fn options(&self, further: &Value) -> Value {
        let mut all = json!({
            "installer": self.at("openshift-install"),
            "install_config": self.at("install-config.yaml"),
            "agent_config": self.at("agent-config.yaml"),
            "dest": self.at("isos/bench1.iso"),
            "cache": self.at("cache"),
            "mirror": self.mirror.url(),
        });
        for (key, value) in further.as_object().unwrap().clone() {
            all[key] = value;
        }
        all.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect()
    }

    /// The result of one task, and what it tells meanwhile.
    fn run_with_progress(&self, options: &Value) -> (Value, String) {
        let file = self.at("arguments.json");
        let arguments = json!({ "ANSIBLE_MODULE_ARGS": options });
        fs::write(&file, arguments.to_string()).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec \"$0\" \"$1\" 3>&2", env!("CARGO_BIN_EXE_openshift_agent_iso")]).arg(file);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.at("home"));
        let output = command.env("ANSIBLE_MODULE_PROGRESS_FD", "3").stdin(Stdio::null()).output().unwrap();
        (serde_json::from_slice(&output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn start(&self, options: &Value, check: bool) -> Child {
        let mut arguments = options.clone();
        arguments["_ansible_module_name"] = "hatci.automation.openshift_agent_iso".into();
        arguments["_ansible_check_mode"] = check.into();
        arguments["_ansible_diff"] = true.into();
        let file = self.at(&format!("arguments{}.json", fastrand::u32(..)));
        fs::write(&file, json!({ "ANSIBLE_MODULE_ARGS": arguments }).to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hatci"));
        command.arg(file).env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .env("PATH", format!("{}:/usr/bin:/bin", self.at("bin").display()))
            .env("HOME", self.at("home"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
    }

    /// The result of one task. It holds no secret, and leaves no private folder behind.
    fn run(&self, options: &Value, check: bool) -> Value {
        let output = self.start(options, check).wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        for secret in [SECRET, "hush4711", "AAAAsecretkey"] {
            assert!(!text.contains(secret), "{text}");
        }
        self.assert_tidy();
        for (name, original) in [("install-config.yaml", INSTALL), ("agent-config.yaml", AGENT)] {
            let now = fs::read_to_string(self.at(name)).unwrap();
            assert!(now.contains(original.lines().nth(1).unwrap()), "{name} was changed: {now}");
        }
        serde_json::from_str(&text).unwrap()
    }

    fn changed(&self, options: &Value, check: bool) -> bool {
        let result = self.run(options, check);
        assert_eq!(result.get("failed"), None, "{result}");
        result["changed"].as_bool().unwrap()
    }

    fn fails(&self, options: &Value) -> (String, String) {
        let result = self.run(options, false);
        assert_eq!(result["failed"], true, "{result}");
        assert_eq!(result["changed"], false, "{result}");
        (result["error"]["kind"].as_str().unwrap().into(), result["msg"].as_str().unwrap().into())
    }

    /// No folder of a build is left, nor any file with a secret but what belongs there.
    fn assert_tidy(&self) {
        for place in ["isos", "cache"] {
            let Ok(entries) = fs::read_dir(self.at(place)) else { continue };
            let names: Vec<_> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            assert!(!names.iter().any(|name| name.starts_with('.')), "{names:?}");
        }
    }
}

/// Each module: check mode says changed, run says changed, second run unchanged, check mode unchanged; then absent twice.
fn assert_four_times(bench: &Bench, options: &Value) {
    assert!(bench.changed(options, true));
    assert!(!bench.at("isos").exists() && !bench.at("cache").exists(), "check mode has written something");
    assert!(bench.changed(options, false));
    assert!(!bench.changed(options, false));
    assert!(!bench.changed(options, true));
    let gone = json!({ "dest": options["dest"], "state": "absent" });
    assert!(bench.changed(&gone, true));
    assert!(bench.at("isos/bench1.iso").exists());
    assert!(bench.changed(&gone, false));
    assert!(!bench.changed(&gone, false));
    assert!(!bench.changed(&gone, true));
    assert_eq!(fs::read_dir(bench.at("isos")).unwrap().count(), 0);
}

#[test]
fn with_an_installer_of_ones_own_it_is_built_once() {
    let bench = Bench::new();
    assert_four_times(&bench, &bench.options(&json!({})));
    assert_eq!(bench.mirror.requests(), Vec::<String>::new());
}

#[test]
fn of_a_channel_it_is_built_once_and_the_installer_is_fetched_once() {
    let bench = Bench::new();
    let options = bench.options(&json!({ "installer": null, "channel": "stable-4.18" }));
    assert_four_times(&bench, &options);
    assert!(bench.changed(&options, false));
    let fetched = bench.mirror.requests().iter().filter(|path| path.ends_with("tar.gz")).count();
    assert_eq!(fetched, 1, "{:?}", bench.mirror.requests());
}

#[test]
fn of_a_version_nothing_is_asked_of_the_mirror_once_it_is_built() {
    let bench = Bench::new();
    let options = bench.options(&json!({ "installer": null, "version": "4.19.0-rc.2" }));
    assert_four_times(&bench, &options);
    assert!(bench.changed(&options, false));
    let before = bench.mirror.requests().len();
    assert!(!bench.changed(&options, false));
    assert_eq!(bench.mirror.requests().len(), before);
}

#[test]
fn the_results_name_what_was_made_and_others_cannot_read_it() {
    let bench = Bench::new();
    let result = bench.run(&bench.options(&json!({})), false);
    let iso = bench.at("isos/bench1.iso");
    let bytes = fs::read(&iso).unwrap();
    assert_eq!(&bytes[32_769..32_774], b"CD001");
    assert_eq!((result["path"].as_str(), result["size"].as_u64()), (iso.to_str(), Some(bytes.len() as u64)));
    assert_eq!((&result["version"], &result["rendezvous_ip"]), (&json!("4.18.9"), &json!("192.0.2.10")));
    assert_eq!(result["kubeconfig"], json!(bench.at("isos/bench1.kubeconfig")));
    assert_eq!(result["inputs_hash"].as_str().unwrap().len(), 64);
    assert_eq!(result["discovery"]["exists"], false);
    assert_eq!(
        result["processing"]["actions"],
        json!(["build the ISO of OpenShift 4.18.9, since there is no ISO"])
    );
    assert_eq!(result["housekeeping"]["verified"], true);
    let mut names: Vec<_> = fs::read_dir(bench.at("isos")).unwrap().map(|it| it.unwrap()).collect();
    names.sort_by_key(fs::DirEntry::file_name);
    let names: Vec<_> = names
        .iter()
        .map(|it| {
            (it.file_name().into_string().unwrap(), it.metadata().unwrap().permissions().mode() & 0o777)
        })
        .collect();
    let expected = ["bench1.iso", "bench1.json", "bench1.kubeadmin-password", "bench1.kubeconfig"];
    assert_eq!(names, expected.map(|name| (name.to_owned(), 0o600)));
    let password = fs::read_to_string(bench.at("isos/bench1.kubeadmin-password")).unwrap();
    assert!(!result.to_string().contains(&password));
}

#[test]
fn comments_and_order_of_the_inputs_make_no_other_iso_and_their_content_does() {
    let bench = Bench::new();
    let options = bench.options(&json!({}));
    assert!(bench.changed(&options, false));
    let shuffled = format!(
        "{}\n# a comment\nbaseDomain: 'bench.example'\n",
        INSTALL.replace("baseDomain: bench.example\n", "")
    );
    fs::write(bench.at("install-config.yaml"), shuffled).unwrap();
    assert!(!bench.changed(&options, false));
    let text = json!(format!("# another form\n{INSTALL}"));
    assert!(!bench.changed(&bench.options(&json!({ "install_config": text })), false));
    fs::write(bench.at("home/at-home.yaml"), INSTALL).unwrap();
    assert!(!bench.changed(&bench.options(&json!({ "install_config": "~/at-home.yaml" })), false));
    fs::write(bench.at("install-config.yaml"), INSTALL.replace("bench.example", "other.example")).unwrap();
    assert!(bench.changed(&options, true));
    assert!(bench.changed(&options, false));
}

#[test]
fn an_iso_that_is_too_old_or_not_as_it_was_built_is_built_again() {
    let bench = Bench::new();
    let options = bench.options(&json!({}));
    assert!(bench.changed(&options, false));
    let result = bench.run(&bench.options(&json!({ "max_age": 0 })), true);
    assert_eq!(
        result["processing"]["actions"],
        json!(["build the ISO of OpenShift 4.18.9, since `max_age` is 0"])
    );
    let old = std::time::SystemTime::now() - Duration::from_secs(21 * 3600);
    fs::File::options().append(true).open(bench.at("isos/bench1.iso")).unwrap().set_modified(old).unwrap();
    assert!(!bench.changed(&bench.options(&json!({ "max_age": "2d" })), true));
    let result = bench.run(&options, false);
    assert_eq!(
        result["processing"]["actions"],
        json!(["build the ISO of OpenShift 4.18.9, since the ISO is 21 h old"])
    );
    for name in ["bench1.iso", "bench1.kubeconfig", "bench1.json"] {
        fs::write(bench.at(&format!("isos/{name}")), "damaged").unwrap();
        assert!(bench.changed(&options, false), "{name}");
        assert!(!bench.changed(&options, false), "{name}");
    }
}

#[test]
fn inputs_are_kept_after_a_run_that_failed() {
    // Bench::run compares them each time.
    let bench = Bench::new().playing("no-base-image");
    let (kind, msg) = bench.fails(&bench.options(&json!({})));
    assert_eq!(kind, "failed", "{msg}");
    assert_eq!(fs::read_dir(bench.at("isos")).unwrap().count(), 0);
}

#[test]
fn nmstatectl_that_is_missing_is_found_before_anything_is_started() {
    let bench = Bench::new();
    let agent = format!("{AGENT}    networkConfig: {{interfaces: [{{name: eno1}}]}}\n");
    let options = bench.options(&json!({ "agent_config": agent }));
    let (_, msg) = bench.fails(&options);
    assert!(
        msg.contains("nmstatectl is not on PATH") && msg.contains("Install the package nmstate"),
        "{msg}"
    );
    assert!(!bench.at("isos").exists());
    let program = bench.at("bin/nmstatectl");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(bench.changed(&options, false));
}

#[test]
fn a_base_image_that_cannot_be_fetched_is_told_in_the_installers_own_words() {
    let bench = Bench::new().playing("no-base-image");
    let (_, msg) = bench.fails(&bench.options(&json!({})));
    assert!(msg.contains("exit code 1: failed to fetch Agent Installer ISO"), "{msg}");
    assert!(msg.contains("lookup rhcos.mirror.openshift.com: no such host"), "{msg}");
}

#[test]
fn a_target_with_an_underscore_is_refused_before_anything_is_made() {
    let bench = Bench::new();
    let disk = "/dev/disk/by-path/ip-198.51.100.2:3260-iscsi-iqn.2005-10.org.freenas.ctl:bench_1-lun-0";
    let agent = format!("{AGENT}    rootDeviceHints: {{deviceName: '{disk}'}}\n");
    let (kind, msg) = bench.fails(&bench.options(&json!({ "agent_config": agent })));
    assert_eq!(kind, "invalid");
    assert!(msg.contains("underscore"), "{msg}");
    assert!(!bench.at("isos").exists());
}

#[test]
fn success_is_an_exit_code_and_a_file_that_is_an_iso() {
    for (scenario, why) in [
        ("no-iso", "ended well, but left no agent.x86_64.iso"),
        ("not-an-iso", "is no ISO image"),
        ("killed", "was ended by signal 9"),
        ("silent", "ended with exit code 1 and said nothing"),
        ("tells-secrets", "invalid pull secret"),
    ] {
        let bench = Bench::new().playing(scenario);
        let (_, msg) = bench.fails(&bench.options(&json!({})));
        assert!(msg.contains(why), "{scenario}: {msg}");
        assert_eq!(fs::read_dir(bench.at("isos")).unwrap().count(), 0, "{scenario}");
    }
}

#[test]
fn a_failed_build_leaves_the_iso_that_was_there() {
    let bench = Bench::new();
    assert!(bench.changed(&bench.options(&json!({})), false));
    let before = fs::read(bench.at("isos/bench1.iso")).unwrap();
    let bench = bench.playing("no-base-image");
    bench.fails(&bench.options(&json!({ "max_age": 0 })));
    assert_eq!(fs::read(bench.at("isos/bench1.iso")).unwrap(), before);
    assert!(!bench.changed(&bench.options(&json!({})), false));
}

#[test]
fn an_installer_that_says_very_much_needs_little_memory_and_its_end_counts() {
    let bench = Bench::new().playing("noisy");
    assert!(bench.changed(&bench.options(&json!({})), false));
}

#[test]
fn the_deadline_ends_a_build_that_hangs() {
    let bench = Bench::new().playing("hang");
    let (kind, msg) = bench.fails(&bench.options(&json!({ "deadline": 2 })));
    assert_eq!(kind, "timeout");
    assert!(msg.contains("its last line was: Extracting base ISO"), "{msg}");
}

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
fn an_installer_is_used_only_if_it_is_what_the_mirror_promises() {
    for (fault, kind, why) in [
        (MirrorFault::WrongHash, "protocol", "so it was not used"),
        (MirrorFault::NoProgram, "protocol", "holds no openshift-install"),
        (MirrorFault::WrongVersion, "protocol", "says that it is 4.1.1"),
        (MirrorFault::NoName, "protocol", "release.txt names no version"),
    ] {
        let bench = Bench::with(|options| options.faults = vec![fault]);
        let options = bench.options(&json!({ "installer": null, "channel": "stable-4.18" }));
        let (found, msg) = bench.fails(&options);
        assert!(found == kind && msg.contains(why), "{fault:?}: {found}: {msg}");
        assert!(!bench.at("isos").exists(), "{fault:?}");
    }
    let bench = Bench::with(|options| options.faults = vec![MirrorFault::BrokenOnce]);
    assert!(bench.changed(&bench.options(&json!({ "installer": null, "channel": "stable-4.18" })), false));
}

#[test]
fn a_kept_installer_that_is_damaged_is_fetched_again() {
    let bench = Bench::new();
    let options = bench.options(&json!({ "installer": null, "version": "4.18.9" }));
    assert!(bench.changed(&options, false));
    fs::write(bench.at("cache/4.18.9/openshift-install"), "#!/bin/sh\n").unwrap();
    assert!(
        bench
            .changed(&bench.options(&json!({ "installer": null, "version": "4.18.9", "max_age": 0 })), false)
    );
}

#[test]
fn a_release_that_the_mirror_does_not_have_is_found_in_check_mode() {
    let bench = Bench::new();
    for further in [json!({ "version": "4.18.99" }), json!({ "channel": "stable-4.99" })] {
        let mut further = further;
        further["installer"] = Value::Null;
        let result = bench.run(&bench.options(&further), true);
        assert_eq!(result["error"]["kind"], "not_found", "{result}");
        assert!(result["msg"].as_str().unwrap().contains("Check the version"), "{result}");
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let bench = Bench::new();
    for (further, why) in [
        (
            json!({ "version": "4.17.1" }),
            "the installer is of OpenShift 4.18.9, and `version` asks for 4.17.1",
        ),
        (json!({ "installer": null, "version": "stable" }), "or a `channel`"),
        (json!({ "installer": null, "channel": "../x" }), "channel is"),
        (json!({ "installer": bench.at("nothing") }), "is no program"),
        (json!({ "installer": null }), "any of the following are missing: version, channel, installer"),
        (json!({ "channel": "stable" }), "mutually exclusive"),
        (json!({ "max_age": "old" }), "max_age"),
        (json!({ "install_config": bench.at("nothing.yaml") }), "can't be read"),
        (json!({ "install_config": format!("{INSTALL}\n : broken\n  - x: {{") }), "not valid YAML"),
    ] {
        let result = bench.run(&bench.options(&further), false);
        let msg = result["msg"].as_str().unwrap_or_default();
        assert!(result["failed"] == true && msg.contains(why), "{further}: {result}");
    }
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

#[test]
fn a_place_where_nothing_can_be_made_is_found_in_check_mode() {
    let bench = Bench::new();
    let file = bench.at("install-config.yaml");
    for (further, option, why) in [
        (json!({ "dest": "/proc/x.iso" }), "dest", "belongs to the kernel"),
        (json!({ "dest": "/proc/x/y.iso" }), "dest", "belongs to the kernel"),
        (json!({ "dest": file.join("b.iso") }), "dest", "is no folder"),
        (
            json!({ "cache": "/proc/x", "installer": null, "version": "4.18.9" }),
            "cache",
            "belongs to the kernel",
        ),
    ] {
        for check in [true, false] {
            let result = bench.run(&bench.options(&further), check);
            let msg = result["msg"].as_str().unwrap_or_default();
            assert!(msg.starts_with(&format!("{option}: ")) && msg.contains(why), "{further}: {result}");
            assert_eq!(
                (&result["changed"], &result["error"]["kind"]),
                (&json!(false), &json!("invalid")),
                "{result}"
            );
        }
    }
}

#[test]
fn names_and_networks_that_cannot_work_are_refused_before_anything_is_started() {
    let bench = Bench::new();
    let network = "networking: {machineNetwork: [{cidr: 198.51.100.0/24}]}\n";
    for (install, agent, why) in [
        (INSTALL.replace("bench1", "bench_1"), AGENT.to_owned(), "metadata.name is \"bench_1\""),
        (INSTALL.to_owned(), AGENT.replace("r630", "r_630"), "the hostname \"r_630\""),
        (INSTALL.replace("replicas: 1", "replicas: 2"), AGENT.to_owned(), "controlPlane.replicas is 2"),
        (
            format!("{INSTALL}{network}"),
            AGENT.to_owned(),
            "rendezvousIP 192.0.2.10 is not in the machine network",
        ),
        (
            format!("{INSTALL}{}", network.replace("/24", "/99")),
            AGENT.to_owned(),
            "networking.machineNetwork[0].cidr",
        ),
    ] {
        let options = bench.options(&json!({ "install_config": install, "agent_config": agent }));
        let (kind, msg) = bench.fails(&options);
        assert!(kind == "invalid" && msg.contains(why), "{msg}");
        assert!(!bench.at("isos").exists());
    }
}
