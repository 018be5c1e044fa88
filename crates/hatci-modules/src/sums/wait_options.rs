//! The options that say when a wait ends, and what is reported if it fails.
use super::connection::CallFailure;
use crate::seconds::seconds;
use ansible_module::{Failure, Options, Results};
use hatci_client::{FAILURE, SUCCESS, State, StateRules};
use serde_json::{Map, Value};
use shown_text::one_line;

/// When waiting ends.
#[derive(Options)]
pub(crate) struct WaitOptions {
    /// Whether to wait for one of `success_states` or `failure_states`; the latter fail the task.
    #[option(default = false)]
    wait: bool,
    #[option(flatten)]
    pub(crate) until: UntilOptions,
}

/// For how long and for what is waited.
#[derive(Options)]
pub(crate) struct UntilOptions {
    /// Maximum wait in seconds.
    #[option(default = 3600)]
    pub(crate) wait_timeout: u64,
    /// Polling interval in seconds; longer after failed polls, and when the server asks for it.
    #[option(default = 30)]
    pub(crate) poll_interval: u64,
    /// Success states; only letters and digits are compared, ignoring case.
    #[option(default = SUCCESS.to_vec())]
    success_states: Vec<String>,
    /// Failure states, which end the wait at once; a state in both lists counts as a failure, unless it is there only by default. If
    /// `success_states` has only failure states of the default, as in a test that an update is refused, the default includes the success states,
    /// too.
    ///
    /// An unknown state causes a warning, and polling continues.
    #[option(default = FAILURE.to_vec())]
    failure_states: Vec<String>,
}

impl WaitOptions {
    /// A waiting for the usual states.
    #[cfg(test)]
    pub(crate) fn of(wait_timeout: u64, poll_interval: u64) -> Self {
        let states = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (success_states, failure_states) = (states(&SUCCESS), states(&FAILURE));
        let until = UntilOptions { wait_timeout, poll_interval, success_states, failure_states };
        WaitOptions { wait: true, until }
    }

    /// Refuses a wait that could not be.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.wait && self.until.wait_timeout == 0 {
            return Err(Failure::invalid(
                "wait_timeout (in playbooks: hatci_poll_timeout_seconds) is 0 seconds; give at least 1, or set wait to false.",
            ));
        }
        // Without a wait, nothing depends on the states.
        if self.wait { self.until.check() } else { self.until.check_interval() }
    }

    pub(crate) fn wanted(&self) -> bool {
        self.wait
    }
}

impl UntilOptions {
    /// Refuses what would ask without a pause.
    fn check_interval(&self) -> Result<(), Failure> {
        seconds("poll_interval (in playbooks: hatci_poll_interval_seconds)", self.poll_interval).map(drop)
    }

    /// Refuses a pause of nothing, and what is not the name of a state.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.check_interval()?;
        for (option, states) in
            [("success_states", &self.success_states), ("failure_states", &self.failure_states)]
        {
            if let Some(odd) = given(states).find(|state| !is_state(state)) {
                return Err(Failure::invalid(format!(
                    "{option} (in playbooks: hatci_{option}): {odd:?} is not the name of a state. Give names such as COMPLETE, separated by commas."
                )));
            }
        }
        if given(&self.success_states).next().is_none() {
            return Err(Failure::invalid(
                "success_states (in playbooks: hatci_success_states) is empty, so no update could succeed. Give at least one state.",
            ));
        }
        Ok(())
    }

    pub(crate) fn rules(&self) -> StateRules {
        let states = |names: &[String]| given(names).map(State::new).collect();
        let success: Vec<State> = states(&self.success_states);
        let mut failure: Vec<State> = states(&self.failure_states);
        if self.failure_states == FAILURE {
            failure.retain(|state| !success.contains(state));
            // A success can no longer become the failure that is waited for.
            if success.iter().all(|state| states_of(&FAILURE).contains(state)) {
                failure.extend(states_of(&SUCCESS));
            }
        }
        StateRules { success, failure }
    }
}

fn states_of(names: &[&str]) -> Vec<State> {
    names.iter().map(|name| State::new(*name)).collect()
}

/// The names in a list, without the blank ones that a survey, a null or a comma too many leaves in it.
fn given(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().map(|name| name.trim()).filter(|name| !name.is_empty())
}

/// Words of letters, digits and what joins them.
fn is_state(name: &str) -> bool {
    name.chars().any(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || " _-.".contains(c))
}

/// The clause about a state whose meaning is unknown, so that it ends no wait.
pub(crate) fn ends_no_wait(state: &State) -> String {
    if state.is_shown() {
        format!(
            "{:?} is not a state that this module knows, so the wait continues; if it is final, add it to success_states or failure_states (in playbooks: hatci_success_states, hatci_failure_states)",
            one_line(state.as_str())
        )
    } else {
        "the server shows no state, so the wait continues; check its answers, for example with hatci_contract"
            .into()
    }
}

/// What `error` contains after a failed wait.
#[derive(Results, Default)]
pub(crate) struct WaitFailure {
    /// The last known state.
    #[result(returned = "when the wait failed after a state was read", sample = "IN_PROGRESS")]
    state: Option<String>,
    #[result(flatten)]
    call: CallFailure,
}

impl WaitFailure {
    pub(crate) fn seen(state: Option<&State>) -> Map<String, Value> {
        WaitFailure { state: state.map(State::to_string), ..WaitFailure::default() }.to_map()
    }
}
