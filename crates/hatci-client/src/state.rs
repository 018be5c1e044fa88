//! States of events and deployments, and which of them end a wait.
use std::fmt;

/// A state from the server. Compared by letters and digits only: `TIMED_OUT`, `timed-out` and `Timed out` are equal.
#[derive(Clone, Debug, Eq)]
pub struct State(String);

const NOT_SHOWN: &str = "UNKNOWN";

impl State {
    /// Any text is a state; known are PENDING, `IN_PROGRESS`, COMPLETE, COMPLETED, SUCCESS, FAILED, ERROR, CANCELLED.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What stands for the state that a server does not show.
    pub fn not_shown() -> Self {
        Self::new(NOT_SHOWN)
    }

    /// Whether the server shows one.
    pub fn is_shown(&self) -> bool {
        self.0 != NOT_SHOWN
    }

    /// As the server wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        let letters = |state: &'_ Self| {
            state.0.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
        };
        letters(self) == letters(other)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a state means for a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed,
    /// It is in progress.
    GoesOn,
    /// An unknown state, treated as in progress unless the user says otherwise.
    Unknown,
}

/// Success states: those of the contract, and other forms of the same words.
pub const SUCCESS: [&str; 5] = ["COMPLETE", "COMPLETED", "SUCCESS", "SUCCEEDED", "SUCCESSFUL"];
/// Failure states: those of the contract, other forms of the same words, and states from which no update
/// recovers.
pub const FAILURE: [&str; 17] = [
    "FAILED",
    "FAILURE",
    "FAIL",
    "ERROR",
    "ERRORED",
    "CANCELLED",
    "CANCELED",
    "ABORTED",
    "TIMEOUT",
    "TIMED_OUT",
    "REJECTED",
    "REFUSED",
    "DECLINED",
    "DENIED",
    "EXPIRED",
    "TERMINATED",
    "ROLLED_BACK",
];
/// States known to be in progress.
const GOES_ON: [&str; 21] = [
    "PENDING",
    "IN_PROGRESS",
    "CREATED",
    "NEW",
    "DRAFT",
    "OPEN",
    "FIXED",
    "LOCKED",
    "SCHEDULED",
    "QUEUED",
    "WAITING",
    "ACCEPTED",
    "STARTED",
    "STARTING",
    "RUNNING",
    "ACTIVE",
    "PROCESSING",
    "DEPLOYING",
    "DOWNLOADING",
    "INSTALLING",
    "UPDATING",
];

/// Which states end a wait.
#[derive(Clone, Debug)]
pub struct StateRules {
    /// Success states.
    pub success: Vec<State>,
    /// Failure states. A state in both lists is a failure.
    pub failure: Vec<State>,
}

impl Default for StateRules {
    /// [`SUCCESS`] and [`FAILURE`].
    fn default() -> Self {
        let states = |names: &[&str]| names.iter().copied().map(State::new).collect();
        Self { success: states(&SUCCESS), failure: states(&FAILURE) }
    }
}

impl StateRules {
    /// What the state means.
    pub fn progress(&self, state: &State) -> Progress {
        if self.failure.contains(state) {
            Progress::Failed
        } else if self.success.contains(state) {
            Progress::Succeeded
        } else if GOES_ON.iter().any(|known| *state == State::new(*known)) {
            Progress::GoesOn
        } else {
            Progress::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_of_the_contract() {
        let rules = StateRules::default();
        for (state, progress) in [
            ("PENDING", Progress::GoesOn),
            ("IN_PROGRESS", Progress::GoesOn),
            ("COMPLETE", Progress::Succeeded),
            ("Completed", Progress::Succeeded),
            ("success", Progress::Succeeded),
            ("FAILED", Progress::Failed),
            ("error", Progress::Failed),
            ("Cancelled", Progress::Failed),
            ("COMPLETE ", Progress::Succeeded),
            ("CANCELED", Progress::Failed),
            ("Timed out", Progress::Failed),
            ("timedOut", Progress::Failed),
            ("ABORTED", Progress::Failed),
            ("FAILURE", Progress::Failed),
            ("REJECTED", Progress::Failed),
            ("in-progress", Progress::GoesOn),
            ("PAUSED", Progress::Unknown),
            ("", Progress::Unknown),
        ] {
            assert_eq!(rules.progress(&State::new(state)), progress, "{state:?}");
        }
    }

    #[test]
    fn a_state_in_both_lists_is_a_failure() {
        let done = || vec![State::new("DONE")];
        let rules = StateRules { success: done(), failure: done() };
        assert_eq!(rules.progress(&State::new("done")), Progress::Failed);
    }
}
