//! A SUMS server for one test, and modules run against it.
use ansible_module::{Module, NoEnv, run};
use serde_json::{Map, Value, json};
use sums_sim::{Options, Server};

pub(crate) const VIN: &str = "1HGBH41JXMN109186";
const TOKEN: &str = "sim-token";

pub(crate) struct Sums(pub(crate) Server);

impl Sums {
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Sums(sums_sim::spawn(options).unwrap())
    }

    /// The answer of module `M`; no repetitions, so that a refusal is quick.
    pub(crate) fn run<M: Module>(&self, args: Value) -> Map<String, Value> {
        self.run_as::<M>(args, json!({}))
    }

    pub(crate) fn check<M: Module>(&self, args: Value) -> Map<String, Value> {
        self.run_as::<M>(args, json!({ "_ansible_check_mode": true, "_ansible_diff": true }))
    }

    fn run_as<M: Module>(&self, args: Value, about: Value) -> Map<String, Value> {
        run_at::<M>(&self.0.url(), and(json!({ "retries": 0 }), and(args, about)))
    }

    /// Methods of all requests so far.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.0.requests().iter().map(|entry| entry.method.clone()).collect()
    }
}

/// The answer of module `M` to a server at `url`.
pub(crate) fn run_at<M: Module>(url: &str, args: Value) -> Map<String, Value> {
    match and(json!({ "hatci_base_url": url, "hatci_token": TOKEN }), args) {
        Value::Object(args) => run::<M>(args, &NoEnv).json,
        other => panic!("{other} is no dict"),
    }
}

pub(crate) fn event(update_type: &str) -> Value {
    json!({
        "tester_name": "Jane", "program_name": "OTA", "model_year": "2026", "vin": VIN, "update_type": update_type,
        "region": "US", "build_level": "2026.02.01",
        "ecus": [{ "ecu_name": "Gateway", "part_number": "GW-1", "sw_version": "2.0.0" }],
    })
}

/// `args` with more in it.
pub(crate) fn and(mut args: Value, more: Value) -> Value {
    if let (Value::Object(args), Value::Object(more)) = (&mut args, more) {
        args.extend(more);
    }
    args
}

/// The text at `key`.
pub(crate) fn text(answer: &Map<String, Value>, key: &str) -> String {
    answer.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("no {key} in {answer:?}")).into()
}

pub(crate) fn kind(answer: &Map<String, Value>) -> String {
    answer["error"]["kind"].as_str().unwrap_or_else(|| panic!("no failure: {answer:?}")).into()
}
