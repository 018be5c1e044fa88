//! The life of all that a module of a bench's machines makes, with every version of the machine: predicted, made, found, predicted to
//! stay; then the same for its end.
use crate::sums::and;
use ansible_module::NoEnv;
use bench_sim::{
    idrac::{self, Generation, IdracOptions},
    s3::{self, S3},
    truenas::{self, Release},
};
use hatci_modules::MODULES;
use serde_json::{Map, Value, json};
use std::any::Any;

/// A machine in one version.
struct Machine {
    version: String,
    connection: Value,
    /// Keeps it running.
    _server: Box<dyn Any>,
}

/// A module, its options (in JSON) for something that is not there at first, and what differs of them to end it.
type Life = (&'static str, &'static str, &'static str);

/// One server; the bucket is there.
const S3_LIVES: [Life; 2] = [
    ("s3_artifact_store", r#"{"private_bucket": "lab", "public_bucket": "shown"}"#, r#"{"state": "absent"}"#),
    ("s3_artifact", r#"{"bucket": "there", "key": "a.iso", "src": "Cargo.toml"}"#, r#"{"state": "absent"}"#),
];
const TRUENAS_LIVES: [Life; 1] = [(
    "truenas_iscsi_target",
    r#"{"name": "r630-01", "volume": "tank/benches/r630-01", "size": "20G", "lun": 3, "portal": "192.0.2.10",
        "initiators": ["iqn.1994-05.com.redhat:r630-01"], "chap": {"user": "bench", "secret": "chap-secret-42"}}"#,
    r#"{"state": "absent", "delete_volume": true}"#,
)];
const IDRAC_LIVES: [Life; 5] = [
    ("idrac_virtual_media", r#"{"image": "http://s3.example.com/isos/agent.iso"}"#, r#"{"state": "absent"}"#),
    (
        "idrac_iscsi_boot",
        r#"{"function": "NIC.Integrated.1-1-1", "reset": "if_needed", "chap": {"user": "bench1", "secret": "s3cr3t-hush-hush"},
            "target": {"iqn": "iqn.2005-10.org.freenas.ctl:bench1", "address": "192.0.2.7"}}"#,
        r#"{"state": "absent"}"#,
    ),
    // What it sets always is something; it ends by setting what was there.
    ("idrac_boot", r#"{"once": "virtual_cd"}"#, r#"{"once": "none"}"#),
    (
        "idrac_boot",
        r#"{"bios": {"BootMode": "Bios"}, "reset": "if_needed"}"#,
        r#"{"bios": {"BootMode": "Uefi"}}"#,
    ),
    ("idrac_boot", r#"{"order": ["iSCSI"], "reset": "if_needed"}"#, r#"{"order": ["RAID"]}"#),
];
/// The same for it is in `tests/agent_iso`, which has an installer.
const ELSEWHERE: &str = "openshift_agent_iso";

fn truenas_of(release: Release) -> Machine {
    let options = truenas::Options { release, ..truenas::Options::default() };
    let login = (options.api_key.clone(), options.username.clone());
    let server = truenas::spawn(options).unwrap();
    let connection =
        json!({ "truenas_url": server.url(), "truenas_api_key": login.0, "truenas_username": login.1 });
    Machine { version: format!("TrueNAS {release:?}"), connection, _server: Box::new(server) }
}

fn idrac_of(generation: Generation, firmware: Option<&str>) -> Machine {
    let options = IdracOptions { firmware: firmware.map(str::to_owned), ..IdracOptions::of(generation) };
    let server = idrac::spawn(options).unwrap();
    let connection =
        json!({ "idrac_url": server.url(), "idrac_username": "root", "idrac_password": "calvin" });
    let version = format!("iDRAC of generation {generation:?} {}", firmware.unwrap_or_default());
    Machine { version, connection, _server: Box::new(server) }
}

fn s3() -> Machine {
    let s3::Options { access_key, secret_key, .. } = s3::Options::default();
    let server = S3::start(s3::Options::default()).unwrap();
    server.change("there", |_| ());
    let connection =
        json!({ "s3_endpoint": server.url(), "s3_access_key": access_key, "s3_secret_key": secret_key });
    Machine { version: "S3".into(), connection, _server: Box::new(server) }
}

fn run(module: &str, args: &Value, checks: bool) -> Map<String, Value> {
    let entry = MODULES.iter().find(|entry| entry.name == module).unwrap();
    let Value::Object(args) = and(args.clone(), json!({ "_ansible_check_mode": checks })) else { panic!() };
    entry.run(args, &NoEnv).json
}

fn live((module, there, gone): Life, machine: &Machine) {
    let Machine { version, connection, .. } = machine;
    let there = and(serde_json::from_str(there).unwrap(), connection.clone());
    let gone = and(there.clone(), serde_json::from_str(gone).unwrap());
    for (args, end) in [(there, "there"), (gone, "gone")] {
        for (step, checks, changes) in [
            ("check mode", true, true),
            ("a run", false, true),
            ("a second run", false, false),
            ("check mode after it", true, false),
        ] {
            let answer = run(module, &args, checks);
            let is_well = !answer.contains_key("failed") && answer["changed"] == changes;
            assert!(is_well, "{version}, {module}, {end}, {step}: {answer:?}");
        }
    }
}

#[test]
fn every_module_lives_with_every_release_of_truenas() {
    for release in Release::ALL {
        for life in TRUENAS_LIVES {
            live(life, &truenas_of(release));
        }
    }
}

#[test]
fn every_module_lives_with_every_generation_of_the_idrac() {
    for (generation, firmware) in [
        (Generation::Thirteen, None),
        (Generation::Fourteen, Some("5.10.30.00")),
        (Generation::Fourteen, None),
    ] {
        for life in IDRAC_LIVES {
            live(life, &idrac_of(generation, firmware));
        }
    }
}

#[test]
fn every_module_lives_with_s3() {
    for life in S3_LIVES {
        live(life, &s3());
    }
}

#[test]
fn no_module_of_a_benchs_machines_is_missing_here() {
    let lives = S3_LIVES.iter().chain(&TRUENAS_LIVES).chain(&IDRAC_LIVES);
    let listed: Vec<&str> = lives.map(|(module, ..)| *module).chain([ELSEWHERE]).collect();
    let is_of_a_bench =
        |name: &str| ["s3_", "truenas_", "idrac_", "openshift_"].iter().any(|it| name.starts_with(it));
    for entry in MODULES.iter().filter(|entry| is_of_a_bench(entry.name) && !entry.name.ends_with("_info")) {
        assert!(listed.contains(&entry.name), "{} has no life here", entry.name);
    }
}
