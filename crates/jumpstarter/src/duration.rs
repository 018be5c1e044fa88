//! Durations in every format that `jmp --duration` accepts.
//!
//! `jmp` tries, in this order: a whole number of seconds; pytimeparse2 (`30m`, `1d 3h`, `2 days, 01:30:00`); a decimal
//! number; ISO 8601 (`P1DT2H`). A duration must be positive, since no lease can have another.
use crate::Error;
use std::{str::FromStr, time::Duration};

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
const WEEK: f64 = 7.0 * DAY;
const MONTH: f64 = 30.0 * DAY;
const YEAR: f64 = 365.0 * DAY;
/// The limit of Python's timedelta.
const MOST_DAYS: f64 = 1e9;

/// The units of the worded format in their required order, with the words for each.
const UNITS: [(f64, &[&str]); 8] = [
    (YEAR, &["y", "ys", "yr", "yr.", "yrs", "yrs.", "year", "years"]),
    (MONTH, &["mo", "mo.", "mos", "mos.", "mth", "mth.", "mths", "mths.", "month", "months"]),
    (WEEK, &["w", "wk", "wks", "week", "weeks"]),
    (DAY, &["d", "dy", "dys", "day", "days"]),
    (HOUR, &["h", "hr", "hrs", "hour", "hours"]),
    (MINUTE, &["m", "min", "mins", "minute", "minutes"]),
    (1.0, &["s", "sec", "secs", "second", "seconds"]),
    (0.001, &["ms", "msec", "msecs", "millis", "millisecond", "milliseconds"]),
];

/// The duration of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeaseDuration(Duration);

impl LeaseDuration {
    /// As a plain [`Duration`]; never zero.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for LeaseDuration {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        let unsigned = trimmed.strip_prefix('+').unwrap_or(trimmed).trim_start();
        let seconds = number(unsigned)
            .or_else(|| worded(unsigned))
            .or_else(|| clock(unsigned))
            .or_else(|| iso(unsigned));
        seconds
            .filter(|seconds| *seconds > 0.0 && *seconds < MOST_DAYS * DAY)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            // rounded to microseconds, as in Python
            .map(|exact| {
                Duration::from_micros(u64::try_from((exact.as_nanos() + 500) / 1000).unwrap_or(u64::MAX))
            })
            .filter(|rounded| !rounded.is_zero())
            .map(LeaseDuration)
            .ok_or_else(|| Error::Duration { text: text.into() })
    }
}

