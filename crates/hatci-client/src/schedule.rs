//! The time frame of a deployment: two points in time in ISO 8601, the end after the start.
use crate::Error;
use jiff::{Timestamp, civil::DateTime};

/// When a vehicle may be updated.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    start: Option<Moment>,
    end: Option<Moment>,
}

/// A point in time as the user wrote it.
#[derive(Clone, Debug)]
struct Moment {
    text: String,
    time: Time,
}

#[derive(Clone, Copy, Debug)]
enum Time {
    /// With an offset.
    Exact(Timestamp),
    /// In the server's own time zone, which is not known here.
    Local(DateTime),
}

const START: &str = "start_datetime";
const END: &str = "end_datetime";

impl Schedule {
    /// Reads both ends, of which either may be missing. Refuses what is no date and time ([`Error::Time`]), and an end that is not after
    /// the start ([`Error::TimeOrder`]), or can't be compared with it ([`Error::TimeZones`]).
    pub fn parse(start: Option<&str>, end: Option<&str>) -> Result<Self, Error> {
        let start = start.map(|text| Moment::parse(START, text)).transpose()?;
        let end = end.map(|text| Moment::parse(END, text)).transpose()?;
        if let (Some(start), Some(end)) = (&start, &end) {
            let is_after = match (start.time, end.time) {
                (Time::Exact(start), Time::Exact(end)) => end > start,
                (Time::Local(start), Time::Local(end)) => end > start,
                _ => return Err(Error::TimeZones),
            };
            if !is_after {
                return Err(Error::TimeOrder);
            }
        }
        Ok(Self { start, end })
    }

    /// The fields of a deployment, each with its name and its time in ISO 8601.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = [(START, &self.start), (END, &self.end)];
        named.into_iter().filter_map(|(name, moment)| Some((name, moment.as_ref()?.text.as_str())))
    }

    /// What may be meant otherwise, a sentence each: a time without a time zone, and an end before `now`.
    pub fn doubts(&self, now: Timestamp) -> Vec<String> {
        let mut doubts = vec![];
        for (field, moment) in [(START, &self.start), (END, &self.end)] {
            match moment.as_ref().map(|moment| moment.time) {
                Some(Time::Local(_)) => doubts.push(format!(
                    "{field} has no time zone, so the server assumes its own; add one, such as Z or +09:00."
                )),
                Some(Time::Exact(end)) if field == END && end < now => {
                    doubts.push(format!(
                        "{END} has passed, so the vehicle may never be updated; give a later one."
                    ));
                }
                _ => {}
            }
        }
        doubts
    }
}

impl Moment {
    fn parse(field: &'static str, text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let time = text.parse().map(Time::Exact).or_else(|_| text.parse().map(Time::Local));
        let time = time.map_err(|_| Error::Time { field, text: text.to_owned() })?;
        // Python writes a date that YAML has read with a blank in the place of the T.
        Ok(Self { text: text.replacen(' ', "T", 1), time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(start: &str, end: &str) -> String {
        Schedule::parse(Some(start), Some(end)).err().map(|e| e.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_end_after_its_start_passes_whatever_the_offsets() {
        assert_eq!(fault("2026-11-20T22:00:00Z", "2026-11-20T23:00:00Z"), "");
        assert_eq!(fault("2026-11-20T22:00:00Z", "2026-11-21T08:00:00+09:00"), "");
        assert_eq!(fault("2026-11-20T22:00", "2026-11-20 23:00:00"), "");
        assert!(Schedule::parse(None, Some("2026-11-20")).is_ok());
    }

    #[test]
    fn an_end_before_or_at_its_start_is_refused() {
        assert!(fault("2026-11-20T22:00:00Z", "2026-11-21T06:00:00+09:00").contains("not after"));
        assert!(fault("2026-11-20T22:00:00Z", "2026-11-20T22:00:00Z").contains("not after"));
    }

    #[test]
    fn what_is_no_time_or_can_t_be_compared_is_refused() {
        assert!(fault("tomorrow", "2026-11-20T22:00:00Z").contains("start_datetime is not a date"));
        assert!(
            fault("2026-02-30T22:00:00Z", "2026-11-20T22:00:00Z").contains("start_datetime is not a date")
        );
        assert!(fault("2026-11-20T22:00:00", "2026-11-20T23:00:00Z").contains("has a time zone"));
    }

    #[test]
    fn a_date_that_yaml_has_read_is_sent_in_iso_8601() {
        for (given, sent) in [
            ("2026-11-20 22:00:00+00:00", "2026-11-20T22:00:00+00:00"),
            (" 2026-11-20T22:00:00Z ", "2026-11-20T22:00:00Z"),
            ("2026-11-20", "2026-11-20"),
        ] {
            let schedule = Schedule::parse(Some(given), None).unwrap();
            assert_eq!(schedule.fields().collect::<Vec<_>>(), [(START, sent)]);
        }
    }

    #[test]
    fn a_time_without_a_zone_and_an_end_that_has_passed_are_doubted() {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let doubts = |start, end| Schedule::parse(start, end).unwrap().doubts(now);
        assert!(doubts(Some("2026-11-20T10:00:00Z"), Some("2026-11-20T13:00:00Z")).is_empty());
        assert!(doubts(None, Some("2026-11-20T11:00:00Z"))[0].starts_with("end_datetime has passed"));
        assert_eq!(doubts(Some("2026-11-20"), Some("2026-11-21")).len(), 2);
    }
}
