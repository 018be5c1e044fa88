//! The TrueNAS modules against a stand-in of each release.
mod adopting;
mod data_path;
mod deleting;
mod life;
mod looking;
mod reports;
mod unfinished;

use crate::sums::{and, kind, text};
use ansible_module::{Module, NoEnv, run};
use bench_sim::truenas::{Options, Release, Server, spawn};
use hatci_modules::TruenasIscsiTarget;
use serde_json::{Map, Value, json};

const SECRET: &str = "chap-secret-42";
/// One release of each way to speak to TrueNAS: REST and JSON-RPC.
const WAYS: [Release; 2] = [Release::V24_10, Release::V25_10];
const VOLUME: &str = "tank/benches/r630-01";

struct Truenas(Server);

impl Truenas {
    fn start(options: Options) -> Self {
        Self(spawn(options).unwrap())
    }

    fn of(release: Release) -> Self {
        Self::start(Options { release, ..Options::default() })
    }

    fn with_faults(release: Release, faults: &[&str]) -> Self {
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        Self::start(Options { release, faults, ..Options::default() })
    }

    fn run<M: Module>(&self, args: Value) -> Map<String, Value> {
        let options = Options::default();
        let connection = json!({
            "truenas_url": self.0.url(), "truenas_api_key": options.api_key, "truenas_username": options.username,
            "timeout": 20, "deadline": 60,
        });
        let Value::Object(args) = and(connection, args) else { panic!("no dict") };
        let answer = run::<M>(args, &NoEnv).json;
        let shown = json!(answer).to_string();
        assert!(!shown.contains(&options.api_key) && !shown.contains(SECRET), "{shown}");
        assert!(!shown.contains("Traceback"), "{shown}");
        answer
    }

    fn target(&self, args: Value) -> Map<String, Value> {
        self.run::<TruenasIscsiTarget>(args)
    }

    fn check(&self, args: Value) -> Map<String, Value> {
        self.target(and(args, json!({ "_ansible_check_mode": true, "_ansible_diff": true })))
    }

    /// The calls that change something.
    fn changes(&self) -> Vec<String> {
        let reads = |method: &str| {
            [".query", ".config", ".sessions", ".info", "get_jobs"].iter().any(|end| method.ends_with(end))
        };
        self.0.calls().into_iter().map(|(method, _)| method).filter(|method| !reads(method)).collect()
    }

    /// How many rows of iSCSI and zvols there are.
    fn is_bare(&self) -> bool {
        let tables = ["iscsi.target", "iscsi.extent", "iscsi.targetextent", "iscsi.initiator", "iscsi.auth"];
        let has_zvol = self.0.rows("pool.dataset").iter().any(|row| row["type"] == "VOLUME");
        tables.iter().all(|table| self.0.rows(table).is_empty()) && !has_zvol
    }
}

fn unit() -> Value {
    json!({
        "name": "r630-01", "volume": VOLUME, "size": "20G", "portal": "192.0.2.10",
        "initiators": ["iqn.1994-05.com.redhat:r630-01"], "chap": { "user": "bench", "secret": SECRET },
    })
}

fn gone() -> Value {
    and(unit(), json!({ "state": "absent", "delete_volume": true }))
}

#[track_caller]
fn changed(answer: &Map<String, Value>) -> bool {
    assert!(!answer.contains_key("failed"), "{answer:?}");
    answer["changed"].as_bool().unwrap()
}

#[track_caller]
fn refused(answer: &Map<String, Value>, of_kind: &str, says: &str) {
    assert_eq!(kind(answer), of_kind, "{answer:?}");
    assert!(text(answer, "msg").contains(says), "{answer:?}");
}
