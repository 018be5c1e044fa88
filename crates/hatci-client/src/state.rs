//! States of events and deployments, and which of them end a wait.
use std::fmt;

/// A state as the server says it. Compared without regard to case.
#[derive(Clone, Debug, Eq)]
pub struct State(String);

impl State {
    /// Any text is a state; those seen are PENDING, `IN_PROGRESS`, COMPLETE, COMPLETED, SUCCESS, FAILED, ERROR, CANCELLED.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As the server wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a state means for whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It ended well.
    Succeeded,
    /// It ended badly.
    Failed,
    /// It goes on.
    GoesOn,
}

/// States in which the server says that it ended well.
pub const SUCCESS: [&str; 3] = ["COMPLETE", "COMPLETED", "SUCCESS"];
/// States in which the server says that it ended badly.
pub const FAILURE: [&str; 3] = ["FAILED", "ERROR", "CANCELLED"];

/// Which states end a wait.
#[derive(Clone, Debug)]
pub struct StateRules {
    /// States that end it well.
    pub success: Vec<State>,
    /// States that end it badly. A state in both lists is a failure.
    pub failure: Vec<State>,
}

impl Default for StateRules {
    /// [`SUCCESS`] and [`FAILURE`].
    fn default() -> Self {
        let states = |names: [&str; 3]| names.map(State::new).to_vec();
        Self { success: states(SUCCESS), failure: states(FAILURE) }
    }
}

impl StateRules {
    /// What the state means.
    pub fn progress(&self, state: &State) -> Progress {
        if self.failure.contains(state) {
            Progress::Failed
        } else if self.success.contains(state) {
            Progress::Succeeded
        } else {
            Progress::GoesOn
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
            ("COMPLETE ", Progress::GoesOn),
            ("", Progress::GoesOn),
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
