//! The S3 modules against a server that checks signatures: check mode predicts, a run changes, a second run does not.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod artifact;
mod info;
mod interruption;
mod store;

use ansible_module::{Module, NoEnv, run};
use bench_sim::s3::{Options, S3};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

/// A server for one test, and a folder for files.
struct Lab {
    s3: S3,
    folder: TempDir,
}

impl Lab {
    fn start() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        Self { s3: S3::start(options).unwrap(), folder: TempDir::new().unwrap() }
    }

    /// With the buckets `lab-private` and `lab-public`.
    fn with_buckets() -> Self {
        let lab = Self::start();
        lab.s3.change("lab-private", |_| ());
        lab.s3.change("lab-public", |_| ());
        lab
    }

    /// These options, and those of the connection.
    fn args(&self, options: &Value) -> Map<String, Value> {
        let Options { access_key, secret_key, .. } = Options::default();
        let mut args =
            json!({ "s3_endpoint": self.s3.url(), "s3_access_key": access_key, "s3_secret_key": secret_key });
        let args = args.as_object_mut().unwrap();
        args.extend(options.as_object().cloned().unwrap());
        std::mem::take(args)
    }

    fn run<M: Module>(&self, options: &Value) -> Map<String, Value> {
        let answer = run::<M>(self.args(options), &NoEnv).json;
        assert!(!Value::from(answer.clone()).to_string().contains("planted"), "{answer:?}");
        answer
    }

    fn check<M: Module>(&self, options: &Value) -> Map<String, Value> {
        let mode = json!({ "_ansible_check_mode": true, "_ansible_diff": true, "_ansible_verbosity": 4 });
        self.run::<M>(&and(options, &mode))
    }

    /// Check mode predicts a change and makes none, a run makes it, and then there is nothing left to do.
    fn four_times<M: Module>(&self, options: &Value) -> Map<String, Value> {
        self.s3.seen();
        let predicted = self.check::<M>(options);
        assert_eq!((&predicted["changed"], predicted.get("failed")), (&json!(true), None), "{predicted:?}");
        assert!(predicted["diff"]["before"] != predicted["diff"]["after"], "{predicted:?}");
        assert!(self.s3.seen().iter().all(|it| matches!(it.method.as_str(), "GET" | "HEAD")));
        let made = self.run::<M>(options);
        assert_eq!((&made["changed"], made.get("failed")), (&json!(true), None), "{made:?}");
        assert_eq!(made["housekeeping"]["verified"], true, "{made:?}");
        assert_eq!(predicted["processing"]["actions"], made["processing"]["actions"]);
        self.s3.seen();
        for again in [self.run::<M>(options), self.check::<M>(options)] {
            assert_eq!((&again["changed"], again.get("failed")), (&json!(false), None), "{again:?}");
        }
        assert!(self.s3.seen().iter().all(|it| matches!(it.method.as_str(), "GET" | "HEAD")));
        made
    }

    /// A file of so many MiB, no two of which are the same.
    fn file(&self, mib: u8) -> PathBuf {
        let path = self.folder.path().join("agent.iso");
        let bytes: Vec<u8> = (0..mib).flat_map(|number| vec![number; 1 << 20]).collect();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// `options` with more in it.
fn and(options: &Value, more: &Value) -> Value {
    let mut all = options.as_object().cloned().unwrap();
    all.extend(more.as_object().cloned().unwrap());
    all.into()
}

fn kind(answer: &Map<String, Value>) -> &str {
    answer["error"]["kind"].as_str().unwrap()
}

fn msg(answer: &Map<String, Value>) -> &str {
    answer["msg"].as_str().unwrap()
}
