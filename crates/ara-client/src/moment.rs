//! Times as ARA takes them: UTC with microseconds.
use crate::Error;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// A moment in UTC, to the microsecond. Without an offset ARA would read it in the server's own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Moment(Timestamp);

impl Moment {
    /// This machine's present time.
    pub fn now() -> Self {
        Self::to_the_microsecond(Timestamp::now())
    }

    /// The same time; now, if it is beyond all calendars.
    pub(crate) fn of(time: SystemTime) -> Self {
        Timestamp::try_from(time).map_or_else(|_| Self::now(), Self::to_the_microsecond)
    }

    /// From RFC 3339, such as `2026-11-20T20:00:00.25Z`; the offset must be there.
    pub fn parse(text: &str) -> Result<Self, Error> {
        text.trim().parse().map(Self::to_the_microsecond).map_err(|_| Error::Moment { text: text.to_owned() })
    }

    /// What was sent, or written down and read again, is the same moment.
    fn to_the_microsecond(time: Timestamp) -> Self {
        Self(Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time))
    }

    /// So much later; the last possible moment where the calendar ends.
    #[must_use]
    pub fn plus(self, time: Duration) -> Self {
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        Self(self.0.checked_add(time).unwrap_or(Timestamp::MAX))
    }

    /// So much earlier; the first possible moment where the calendar begins.
    #[must_use]
    pub fn minus(self, time: Duration) -> Self {
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        Self(self.0.checked_sub(time).unwrap_or(Timestamp::MIN))
    }

    /// This moment as the end of what began at `started`: never before it, and never whole seconds after it.
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
            assert!(error.to_string().contains("is no time. Give it as"), "{error}");
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
