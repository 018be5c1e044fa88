//! Fault injection: faults are drawn from a seeded random generator, so that a run can be repeated.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::options::duration;

/// A fault in handling a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `429`: rejected before the server acts, with `Retry-After: 1`.
    TooManyRequests,
    /// `500`: rejected before the server acts.
    InternalServerError,
    /// `503`: rejected before the server acts.
    ServiceUnavailable,
    /// `html`: a proxy's login page with status 200 instead of the server's answer; the server doesn't act.
    Html,
    /// `reset`: the connection is reset before the server acts.
    Reset,
    /// `reset-after`: the server acts, then the connection is reset, so the answer is lost.
    ResetAfter,
    /// `truncate`: the server acts, then the connection ends in the middle of the answer's body.
    Truncate,
    /// `latency:TIME`: the server acts at once, but answers only after this time.
    Latency(Duration),
}

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TooManyRequests => "429",
            Self::InternalServerError => "500",
            Self::ServiceUnavailable => "503",
            Self::Html => "html",
            Self::Reset => "reset",
            Self::ResetAfter => "reset-after",
            Self::Truncate => "truncate",
            Self::Latency(_) => "latency",
        }
    }
}

/// A fault and its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultRule {
    /// The fault.
    pub fault: Fault,
    /// The share of requests with this fault, 0 to 1.
    pub probability: f64,
}

impl FromStr for FaultRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let (fault, probability) = match name {
            "429" => (Fault::TooManyRequests, rest),
            "500" => (Fault::InternalServerError, rest),
            "503" => (Fault::ServiceUnavailable, rest),
            "html" => (Fault::Html, rest),
            "reset" => (Fault::Reset, rest),
            "reset-after" => (Fault::ResetAfter, rest),
            "truncate" => (Fault::Truncate, rest),
            "latency" => {
                let (time, probability) = rest.split_once(':').unwrap_or((rest, ""));
                (Fault::Latency(duration(time)?), probability)
            }
            _ => return Err(format!("unknown fault `{name}`")),
        };
        let probability = if probability.is_empty() { Ok(1.0) } else { probability.parse() };
        match probability {
            Ok(probability) if (0.0..=1.0).contains(&probability) => Ok(Self { fault, probability }),
            _ => Err("a probability must be a number from 0 to 1".to_owned()),
        }
    }
}

/// Draws the faults.
pub(crate) struct Faults {
    rules: Vec<FaultRule>,
    random: Mutex<fastrand::Rng>,
}

impl Faults {
    pub(crate) fn new(rules: Vec<FaultRule>, seed: u64) -> Self {
        Self { rules, random: Mutex::new(fastrand::Rng::with_seed(seed)) }
    }

    /// The fault the next request meets: that of the first rule that comes up. Every rule is drawn for every
    /// request, so that which faults a request meets doesn't depend on those before it.
    pub(crate) fn draw(&self) -> Option<Fault> {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let drawn: Vec<_> = self.rules.iter().map(|rule| (rule, random.f64())).collect();
        drawn.into_iter().find(|(rule, number)| *number < rule.probability).map(|(rule, _)| rule.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_as_fault_and_probability() {
        let read = |text: &str| text.parse::<FaultRule>().map(|rule| (rule.fault, rule.probability));
        assert_eq!(read("503:0.3"), Ok((Fault::ServiceUnavailable, 0.3)));
        assert_eq!(read("reset"), Ok((Fault::Reset, 1.0)));
        assert_eq!(read("latency:200ms"), Ok((Fault::Latency(Duration::from_millis(200)), 1.0)));
        assert_eq!(read("latency:2s:0.5"), Ok((Fault::Latency(Duration::from_secs(2)), 0.5)));
        for wrong in ["", "404", "503:2", "503:-0.1", "503:NaN", "503:often", "latency", "latency:fast"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_fault_happens_as_often_as_its_rule_says() {
        let rule = |text: &str| text.parse().unwrap();
        let faults = Faults::new(vec![rule("reset:0"), rule("503:0.3"), rule("html:1")], 1);
        let drawn: Vec<_> = (0..10_000).map(|_| faults.draw()).collect();
        let count = |fault| drawn.iter().filter(|drawn| **drawn == Some(fault)).count();
        assert_eq!(count(Fault::Reset), 0);
        assert!((2_900..3_100).contains(&count(Fault::ServiceUnavailable)));
        assert_eq!(count(Fault::Html), 10_000 - count(Fault::ServiceUnavailable));
    }
}
