//! The modules that speak to a server, each with the call that decides, which is the one that goes wrong.
use crate::fault::{Fault, Reach};
use ansible_module::{Entry, NoEnv, docs::ModuleDoc};
use ansible_module_docs::examples;
use hatci_modules::MODULES;
use serde_json::{Map, Value};
use std::{net::TcpStream, path::PathBuf, sync::LazyLock};
use test_servers::{Request, ScriptedServer, Step, Stream, json};

pub(crate) const TOKEN: &str = "hush-0815-t0ken";

/// Method and last part of the path of the call that goes wrong, blank for any; those before it are answered well.
pub(crate) type Deciding = (&'static str, &'static str);

pub(crate) struct Subject {
    module: Entry,
    /// Beside those of the connection.
    options: Map<String, Value>,
    /// The options that name the server and its certificate authority.
    address: Address,
    decides: Deciding,
    /// Whether an answer that serves the modules of the table serves this one.
    pub(crate) is_in_table: bool,
}

/// How the options of a family reach its server.
#[derive(Clone, Copy)]
struct Address {
    url: &'static str,
    secret: &'static str,
    ca_path: &'static str,
    /// What else the connection needs, in JSON.
    further: &'static str,
}

const SUMS: Address = Address {
    url: "hatci_base_url",
    secret: "hatci_token",
    ca_path: "hatci_ca_path",
    further: r#"{"retries": 1}"#,
};
const S3: Address = Address {
    url: "s3_endpoint",
    secret: "s3_secret_key",
    ca_path: "ca_path",
    further: r#"{"s3_access_key": "kim"}"#,
};
const TRUENAS: Address =
    Address { url: "truenas_url", secret: "truenas_api_key", ca_path: "ca_path", further: "{}" };
const IDRAC: Address = Address {
    url: "idrac_url",
    secret: "idrac_password",
    ca_path: "ca_path",
    further: r#"{"idrac_username": "kim"}"#,
};

