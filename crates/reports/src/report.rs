//! The report itself: what is known of each vehicle, what it adds up to, and its JSON form.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the JSON form, which [`Report::from_json`] requires. `collection/docs/report.schema.json` describes it.
pub const SCHEMA: u32 = 1;

/// The outcome of the tests of one or many vehicles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Such as the name of the campaign or of the test suite.
    pub title: String,
    /// Where the run can be seen in ARA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ara_url: Option<String>,
    /// Where the job can be seen, in the Automation Platform for example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_url: Option<String>,
    /// One entry for each vehicle, each host once.
    pub vehicles: Vec<Vehicle>,
}

/// How a vehicle's test came out, and of all of them together the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// The test passed.
    #[serde(rename = "PASS")]
    Pass,
    /// The test has not finished.
    #[serde(rename = "running")]
    Running,
    /// Something prevented the test; nothing is known about the vehicle.
    #[serde(rename = "not_tested")]
    NotTested,
    /// The test failed.
    #[serde(rename = "FAIL")]
    Fail,
}

/// One vehicle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vehicle {
    /// Its name in the inventory.
    pub host: String,
    /// Its vehicle identification number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vin: Option<String>,
    /// The outcome.
    pub status: Verdict,
    /// The outcome in a sentence: what was tested, or why it failed.
    #[serde(default)]
    pub summary: String,
    /// How many seconds the test took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// When it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// The states of its update, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<StateChange>,
    /// What was installed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ecus: Vec<EcuChange>,
    /// The environment package and its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The source event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_event_id: Option<String>,
    /// The target event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_event_id: Option<String>,
    /// The deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// The test event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_event_id: Option<String>,
    /// The lease under which the bench was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_name: Option<String>,
    /// Where logs and other artifacts are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifact_urls: Vec<String>,
}

/// A state that an update was in from a moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// In the server's words.
    pub state: String,
    /// Since when.
    pub at: Timestamp,
}

/// The software of a control unit before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EcuChange {
    /// Its name.
    pub ecu_name: String,
    /// The version it had; none if that isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The version it was to get; none if it was to keep its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// How many vehicles have each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub total: usize,
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Not tested.
    pub not_tested: usize,
    /// Not finished.
    pub running: usize,
}

