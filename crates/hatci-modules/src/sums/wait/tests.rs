use super::*;
use http_exchange::Fault;
use std::cell::RefCell;
use test_servers::FakeClock;

/// The outcome, what it took, what was told, and how long each look was given.
fn wait(
    wait_timeout: u64,
    poll_interval: u64,
    mut looks: impl FnMut(u32) -> Result<Seen, Error>,
) -> (Result<Seen, Failure>, Waited, Vec<String>, Vec<u64>) {
    let options = WaitOptions::of(wait_timeout, poll_interval);
    let (told, given, clock) = (RefCell::new(vec![]), RefCell::new(vec![]), FakeClock::default());
    let tell = |text: &str| told.borrow_mut().push(text.to_owned());
    let mut waited = Waited::default();
    let outcome =
        Waiting::new("deployment D".into(), &options, &clock, &tell, &tell).run(&mut waited, &mut |left| {
            given.borrow_mut().push(left.as_secs());
            let number = given.borrow().len();
            looks(u32::try_from(number).unwrap())
        });
    (outcome, waited, told.into_inner(), given.into_inner())
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside `trouble`")]
fn seen(state: &str, progress: Option<&str>) -> Result<Seen, Error> {
    let reason = (state == "failed").then(|| "battery low".to_owned());
    Ok(Seen { state: State::new(state), reason, progress: progress.map(str::to_owned) })
}

fn trouble(fault: Fault) -> Result<Seen, Error> {
    Err(http_exchange::Error::from(fault).into())
}

fn answered(status: u16) -> Result<Seen, Error> {
    trouble(Fault::Refused { status, text: "No way".into(), retry_after: None })
}

#[test]
fn each_change_is_told_once() {
    let (outcome, waited, told, _) = wait(100, 10, |look| match look {
        1 | 2 => seen("PENDING", None),
        3 | 4 => seen("IN_PROGRESS", Some("50 %, install")),
        _ => seen("complete", None),
    });
    assert_eq!(outcome.ok().map(|seen| seen.state), Some(State::new("COMPLETE")));
    assert_eq!((waited.polls, waited.time.as_secs()), (5, 40));
    assert_eq!(
        told,
        [
            "deployment D after 0 s: PENDING",
            "deployment D after 20 s: PENDING -> IN_PROGRESS, 50 %, install",
            "deployment D after 40 s: IN_PROGRESS -> complete",
        ]
    );
}

#[test]
fn nobody_waits_longer_than_a_minute_for_a_word() {
    let (outcome, _, told, _) = wait(300, 150, |_| seen("IN_PROGRESS", None));
    assert!(outcome.is_err());
    let times: Vec<_> = told.iter().map(|line| line.split(' ').nth(3).unwrap().to_owned()).collect();
    assert_eq!(times, ["0", "60", "120", "180", "240"]);
}

#[test]
fn a_failure_state_ends_it_at_once_with_the_reason() {
    let (outcome, waited, ..) = wait(100, 10, |_| seen("failed", None));
    let failure = outcome.err().unwrap();
    assert_eq!((failure.kind, waited.polls), (ErrorKind::Failed, 1));
    assert!(failure.msg.contains("ended as failed: battery low"), "{}", failure.msg);
}

#[test]
fn when_the_time_is_up_it_says_what_it_last_saw() {
    let (outcome, waited, _, given) = wait(25, 10, |_| seen("IN_PROGRESS", None));
    let failure = outcome.err().unwrap();
    assert_eq!((failure.kind, waited.polls, waited.time.as_secs()), (ErrorKind::Timeout, 4, 25));
    assert_eq!(given, [25, 15, 5, 0]);
    for word in ["IN_PROGRESS", "4 times", "25 s", "wait_timeout"] {
        assert!(failure.msg.contains(word), "{}", failure.msg);
    }
}

#[test]
fn a_single_poll_is_not_counted_as_several() {
    let (outcome, ..) = wait(0, 10, |_| seen("IN_PROGRESS", None));
    let failure = outcome.err().unwrap();
    assert!(failure.msg.contains("timed out in state IN_PROGRESS: polled once."), "{}", failure.msg);
}

#[test]
fn trouble_is_told_slows_the_looks_and_passes() {
    let (outcome, waited, told, _) = wait(1000, 10, |look| match look {
        1 | 6 => seen("IN_PROGRESS", None),
        2 => answered(503),
        3 => trouble(Fault::Timeout { peer: "S".into(), after: Duration::from_secs(1), sent: true }),
        4 => trouble(Fault::Unreadable { status: Some(200), why: "no JSON".into() }),
        5 => answered(429),
        _ => seen("SUCCESS", None),
    });
    assert!(outcome.is_ok());
    // 10, then twice as much after each failure up to eightfold, then 10 again.
    assert_eq!((waited.polls, waited.time.as_secs()), (7, 10 + 20 + 40 + 80 + 80 + 10));
    let words = "deployment D after 10 s: poll failed, trying again. the server answered 503";
    assert!(told.iter().any(|line| line.starts_with(words)), "{told:?}");
    assert!(told.contains(&"deployment D after 230 s: still IN_PROGRESS".to_owned()), "{told:?}");
}

#[test]
fn a_state_that_nobody_knows_is_told_once_with_the_way_to_name_it() {
    let (outcome, _, told, _) = wait(1000, 10, |look| match look {
        1..=3 => seen("PAUSED", None),
        4 => seen("paused", None),
        _ => seen("Succeeded", None),
    });
    assert!(outcome.is_ok());
    let told: Vec<_> = told.iter().filter(|line| line.contains("failure_states")).collect();
    // The line of progress and the warning.
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|line| line.contains("\"PAUSED\"")), "{told:?}");
}

