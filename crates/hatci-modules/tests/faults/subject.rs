//! The modules, each with the call that decides, which is the one that goes wrong.
use crate::fault::{Fault, Reach};
use crate::scripted_server::{Request, ScriptedServer, Step, Stream, json};
use ansible_module::{Module, NoEnv, run};
use hatci_modules::{
    HatciCreateEvent, HatciDeployEvent, HatciFixEvent, HatciInfo, HatciTestEvent, HatciTestEventUpdate,
    HatciUpdateStatus,
};
use serde_json::{Map, Value};
use std::net::TcpStream;

pub(crate) const TOKEN: &str = "hush-0815-t0ken";

pub(crate) struct Subject {
    pub(crate) name: &'static str,
    run: fn(Map<String, Value>) -> Map<String, Value>,
    /// Options beside those of the connection, as JSON.
    options: &'static str,
    /// Method and last part of the path of the call that goes wrong; those before it are answered well.
    decides: (&'static str, &'static str),
}

pub(crate) const SUBJECTS: &[Subject] = &[
    // It asks in several places whether anybody answers, so all of them go wrong.
    subject::<HatciInfo>("{}", ("GET", "")),
    subject::<HatciCreateEvent>(
        r#"{"vin": "1HGBH41JXMN109186", "tester_name": "Kim", "program_name": "CV", "model_year": "2026", "update_type": "UROM",
            "region": "NA", "build_level": "B2", "ecus": [{"ecu_name": "CCU", "part_number": "96560", "sw_version": "2.0"}],
            "idempotency_key": "job-7"}"#,
        ("POST", "/events"),
    ),
    subject::<HatciFixEvent>(r#"{"event_id": "E-1"}"#, ("POST", "/fix")),
    subject::<HatciDeployEvent>(
        r#"{"event_id": "E-2", "idempotency_key": "job-7"}"#,
        ("POST", "/deployments"),
    ),
    subject::<HatciUpdateStatus>(r#"{"deployment_id": "D-1"}"#, ("GET", "/D-1")),
    subject::<HatciTestEvent>(
        r#"{"vin": "1HGBH41JXMN109186", "event_id": "pending", "ansible_job_id": "7", "git_sha": "c0ffee", "suite_name": "ota",
            "idempotency_key": "job-7"}"#,
        ("POST", "/test_events"),
    ),
    subject::<HatciTestEventUpdate>(
        r#"{"test_event_id": "T-1", "status": "PASS", "summary": "good"}"#,
        ("PATCH", "/T-1"),
    ),
];

const fn subject<M: Module>(options: &'static str, decides: (&'static str, &'static str)) -> Subject {
    Subject { name: M::NAME, run: |args| run::<M>(args, &NoEnv).json, options, decides }
}

impl Subject {
    /// The module's answer under that fault.
    pub(crate) fn run(&self, fault: &Fault) -> Map<String, Value> {
        let Reach { url, ca_path, _server } = fault.server(self.decides);
        let mut args: Map<String, Value> = serde_json::from_str(self.options).unwrap();
        args.insert("hatci_base_url".into(), url.into());
        args.insert("hatci_token".into(), TOKEN.into());
        args.insert("retries".into(), 1.into());
        args.insert("timeout".into(), 1.into());
        args.insert("deadline".into(), 3.into());
        args.extend(ca_path.map(|path| ("hatci_ca_path".to_owned(), path.to_string_lossy().into())));
        (self.run)(args)
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
    decides: (&'static str, &'static str),
    step: Step,
    accept: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
) -> ScriptedServer {
    let answer = move |request: &Request| {
        if request.method == decides.0 && request.target.trim_end_matches("?again").ends_with(decides.1) {
            step.clone()
        } else {
            good(request)
        }
    };
    ScriptedServer::answering_and_accepting(answer, accept)
}
