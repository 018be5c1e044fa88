//! What is known of one vehicle.
use crate::{Environment, Verdict, text};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a report says of a host of which nothing is known.
const NO_VERDICT: &str = "There is no verdict yet.";

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
    /// What was to be installed. Only of a vehicle that passed it is known that it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ecus: Vec<EcuChange>,
    /// The environment that it was tested with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
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
    /// The test event of the test that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_test_event_id: Option<String>,
    /// Why the server does not have the verdict; none if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_recorded: Option<String>,
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

impl EcuChange {
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let Self { ecu_name, from, to } = self;
        [ecu_name].into_iter().chain(from).chain(to)
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
            previous_test_event_id: None,
            not_recorded: None,
            lease_name: None,
            artifact_urls: vec![],
        }
    }

    /// Every text in it.
    pub(crate) fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let Self {
            host,
            vin,
            status: _,
            summary,
            seconds: _,
            started: _,
            finished: _,
            states,
            ecus,
            environment,
            source_event_id,
            target_event_id,
            deployment_id,
            test_event_id,
            previous_test_event_id,
            not_recorded,
            lease_name,
            artifact_urls,
        } = self;
        [host, summary]
            .into_iter()
            .chain([vin, source_event_id, target_event_id, deployment_id].into_iter().flatten())
            .chain([test_event_id, previous_test_event_id, not_recorded, lease_name].into_iter().flatten())
            .chain(states.iter_mut().map(|state| &mut state.state))
            .chain(ecus.iter_mut().flat_map(EcuChange::texts))
            .chain(environment.iter_mut().flat_map(Environment::texts))
            .chain(artifact_urls)
    }

    /// A vehicle that the report is about, and of which nothing else is known.
    pub(crate) fn without_verdict(host: &str) -> Self {
        Self { summary: NO_VERDICT.into(), ..Self::new(host, Verdict::Unknown) }
    }

    /// Whether it says only that nothing is known of the host.
    pub(crate) fn is_placeholder(&self) -> bool {
        // The first comparison is enough for most, and takes no memory.
        self.summary == NO_VERDICT && *self == Self::without_verdict(&self.host)
    }

    /// Whether somebody has to find out what happened, or to put it on record.
    pub(crate) fn needs_attention(&self) -> bool {
        self.status.needs_attention() || self.not_recorded.is_some()
    }

    /// The outcome in words as they may be shown, which say so where nobody gave a reason, and where the server does not have it.
    pub(crate) fn reason(&self) -> String {
        let mut reason = text::clean(&self.summary);
        if reason.trim().is_empty() && self.status.needs_attention() {
            reason = "No reason was given.".into();
        }
        if let Some(why) = &self.not_recorded {
            let end = reason.trim_end();
            let gap = if end.is_empty() || end.ends_with(['.', '!', '?']) { " " } else { ". " };
            let all = format!("{end}{gap}Recording the verdict failed: {}", text::clean(why));
            reason = all.trim_start().into();
        }
        reason
    }

    /// How many seconds the test took, as far as that is known.
    pub(crate) fn duration(&self) -> Option<f64> {
        let first = self.started.or(self.states.first().map(|state| state.at));
        self.seconds.or_else(|| Some(self.finished?.duration_since(first?).as_secs_f64().max(0.0)))
    }

    /// What was made for it, as (what, id).
    pub(crate) fn ids(&self) -> Vec<(&'static str, &str)> {
        [
            ("test event", &self.test_event_id),
            ("previous test event", &self.previous_test_event_id),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_that_the_server_does_not_have_is_said_to_be_missing_there() {
        let why = || Some("503".to_owned());
        for (summary, not_recorded, said) in [
            ("Updated.", why(), "Updated. Recording the verdict failed: 503"),
            ("updated", why(), "updated. Recording the verdict failed: 503"),
            ("", why(), "Recording the verdict failed: 503"),
            ("Updated.", None, "Updated."),
        ] {
            let needs_attention = not_recorded.is_some();
            let vehicle =
                Vehicle { summary: summary.into(), not_recorded, ..Vehicle::new("car1", Verdict::Pass) };
            assert_eq!((vehicle.reason().as_str(), vehicle.needs_attention()), (said, needs_attention));
        }
    }
}
