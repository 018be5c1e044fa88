//! What `jumpstarter_lease` accepts.
use super::client::JumpstarterClient;
use ansible_module::{Choices, Options};
use serde_json::{Map, Value};

/// Acquire, renew, verify and release the lease of a bench
///
/// A lease gives you exclusive use of a bench. It lasts for a short term and is extended while this `ansible-playbook` runs, so the bench
/// becomes free soon after the run, however it ends. Every lease is tagged with job, host and user.
///
/// # Attributes
///
/// - `idempotent`: partial. Each run acquires a new lease unless `lease_name` is given.
/// - `async`: partial. With `async`, leases can't be kept alive.
#[derive(Options)]
#[options(mutually_exclusive(exporter, selector))]
pub struct LeaseOptions {
    /// The desired state of the lease.
    #[option(default = WantedState::Acquired, aliases("action"))]
    pub(crate) state: WantedState,
    /// The lease's name; required except for acquiring a bench.
    ///
    /// With a name, a bench is acquired only once: the next task with that name reuses the lease. Without a name, each task gets a new
    /// lease. Leases kept alive by another `ansible-playbook` are not reused.
    pub(crate) lease_name: Option<String>,
    /// The exporter to lease.
    pub(crate) exporter: Option<String>,
    /// Label selector; any matching exporter will do. For example `board=ev9,region!=us`.
    pub(crate) selector: Option<String>,
    /// The lease's maximum duration or, with `renewed`, its minimum from now on: `30m`, `1d3h`, `PT1H30M`, `01:30:00`, seconds.
    #[option(default = "30m")]
    pub(crate) duration: String,
    /// Additional tags for finding the lease: letters, digits, `-`, `_` and `.`; at most six, and none named `job`, `host`,
    /// `user` or `limit`.
    pub(crate) tags: Option<Map<String, Value>>,
    /// Whether to wait until the bench is free.
    #[option(default = true)]
    pub(crate) wait: bool,
    /// Maximum wait in seconds. If no bench has been assigned by then, or if the wait fails, the lease is deleted.
    #[option(default = 3600)]
    pub(crate) wait_timeout: u64,
    /// Whether to take the lease only for `lease_ttl`, and extend it as long as this `ansible-playbook` runs.
    ///
    /// True by default on a local connection; not possible elsewhere.
    pub(crate) keepalive: Option<bool>,
    /// Grace period after which an abandoned lease expires, for example when a container is killed.
    #[option(default = "5m")]
    pub(crate) lease_ttl: String,
    #[option(flatten)]
    pub(crate) client: JumpstarterClient,
}

#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum WantedState {
    /// It exists and, with `wait`, its bench is assigned.
    Acquired,
    /// It lasts at least `duration` from now. A lease is never shortened.
    Renewed,
    /// It still holds; otherwise the task fails, and the device must not be touched.
    Verified,
    /// Released.
    Released,
    /// The same as `acquired`.
    Acquire,
    /// The same as `acquired`.
    Create,
    /// The same as `renewed`.
    Renew,
    /// The same as `released`.
    Release,
}

impl WantedState {
    /// The same in the words of states.
    pub(crate) fn plain(self) -> Self {
        match self {
            WantedState::Acquire | WantedState::Create => WantedState::Acquired,
            WantedState::Renew => WantedState::Renewed,
            WantedState::Release => WantedState::Released,
            state => state,
        }
    }
}
