//! What is known of one vehicle.
use crate::{Verdict, text};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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

    /// The outcome in words as they may be shown, which say so where nobody gave a reason.
    pub(crate) fn reason(&self) -> String {
        let reason = text::clean(&self.summary);
        if reason.trim().is_empty() && self.status.needs_attention() {
            "No reason was given.".into()
        } else {
            reason
        }
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