#[test]
fn other_forms_of_final_states_end_the_wait() {
    for state in ["CANCELED", "ABORTED", "FAILURE", "TIMEOUT", "Timed out", "REJECTED"] {
        let (outcome, waited, ..) = wait(1000, 10, |_| seen(state, None));
        let failure = outcome.err().unwrap();
        assert_eq!((failure.kind, waited.polls), (ErrorKind::Failed, 1), "{state}");
    }
}

#[test]
fn trouble_to_the_end_is_named() {
    let (outcome, waited, ..) = wait(100, 10, |_| answered(503));
    let failure = outcome.err().unwrap();
    assert_eq!((failure.kind, waited.time.as_secs()), (ErrorKind::Timeout, 100));
    assert!(failure.msg.contains("could not be read") && failure.msg.contains("No way"), "{}", failure.msg);
}

#[test]
fn what_no_patience_cures_ends_it_at_once() {
    for (status, kind) in [
        (401, ErrorKind::Auth),
        (404, ErrorKind::NotFound),
        (400, ErrorKind::Invalid),
        (409, ErrorKind::Conflict),
    ] {
        let (outcome, waited, ..) = wait(100, 10, |_| answered(status));
        assert_eq!((outcome.err().map(|failure| failure.kind), waited.polls), (Some(kind), 1));
    }
}

#[test]
fn what_was_seen_once_is_waited_for_through_all_but_a_refused_token() {
    let internal = || trouble(Fault::Internal { what: "no way".into() });
    let (outcome, ..) = wait(1000, 10, |look| match look {
        1 | 8 => seen("IN_PROGRESS", None),
        2 => answered(404),
        3 => answered(409),
        4 => answered(400),
        5 => internal(),
        6 | 7 | 9 => answered(401),
        _ => seen("SUCCESS", None),
    });
    assert!(outcome.is_ok(), "{:?}", outcome.err());

    let (outcome, waited, ..) =
        wait(1000, 10, |look| if look == 1 { seen("IN_PROGRESS", None) } else { answered(401) });
    let failure = outcome.err().unwrap();
    assert_eq!((failure.kind, waited.polls), (ErrorKind::Auth, 1 + REFUSALS));
    assert!(failure.msg.contains("deployment D was IN_PROGRESS when last read"), "{}", failure.msg);
    assert_eq!(failure.details["state"], "IN_PROGRESS");
}

#[test]
fn the_server_may_ask_for_a_longer_pause() {
    let busy = |seconds| Fault::Refused {
        status: 429,
        text: String::new(),
        retry_after: Some(Duration::from_secs(seconds)),
    };
    let (outcome, waited, ..) = wait(1000, 10, |look| match look {
        1 => trouble(busy(50)),
        // Less than the pause that is due anyhow.
        2 => trouble(busy(5)),
        _ => seen("SUCCESS", None),
    });
    assert!(outcome.is_ok());
    assert_eq!((waited.polls, waited.time.as_secs()), (3, 50 + 40));
}
