//! The time frame of a deployment: two points in time in ISO 8601, the end after the start.
use ansible_module::{Failure, Task};
use jiff::{Timestamp, civil::DateTime};

/// A point in time as the user wrote it, with an offset or without.
#[derive(Clone, Copy)]
enum Moment {
    Exact(Timestamp),
    /// In the server's own time zone, which is not known here.
    Local(DateTime),
}

/// Refuses what is no date and time, and an end that is not after the start.
pub(crate) fn check(start: Option<&str>, end: Option<&str>) -> Result<(), Failure> {
    let start = start.map(|text| parse("start_datetime", text)).transpose()?;
    let end = end.map(|text| parse("end_datetime", text)).transpose()?;
    let (Some(start), Some(end)) = (start, end) else { return Ok(()) };
    let after = match (start, end) {
        (Moment::Exact(start), Moment::Exact(end)) => end > start,
        (Moment::Local(start), Moment::Local(end)) => end > start,
        _ => {
            return Err(Failure::invalid(
                "Of start_datetime and end_datetime only one has a time zone, so they can't be compared; give both one, such as Z or +09:00.",
            ));
        }
    };
    if after {
        return Ok(());
    }
    Err(Failure::invalid(
        "end_datetime is not after start_datetime; the vehicle could never be updated. Correct one of them.",
    ))
}

/// Warns of what may be meant otherwise: a time without a time zone, and an end that has passed.
pub(crate) fn warn(start: Option<&str>, end: Option<&str>, task: &Task) {
    for (option, text) in [("start_datetime", start), ("end_datetime", end)] {
        match text.map(|text| parse(option, text)) {
            Some(Ok(Moment::Local(_))) => task.warn(format!(
                "{option} has no time zone, so the server takes it for that of its own; add one, such as Z or +09:00."
            )),
            Some(Ok(Moment::Exact(end))) if option == "end_datetime" && end < Timestamp::now() => {
                task.warn("end_datetime has passed, so the vehicle may never be updated; give a later one.");
            }
            _ => {}
        }
    }
}

/// The text in ISO 8601: Python writes a date that YAML has read with a blank in the place of the T.
pub(crate) fn iso(text: &str) -> String {
    text.trim().replacen(' ', "T", 1)
}

fn parse(option: &str, text: &str) -> Result<Moment, Failure> {
    let text = text.trim();
    text.parse().map(Moment::Exact).or_else(|_| text.parse().map(Moment::Local)).map_err(|_| {
        Failure::invalid(format!(
            "{option} is no date and time in ISO 8601: {text:?}; write it like 2026-11-20T22:00:00Z."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::{check, iso};

    fn fault(start: &str, end: &str) -> String {
        check(Some(start), Some(end)).err().map(|f| f.msg).unwrap_or_default()
    }

    #[test]
    fn an_end_after_its_start_passes_whatever_the_offsets() {
        assert_eq!(fault("2026-11-20T22:00:00Z", "2026-11-20T23:00:00Z"), "");
        assert_eq!(fault("2026-11-20T22:00:00Z", "2026-11-21T08:00:00+09:00"), "");
        assert_eq!(fault("2026-11-20T22:00", "2026-11-20 23:00:00"), "");
        assert!(check(None, Some("2026-11-20")).is_ok());
    }

    #[test]
    fn an_end_before_or_at_its_start_is_refused() {
        assert!(fault("2026-11-20T22:00:00Z", "2026-11-21T06:00:00+09:00").contains("not after"));
        assert!(fault("2026-11-20T22:00:00Z", "2026-11-20T22:00:00Z").contains("not after"));
    }

    #[test]
    fn what_is_no_time_or_can_t_be_compared_is_refused() {
        assert!(fault("tomorrow", "2026-11-20T22:00:00Z").contains("start_datetime is no date"));
        assert!(fault("2026-02-30T22:00:00Z", "2026-11-20T22:00:00Z").contains("start_datetime is no date"));
        assert!(fault("2026-11-20T22:00:00", "2026-11-20T23:00:00Z").contains("only one has a time zone"));
    }

    #[test]
    fn a_date_that_yaml_has_read_is_sent_in_iso_8601() {
        assert_eq!(iso("2026-11-20 22:00:00+00:00"), "2026-11-20T22:00:00+00:00");
        assert_eq!(iso(" 2026-11-20T22:00:00Z "), "2026-11-20T22:00:00Z");
        assert_eq!(iso("2026-11-20"), "2026-11-20");
    }
}
