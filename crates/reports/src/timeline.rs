//! The timeline: one bar for each vehicle on one time axis, in percent of the whole time.
use crate::{Report, Vehicle, Verdict, duration, text};
use jiff::Timestamp;
use serde::Serialize;

/// The bars of a report, and the axis above them.
#[derive(Debug, Serialize)]
pub(crate) struct Timeline {
    pub(crate) ticks: Vec<Tick>,
    pub(crate) bars: Vec<Bar>,
}

/// A mark on the axis.
#[derive(Debug, Serialize)]
pub(crate) struct Tick {
    /// In percent.
    pub(crate) at: f64,
    /// Since the start, such as `10 min`.
    pub(crate) label: String,
    /// Whether there is no room for the label to the right of it.
    pub(crate) is_last: bool,
}

/// One vehicle's.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    pub(crate) host: String,
    pub(crate) class: &'static str,
    pub(crate) mark: &'static str,
    /// The bar in words: each state, and when it began.
    pub(crate) words: String,
    pub(crate) parts: Vec<Part>,
}

/// A part of a bar, in one state.
#[derive(Debug, Serialize)]
pub(crate) struct Part {
    /// In percent.
    pub(crate) from: f64,
    /// In percent.
    pub(crate) width: f64,
    /// Of the page's style: `waiting`, `updating`, or a verdict's.
    pub(crate) class: &'static str,
}

/// The steps between two ticks that may be chosen, in seconds.
const STEPS: [i64; 16] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400];
/// There are at most so many ticks.
const MOST_TICKS: i64 = 8;
/// From here on, in percent, a label stands to the left of its tick.
const LAST: f64 = 90.0;

/// A state of a vehicle's: (in the server's words, from, to, class).
type State<'a> = (&'a str, Timestamp, Timestamp, &'static str);

impl Timeline {
    /// None if no vehicle's times are known. `now`: until then goes the bar of what is still running.
    pub(crate) fn of(report: &Report, now: Option<Timestamp>) -> Option<Self> {
        let times: Vec<_> = report
            .vehicles
            .iter()
            .zip(report.names())
            .filter_map(|(it, name)| Some((it, text::name(&name), times(it, now)?)))
            .collect();
        let start = times.iter().map(|(_, _, (start, _))| *start).min()?;
        let end = times.iter().map(|(_, _, (_, end))| *end).max()?;
        let whole = (seconds(start, end)).max(1.0);
        let percent = |at: Timestamp| round((seconds(start, at) / whole * 100.0).clamp(0.0, 100.0));
        let bars = times.into_iter().map(|(vehicle, host, (from, to))| {
            let states = states(vehicle, from, to);
            Bar {
                words: words(&host, vehicle.status, &states, start),
                host,
                class: vehicle.status.class(),
                mark: vehicle.status.mark(),
                parts: states
                    .into_iter()
                    .map(|(_, from, to, class)| Part {
                        from: percent(from).min(100.0 - NARROWEST),
                        width: round((percent(to) - percent(from)).max(NARROWEST)),
                        class,
                    })
                    .collect(),
            }
        });
        Some(Timeline { bars: bars.collect(), ticks: ticks(whole) })
    }
}

/// What has no length is still seen, in percent.
const NARROWEST: f64 = 0.3;

/// From when to when its bar goes.
fn times(vehicle: &Vehicle, now: Option<Timestamp>) -> Option<(Timestamp, Timestamp)> {
    let first = vehicle.states.iter().map(|state| state.at).min();
    let last = vehicle.states.iter().map(|state| state.at).max();
    let start = vehicle.started.or(first)?;
    let now = now.filter(|_| vehicle.status == Verdict::Running);
    let end = now.or(vehicle.finished).or(last).unwrap_or(start);
    Some((start, end.max(start).max(last.unwrap_or(start))))
}

/// The states that its bar shows, without gaps.
fn states(vehicle: &Vehicle, start: Timestamp, end: Timestamp) -> Vec<State<'_>> {
    let mut found = vec![];
    let (mut state, mut since, mut class) = ("started", start, "waiting");
    for change in &vehicle.states {
        let at = change.at.clamp(since, end);
        found.push((state, since, at, class));
        (state, since) = (change.state.as_str(), at);
        class = if ["PENDING", "SCHEDULED", "QUEUED"].iter().any(|it| state.eq_ignore_ascii_case(it)) {
            "waiting"
        } else {
            "updating"
        };
    }
    // What it came to colours the last part, also where that has no length.
    if vehicle.status != Verdict::Running {
        class = vehicle.status.class();
    }
    found.push((state, since, end, class));
    found.retain(|(_, from, to, class)| from < to || *class == vehicle.status.class());
    found
}

