//! What is known of a run beside its entries: its numbers in ARA, how its hosts stand, and the patience with the server.
use crate::{Claim, Event, NewRun, Run, RunStatus, Status};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// How a host's part in the run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum HostState {
    /// More is to come.
    Running,
    /// Its last event failed. Unless another comes, that was its end.
    FailedSoFar,
    /// Over.
    Over(RunStatus),
}

/// What is known of a run beside its entries.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    /// What was last told of its beginning.
    pub(crate) start: Option<NewRun>,
    /// The run's numbers, once the server has told them.
    pub(crate) run: Option<Run>,
    /// How many bytes of the entries file are done with.
    pub(crate) delivered: u64,
    /// How each host's part stands.
    pub(crate) hosts: BTreeMap<String, HostState>,
    /// What ARA was told last of the run's state.
    pub(crate) told: Option<RunStatus>,
    /// Whether a `Finish` was sent: what comes later does not open the run again.
    pub(crate) finished: bool,
    /// How long ARA has kept this run waiting for nothing.
    pub(crate) lost: Duration,
    /// Whether sending was given up for this run.
    pub(crate) given_up: bool,
    /// Why something could not be sent.
    pub(crate) trouble: Option<String>,
    /// Whether the user was warned of it.
    pub(crate) warned: bool,
    /// Whose it is to make the run.
    pub(crate) claim: Claim,
}

impl Known {
    /// The server gets another chance, and all the time for it.
    pub(crate) fn renew_patience(&mut self) {
        self.given_up = false;
        self.lost = Duration::ZERO;
    }

    /// Notes what an event means for its host, with a verdict if it is the host's last.
    pub(crate) fn note(&mut self, event: &Event, verdict: Option<RunStatus>) {
        let state = state_after(self.hosts.get(&event.host), event, verdict);
        self.hosts.insert(event.host.clone(), state);
    }

    /// Where the run stands: it goes on as long as one host does, and has failed if one has.
    pub(crate) fn overall(&self) -> RunStatus {
        if self.hosts.is_empty() || self.hosts.values().any(|host| *host == HostState::Running) {
            RunStatus::Running
        } else if self.has_failed() {
            RunStatus::Failed
        } else {
            RunStatus::Completed
        }
    }

    /// Whether one of the hosts has, as far as is known.
    pub(crate) fn has_failed(&self) -> bool {
        let failed = [HostState::FailedSoFar, HostState::Over(RunStatus::Failed)];
        self.hosts.values().any(|host| failed.contains(host))
    }
}

/// Where a host stands after an event. What comes after its verdict doesn't change it.
fn state_after(before: Option<&HostState>, event: &Event, verdict: Option<RunStatus>) -> HostState {
    match (verdict, before) {
        (Some(verdict), _) => HostState::Over(verdict),
        (None, Some(over @ HostState::Over(_))) => *over,
        (None, _) if matches!(event.status, Status::Failed | Status::Unreachable) => HostState::FailedSoFar,
        (None, _) => HostState::Running,
    }
}
