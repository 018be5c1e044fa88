//! What a task says while it works on a fleet: a line when the numbers have changed, and at the least one a minute.
use std::time::Duration;

/// Between two looks at whether there is something to say.
pub(crate) const PERIOD: Duration = Duration::from_secs(1);
/// Numbers that change all the time are told this often.
const AT_MOST_EVERY: Duration = Duration::from_secs(5);
/// A task that is silent for five minutes is killed by some job runners.
const AT_LEAST_EVERY: Duration = Duration::from_secs(60);

/// The lines of one task.
pub(crate) struct Lines<'a> {
    say: &'a dyn Fn(&str),
    label: String,
    said: Option<(Duration, String)>,
}

impl<'a> Lines<'a> {
    /// `label`: what each line begins with, such as `wave 2/3`.
    pub(crate) fn new(label: Option<&str>, say: &'a dyn Fn(&str)) -> Self {
        let label =
            label.filter(|label| !label.is_empty()).map_or(String::new(), |label| format!("{label}: "));
        Lines { say, label, said: None }
    }

    /// Says how many vehicles are how far, if it is time to; `more` goes with it, but is no reason to say anything.
    pub(crate) fn tick(&mut self, now: Duration, numbers: String, more: &dyn Fn() -> String) {
        let is_due = match &self.said {
            None => now >= AT_MOST_EVERY,
            Some((at, last)) => {
                let since = now.saturating_sub(*at);
                since >= AT_LEAST_EVERY || since >= AT_MOST_EVERY && *last != numbers
            }
        };
        if is_due {
            self.line(now, numbers, &more());
        }
    }

    /// Says how it is at the end, whatever was said before.
    pub(crate) fn end(&mut self, now: Duration, numbers: String) {
        self.line(now, numbers, "");
    }

    /// Says something about one vehicle.
    pub(crate) fn of_vehicle(&self, host: &str, text: &str) {
        (self.say)(&format!("{}{host}: {text}", self.label));
    }

    fn line(&mut self, now: Duration, numbers: String, more: &str) {
        let more = if more.is_empty() { String::new() } else { format!("{more}; ") };
        (self.say)(&format!("{}{numbers}; {more}{}", self.label, clock(now)));
        self.said = Some((now, numbers));
    }
}

/// `00:12:40`
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `41 of 100 finished, 3 failed, 12 waiting`; what there is none of is left out after the first. On a terminal `progress_bar.py` draws its
/// bar from the beginning of this.
pub(crate) fn numbers(finished: usize, of: usize, parts: &[(usize, &str)]) -> String {
    let mut all = vec![format!("{finished} of {of} finished")];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    all.extend(parts.map(|(count, what)| format!("{count} {what}")));
    all.join(", ")
}

/// To the millisecond.
pub(crate) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_line_is_said_when_the_numbers_change_and_once_a_minute() {
        let said = RefCell::new(vec![]);
        let say = |text: &str| said.borrow_mut().push(text.to_owned());
        let mut lines = Lines::new(Some("wave 2/3"), &say);
        for second in 0..200 {
            let finished = if second < 30 { second } else { 30 };
            let numbers = numbers(finished, 100, &[(0, "failed"), (100 - finished, "updating")]);
            lines.tick(Duration::from_secs(second as u64), numbers, &|| "slowest car17".into());
        }
        let said = said.borrow();
        assert_eq!(said[0], "wave 2/3: 5 of 100 finished, 95 updating; slowest car17; 00:00:05");
        assert_eq!(said.len(), 8, "{said:?}");
        assert!(said[7].ends_with("; 00:02:30"), "{}", said[7]);
    }
}
