//! The ids of one vehicle's update.
use super::described::{Described, VehicleOptions};
use serde_json::{Map, Value, json};

/// The ids of what was made, or was there, for one vehicle.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ids {
    pub(crate) source_event: Option<String>,
    pub(crate) target_event: Option<String>,
    pub(crate) test_event: Option<String>,
    pub(crate) deployment: Option<String>,
}

impl Ids {
    /// As keys of a result.
    pub(crate) fn to_map(&self) -> Map<String, Value> {
        let mut all = json!({
            "source_event_id": self.source_event,
            "target_event_id": self.target_event,
            "test_event_id": self.test_event,
            "deployment_id": self.deployment,
        });
        let mut all = all.as_object_mut().map(std::mem::take).unwrap_or_default();
        all.retain(|_, id| !id.is_null());
        all
    }
}

impl VehicleOptions {
    /// The ids that are given.
    pub(super) fn ids(&self, described: &Described) -> Ids {
        let given = |id: Option<&str>| id.filter(|id| !id.is_empty()).map(str::to_owned);
        let of = |event: &Map<String, Value>| given(event.get("event_id").and_then(Value::as_str));
        Ids {
            source_event: of(&described.source),
            target_event: of(&described.target),
            test_event: given(self.test_event_id.as_deref()),
            deployment: given(self.deployment_id.as_deref()),
        }
    }

    pub(super) fn plan(&self) -> &'static str {
        match (&self.deployment_id, &self.test_event_id) {
            (Some(_), Some(_)) => "as it is",
            (Some(_), None) => "its test is recorded",
            _ => "its events are fixed, its test is recorded, and the update is deployed",
        }
    }
}