/// The modules of a bench's machines: all they ask goes wrong.
const OF_A_BENCH: &[(&str, &str, Address)] = &[
    ("s3_artifact_store", r#"{"private_bucket": "bench"}"#, S3),
    ("s3_artifact", r#"{"bucket": "bench", "key": "a.iso", "src": "Cargo.toml"}"#, S3),
    ("s3_artifact_info", r#"{"bucket": "bench"}"#, S3),
    ("truenas_info", "{}", TRUENAS),
    ("truenas_iscsi_target", r#"{"name": "r630-01", "volume": "tank/r630-01", "size": "1G"}"#, TRUENAS),
    ("idrac_info", "{}", IDRAC),
    ("idrac_boot", r#"{"once": "pxe"}"#, IDRAC),
    (
        "idrac_iscsi_boot",
        r#"{"function": "NIC.Integrated.1-1-1", "target": {"iqn": "iqn.2005-10.org.freenas.ctl:r630-01", "address": "192.0.2.10"}}"#,
        IDRAC,
    ),
    ("idrac_virtual_media", r#"{"image": "http://192.0.2.1/a.iso"}"#, IDRAC),
];

/// What changes something is listed here. What only reads need not be: all it asks goes wrong, and its options are those of its first
/// example.
const TABLE: &[(&str, &str, Deciding)] = &[
    // It asks in several places whether anybody answers, so all of them go wrong.
    ("hatci_info", "{}", ("GET", "")),
    // What goes wrong with one assumption is no failure of the task; it fails if nothing answers as SUMS.
    ("hatci_contract", "{}", ("GET", "")),
    (
        "hatci_create_event",
        r#"{"vin": "1HGBH41JXMN109186", "tester_name": "Kim", "program_name": "CV", "model_year": "2026", "update_type": "UROM",
            "region": "NA", "build_level": "B2", "ecus": [{"ecu_name": "CCU", "part_number": "96560", "sw_version": "2.0"}],
            "idempotency_key": "job-7"}"#,
        ("POST", "/events"),
    ),
    ("hatci_fix_event", r#"{"event_id": "E-1"}"#, ("POST", "/fix")),
    ("hatci_deploy_event", r#"{"event_id": "E-2", "idempotency_key": "job-7"}"#, ("POST", "/deployments")),
    ("hatci_update_status", r#"{"deployment_id": "D-1"}"#, ("GET", "/D-1")),
    (
        "hatci_test_event",
        r#"{"vin": "1HGBH41JXMN109186", "event_id": "pending", "ansible_job_id": "7", "git_sha": "c0ffee", "suite_name": "ota",
            "idempotency_key": "job-7"}"#,
        ("POST", "/test_events"),
    ),
    (
        "hatci_test_event_update",
        r#"{"test_event_id": "T-1", "status": "PASS", "summary": "good"}"#,
        ("PATCH", "/T-1"),
    ),
    // What goes wrong with one vehicle is no failure of the task; these fail with what goes wrong for all.
    (
        "hatci_fleet_update",
        r#"{"campaign_id": "job-7", "tester_name": "Kim", "program_name": "CV", "model_year": "2026", "region": "NA",
            "source": {"build_level": "B1", "ecus": [{"ecu_name": "CCU", "part_number": "96560", "sw_version": "1.0"}]},
            "target": {"build_level": "B2", "ecus": [{"ecu_name": "CCU", "part_number": "96560", "sw_version": "2.0"}]},
            "vehicles": [{"host": "car1", "vin": "1HGBH41JXMN109186"}]}"#,
        ("GET", "/health"),
    ),
    ("hatci_fleet_status", r#"{"deployments": {"car1": "D-1"}, "wait_timeout": 0}"#, ("GET", "/D-1")),
    (
        "hatci_fleet_close",
        r#"{"test_events": [{"host": "car1", "test_event_id": "T-1", "status": "PASS", "summary": "good"}]}"#,
        ("GET", "/health"),
    ),
];

/// In the order of the table, then those that need no line there.
pub(crate) static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    let module = |name: &str| *MODULES.iter().find(|module| module.name == name).expect(name);
    let listed = TABLE.iter().map(|&(name, options, decides)| Subject {
        module: module(name),
        options: serde_json::from_str(options).unwrap(),
        address: SUMS,
        decides,
        is_in_table: true,
    });
    let others = hatci_modules::docs().into_iter().filter(|doc| {
        let speaks_to_sums = doc.spec.options.iter().any(|option| option.name == "hatci_base_url");
        speaks_to_sums && !TABLE.iter().any(|(name, ..)| *name == doc.name)
    });
    let reading = others.map(|doc| {
        assert!(doc.reads_only, "{} changes something: add a line for it to TABLE in {}", doc.name, file!());
        Subject {
            module: module(doc.name),
            options: of_first_example(&doc),
            address: SUMS,
            decides: ("GET", ""),
            is_in_table: false,
        }
    });
    listed.chain(reading).collect()
});

/// In the order of their table.
pub(crate) static MACHINES: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    let module = |name: &str| *MODULES.iter().find(|module| module.name == name).expect(name);
    let subjects = OF_A_BENCH.iter().map(|(name, options, address)| Subject {
        module: module(name),
        options: serde_json::from_str(options).unwrap(),
        address: *address,
        decides: ("", ""),
        is_in_table: false,
    });
    subjects.collect()
});

/// What a template would have made is not known; any id does.
fn of_first_example(doc: &ModuleDoc) -> Map<String, Value> {
    let tasks = examples(doc).unwrap();
    let task = tasks[0].as_object().unwrap();
    let options = task.iter().find_map(|(key, options)| key.ends_with(doc.name).then_some(options));
    let value = |value: &Value| match value.as_str() {
        Some(text) if text.contains("{{") => "E-1".into(),
        _ => value.clone(),
    };
    let own = |(name, _): &(&String, &Value)| !["hatci_base_url", "hatci_token"].contains(&name.as_str());
    let options = options.and_then(Value::as_object).into_iter().flatten();
    options.filter(own).map(|(name, it)| (name.clone(), value(it))).collect()
}

impl Subject {
    /// Whether it asks first whether the server is there. A server without that call may show it otherwise.
    pub(crate) fn asks_for_health(&self) -> bool {
        self.decides.1 == "/health"
    }

    pub(crate) fn name(&self) -> &'static str {
        self.module.name
    }

    /// The module's answer under that fault.
    pub(crate) fn run(&self, fault: &Fault) -> Map<String, Value> {
        let Reach { url, ca_path, _server } = fault.server(self.decides);
        self.run_at(url, ca_path, 3)
    }

    /// The module's answer with a server at that address, with so many seconds for a call.
    pub(crate) fn run_at(&self, url: String, ca_path: Option<PathBuf>, deadline: u64) -> Map<String, Value> {
        let mut args = self.options.clone();
        let address = &self.address;
        args.insert(address.url.into(), url.into());
        args.insert(address.secret.into(), TOKEN.into());
        args.extend(serde_json::from_str::<Map<String, Value>>(address.further).unwrap());
        args.insert("timeout".into(), 1.into());
        args.insert("deadline".into(), deadline.into());
        args.extend(ca_path.map(|path| (address.ca_path.to_owned(), path.to_string_lossy().into())));
        self.module.run(args, &NoEnv).json
    }
}

/// What a server that works answers; the contract's least.
pub(crate) fn good(request: &Request) -> Step {
    match (request.method.as_str(), request.target.rsplit('/').next().unwrap_or_default()) {
        ("POST", "events") => json(201, r#"{"event_id": "E-1"}"#),
        ("POST", "fix") => json(200, r#"{"fixed": true}"#),
        ("POST", "deployments") => json(201, r#"{"deployment_id": "D-1"}"#),
        ("POST", "test_events") => json(201, r#"{"test_event_id": "T-1"}"#),
        ("PATCH", _) | ("GET", "health") => json(200, "{}"),
        ("GET", "vehicles") => json(200, "[]"),
        ("GET", "E-1") => json(200, r#"{"state": "CREATED"}"#),
        ("GET", "E-2") => json(200, r#"{"state": "FIXED"}"#),
        ("GET", "D-1") => json(200, r#"{"state": "PENDING"}"#),
        _ => json(404, r#"{"error": "no such thing"}"#),
    }
}

/// A server on which only the deciding call goes wrong.
pub(crate) fn going_wrong(
    decides: Deciding,
    step: Step,
    accept: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
) -> ScriptedServer {
    let answer = move |request: &Request| {
        if [request.method.as_str(), ""].contains(&decides.0)
            && request.target.trim_end_matches("?again").ends_with(decides.1)
        {
            step.clone()
        } else {
            good(request)
        }
    };
    ScriptedServer::answering_and_accepting(answer, accept)
}