/// Why there is no report. `Display` is a clause.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not the JSON form of a report.
    #[error("it is not a report in JSON form: {0}")]
    Json(#[from] serde_json::Error),
    /// It was written by a version of this program with another form.
    #[error("it has the form {found}, and this version reads the form {SCHEMA}")]
    Schema {
        /// The form it says it has.
        found: Value,
    },
    /// The template can't be used.
    #[error("the template can't be used: {0}")]
    Template(String),
    /// `JUnit` XML can't be written.
    #[error("JUnit XML can't be written: {0}")]
    Junit(#[from] quick_junit::SerializeError),
}

impl Report {
    /// A report without vehicles.
    pub fn new(title: impl Into<String>) -> Self {
        Self { schema: SCHEMA, title: title.into(), ara_url: None, job_url: None, vehicles: vec![] }
    }

    /// Reads the JSON form.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text)?;
        let found = value.get("schema").cloned().unwrap_or_default();
        if value.is_object() && found != SCHEMA {
            return Err(Error::Schema { found });
        }
        Ok(serde_json::from_value(value)?)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Result<String, Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Adds the vehicles of another report, such as that of another slice of the same job. Of a host in both, the test that finished
    /// last counts, and one that has finished counts more than one that has not.
    pub fn merge(&mut self, other: Report) {
        self.ara_url = self.ara_url.take().or(other.ara_url);
        self.job_url = self.job_url.take().or(other.job_url);
        for vehicle in other.vehicles {
            match self.vehicles.iter_mut().find(|known| known.host == vehicle.host) {
                Some(known) if vehicle.age() >= known.age() => *known = vehicle,
                Some(_) => {}
                None => self.vehicles.push(vehicle),
            }
        }
    }

    /// How many vehicles have each verdict.
    pub fn counts(&self) -> Counts {
        let count = |verdict| self.vehicles.iter().filter(|vehicle| vehicle.status == verdict).count();
        Counts {
            total: self.vehicles.len(),
            passed: count(Verdict::Pass),
            failed: count(Verdict::Fail),
            not_tested: count(Verdict::NotTested),
            running: count(Verdict::Running),
        }
    }

    /// The worst verdict of any vehicle; without vehicles nothing was tested.
    pub fn verdict(&self) -> Verdict {
        self.vehicles.iter().map(|vehicle| vehicle.status).max().unwrap_or(Verdict::NotTested)
    }
}

impl Vehicle {
    /// A vehicle of which no more is known.
    pub fn new(host: impl Into<String>, status: Verdict) -> Self {
        Self {
            host: host.into(),
            vin: None,
            status,
            summary: String::new(),
            seconds: None,
            started: None,
            finished: None,
            states: vec![],
            ecus: vec![],
            environment: None,
            source_event_id: None,
            target_event_id: None,
            deployment_id: None,
            test_event_id: None,
            lease_name: None,
            artifact_urls: vec![],
        }
    }

    /// What decides between two reports on one vehicle.
    fn age(&self) -> (bool, Option<Timestamp>) {
        (self.status != Verdict::Running, self.finished)
    }

    /// What was made for it, as (what, id).
    pub(crate) fn ids(&self) -> Vec<(&'static str, &str)> {
        [
            ("test event", &self.test_event_id),
            ("source event", &self.source_event_id),
            ("target event", &self.target_event_id),
            ("deployment", &self.deployment_id),
            ("lease", &self.lease_name),
        ]
        .into_iter()
        .filter_map(|(what, id)| Some((what, id.as_deref()?)))
        .collect()
    }
}

impl Verdict {
    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::NotTested => "NOT TESTED",
            Self::Running => "RUNNING",
        }
    }

    /// As class in the page.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotTested => "not-tested",
            Self::Running => "running",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<Timestamp> {
        Timestamp::from_second(seconds).ok()
    }

    #[test]
    fn the_worst_verdict_is_that_of_all() {
        let mut report = Report::new("x");
        assert_eq!(report.verdict(), Verdict::NotTested);
        for (verdict, worst) in [
            (Verdict::Pass, Verdict::Pass),
            (Verdict::Running, Verdict::Running),
            (Verdict::NotTested, Verdict::NotTested),
            (Verdict::Fail, Verdict::Fail),
            (Verdict::Pass, Verdict::Fail),
        ] {
            report.vehicles.push(Vehicle::new(report.vehicles.len().to_string(), verdict));
            assert_eq!(report.verdict(), worst);
        }
        assert_eq!(report.counts(), Counts { total: 5, passed: 2, failed: 1, not_tested: 1, running: 1 });
    }

    #[test]
    fn of_two_tests_of_a_vehicle_the_later_counts_and_a_finished_one_more_than_another() {
        let one = |status, finished| Vehicle { finished, ..Vehicle::new("car1", status) };
        let merged = |first: Vehicle, second: Vehicle| {
            let mut report = Report { vehicles: vec![first], ..Report::new("x") };
            report.merge(Report {
                vehicles: vec![second, Vehicle::new("car2", Verdict::Pass)],
                ..Report::new("y")
            });
            assert_eq!(report.vehicles.len(), 2);
            report.vehicles[0].status
        };
        assert_eq!(merged(one(Verdict::Fail, at(1)), one(Verdict::Pass, at(2))), Verdict::Pass);
        assert_eq!(merged(one(Verdict::Fail, at(2)), one(Verdict::Pass, at(1))), Verdict::Fail);
        assert_eq!(merged(one(Verdict::Fail, at(2)), one(Verdict::Running, at(3))), Verdict::Fail);
        assert_eq!(merged(one(Verdict::Running, None), one(Verdict::Fail, None)), Verdict::Fail);
    }

    #[test]
    fn json_comes_back_as_it_was() {
        let mut car = Vehicle {
            started: at(1),
            finished: at(9),
            seconds: Some(8.5),
            ..Vehicle::new("car1", Verdict::Fail)
        };
        car.states.push(StateChange { state: "COMPLETE".into(), at: at(7).unwrap() });
        car.ecus.push(EcuChange { ecu_name: "Gateway".into(), from: Some("1".into()), to: None });
        let report = Report {
            vehicles: vec![car, Vehicle::new("\0<&\u{202e}", Verdict::NotTested)],
            ..Report::new("x")
        };
        assert_eq!(Report::from_json(&report.to_json().unwrap()).unwrap(), report);
    }

    #[test]
    fn the_published_schema_knows_every_field() {
        let schema: Value =
            serde_json::from_str(include_str!("../../../collection/docs/report.schema.json")).unwrap();
        let time = at(1);
        let full = Vehicle {
            vin: Some(String::new()),
            seconds: Some(1.0),
            started: time,
            finished: time,
            states: vec![StateChange { state: String::new(), at: time.unwrap() }],
            ecus: vec![EcuChange {
                ecu_name: String::new(),
                from: Some(String::new()),
                to: Some(String::new()),
            }],
            environment: Some(String::new()),
            source_event_id: Some(String::new()),
            target_event_id: Some(String::new()),
            deployment_id: Some(String::new()),
            test_event_id: Some(String::new()),
            lease_name: Some(String::new()),
            artifact_urls: vec![String::new()],
            ..Vehicle::new("a", Verdict::Pass)
        };
        let report = Report {
            ara_url: Some(String::new()),
            job_url: Some(String::new()),
            vehicles: vec![full],
            ..Report::new("x")
        };
        let written: Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
        let keys = |value: &Value| {
            value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>()
        };
        let vehicle = &schema["properties"]["vehicles"]["items"]["properties"];
        assert_eq!(keys(&written), keys(&schema["properties"]));
        assert_eq!(keys(&written["vehicles"][0]), keys(vehicle));
        for list in ["states", "ecus"] {
            assert_eq!(keys(&written["vehicles"][0][list][0]), keys(&vehicle[list]["items"]["properties"]));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for (text, why) in [
            ("[]", "not a report"),
            ("{}", "it has the form null"),
            (r#"{"schema": 2}"#, "it has the form 2"),
            (
                r#"{"schema": 1, "title": "x", "vehicles": [{"host": "a", "status": "perhaps"}]}"#,
                "unknown variant",
            ),
        ] {
            let error = Report::from_json(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
