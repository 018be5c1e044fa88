//! Where a campaign stands: which vehicles are in which wave, what was made for each, and who is next.
use crate::{
    text::Text,
    threshold::{Tally, Threshold},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A campaign: a fleet that is updated in waves, by one job or by several that go on with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its id, of which the idempotency keys of all its requests are made.
    pub campaign_id: String,
    /// Counts the changes, so that of two files of one campaign the newer one is known.
    #[serde(default)]
    pub revision: u64,
    /// The job that began it, the commit of its test suite and the suite's name: a record that is asked for again must be the same.
    #[serde(default)]
    pub begun_by: BegunBy,
    /// One entry for each vehicle, in the order in which they are begun.
    #[serde(default)]
    pub vehicles: Vec<Vehicle>,
}

/// What all records of a campaign say of the job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunBy {
    /// As in the test events.
    pub ansible_job_id: String,
    /// As in the test events.
    pub git_sha: String,
    /// As in the test events.
    pub suite_name: String,
    /// What else all test events say, such as who started the job.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// How far a vehicle is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Stage {
    /// Nothing was begun.
    #[default]
    Waiting,
    /// Something was begun; what exists may not all be known.
    Starting,
    /// Its deployment exists.
    Updating,
    /// It has a verdict, which may not be recorded yet.
    Ended,
    /// All is said and recorded.
    Closed,
}

impl TryFrom<String> for Stage {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "waiting" => Ok(Self::Waiting),
            "starting" => Ok(Self::Starting),
            "updating" => Ok(Self::Updating),
            "ended" => Ok(Self::Ended),
            "closed" => Ok(Self::Closed),
            _ => Err("the stage of a vehicle is not one of waiting, starting, updating, ended and closed"),
        }
    }
}

/// The outcome of a vehicle's test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub enum Verdict {
    /// The test passed.
    #[serde(rename = "PASS")]
    Pass,
    /// The test failed.
    #[serde(rename = "FAIL")]
    Fail,
    /// Something prevented the test from starting.
    #[serde(rename = "not_tested")]
    NotTested,
}

impl TryFrom<String> for Verdict {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "PASS" => Ok(Self::Pass),
            "FAIL" => Ok(Self::Fail),
            "not_tested" => Ok(Self::NotTested),
            _ => Err("the status of a vehicle is not one of PASS, FAIL and not_tested"),
        }
    }
}

/// A vehicle of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vehicle {
    /// Its name in the inventory.
    pub host: String,
    /// Its wave, counted from 1.
    pub wave: usize,
    /// How far it is.
    pub stage: Stage,
    /// Its identification number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vin: Option<String>,
    /// The build level that it is updated from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The build level that it is updated to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// A digest of both levels and their ECUs, which shows whether they are still those it was begun with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// Whether it is verified after its update: then it does not pass without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub verifies: bool,
    /// The verdict, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Verdict>,
    /// The verdict in a sentence.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub summary: Text,
    /// What was made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_event_id: Option<Text>,
    /// What was made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_event_id: Option<Text>,
    /// What was made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_event_id: Option<Text>,
    /// What was made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<Text>,
    /// When it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it had a verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// The states of its update, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<StateChange>,
}

impl Vehicle {
    /// What is kept in the words of others: of the server, or of a task that failed.
    pub fn words_mut(&mut self) -> impl Iterator<Item = &mut Text> {
        self.states.iter_mut().map(|change| &mut change.state).chain([&mut self.summary])
    }
}

/// A state that an update was in from a moment on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateChange {
    /// In the server's words.
    pub state: Text,
    /// When it was first seen.
    pub at: Timestamp,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// This wave, with the vehicles at these places.
    Wave {
        /// Counted from 1.
        number: usize,
        /// Those of its vehicles that have no verdict yet.
        vehicles: Vec<usize>,
    },
    /// No new wave: more have failed than may. A sentence says so.
    Stopped(String),
    /// Every vehicle has its verdict.
    Over,
}

impl Campaign {
    /// Adds the vehicles that are new to it, in waves of these sizes, which come after those that are there.
    pub fn add(&mut self, vehicles: Vec<Vehicle>, waves: &[usize]) {
        let last = self.waves();
        let numbers = waves.iter().enumerate().flat_map(|(wave, size)| std::iter::repeat_n(wave, *size));
        self.vehicles.extend(
            vehicles
                .into_iter()
                .zip(numbers)
                .map(|(vehicle, wave)| Vehicle { wave: last + wave + 1, ..vehicle }),
        );
    }

    /// The number of waves.
    pub fn waves(&self) -> usize {
        self.vehicles.iter().map(|vehicle| vehicle.wave).max().unwrap_or_default()
    }

    /// The places of the vehicles, by host.
    pub fn places(&self) -> HashMap<String, usize> {
        self.vehicles.iter().enumerate().map(|(place, vehicle)| (vehicle.host.clone(), place)).collect()
    }

    /// How many have an outcome.
    pub fn tally(&self) -> Tally {
        let count = |fits: fn(&Vehicle) -> bool| self.vehicles.iter().filter(|it| fits(it)).count();
        Tally {
            begun: count(|it| it.stage > Stage::Waiting),
            finished: count(|it| it.stage >= Stage::Ended),
            failed: count(|it| it.stage >= Stage::Ended && it.status != Some(Verdict::Pass)),
        }
    }

    /// What comes next: a wave that was begun is brought to its end; another one begins only if no more have failed than may.
    pub fn next(&self, threshold: &Threshold) -> Step {
        let open = self.vehicles.iter().filter(|it| it.stage < Stage::Ended);
        let Some(number) = open.map(|vehicle| vehicle.wave).min() else { return Step::Over };
        let tally = self.tally();
        if !self.is_begun(number) && threshold.is_exceeded(tally) {
            return Step::Stopped(format!(
                "{} of {} vehicles failed, more than {threshold}, so no further vehicle was started",
                tally.failed, tally.begun
            ));
        }
        Step::Wave { number, vehicles: self.open_in(number) }
    }

    /// Whether something was begun with a vehicle of this wave: then it is brought to its end, whatever happens in it.
    pub fn is_begun(&self, wave: usize) -> bool {
        self.vehicles.iter().any(|it| it.wave == wave && it.stage > Stage::Waiting)
    }

    /// The places of the vehicles of this wave that have no verdict yet.
    pub fn open_in(&self, wave: usize) -> Vec<usize> {
        let is_open = |vehicle: &Vehicle| vehicle.wave == wave && vehicle.stage < Stage::Ended;
        (0..self.vehicles.len()).filter(|place| is_open(&self.vehicles[*place])).collect()
    }
}

#[cfg(test)]
mod tests;