/// `car1: FAIL. started at 0.0 s, IN_PROGRESS at 20 s, FAILED at 5 min 3 s, until 6 min 0 s`
fn words(host: &str, verdict: Verdict, states: &[State], start: Timestamp) -> String {
    let since = |at| duration::words(seconds(start, at));
    let states: Vec<_> =
        states.iter().map(|(state, from, to, _)| (text::name(state), since(*from), since(*to))).collect();
    let all: Vec<_> = states.iter().map(|(state, from, _)| format!("{state} at {from}")).collect();
    let end = states.last().map(|(_, _, to)| format!(", until {to}")).unwrap_or_default();
    format!("{host}: {}. {}{end}", verdict.words(), all.join(", "))
}

fn ticks(whole: f64) -> Vec<Tick> {
    #[allow(clippy::cast_possible_truncation)] // seconds of a run
    let seconds = whole as i64;
    let step = STEPS.into_iter().find(|step| seconds / step < MOST_TICKS).unwrap_or(seconds / MOST_TICKS + 1);
    (0..=seconds / step)
        .map(|number| {
            let after = number * step;
            #[allow(clippy::cast_precision_loss)] // seconds of a run
            let at = round(after as f64 / whole * 100.0);
            Tick { at, label: label(after), is_last: at > LAST }
        })
        .collect()
}

fn label(seconds: i64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 if seconds % 60 == 0 => format!("{} min", seconds / 60),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// Two decimals: 1,000 bars make a small page.
fn round(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StateChange;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn states_at(times: &[(&str, i64)]) -> Vec<StateChange> {
        times.iter().map(|(state, second)| StateChange { state: (*state).into(), at: at(*second) }).collect()
    }

    fn only_bar(vehicle: Vehicle, now: Option<Timestamp>) -> Bar {
        let vehicles = vec![vehicle, Vehicle::new("unknown", Verdict::NotTested)];
        let mut timeline = Timeline::of(&Report { vehicles, ..Report::new("x") }, now).unwrap();
        assert_eq!(timeline.bars.len(), 1);
        timeline.bars.remove(0)
    }

    fn parts(bar: &Bar) -> Vec<(f64, f64, &'static str)> {
        bar.parts.iter().map(|it| (it.from, it.width, it.class)).collect()
    }

    #[test]
    fn a_bar_goes_through_the_states_of_its_vehicle() {
        let bar = only_bar(
            Vehicle {
                started: Some(at(100)),
                finished: Some(at(200)),
                states: states_at(&[("PENDING", 120), ("IN_PROGRESS", 140), ("COMPLETE", 180)]),
                ..Vehicle::new("car1", Verdict::Pass)
            },
            None,
        );
        assert_eq!(
            parts(&bar),
            [(0.0, 20.0, "waiting"), (20.0, 20.0, "waiting"), (40.0, 40.0, "updating"), (80.0, 20.0, "pass")]
        );
        assert_eq!(
            bar.words,
            "car1: PASS. started at 0.0 s, PENDING at 20 s, IN_PROGRESS at 40 s, COMPLETE at 1 min 20 s, until 1 min 40 s"
        );
    }

    #[test]
    fn the_bar_of_what_runs_goes_until_now() {
        let running = Vehicle {
            started: Some(at(100)),
            states: states_at(&[("IN_PROGRESS", 110)]),
            ..Vehicle::new("car1", Verdict::Running)
        };
        let bar = only_bar(running, Some(at(200)));
        assert_eq!(parts(&bar), [(0.0, 10.0, "waiting"), (10.0, 90.0, "updating")]);
    }

    #[test]
    fn times_that_contradict_each_other_stay_within_the_picture() {
        let bar = only_bar(
            Vehicle {
                started: Some(at(100)),
                finished: Some(at(50)),
                states: states_at(&[("B", 300), ("A", 90), ("C", 120)]),
                ..Vehicle::new("car1", Verdict::Fail)
            },
            None,
        );
        let within = |part: &Part| part.from >= 0.0 && part.width > 0.0 && part.from + part.width <= 100.01;
        assert!(bar.parts.iter().all(within), "{bar:?}");
        assert_eq!(bar.parts.last().unwrap().class, "fail");
    }

    #[test]
    fn there_are_a_few_ticks_however_long_it_took() {
        for seconds in [1, 7, 59, 61, 3599, 3600, 100_000, 10_000_000] {
            let ticks = ticks(f64::from(seconds));
            assert!((1..=9).contains(&ticks.len()), "{seconds} {ticks:?}");
            assert!(ticks.iter().all(|tick| (0.0..=100.0).contains(&tick.at)), "{seconds} {ticks:?}");
        }
    }

    #[test]
    fn without_times_there_is_no_timeline() {
        assert!(
            Timeline::of(
                &Report { vehicles: vec![Vehicle::new("a", Verdict::Pass)], ..Report::new("x") },
                None
            )
            .is_none()
        );
    }
}
