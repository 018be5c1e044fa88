//! When to try again, how long to wait before, and what may be repeated at all.
use crate::{
    call::{Call, Repeat},
    clock::Clock,
    fault::Fault,
};
use std::time::Duration;

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How often a failed call is repeated; 0 turns it off.
    pub retries: u32,
    /// The time for a call with all its attempts and waits. It always wins.
    pub deadline: Duration,
}

impl Default for Policy {
    /// 3 repeats within 120 s.
    fn default() -> Self {
        Self { retries: 3, deadline: Duration::from_secs(120) }
    }
}

/// A failed attempt that will be repeated, for whoever tells the user.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Which attempt failed, from 1.
    pub attempt: u32,
    /// How many attempts there may be.
    pub attempts: u32,
    /// Why.
    pub fault: Fault,
    /// How long is waited before the next.
    pub wait: Duration,
}

/// How soon a repeat makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// 50 ms, doubled with each attempt: what failed may work at once.
    Quick,
    /// 1 s, doubled with each attempt: the server has too much to do, or is at it.
    Slow,
}

/// The longest wait of our own choosing. A server may ask for more.
const CAP: Duration = Duration::from_secs(20);

/// The wait before the next attempt; none when a repeat would change nothing.
///
/// Full jitter: evenly distributed between nothing and the doubled base, so that many clients spread out.
pub(crate) fn wait(fault: &Fault, call: &Call, attempt: u32, clock: &dyn Clock) -> Option<Duration> {
    let base = match pace(fault, call)? {
        Pace::Quick => Duration::from_millis(50),
        Pace::Slow => Duration::from_secs(1),
    };
    let doubled = base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(CAP);
    let asked = match fault {
        Fault::Refused { retry_after, .. } => *retry_after,
        _ => None,
    };
    Some(doubled.mul_f64(clock.random()).max(asked.unwrap_or_default()))
}

fn pace(fault: &Fault, call: &Call) -> Option<Pace> {
    match fault {
        Fault::NameNotResolved { .. }
        | Fault::NotConnected { .. }
        | Fault::Timeout { .. }
        | Fault::Lost { .. }
        | Fault::Proxy { status: Some(500..), .. }
        | Fault::Refused { status: 408 | 425 | 500 | 502 | 504, .. } => Some(Pace::Quick),
        Fault::Refused { status: 429 | 503, .. } => Some(Pace::Slow),
        // The first request with this key is still at work. A conflict of another kind stays one.
        Fault::Refused { status: 409, .. } if call.key.is_some() => Some(Pace::Slow),
        _ => None,
    }
}

/// Whether the server may have carried out a request that ended so.
///
/// No when nothing was sent, or when the server says that it refused: every 4xx, and 501, 503, 505, 511
/// (RFC 9110: not supported, not able to handle the request). A 500, 502 or 504 says only that something
/// broke, which may be after the work was done; so do a lost or unreadable answer, and 303, "done, look there".
pub(crate) fn may_have_acted(fault: &Fault) -> bool {
    match fault {
        Fault::Timeout { sent, .. } => *sent,
        Fault::Lost { .. } => true,
        Fault::Refused { status, .. } => *status >= 500 && !matches!(status, 501 | 503 | 505 | 511),
        Fault::Redirected { status, .. } => *status == 303,
        Fault::Unreadable { status, .. } => status.is_none_or(|status| status < 300),
        _ => false,
    }
}

/// What is to be done with a call in doubt: one that the server may have carried out already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Send it again: that can't do it twice.
    Repeat,
    /// Ask the server whether it honours keys.
    Ask {
        /// Where to ask.
        path: &'static str,
    },
    /// Leave it: sending it again might do it twice.
    Stop,
}

/// The rule that keeps anything from being made twice.
///
/// `honours_keys` is what the server has shown so far; none as long as it hasn't been asked.
pub(crate) fn doubt(repeat: &Repeat, honours_keys: Option<bool>) -> Doubt {
    match (repeat, honours_keys) {
        (Repeat::Always, _) | (Repeat::IfKeysCount { .. }, Some(true)) => Doubt::Repeat,
        (Repeat::IfKeysCount { ask }, None) => Doubt::Ask { path: ask },
        (Repeat::IfKeysCount { .. }, Some(false)) | (Repeat::Never, _) => Doubt::Stop,
    }
}
