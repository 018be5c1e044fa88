//! A machine with an installer, and a mirror near it.
use bench_sim::mirror::{self, MirrorOptions, MirrorServer};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

pub(crate) const SECRET: &str = "a2ltOmh1c2g0NzEx"; // kim:hush4711
pub(crate) const INSTALL: &str = r#"
apiVersion: v1
baseDomain: bench.example
metadata: {name: bench1}
controlPlane: {name: master, replicas: 1}
compute: [{name: worker, replicas: 0}]
platform: {none: {}}
pullSecret: '{"auths": {"quay.example": {"auth": "a2ltOmh1c2g0NzEx"}}}'
sshKey: ssh-ed25519 AAAAsecretkey kim@laptop
"#;
pub(crate) const AGENT: &str = r"
apiVersion: v1beta1
kind: AgentConfig
rendezvousIP: 192.0.2.10
hosts:
  - hostname: r630
    interfaces: [{name: eno1, macAddress: 52:54:00:12:34:56}]
";

/// The stand-in, built as an example of this crate.
pub(crate) fn stand_in() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_hatci")).with_file_name("examples").join("openshift-install")
}

/// A machine with both configurations, an installer on it and a mirror near it.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) mirror: MirrorServer,
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn with(set: impl FnOnce(&mut MirrorOptions)) -> Self {
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

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Scenarios of the installer.
    pub(crate) fn playing(mut self, scenarios: &str) -> Self {
        self.environment.push((bench_sim::openshift_install::SCENARIOS, scenarios.into()));
        self
    }

    /// Options with the installer that is here, and these.
    pub(crate) fn options(&self, further: &Value) -> Value {
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
    pub(crate) fn run_with_progress(&self, options: &Value) -> (Value, String) {
        let file = self.at("arguments.json");
        let arguments = json!({ "ANSIBLE_MODULE_ARGS": options });
        fs::write(&file, arguments.to_string()).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec \"$0\" \"$1\" 3>&2", env!("CARGO_BIN_EXE_openshift_agent_iso")]).arg(file);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.at("home"));
        let output = command.env("ANSIBLE_MODULE_PROGRESS_FD", "3").stdin(Stdio::null()).output().unwrap();
        (serde_json::from_slice(&output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    pub(crate) fn start(&self, options: &Value, check: bool) -> Child {
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
    pub(crate) fn run(&self, options: &Value, check: bool) -> Value {
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

    pub(crate) fn changed(&self, options: &Value, check: bool) -> bool {
        let result = self.run(options, check);
        assert_eq!(result.get("failed"), None, "{result}");
        result["changed"].as_bool().unwrap()
    }

    pub(crate) fn fails(&self, options: &Value) -> (String, String) {
        let result = self.run(options, false);
        assert_eq!(result["failed"], true, "{result}");
        assert_eq!(result["changed"], false, "{result}");
        (result["error"]["kind"].as_str().unwrap().into(), result["msg"].as_str().unwrap().into())
    }

    /// No folder of a build is left, nor any file with a secret but what belongs there.
    pub(crate) fn assert_tidy(&self) {
        for place in ["isos", "cache"] {
            let Ok(entries) = fs::read_dir(self.at(place)) else { continue };
            let names: Vec<_> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            assert!(!names.iter().any(|name| name.starts_with('.')), "{names:?}");
        }
    }
}
