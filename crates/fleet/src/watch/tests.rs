//! The wait by a clock of its own: nothing sleeps.
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn patience(each: u32, all: u32) -> Patience {
    Patience {
        interval: 30 * SECOND,
        each: each * SECOND,
        all: all * SECOND,
        rules: StateRules::default(),
        threshold: None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a look shows")]
fn seen(state: &str) -> Result<Seen, Missed> {
    Ok(Seen { state: State::new(state), reason: None, progress: None, timestamps: None })
}

fn missed(is_final: bool, is_refusal: bool) -> Result<Seen, Missed> {
    Err(Missed { why: "away".into(), is_final, is_refusal, retry_after: None })
}

/// Waits with one worker whose polls take no time; `look` gets the vehicle, the time and the number of polls so far. Returns the times of
/// all polls.
fn wait(
    watch: &mut Watch,
    mut look: impl FnMut(usize, Duration, u32) -> Result<Seen, Missed>,
) -> Vec<(usize, Duration)> {
    let (mut now, mut looks) = (Duration::ZERO, vec![]);
    loop {
        match watch.next(now) {
            Next::Do { vehicle, .. } => {
                looks.push((vehicle, now));
                let shown = look(vehicle, now, watch.vehicles()[vehicle].polls);
                watch.done(vehicle, shown, now);
            }
            Next::Pause(time) => now += time,
            Next::Over => return looks,
        }
        assert!(now < 100_000 * SECOND, "it never ends");
    }
}

fn watch(vehicles: usize, patience: Patience) -> Watch {
    Watch::new(vehicles, patience, Box::new(|| 0.5))
}

fn ends(watch: &Watch) -> Vec<End> {
    watch.vehicles().iter().map(|it| it.end.unwrap().0).collect()
}

#[test]
fn each_vehicle_ends_by_itself() {
    let mut watch = watch(4, patience(3600, 3600));
    wait(&mut watch, |vehicle, _, polls| match (vehicle, polls) {
        (0, 2) => seen("COMPLETE"),
        (1, 1) => seen("FAILED"),
        (2, _) => missed(true, false),
        (_, polls) => seen(if polls == 0 { "PENDING" } else { "IN_PROGRESS" }),
    });
    assert_eq!(ends(&watch), [End::Succeeded, End::Failed, End::Lost, End::TimedOut]);
    let [updated, .., stuck] = watch.vehicles() else { unreachable!() };
    let states: Vec<_> = updated.states.iter().map(|(state, at)| (state.as_str(), at.as_secs())).collect();
    assert_eq!(states, [("PENDING", 0), ("IN_PROGRESS", 30), ("COMPLETE", 60)]);
    assert_eq!(stuck.last.as_ref().unwrap().state.as_str(), "IN_PROGRESS");
    assert_eq!(stuck.end.unwrap().1, 3600 * SECOND);
    assert_eq!(watch.tally(), Tally { begun: 4, finished: 4, failed: 3 });
}

#[test]
fn no_wait_is_longer_than_its_deadline() {
    for (each, all, ended) in [(100, 1000, 100), (1000, 100, 100), (1, 1000, 1), (0, 1000, 0)] {
        let mut watch = watch(3, patience(each, all));
        wait(&mut watch, |_, _, _| seen("IN_PROGRESS"));
        for vehicle in watch.vehicles() {
            assert_eq!(vehicle.end.unwrap(), (End::TimedOut, ended * SECOND));
            assert!(vehicle.last.is_some());
        }
    }
}

#[test]
fn looks_are_spread_and_one_interval_apart_on_average() {
    let random = fastrand_like();
    let mut watch = Watch::new(100, patience(6000, 6000), Box::new(random));
    let looks = wait(&mut watch, |_, _, _| seen("IN_PROGRESS"));
    let of_one: Vec<_> = looks.iter().filter(|(vehicle, _)| *vehicle == 7).map(|(_, at)| *at).collect();
    let pauses: Vec<_> =
        of_one.windows(2).map(|pair| pair[1].saturating_sub(pair[0]).as_secs_f64()).collect();
    assert!(pauses[..pauses.len() - 1].iter().all(|pause| (24.0..=36.0).contains(pause)), "{pauses:?}");
    assert!((190..=210).contains(&of_one.len()), "{}", of_one.len());
    let late: Vec<_> = looks.iter().filter(|(_, at)| *at > 1000 * SECOND && *at < 1003 * SECOND).collect();
    assert!(late.len() < 40, "{} of 100 in three of thirty seconds", late.len());
}

/// Numbers that look random enough, and are the same each time.
fn fastrand_like() -> impl FnMut() -> f64 + Send {
    let mut state = 42u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    }
}

#[test]
fn a_server_that_is_away_is_asked_less_and_less_often_and_the_wait_goes_on() {
    let mut watch = watch(1, patience(36_000, 36_000));
    let looks = wait(&mut watch, |_, now, polls| match polls {
        0 => seen("PENDING"),
        _ if now < 2000 * SECOND => missed(true, false),
        _ => seen("COMPLETE"),
    });
    let times: Vec<_> = looks.iter().map(|(_, at)| at.as_secs()).take(7).collect();
    assert_eq!(times, [0, 30, 90, 210, 450, 690, 930]);
    assert_eq!(ends(&watch), [End::Succeeded]);
}

#[test]
fn credentials_that_are_refused_end_the_wait_for_all() {
    // At once if they were never taken, and else after three refusals in a row.
    let mut never = watch(10, patience(3600, 3600));
    assert_eq!(wait(&mut never, |_, _, _| missed(true, true)).len(), 1);
    assert_eq!(ends(&never), [End::Lost; 10]);
    let mut later = watch(10, patience(3600, 3600));
    let looks = wait(&mut later, |_, _, polls| if polls == 0 { seen("PENDING") } else { missed(true, true) });
    assert_eq!(looks.len(), 13);
    assert_eq!(ends(&later), [End::Lost; 10]);
    assert!(later.vehicles().iter().all(|it| it.last.is_some()));
}

#[test]
fn when_the_server_asks_for_quiet_no_vehicle_is_looked_at() {
    let mut watch = watch(3, patience(3600, 3600));
    let asks = Err(Missed {
        why: "slow down".into(),
        is_final: false,
        is_refusal: false,
        retry_after: Some(100 * SECOND),
    });
    let looks = wait(&mut watch, |_, now, _| if now.is_zero() { asks.clone() } else { seen("COMPLETE") });
    assert_eq!(looks.iter().map(|(_, at)| at.as_secs()).collect::<Vec<_>>(), [0, 100, 100, 100]);
}

#[test]
fn too_many_failures_stop_nothing_that_is_under_way() {
    let threshold = Threshold::parse("1", 0).ok();
    let mut watch = watch(5, Patience { threshold, ..patience(3600, 3600) });
    let mut stopped_at = None;
    let mut polls_of_last = 0;
    let (mut now, step) = (Duration::ZERO, SECOND);
    while now < 4000 * SECOND {
        match watch.next(now) {
            Next::Do { vehicle, .. } => {
                let shown = match (vehicle, now.as_secs()) {
                    (0 | 1, _) => seen("FAILED"),
                    (_, 100..) => seen("COMPLETE"),
                    _ => seen("IN_PROGRESS"),
                };
                polls_of_last += usize::from(vehicle == 4);
                watch.done(vehicle, shown, now);
            }
            Next::Pause(_) => now += step,
            Next::Over => break,
        }
        if watch.is_stopped() {
            stopped_at.get_or_insert(now);
        }
    }
    assert_eq!(stopped_at, Some(Duration::ZERO));
    assert!(polls_of_last > 3);
    assert_eq!(ends(&watch)[2..], [End::Succeeded; 3]);
}

#[test]
fn a_state_that_no_rule_knows_is_kept_once_and_waited_through() {
    let mut watch = watch(2, patience(3600, 3600));
    wait(&mut watch, |_, _, polls| seen(if polls < 2 { "PAUSED" } else { "COMPLETE" }));
    assert_eq!(watch.unknown_states(), [State::new("PAUSED")]);
    assert_eq!(ends(&watch), [End::Succeeded; 2]);
}
