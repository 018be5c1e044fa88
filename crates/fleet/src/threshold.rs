//! How many vehicles may fail before nothing new is begun.
use std::fmt;

/// The most failures that a campaign goes on with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    most: Most,
    /// The threshold isn't judged before so many vehicles have finished: one failure of the first two says little.
    min_finished: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Most {
    Number(usize),
    /// Of the vehicles that were begun.
    Percent(f64),
}

/// How far the vehicles of a campaign are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those with which something was begun, finished or not.
    pub begun: usize,
    /// Those with an outcome, whatever it is: one that was given up counts, too.
    pub finished: usize,
    /// Those with an outcome other than success.
    pub failed: usize,
}

impl Threshold {
    /// `most` is a number of vehicles such as `3`, or a share of those begun such as `10%`. An error is a sentence.
    pub fn parse(most: &str, min_finished: usize) -> Result<Self, String> {
        let text = most.trim();
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|it| (0.0..=100.0).contains(it));
        let most = match text.strip_suffix('%') {
            Some(percent) => number(percent).map(Most::Percent),
            None => text.parse().ok().map(Most::Number),
        };
        let most = most.ok_or_else(|| {
            format!("max_failures (in playbooks: hatci_max_failures) is {text:?}. Give a number of vehicles such as 3, or a share such as 10%.")
        })?;
        Ok(Threshold { most, min_finished })
    }

    /// Whether more have failed than may. A share is of all that were begun, so that an early failure counts no more than a late one:
    /// once it is exceeded, no success of the others can change that.
    pub fn is_exceeded(&self, tally: Tally) -> bool {
        let is_too_many = match self.most {
            Most::Number(most) => tally.failed > most,
            Most::Percent(percent) => count(tally.failed) * 100.0 > percent * count(tally.begun),
        };
        is_too_many && tally.finished >= self.min_finished
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            Most::Number(most) => write!(f, "{most}"),
            Most::Percent(percent) => write!(f, "{percent} %"),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer vehicles than 2^52")]
fn count(vehicles: usize) -> f64 {
    vehicles as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_number_or_a_share() {
        for (text, shown) in [("0", "0"), (" 3 ", "3"), ("10%", "10 %"), ("12.5 %", "12.5 %")] {
            assert_eq!(Threshold::parse(text, 0).unwrap().to_string(), shown);
        }
        for text in ["", "-1", "1.5", "101%", "-1%", "NaN%", "%", "some"] {
            assert!(Threshold::parse(text, 0).is_err(), "{text}");
        }
    }

    #[test]
    fn it_is_exceeded_by_more_than_it_names_once_enough_have_finished() {
        // The threshold, the smallest number that must have finished; begun, finished and failed; whether that stops.
        for (most, min_finished, [begun, finished, failed], stops) in [
            ("0", 0, [1, 1, 0], false),
            ("0", 0, [1, 1, 1], true),
            ("0", 5, [4, 4, 4], false),
            ("0", 5, [10, 5, 1], true),
            ("1", 0, [10, 2, 1], false),
            ("1", 0, [10, 2, 2], true),
            ("1", 5, [10, 4, 4], false),
            ("1", 5, [10, 5, 2], true),
            ("10%", 0, [10, 1, 1], false),
            ("10%", 0, [10, 2, 2], true),
            ("10%", 0, [1, 1, 1], true),
            ("10%", 5, [4, 4, 4], false),
            ("10%", 5, [100, 50, 10], false),
            ("10%", 5, [100, 50, 11], true),
            ("50%", 0, [2, 2, 1], false),
            ("50%", 0, [3, 2, 2], true),
            ("50%", 5, [2, 2, 2], false),
            ("50%", 5, [10, 6, 6], true),
            ("100%", 0, [3, 3, 3], false),
        ] {
            let threshold = Threshold::parse(most, min_finished).unwrap();
            let tally = Tally { begun, finished, failed };
            assert_eq!(threshold.is_exceeded(tally), stops, "{most} {min_finished} {tally:?}");
        }
    }
}
