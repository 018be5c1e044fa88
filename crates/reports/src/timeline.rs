//! The timeline: one bar for each vehicle on one time axis, in percent of the whole time.
use crate::{Report, Vehicle, Verdict};
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
}

/// One vehicle's.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    pub(crate) host: String,
    pub(crate) verdict: &'static str,
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
    /// What the state was.
    pub(crate) state: String,
}

/// The steps between two ticks that may be chosen, in seconds.
const STEPS: [i64; 16] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400];
/// There are at most so many ticks.
const MOST_TICKS: i64 = 8;

impl Timeline {
    /// None if no vehicle's times are known.
    pub(crate) fn of(report: &Report) -> Option<Self> {
        let times: Vec<_> = report.vehicles.iter().filter_map(|it| Some((it, times(it)?))).collect();
        let start = times.iter().map(|(_, (start, _))| *start).min()?;
        let end = times.iter().map(|(_, (_, end))| *end).max()?;
        let whole = (seconds(start, end)).max(1.0);
        let percent = |at: Timestamp| round((seconds(start, at) / whole * 100.0).clamp(0.0, 100.0));
        let bars = times.into_iter().map(|(vehicle, (from, to))| Bar {
            host: vehicle.host.clone(),
            verdict: vehicle.status.words(),
            parts: parts(vehicle, from, to)
                .into_iter()
                .map(|(state, from, to, class)| Part {
                    from: percent(from),
                    width: round((percent(to) - percent(from)).max(0.2)),
                    class,
                    state,
                })
                .collect(),
        });
        Some(Timeline { bars: bars.collect(), ticks: ticks(whole) })
    }
}

/// From when to when its bar goes.
fn times(vehicle: &Vehicle) -> Option<(Timestamp, Timestamp)> {
    let first = vehicle.states.first().map(|state| state.at);
    let last = vehicle.states.last().map(|state| state.at);
    let start = vehicle.started.or(first)?;
    let end = vehicle.finished.or(last).unwrap_or(start);
    Some((start, end.max(start)))
}

/// The parts of a bar: (state, from, to, class).
fn parts(
    vehicle: &Vehicle,
    start: Timestamp,
    end: Timestamp,
) -> Vec<(String, Timestamp, Timestamp, &'static str)> {
    let mut parts = vec![];
    let (mut state, mut since, mut class) = ("before the update".to_owned(), start, "waiting");
    for change in &vehicle.states {
        parts.push((state, since, change.at, class));
        (state, since) = (change.state.clone(), change.at);
        class = if matches!(state.to_ascii_uppercase().as_str(), "PENDING" | "SCHEDULED" | "QUEUED") {
            "waiting"
        } else {
            "updating"
        };
    }
    if vehicle.states.is_empty() {
        state = vehicle.status.words().into();
    }
    // What it came to colours the last part, also where that has no length.
    if vehicle.status != Verdict::Running {
        class = vehicle.status.class();
    }
    parts.push((state, since, end, class));
    parts.retain(|(_, from, to, class)| from < to || *class == vehicle.status.class());
    parts
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
            Tick { at, label: label(after) }
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

    #[test]
    fn a_bar_goes_through_the_states_of_its_vehicle() {
        let states = vec![
            StateChange { state: "PENDING".into(), at: at(120) },
            StateChange { state: "IN_PROGRESS".into(), at: at(140) },
            StateChange { state: "COMPLETE".into(), at: at(180) },
        ];
        let car = Vehicle {
            started: Some(at(100)),
            finished: Some(at(200)),
            states,
            ..Vehicle::new("car1", Verdict::Pass)
        };
        let report =
            Report { vehicles: vec![car, Vehicle::new("unknown", Verdict::NotTested)], ..Report::new("x") };
        let timeline = Timeline::of(&report).unwrap();
        let parts: Vec<_> =
            timeline.bars[0].parts.iter().map(|it| (&*it.state, it.from, it.width, it.class)).collect();
        assert_eq!(
            parts,
            [
                ("before the update", 0.0, 20.0, "waiting"),
                ("PENDING", 20.0, 20.0, "waiting"),
                ("IN_PROGRESS", 40.0, 40.0, "updating"),
                ("COMPLETE", 80.0, 20.0, "pass")
            ]
        );
        assert_eq!(timeline.bars.len(), 1);
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
            Timeline::of(&Report { vehicles: vec![Vehicle::new("a", Verdict::Pass)], ..Report::new("x") })
                .is_none()
        );
    }
}
