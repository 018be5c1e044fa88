//! The progress of a deployment, computed from its age. Nothing runs in the background.

use std::time::Duration;

/// The steps after `PENDING`, in order; `PENDING` and each of these take one `--step`.
const STEPS: [&str; 4] = ["download", "verify", "install", "reboot"];
/// The step in which deployments hang or fail: the index of `install` in [`STEPS`].
const INSTALL: usize = 2;

/// The course of one vehicle's deployments. Without a scenario they succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Ends in `FAILED`, with this reason, after the `install` step.
    Fail(String),
    /// Stays `IN_PROGRESS` in the `install` step forever.
    Stuck,
    /// Succeeds, with each step taking ten times as long.
    Slow,
}

/// The states of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeploymentState {
    Pending,
    InProgress,
    Complete,
    Failed,
}

impl DeploymentState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Complete => "COMPLETE",
            Self::Failed => "FAILED",
        }
    }
}

/// The progress of a deployment at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) state: DeploymentState,
    /// 0 to 100.
    pub(crate) percent: usize,
    /// The current or last step.
    pub(crate) step: Option<&'static str>,
    /// The server's reason for a failure.
    pub(crate) reason: Option<String>,
    /// When it left `PENDING`, counted from its creation.
    pub(crate) started: Option<Duration>,
    /// When it reached its final state, counted from its creation.
    pub(crate) finished: Option<Duration>,
}

/// The progress of a deployment of age `elapsed`, with `step` per step.
pub(crate) fn progress(elapsed: Duration, step: Duration, scenario: Option<&Scenario>) -> Progress {
    let step = if scenario == Some(&Scenario::Slow) { step * 10 } else { step };
    let Some(reached) = steps_done(elapsed, step).checked_sub(1) else { return PENDING };
    let in_step = |index: usize| Progress {
        state: DeploymentState::InProgress,
        percent: 100 * index / STEPS.len(),
        step: Some(STEPS[index]),
        started: Some(step),
        ..PENDING
    };
    match scenario {
        Some(Scenario::Fail(reason)) if reached > INSTALL => Progress {
            state: DeploymentState::Failed,
            reason: Some(reason.clone()),
            finished: Some(step * 4),
            ..in_step(INSTALL)
        },
        Some(Scenario::Stuck) => in_step(reached.min(INSTALL)),
        _ if reached < STEPS.len() => in_step(reached),
        _ => Progress {
            state: DeploymentState::Complete,
            percent: 100,
            finished: Some(step * 5),
            ..in_step(STEPS.len() - 1)
        },
    }
}

const PENDING: Progress = Progress {
    state: DeploymentState::Pending,
    percent: 0,
    step: None,
    reason: None,
    started: None,
    finished: None,
};

/// How many steps are finished. Steps of zero duration are all finished at once.
fn steps_done(elapsed: Duration, step: Duration) -> usize {
    let steps = elapsed.as_nanos().checked_div(step.as_nanos());
    steps.and_then(|steps| usize::try_from(steps).ok()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(1);

    fn at(half_steps: u32, scenario: Option<&Scenario>) -> (&'static str, usize, Option<&'static str>) {
        let progress = progress(STEP * half_steps / 2, STEP, scenario);
        (progress.state.name(), progress.percent, progress.step)
    }

    #[test]
    fn a_deployment_waits_then_goes_through_every_step() {
        let seen: Vec<_> = (0..6).map(|step| at(2 * step + 1, None)).collect();
        assert_eq!(
            seen,
            [
                ("PENDING", 0, None),
                ("IN_PROGRESS", 0, Some("download")),
                ("IN_PROGRESS", 25, Some("verify")),
                ("IN_PROGRESS", 50, Some("install")),
                ("IN_PROGRESS", 75, Some("reboot")),
                ("COMPLETE", 100, Some("reboot")),
            ]
        );
    }

    #[test]
    fn a_step_begins_on_its_boundary() {
        assert_eq!(at(2, None).2, Some("download"));
        assert_eq!(at(10, None).0, "COMPLETE");
    }

    #[test]
    fn a_failing_vehicle_fails_after_install_and_says_why() {
        let scenario = Scenario::Fail("flash write error".to_owned());
        assert_eq!(at(7, Some(&scenario)), ("IN_PROGRESS", 50, Some("install")));
        assert_eq!(at(9, Some(&scenario)), ("FAILED", 50, Some("install")));
        let end = progress(STEP * 99, STEP, Some(&scenario));
        assert_eq!(end.reason.as_deref(), Some("flash write error"));
        assert_eq!(end.finished, Some(STEP * 4));
    }

    #[test]
    fn a_stuck_vehicle_never_ends() {
        let progress = progress(STEP * 1_000_000, STEP, Some(&Scenario::Stuck));
        assert_eq!(progress.state, DeploymentState::InProgress);
        assert_eq!((progress.step, progress.percent, progress.finished), (Some("install"), 50, None));
    }

    #[test]
    fn a_slow_vehicle_takes_ten_times_as_long() {
        assert_eq!(at(19, Some(&Scenario::Slow)).0, "PENDING");
        assert_eq!(at(99, Some(&Scenario::Slow)).0, "IN_PROGRESS");
        assert_eq!(at(100, Some(&Scenario::Slow)).0, "COMPLETE");
    }

    #[test]
    fn without_steps_a_deployment_is_complete_at_once() {
        assert_eq!(progress(Duration::ZERO, Duration::ZERO, None).state, DeploymentState::Complete);
    }
}
