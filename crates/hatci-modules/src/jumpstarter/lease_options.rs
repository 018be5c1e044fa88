//! What `jumpstarter_lease` accepts.
use super::client::JumpstarterClient;
use ansible_module::{Choices, Options};
use serde_json::{Map, Value};

/// Acquire, renew, verify and release the lease of a bench
///
/// A lease gives you exclusive use of a bench. It lasts for a short term and is extended while this `ansible-playbook` runs, so the
/// bench becomes free soon after, however the run ends. Every lease is tagged with job, host and user.
///
/// # Attributes
///
/// - `idempotent`: partial. Each run acquires another bench unless `lease_name` is given.
/// - `async`: partial. There leases can't be kept alive.
#[derive(Options)]
#[options(mutually_exclusive(exporter, selector))]
pub struct LeaseOptions {
    /// The desired state of the lease.
    #[option(default = WantedState::Acquired, aliases("action"))]
    pub(crate) state: WantedState,
    /// The lease's name; required unless a bench is to be acquired.
    ///
    /// A bench acquired with a name is acquired once: the next task with that name finds it. Without one each task gets another lease.
    /// A lease that is kept alive for another `ansible-playbook` is left to that.
    pub(crate) lease_name: Option<String>,
    /// The exporter to lease.
    pub(crate) exporter: Option<String>,
    /// Label selector; any matching exporter will do. For example `board=ev9,region!=us`.
    pub(crate) selector: Option<String>,
    /// How long the lease may last in all, or, for `renewed`, at least from now on: `30m`, `1d3h`, `PT1H30M`, `01:30:00`, seconds.
    #[option(default = "30m")]
    pub(crate) duration: String,
    /// Further tags, by which the lease can be found: letters, digits, `-`, `_` and `.`; at most six, and none named `job`, `host`,
    /// `user` or `limit`.
    pub(crate) tags: Option<Map<String, Value>>,
    /// Whether to wait until the bench is free.
    #[option(default = true)]
    pub(crate) wait: bool,
    /// Maximum wait in seconds. Then, or if anything else prevents it, the lease is deleted.
    #[option(default = 3600)]
    pub(crate) wait_timeout: u64,
    /// Whether to take the lease for `lease_ttl` only, and to extend it for as long as this `ansible-playbook` lives.
    ///
    /// By default it is so on a local connection; elsewhere it is not possible.
    pub(crate) keepalive: Option<bool>,
    /// Grace period after which an abandoned lease expires, such as when a container is killed.
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
    /// It still holds. If not, the task fails, and the device must not be touched.
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
