//! One run of `agent create image`.
use super::{Scenario, checks, image, log::Log};
use serde_json::{Value, json};
use std::{
    fs, io, os::unix::fs::PermissionsExt, path::Path, process::ExitCode, thread::sleep, time::Duration,
};

const STATE: &str = ".openshift_install_state.json";
/// What an install-config that is no good ends with, and all other failures.
const BAD_INSTALL_CONFIG: u8 = 3;
const FAILED: u8 = 1;

pub(super) fn create_image(dir: &Path, debugs: bool, scenarios: &[Scenario], version: &str) -> ExitCode {
    let log = Log::new(dir, debugs);
    let has = |scenario| scenarios.contains(&scenario);
    if has(Scenario::Silent) {
        return ExitCode::from(FAILED);
    }
    let fatal = |code: u8, text: String| {
        log.fatal(&format!("failed to fetch Agent Installer ISO: {text}"));
        ExitCode::from(code)
    };
    if std::env::var_os("HOME").is_none() {
        return fatal(FAILED, "neither $XDG_CACHE_HOME nor $HOME are defined".into());
    }
    let inputs = match load(dir, &log) {
        Ok(inputs) => inputs,
        Err((code, text)) => return fatal(code, text),
    };
    if has(Scenario::Noisy) {
        (0..200_000).for_each(|i| log.info(&format!("line {i} of very many")));
    }
    if let Err(text) = checks::install_config(&inputs["install-config"]) {
        return fatal(BAD_INSTALL_CONFIG, format!("failed to load asset \"Install Config\": {text}"));
    }
    if let Err(text) = checks::agent_config(&inputs["agent-config"]) {
        return fatal(FAILED, format!("failed to load asset \"Agent Config\": {text}"));
    }
    if has(Scenario::TellsSecrets) {
        return fatal(FAILED, format!("invalid pull secret {}", inputs["install-config"]["pullSecret"]));
    }
    // As the real one does, with the pull secret for `oc`.
    let temporary = std::env::temp_dir().join(format!("registry-config{}", std::process::id()));
    let _ = fs::write(&temporary, inputs["install-config"]["pullSecret"].as_str().unwrap_or_default());
    log.info("The rendezvous host IP (node0 IP) is known");
    log.debug("extracting /coreos/coreos-x86_64.iso");
    log.info("Extracting base ISO from release payload");
    if has(Scenario::Hang) {
        sleep(Duration::from_secs(600));
    }
    if has(Scenario::Killed) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    if has(Scenario::NoBaseImage) {
        return fatal(FAILED, "failed to generate asset \"Agent Installer ISO\": failed to get base ISO: Get \"https://rhcos.mirror.openshift.com/art/storage\": dial tcp: lookup rhcos.mirror.openshift.com: no such host".into());
    }
    let _ = fs::remove_file(&temporary);
    match write_outputs(dir, &inputs, scenarios, version) {
        Ok(text) => {
            log.info(&text);
            ExitCode::SUCCESS
        }
        Err(e) => fatal(FAILED, e.to_string()),
    }
}

/// Both configurations; from the state file, if an earlier run left one. Reading consumes the files.
fn load(dir: &Path, log: &Log) -> Result<Value, (u8, String)> {
    let state =
        fs::read_to_string(dir.join(STATE)).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let mut inputs = state.unwrap_or_else(|| json!({}));
    for (name, asset) in [("install-config", "Install Config"), ("agent-config", "Agent Config")] {
        let path = dir.join(format!("{name}.yaml"));
        let Ok(text) = fs::read_to_string(&path) else { continue };
        log.info(&format!("Consuming {asset} from target directory"));
        let _ = fs::remove_file(&path);
        let code = if name == "install-config" { BAD_INSTALL_CONFIG } else { FAILED };
        inputs[name] = serde_saphyr::from_str(&text).map_err(|e| {
            (code, format!("failed to load asset \"{asset}\": failed to unmarshal {name}.yaml: {e}"))
        })?;
    }
    if inputs["install-config"].is_null() {
        return Err((
            BAD_INSTALL_CONFIG,
            "failed to load asset \"Install Config\": install-config.yaml: no such file or directory".into(),
        ));
    }
    let manifests = dir.join("openshift");
    if manifests.is_dir() {
        log.info("Consuming OpenShift Manifests from target directory");
        let _ = fs::remove_dir_all(manifests);
    }
    let _ = fs::write(dir.join(STATE), inputs.to_string());
    Ok(inputs)
}

fn write_outputs(dir: &Path, inputs: &Value, scenarios: &[Scenario], version: &str) -> io::Result<String> {
    let cluster = inputs["install-config"]["metadata"]["name"].as_str().unwrap_or("cluster");
    let architecture = match inputs["install-config"]["controlPlane"]["architecture"].as_str() {
        Some("arm64") => "aarch64",
        Some("amd64") | None => "x86_64",
        Some(other) => other,
    };
    let iso = dir.join(format!("agent.{architecture}.iso"));
    fs::create_dir_all(dir.join("auth"))?;
    let password = image::random_words();
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: {cluster}\nusers:\n- name: admin\n  user: {{client-key-data: {}}}\n",
        image::random_words()
    );
    fs::write(dir.join("auth/kubeconfig"), kubeconfig)?;
    fs::write(dir.join("auth/kubeadmin-password"), password)?;
    for name in ["auth/kubeconfig", "auth/kubeadmin-password"] {
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o640))?;
    }
    let rendezvous = inputs["agent-config"]["rendezvousIP"].as_str().unwrap_or("192.0.2.10");
    fs::write(dir.join("rendezvousIP"), rendezvous)?;
    if scenarios.contains(&Scenario::NotAnIso) {
        fs::write(&iso, "disk full")?;
    } else if !scenarios.contains(&Scenario::NoIso) {
        fs::write(&iso, image::iso(&format!("{cluster} {version} {}", image::random_words())))?;
    }
    let minimal = if inputs["agent-config"]["minimalISO"] == true { "minimal " } else { "" };
    Ok(format!("Generated {minimal}ISO at {}.", iso.display()))
}
