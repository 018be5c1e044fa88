//! The report itself, and what its vehicles add up to.
use crate::{Vehicle, Verdict, reader::rows};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The outcome of the tests of one or many vehicles.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Report {
    /// Such as the name of the campaign or of the test suite.
    pub title: String,
    /// The run that it is about, such as the id of a job.
    pub run: Option<String>,
    /// Where the run can be seen in ARA.
    pub ara_url: Option<String>,
    /// Where the job can be seen, in the Automation Platform for example.
    pub job_url: Option<String>,
    /// What else a reader has to know, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// One entry for each test of each vehicle.
    #[serde(deserialize_with = "rows")]
    pub vehicles: Vec<Vehicle>,
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
    /// Without a verdict.
    pub unknown: usize,
    /// Not finished.
    pub running: usize,
}

impl Report {
    /// A report without vehicles.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), run: None, ara_url: None, job_url: None, notes: vec![], vehicles: vec![] }
    }

    /// How many vehicles have each verdict.
    pub fn counts(&self) -> Counts {
        let count = |verdict| self.vehicles.iter().filter(|vehicle| vehicle.status == verdict).count();
        Counts {
            total: self.vehicles.len(),
            passed: count(Verdict::Pass),
            failed: count(Verdict::Fail),
            not_tested: count(Verdict::NotTested),
            unknown: count(Verdict::Unknown),
            running: count(Verdict::Running),
        }
    }

    /// What the rows are, as it follows their number: `vehicles`, or `tests of 1 vehicle` where one was tested more than once. A vehicle is
    /// known by its host and its VIN.
    pub(crate) fn counted<'a>(rows: impl Iterator<Item = &'a Vehicle>) -> String {
        let (mut tests, mut vehicles) = (0, HashSet::new());
        for row in rows {
            tests += 1;
            vehicles.insert((&row.host, &row.vin));
        }
        let words = if vehicles.len() == 1 { "vehicle" } else { "vehicles" };
        if vehicles.len() == tests {
            words.to_owned()
        } else {
            format!("tests of {} {words}", vehicles.len())
        }
    }

    /// The worst verdict of any vehicle; without vehicles nothing was tested.
    pub fn verdict(&self) -> Verdict {
        self.vehicles.iter().map(|vehicle| vehicle.status).max().unwrap_or(Verdict::NotTested)
    }

    /// How many verdicts the server does not have.
    pub(crate) fn unrecorded(&self) -> usize {
        self.vehicles.iter().filter(|vehicle| vehicle.not_recorded.is_some()).count()
    }

    /// From the first time that is known to the last.
    pub(crate) fn period(&self) -> Option<(Timestamp, Timestamp)> {
        let of = |it: &Vehicle| {
            [it.started, it.finished]
                .into_iter()
                .flatten()
                .chain(it.states.iter().map(|state| state.at))
                .collect::<Vec<_>>()
        };
        let times = || self.vehicles.iter().flat_map(of);
        Some((times().min()?, times().max()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_is_that_of_all() {
        let mut report = Report::new("x");
        assert_eq!(report.verdict(), Verdict::NotTested);
        for (verdict, worst) in [
            (Verdict::Pass, Verdict::Pass),
            (Verdict::Running, Verdict::Running),
            (Verdict::NotTested, Verdict::NotTested),
            (Verdict::Unknown, Verdict::Unknown),
            (Verdict::Fail, Verdict::Fail),
            (Verdict::Pass, Verdict::Fail),
        ] {
            report.vehicles.push(Vehicle::new(report.vehicles.len().to_string(), verdict));
            assert_eq!(report.verdict(), worst);
        }
        let counts = Counts { total: 6, passed: 2, failed: 1, not_tested: 1, unknown: 1, running: 1 };
        assert_eq!(report.counts(), counts);
    }

    #[test]
    fn a_vehicle_that_is_tested_twice_is_one_vehicle() {
        let row = |host: &str, vin: Option<&str>| Vehicle {
            vin: vin.map(str::to_owned),
            ..Vehicle::new(host, Verdict::Fail)
        };
        for (rows, words) in [
            (vec![], "vehicles"),
            (vec![row("car1", None)], "vehicle"),
            (vec![row("car1", None), row("car2", None)], "vehicles"),
            (vec![row("localhost", Some("V1")), row("localhost", Some("V2"))], "vehicles"),
            (vec![row("localhost", Some("V1")), row("localhost", Some("V1"))], "tests of 1 vehicle"),
            (vec![row("car1", None), row("car1", None), row("car2", None)], "tests of 2 vehicles"),
        ] {
            assert_eq!(Report::counted(rows.iter()), words);
        }
    }
}
