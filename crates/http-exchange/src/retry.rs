//! When to try again, how long to wait before, and what may be repeated at all.
use crate::{
    call::{Call, Idempotency},
    clock::Clock,
    fault::{Fault, seconds},
};
use std::{fmt, time::Duration};

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How often a failed call is repeated; 0 turns it off, and [`Policy::UNTIL_DEADLINE`] leaves it to the deadline.
    pub retries: u32,
    /// The time for a call with all its attempts and waits. It always wins.
    pub deadline: Duration,
    /// For how long from the start of a call a 404 counts as "not yet": some servers show what they have made only after a while.
    /// The call is sent again each second meanwhile, however many `retries` there are.
    pub not_found_grace: Duration,
}

impl Policy {
    /// So many `retries` that only the deadline ends them.
    pub const UNTIL_DEADLINE: u32 = u32::MAX;

    /// Repeats what may pass until the deadline, with pauses of up to 20 s.
    pub fn until(deadline: Duration) -> Self {
        Self { retries: Self::UNTIL_DEADLINE, deadline, ..Self::default() }
    }
}

impl Default for Policy {
    /// 3 repeats within 120 s, and none of a 404.
    fn default() -> Self {
        Self { retries: 3, deadline: Duration::from_secs(120), not_found_grace: Duration::ZERO }
    }
}

/// A failed attempt that will be repeated, for whoever tells the user.
#[derive(Clone, Debug)]
pub struct RetryNotice {
    /// Which attempt failed, from 1.
    pub attempt: u32,
    /// How many attempts there may be; none if only the deadline ends them.
    pub attempts: Option<u32>,
    /// Why.
    pub fault: Fault,
    /// How long is waited before the next.
    pub wait: Duration,
}

impl fmt::Display for RetryNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attempt, attempts, fault, wait } = self;
        let most = attempts.map_or(String::new(), |most| format!(" of {most}"));
        write!(f, "attempt {attempt}{most}: {fault}; trying again in {} s", seconds(*wait))
    }
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

/// The wait between two attempts at what must be there soon.
pub(crate) const NOT_YET: Duration = Duration::from_secs(1);

/// The wait before the next attempt; none when a repeat would change nothing.
///
/// Full jitter: evenly distributed between nothing and the doubled base, so that many clients spread out.
pub(crate) fn wait(fault: &Fault, call: &Call, attempt: u32, clock: &dyn Clock) -> Option<Duration> {
    let base = match pace(fault, call)? {
        Pace::Quick => Duration::from_millis(50),
        Pace::Slow => Duration::from_secs(1),
    };
    let doubled = base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(CAP);
    Some(doubled.mul_f64(clock.random()).max(fault.retry_after().unwrap_or_default()))
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
        Fault::Refused { status: 409, .. } if matches!(call.idempotency, Idempotency::WithKey { .. }) => {
            Some(Pace::Slow)
        }
        _ => None,
    }
}

/// So Envoy, and with it Istio, says 503 when the server behind it broke off before it answered.
const ANSWER_LOST: &str = "disconnect/reset before headers";

/// Whether the server may have carried out a request that ended so.
///
/// No when nothing was sent, or when the server says that it refused: every 4xx, and 501, 503, 505, 511
/// (RFC 9110: not supported, not able to handle the request). A 500, 502 or 504 says only that something
/// broke, which may be after the work was done; so do a lost or unreadable answer, 303, "done, look there", and the
/// 503 of a proxy that lost the answer of the server behind it.
pub(crate) fn may_have_acted(fault: &Fault) -> bool {
    match fault {
        Fault::Timeout { sent, .. } => *sent,
        Fault::Lost { .. } => true,
        Fault::Refused { status: 503, text, .. } => text.contains(ANSWER_LOST),
        Fault::Refused { status, .. } => *status >= 500 && !matches!(status, 501 | 505 | 511),
        Fault::Redirected { status, .. } => *status == 303,
        Fault::Unreadable { status, .. } => status.is_none_or(|status| status < 300),
        _ => false,
    }
}

