//! What `jumpstarter_lease` returns.
use ansible_module::Results;
use jumpstarter::Lease;
use serde_json::{Map, Value, json};

/// What `jumpstarter_lease` returns.
#[derive(Results, Default)]
pub struct LeaseResults {
    /// The lease's name, even if it could not be acquired. In check mode, `pending` if it would have been created.
    #[result(
        returned = "when the name is known, and in check mode",
        sample = "ansible-vehicle-001-3f2a9c1d7e40"
    )]
    pub(crate) lease_name: Option<String>,
    /// The exporter that was assigned.
    #[result(returned = "when a bench was assigned", sample = "vehicle_001")]
    pub(crate) exporter: Option<String>,
    /// When the current term of the lease ends, by the controller's clock. A lease that is kept alive is extended before that.
    #[result(returned = "when a bench was assigned", sample = "2026-11-20T20:48:58Z")]
    pub(crate) expires_at: Option<String>,
    /// Seconds until `expires_at`; 0 once the lease has ended.
    #[result(returned = "when a bench was assigned", sample = 295.5)]
    pub(crate) remaining: Option<f64>,
    /// When the lease ends at the latest: `duration` after its start. A lease that is kept alive is extended until then.
    #[result(returned = "when a bench was assigned", sample = "2026-11-20T21:13:58Z")]
    pub(crate) ends_at: Option<String>,
    /// The conditions that the controller reports: `type`, `status`, `reason` and `message` of each condition.
    #[result(returned = "when the lease was read")]
    pub(crate) conditions: Option<Vec<Value>>,
    /// All tags of the lease.
    #[result(returned = "when the lease was read", sample = { "job": "awx-12.1f0c2a9beffffffc.7-4711", "host": "ee-1", "user": "kim" })]
    pub(crate) tags: Option<Map<String, Value>>,
    /// The log file of the process that extends the leases.
    #[result(returned = "when leases are kept alive", sample = "/run/user/1000/job-guard-1000/7-4711.log")]
    pub(crate) keepalive_log: Option<String>,
}

impl LeaseResults {
    pub(crate) fn take(&mut self, lease: &Lease) {
        self.exporter.clone_from(&lease.exporter);
        self.expires_at = lease.expires_at().map(|time| time.to_string());
        self.remaining = lease.remaining().map(|time| time.as_secs_f64());
        self.ends_at = lease.ends_at().map(|time| time.to_string());
        self.conditions = Some(
            lease
                .conditions
                .iter()
                .map(|condition| {
                    json!({
                        "type": condition.kind,
                        "status": condition.status,
                        "reason": condition.reason,
                        "message": condition.message,
                    })
                })
                .collect(),
        );
        self.tags = Some(lease.tags.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect());
    }
}