/// `90`, `1_000`, `3.5`, `1e3`: seconds.
fn number(text: &str) -> Option<f64> {
    let digits_between_underscores =
        text.split('_').all(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    let plain = if digits_between_underscores { text.replace('_', "") } else { text.to_owned() };
    let starts_as_number = plain.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    starts_as_number.then(|| plain.parse().ok()).flatten()
}

/// `1h30m`, `1 day, 2 hrs`: each unit once, larger ones first.
fn worded(text: &str) -> Option<f64> {
    let (seconds, rest) = leading_units(text, 0);
    (rest.is_empty() && rest.len() < text.len()).then_some(seconds)
}

/// `1:30`, `01:30:00`, `2 days, 01:30:00`, `1:02:03:04`, `:30`: the last part is seconds.
fn clock(text: &str) -> Option<f64> {
    const WEEKS: usize = 2;
    let (units, rest) = leading_units(text, WEEKS);
    let has_units = rest.len() < text.len();
    let parts: Vec<&str> = rest.split(':').collect();
    let values: Vec<f64> = parts
        .iter()
        .map(|part| part.parse().ok().filter(|_| !part.is_empty()))
        .collect::<Option<_>>()
        .or_else(|| {
            (parts.len() == 2 && parts[0].is_empty())
                .then(|| parts[1].parse().ok().map(|s| vec![s]))
                .flatten()
        })?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let (last, middle) = (parts.last()?, parts.get(1..parts.len() - 1)?);
    let whole_seconds = last.split_once('.').map_or(*last, |(whole, _)| whole);
    let first_is_whole = parts[0].bytes().all(|b| b.is_ascii_digit());
    let well_formed =
        two_digits(whole_seconds) && middle.iter().all(|part| two_digits(part)) && first_is_whole;
    // Units may only precede hours:minutes:seconds; in minutes:seconds, minutes have at most two digits.
    let fits = match parts.len() {
        2 => !has_units && parts[0].len() <= 2,
        3 => true,
        4 => !has_units,
        _ => false,
    };
    let scale = [1.0, MINUTE, HOUR, DAY];
    (well_formed && fits)
        .then(|| units + values.iter().rev().zip(scale).map(|(value, unit)| value * unit).sum::<f64>())
}

/// `PT1H30M`, `P1DT2H`, `P2W`; upper case only.
fn iso(text: &str) -> Option<f64> {
    let (date, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return None,
        None => (text.strip_prefix('P')?, ""),
    };
    let sum = |part: &str, units: &[(char, f64)]| {
        let mut seconds = 0.0;
        let mut rest = part;
        for (unit, scale) in units {
            if let Some((value, after)) = rest.split_once(*unit) {
                seconds += number(value)? * scale;
                rest = after;
            }
        }
        rest.is_empty().then_some(seconds)
    };
    let date = sum(date, &[('Y', YEAR), ('M', MONTH), ('W', WEEK), ('D', DAY)])?;
    let time = sum(time, &[('H', HOUR), ('M', MINUTE), ('S', 1.0)])?;
    Some(date + time)
}

/// Reads all leading `NUMBER UNIT`; returns the seconds and the rest of the text.
fn leading_units(text: &str, first: usize) -> (f64, &str) {
    let mut seconds = 0.0;
    let mut rest = text;
    let mut from = first;
    while let Some((value, after)) = leading_number(rest) {
        let word_end = after.find(|c: char| !c.is_ascii_alphabetic() && c != '.').unwrap_or(after.len());
        let word = after[..word_end].to_ascii_lowercase();
        let Some(unit) = (from..UNITS.len()).find(|at| UNITS[*at].1.contains(&word.as_str())) else { break };
        seconds += value * UNITS[unit].0;
        from = unit + 1;
        rest = after[word_end..].trim_start().trim_start_matches([',', '/']).trim_start();
    }
    (seconds, rest)
}

fn leading_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(text: &str) -> Option<f64> {
        text.parse().ok().map(|d: LeaseDuration| d.get().as_secs_f64())
    }

    /// The results of jmp 0.9.0.
    #[test]
    fn reads_what_jmp_reads() {
        for (text, expected) in [
            ("10", 10.0),
            ("30m", 1800.0),
            ("1h30m", 5400.0),
            ("1d3h", 97_200.0),
            ("PT1H", 3600.0),
            ("P1DT2H", 93_600.0),
            ("P1W", 604_800.0),
            ("P1M", 2_592_000.0),
            ("P1Y", 31_536_000.0),
            ("PT0.5S", 0.5),
            ("PT1H30M5S", 5405.0),
            ("01:30:00", 5400.0),
            ("01:30:00.5", 5400.5),
            ("1:30", 90.0),
            ("1:30:00:00", 194_400.0),
            ("1.5h", 5400.0),
            ("2 days, 01:30:00", 178_200.0),
            ("1 day 01:00:00", 90_000.0),
            ("1d,01:30:00", 91_800.0),
            ("2 days", 172_800.0),
            ("1 hour 30 minutes", 5400.0),
            ("30 min", 1800.0),
            ("1w2d", 777_600.0),
            ("1h, 30m", 5400.0),
            ("3.5", 3.5),
            ("1e3", 1000.0),
            ("+5", 5.0),
            ("  60 ", 60.0),
            (" 1_000", 1000.0),
            ("5 m", 300.0),
            ("30M", 1800.0),
            ("1H", 3600.0),
            ("500ms", 0.5),
            ("99h", 356_400.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_jmp_refuses_and_what_no_lease_can_have() {
        for text in [
            "",
            "pt1h",
            "1m30",
            "abc",
            "1h1h",
            "30m1h",
            "1:2:3",
            "P",
            "PT",
            "inf",
            "nan",
            "0",
            "-5",
            "1:300",
            "P1H",
            "1_",
            "99999999999d",
        ] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = text.parse::<LeaseDuration>();
        }

        #[test]
        fn all_forms_agree(d in 0u32..30, h in 0u32..24, m in 0u32..60, s in 1u32..60) {
            let expected = Some(f64::from(((d * 24 + h) * 60 + m) * 60 + s));
            prop_assert_eq!(seconds(&format!("{d}d{h}h{m}m{s}s")), expected);
            prop_assert_eq!(seconds(&format!("{d} days, {h:02}:{m:02}:{s:02}")), expected);
            prop_assert_eq!(seconds(&format!("P{d}DT{h}H{m}M{s}S")), expected);
        }
    }
}
