//! An iDRAC for one test, and modules run against it.
use ansible_module::{Module, NoEnv, run};
use bench_sim::idrac::{Generation, IdracOptions, IdracServer, spawn};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// No text of a result, a warning or a progress may hold it.
pub(crate) const PASSWORD: &str = "s3cr3t-calvin";

pub(crate) type Answer = Map<String, Value>;

pub(crate) struct Idrac(pub(crate) IdracServer);

impl Idrac {
    /// An iDRAC8, with these scenarios.
    pub(crate) fn eight(scenarios: &[&str]) -> Self {
        Self::with(Generation::Thirteen, None, scenarios)
    }

    /// An iDRAC9, with these scenarios.
    pub(crate) fn nine(scenarios: &[&str]) -> Self {
        Self::with(Generation::Fourteen, None, scenarios)
    }

    /// One of each kind that differs: iDRAC8, iDRAC9 before 6.00, iDRAC9.
    pub(crate) fn all() -> [Self; 3] {
        [Self::eight(&[]), Self::with(Generation::Fourteen, Some("5.10.30.00"), &[]), Self::nine(&[])]
    }

    /// An iDRAC9 whose jobs outlast every test.
    pub(crate) fn with_slow_jobs() -> Self {
        let options = IdracOptions {
            password: PASSWORD.into(),
            step: Duration::from_secs(3600),
            ..IdracOptions::of(Generation::Fourteen)
        };
        Idrac(spawn(options).unwrap())
    }

    pub(crate) fn with(generation: Generation, firmware: Option<&str>, scenarios: &[&str]) -> Self {
        let options = IdracOptions {
            firmware: firmware.map(str::to_owned),
            password: PASSWORD.into(),
            scenarios: scenarios.iter().map(|it| it.parse().unwrap()).collect(),
            ..IdracOptions::of(generation)
        };
        Idrac(spawn(options).unwrap())
    }

    /// The answer of module `M`.
    pub(crate) fn run<M: Module>(&self, args: &Value) -> Answer {
        self.run_as::<M>(args, json!({}))
    }

    pub(crate) fn check<M: Module>(&self, args: &Value) -> Answer {
        self.run_as::<M>(args, json!({ "_ansible_check_mode": true, "_ansible_diff": true }))
    }

    fn run_as<M: Module>(&self, args: &Value, about: Value) -> Answer {
        let all = json!({ "idrac_url": self.0.url(), "idrac_username": "root", "idrac_password": PASSWORD });
        match and(and(all, args.clone()), about) {
            Value::Object(args) => {
                let answer = run::<M>(args, &NoEnv).json;
                assert!(!json!(answer).to_string().contains("s3cr3t"), "a secret is shown: {answer:?}");
                answer
            }
            other => panic!("{other} is no dict"),
        }
    }

    /// Check mode says changed, a run changes, then neither: `between` is done after the run.
    #[track_caller]
    pub(crate) fn four_times<M: Module>(&self, args: &Value, between: impl Fn(&Self)) -> Answer {
        let before = self.writes();
        let answers = [self.check::<M>(args), {
            assert_eq!(self.writes(), before, "check mode wrote");
            self.run::<M>(args)
        }];
        for answer in &answers {
            assert_eq!((answer["changed"].as_bool(), answer.get("error")), (Some(true), None), "{answer:?}");
        }
        assert!(answers[0]["diff"]["before"] != answers[0]["diff"]["after"], "{:?}", answers[0]["diff"]);
        between(self);
        let written = self.writes();
        for answer in [self.run::<M>(args), self.check::<M>(args)] {
            assert_eq!((answer["changed"].as_bool(), answer.get("error")), (Some(false), None), "{answer:?}");
        }
        assert_eq!(self.writes(), written, "an unchanged run wrote");
        let [_, run] = answers;
        run
    }

    /// Restarts the server, and waits until its jobs have ended.
    pub(crate) fn restart(&self) {
        self.0.restart();
        let all = json!({ "gather": ["jobs"] });
        loop {
            let info = self.run::<hatci_modules::IdracInfo>(&all);
            let jobs = info["jobs"].as_array().unwrap();
            if jobs.iter().all(|job| !["Scheduled", "Running"].contains(&job["state"].as_str().unwrap())) {
                return;
            }
        }
    }

    /// Methods and paths of all requests but reads.
    pub(crate) fn writes(&self) -> Vec<String> {
        let writes = self.0.requests().into_iter().filter(|it| it.method != "GET");
        writes.map(|it| format!("{} {}", it.method, it.path)).collect()
    }

    /// How many requests wrote to a path that ends so.
    pub(crate) fn count(&self, end: &str) -> usize {
        self.writes().iter().filter(|it| it.ends_with(end)).count()
    }
}

/// `args` with more in it.
pub(crate) fn and(mut args: Value, more: Value) -> Value {
    if let (Value::Object(args), Value::Object(more)) = (&mut args, more) {
        args.extend(more);
    }
    args
}

#[track_caller]
pub(crate) fn failed(answer: &Answer, kind: &str, says: &str) {
    assert_eq!(answer["error"]["kind"], kind, "{answer:?}");
    assert!(answer["msg"].as_str().unwrap().contains(says), "{answer:?}");
}

#[track_caller]
pub(crate) fn well(answer: &Answer, changed: bool) {
    assert_eq!((answer.get("error"), answer["changed"].as_bool()), (None, Some(changed)), "{answer:?}");
}
