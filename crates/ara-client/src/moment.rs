//! Times in ARA's format: UTC with microseconds.
use crate::Error;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// A moment in UTC, with microseconds. Without an offset, ARA would assume the server's own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Moment(Timestamp);

impl Moment {
    /// The current time of this machine.
    pub fn now() -> Self {
        Self::to_the_microsecond(Timestamp::now())
    }

    /// Converts a time; now, if it is outside the calendar.
    pub(crate) fn of(time: SystemTime) -> Self {
        Timestamp::try_from(time).map_or_else(|_| Self::now(), Self::to_the_microsecond)
    }

    /// Parses RFC 3339, such as `2026-11-20T20:00:00.25Z`; the offset is required.
    pub fn parse(text: &str) -> Result<Self, Error> {
        text.trim().parse().map(Self::to_the_microsecond).map_err(|_| Error::Moment { text: text.to_owned() })
    }

    /// Rounded, so that a time survives being sent or stored unchanged.
    fn to_the_microsecond(time: Timestamp) -> Self {
        Self(Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time))
    }

    /// Later by this much; at most the end of the calendar.
    #[must_use]
    pub fn plus(self, time: Duration) -> Self {
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        Self(self.0.checked_add(time).unwrap_or(Timestamp::MAX))
    }

    /// Earlier by this much; at least the beginning of the calendar.
    #[must_use]
    pub fn minus(self, time: Duration) -> Self {
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        Self(self.0.checked_sub(time).unwrap_or(Timestamp::MIN))
    }

    /// This moment as the end of what began at `started`: never before it, and never in whole seconds after it.
    ///
    /// ARA's pages cut the last four characters of a duration as if they were always a fraction: they show `00:10:00`
    /// as `00:1`.
    #[must_use]
    pub fn ending(self, started: Self) -> Self {
        let ended = self.max(started);
        let whole = (ended.0.as_microsecond() - started.0.as_microsecond()) % 1_000_000 == 0;
        if whole { ended.plus(Duration::from_micros(1)) } else { ended }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%S.%6fZ"))
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

impl TryFrom<String> for Moment {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    #[test]
    fn written_in_utc_with_microseconds() {
        assert_eq!(at("2026-11-20T22:00:00+02:00").to_string(), "2026-11-20T20:00:00.000000Z");
        assert_eq!(at(" 2026-11-20T20:00:00.25Z").to_string(), "2026-11-20T20:00:00.250000Z");
    }

    #[test]
    fn a_time_without_an_offset_is_none() {
        for text in ["", "now", "2026-11-20T20:00:00", "1700000000"] {
            let error = Moment::parse(text).unwrap_err();
            assert!(error.to_string().contains("is not a valid time. Use a format"), "{error}");
        }
    }

    #[test]
    fn an_end_is_never_whole_seconds_after_its_start() {
        let started = at("2026-11-20T20:00:00.25Z");
        assert_eq!(started.ending(started), started.plus(Duration::from_micros(1)));
        assert_eq!(
            started.minus(Duration::from_secs(9)).ending(started),
            started.plus(Duration::from_micros(1))
        );
        let later = started.plus(Duration::from_mins(10));
        assert_eq!(later.ending(started).to_string(), "2026-11-20T20:10:00.250001Z");
        let exact = started.plus(Duration::from_millis(1500));
        assert_eq!(exact.ending(started), exact);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(micros in 0..4_000_000_000_000_000_i64) {
            let moment = Moment(Timestamp::from_microsecond(micros).unwrap());
            prop_assert_eq!(Moment::parse(&moment.to_string()).unwrap(), moment);
        }
    }
}
