//! How old something may be, as people write it: `20h`.
use ansible_module::Failure;
use std::time::Duration;

const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];

/// A limit of age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Age(Duration);

impl Age {
    /// Of seconds, or a number with a unit.
    pub(crate) fn parse(option: &str, text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let last = text.chars().next_back().unwrap_or_default().to_ascii_lowercase();
        let unit = UNITS.iter().find(|(name, _)| *name == last).map(|(_, seconds)| *seconds);
        let number = if unit.is_some() { &text[..text.len() - 1] } else { text };
        let seconds =
            number.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(unit.unwrap_or(1)));
        let refused = || {
            Failure::invalid(format!(
                "{option} is {text:?}. Give seconds, or a number with a unit, such as 20h."
            ))
        };
        seconds.map(|seconds| Age(Duration::from_secs(seconds))).ok_or_else(refused)
    }

    /// Whether nothing is young enough, which is so for 0.
    pub(crate) fn accepts_none(self) -> bool {
        self.0.is_zero()
    }

    /// Whether something of this age is too old.
    pub(crate) fn is_exceeded(self, age: Duration) -> bool {
        self.accepts_none() || age > self.0
    }

    /// For a person, in the largest unit that is not too coarse.
    pub(crate) fn shown(age: Duration) -> String {
        let seconds = age.as_secs();
        let unit = UNITS.iter().rev().find(|(_, unit)| seconds >= 2 * unit).unwrap_or(&UNITS[0]);
        format!("{} {}", seconds / unit.1, unit.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_seconds_or_a_number_with_a_unit() {
        for (text, seconds) in
            [("0", 0), ("90", 90), ("90s", 90), ("2m", 120), ("20h", 72_000), ("1D", 86_400), ("1w", 604_800)]
        {
            assert_eq!(Age::parse("max_age", text).unwrap(), Age(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "h", "-1", "1.5h", "1y", "ä", "99999999999999999999", "9999999999999999999w"] {
            assert!(Age::parse("max_age", text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_is_young_enough_for_an_age_of_0() {
        let limit = |text| Age::parse("max_age", text).unwrap();
        assert!(limit("0").is_exceeded(Duration::ZERO));
        assert!(!limit("1").is_exceeded(Duration::from_secs(1)));
        assert!(limit("1").is_exceeded(Duration::from_secs(2)));
        assert_eq!(Age::shown(Duration::from_secs(86_400)), "24 h");
        assert_eq!(Age::shown(Duration::from_secs(1)), "1 s");
    }
}
