//! `jumpstarter_lease_info`
use super::client::{JumpstarterClient, failed};
use ansible_module::{Failure, InfoModule, Options, Results, SharedResults, Task};
use jumpstarter::{BlockingClient, Lease, LeaseState, Listing, REACHING, job::JobState};
use serde_json::{Map, Value, json};

/// List the leases of a Jumpstarter controller
///
/// Lists all leases in the client's namespace, including those of other clients.
#[derive(Options)]
pub struct LeaseInfoOptions {
    /// Only leases with all of these tags.
    tags: Option<Map<String, Value>>,
    /// Whether to also list leases that have ended. A controller may keep many.
    #[option(default = false)]
    ended: bool,
    #[option(flatten)]
    client: JumpstarterClient,
}

/// What `jumpstarter_lease_info` returns.
#[derive(Results, Default)]
pub struct LeaseInfoResults {
    /// The leases. `mine`: whether it is this client's. `state`: `pending`, `ready` or `ended`. `reason`: why it is
    /// pending or has ended. `expires_at`, `remaining` and `ends_at` are those of `jumpstarter_lease`. `job`: whether the job that
    /// it was created for, or one that took it over, is `running`, `over` or `unknown` (on another host, in another container, or
    /// from before a restart of the host).
    #[result(returned = "success", sample = [{ "lease_name": "ansible-vehicle-001-3f2a9c1d7e40", "client": "ci", "mine": true, "exporter": "vehicle_001",
        "state": "ready", "expires_at": "2026-11-20T20:48:58Z", "remaining": 295.5, "ends_at": "2026-11-20T21:13:58Z", "tags": { "job": "awx-12.1f0c2a9beffffffc.7-4711", "host": "ee-1", "user": "kim" }, "job": "running" }])]
    leases: Vec<Value>,
}

/// The module `jumpstarter_lease_info`.
pub struct JumpstarterLeaseInfo {
    client: BlockingClient,
    listing: Listing,
}

impl InfoModule for JumpstarterLeaseInfo {
    const NAME: &'static str = "jumpstarter_lease_info";
    const EXAMPLES: &'static str = include_str!("jumpstarter_lease_info.yml");
    type Options = LeaseInfoOptions;
    type Results = LeaseInfoResults;

    fn new(options: LeaseInfoOptions, task: &Task) -> Result<Self, Failure> {
        let wanted = options.tags.unwrap_or_default();
        let filter = wanted
            .iter()
            .map(|(tag, value)| format!("{tag}={}", value.as_str().map_or(value.to_string(), str::to_owned)));
        let listing = Listing { ended_too: options.ended, tag_filter: filter.collect::<Vec<_>>().join(",") };
        let client = BlockingClient::new(options.client.source(task)).map_err(|e| failed(&e))?;
        Ok(JumpstarterLeaseInfo { client, listing })
    }

    fn read(&mut self, results: &SharedResults<LeaseInfoResults>) -> Result<(), Failure> {
        let leases = self.client.run(async |client| {
            let myself = client.config().await.name;
            let mut leases = Vec::new();
            for lease in client.leases_patiently(&self.listing, REACHING).await? {
                leases.push(describe(&lease, &myself, client.job_of(&lease).await));
            }
            Ok(leases)
        });
        let leases = leases.map_err(|e| failed(&e))?;
        results.update(|r| r.leases = leases);
        Ok(())
    }
}

fn describe(lease: &Lease, myself: &str, job: JobState) -> Value {
    let (state, reason) = match lease.state() {
        LeaseState::Ready => ("ready", None),
        LeaseState::Pending(condition) => ("pending", condition.map(|condition| condition.message)),
        LeaseState::Ended(ended) => ("ended", Some(ended.message)),
    };
    json!({
        "lease_name": lease.name,
        "client": lease.client,
        "mine": lease.client == myself,
        "exporter": lease.exporter,
        "asked_for": lease.exporter_name.as_ref().or(lease.selector.as_ref()),
        "state": state,
        "reason": reason,
        "expires_at": lease.expires_at().map(|time| time.to_string()),
        "remaining": lease.remaining().map(|time| time.as_secs_f64()),
        "ends_at": lease.ends_at().map(|time| time.to_string()),
        "tags": lease.tags,
        "job": match job {
            JobState::Running => "running",
            JobState::Over => "over",
            JobState::Unknown => "unknown",
        },
    })
}