/// What is to be done with a call in doubt: one that the server may have carried out already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Send it again: that can't do it twice.
    Idempotency,
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
pub(crate) fn doubt(idempotency: &Idempotency, honours_keys: Option<bool>) -> Doubt {
    match (idempotency, honours_keys) {
        (Idempotency::Always, _) | (Idempotency::WithKey { .. }, Some(true)) => Doubt::Idempotency,
        (Idempotency::WithKey { probe }, None) => Doubt::Ask { path: probe },
        (Idempotency::WithKey { .. }, Some(false)) | (Idempotency::Never, _) => Doubt::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdempotencyKey, SystemClock};
    use std::time::SystemTime;

    /// Chance as told, time standing still.
    struct Chance(f64);

    impl Clock for Chance {
        fn now(&self) -> Duration {
            Duration::ZERO
        }

        fn wall(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn sleep(&self, _: Duration) {}

        fn random(&self) -> f64 {
            self.0
        }
    }

    fn refused(status: u16, retry_after: Option<u64>) -> Fault {
        let retry_after = retry_after.map(Duration::from_secs);
        Fault::Refused { status, text: String::new(), retry_after }
    }

    fn create() -> Call {
        let idempotency = Idempotency::WithKey { probe: "/health" };
        Call { key: Some(IdempotencyKey::random()), idempotency, ..Call::get("/x") }
    }

    #[test]
    fn the_statuses_of_the_design_are_repeated_and_no_others() {
        let read = Call::get("/x");
        let repeated: Vec<u16> = (400..600)
            .filter(|status| wait(&refused(*status, None), &read, 1, &Chance(0.5)).is_some())
            .collect();
        assert_eq!(repeated, [408, 425, 429, 500, 502, 503, 504]);
        assert!(wait(&refused(409, None), &create(), 1, &Chance(0.5)).is_some());
        assert!(wait(&refused(422, None), &create(), 1, &Chance(0.5)).is_none());
    }

    #[test]
    fn waits_double_up_to_the_cap_and_spread_over_the_whole_range() {
        let call = Call::get("/x");
        let longest = |status, attempt| {
            let wait = wait(&refused(status, None), &call, attempt, &Chance(1.0)).unwrap();
            wait.as_millis()
        };
        assert_eq!([1, 2, 3, 4].map(|attempt| longest(500, attempt)), [50, 100, 200, 400]);
        assert_eq!(
            [1, 2, 5, 6, 7].map(|attempt| longest(503, attempt)),
            [1000, 2000, 16_000, 20_000, 20_000]
        );
        assert_eq!(longest(429, 4_000_000_000), 20_000);
        assert_eq!(wait(&refused(503, None), &call, 3, &Chance(0.0)), Some(Duration::ZERO));
        assert_eq!(wait(&refused(503, None), &call, 3, &Chance(0.25)), Some(Duration::from_secs(1)));
        let real = SystemClock::default();
        for attempt in 1..100 {
            assert!(wait(&refused(500, None), &call, attempt, &real).unwrap() <= CAP);
        }
    }

    #[test]
    fn what_the_server_asks_for_is_the_least() {
        let call = Call::get("/x");
        let asked = |seconds| wait(&refused(503, Some(seconds)), &call, 1, &Chance(0.5)).unwrap();
        assert_eq!(asked(0), Duration::from_millis(500));
        assert_eq!(asked(3600), Duration::from_secs(3600));
    }

    #[test]
    fn which_ends_leave_doubt() {
        let status = |status| refused(status, None);
        let text = String::new;
        for fault in [
            Fault::Lost { why: text() },
            Fault::Timeout { peer: text(), after: CAP, sent: true },
            Fault::Unreadable { status: None, why: text() },
            Fault::Unreadable { status: Some(201), why: text() },
            Fault::Redirected { status: 303, to: text() },
            status(500),
            status(502),
            Fault::Refused { status: 503, text: format!("upstream {ANSWER_LOST}"), retry_after: None },
            status(504),
            status(520),
        ] {
            assert!(may_have_acted(&fault), "{fault:?}");
        }
        for fault in [
            Fault::NameNotResolved { host: text(), why: text() },
            Fault::NotConnected { peer: text(), why: text() },
            Fault::Proxy { proxy: text(), why: text(), status: Some(502) },
            Fault::Tls { host: text(), why: text(), remedy: "".into() },
            Fault::Timeout { peer: text(), after: CAP, sent: false },
            Fault::Redirected { status: 302, to: text() },
            status(400),
            status(401),
            status(408),
            status(409),
            status(425),
            status(429),
            status(501),
            status(503),
        ] {
            assert!(!may_have_acted(&fault), "{fault:?}");
        }
    }

    #[test]
    fn in_doubt_only_what_cannot_happen_twice_is_repeated() {
        let keyed = Idempotency::WithKey { probe: "/health" };
        for (repeat, honours_keys, rule) in [
            (&Idempotency::Always, None, Doubt::Idempotency),
            (&Idempotency::Always, Some(false), Doubt::Idempotency),
            (&Idempotency::Never, None, Doubt::Stop),
            (&Idempotency::Never, Some(true), Doubt::Stop),
            (&keyed, Some(true), Doubt::Idempotency),
            (&keyed, Some(false), Doubt::Stop),
            (&keyed, None, Doubt::Ask { path: "/health" }),
        ] {
            assert_eq!(doubt(repeat, honours_keys), rule, "{repeat:?} {honours_keys:?}");
        }
    }
}
