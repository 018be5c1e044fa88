use super::*;
use Verdict::{Fail, NotTested, Pass, Running, Unknown};

/// A vehicle on localhost: its VIN, its test event and the one that it repeats, where `""` stands for none.
fn tested(status: Verdict, finished: i64, [vin, test_event, previous]: [&str; 3]) -> Vehicle {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Vehicle {
        vin: given(vin),
        test_event_id: given(test_event),
        previous_test_event_id: given(previous),
        finished: Timestamp::from_second(finished).ok().filter(|_| finished > 0),
        ..Vehicle::new("localhost", status)
    }
}

fn merged(vehicles: impl IntoIterator<Item = Vehicle>) -> Report {
    let mut all = Report::new("x");
    all.merge(vehicles.into_iter().map(|vehicle| Report { vehicles: vec![vehicle], ..Report::new("y") }));
    all
}

fn verdicts(report: &Report) -> Vec<Verdict> {
    report.vehicles.iter().map(|it| it.status).collect()
}

#[test]
fn no_test_is_lost_because_another_has_the_same_host() {
    for (first, second) in [
        (["V1", "T1", ""], ["V2", "T2", ""]),
        (["V1", "", ""], ["V2", "", ""]),
        (["V1", "T1", ""], ["V2", "T1", ""]),
        (["V1", "T1", ""], ["V1", "T2", ""]),
        (["V1", "T1", ""], ["V1", "", ""]),
        (["", "", ""], ["V1", "", ""]),
        (["", "", ""], ["", "", ""]),
    ] {
        let (first, second) = (tested(Fail, 1, first), tested(Pass, 2, second));
        let report = merged([first.clone(), second.clone()]);
        assert_eq!((verdicts(&report), report.notes.len()), (vec![Fail, Pass], 0));
        let mut kept = merged([first]);
        kept.replace([second]);
        assert_eq!(verdicts(&kept), [Fail, Pass]);
    }
}

#[test]
fn of_one_test_the_later_outcome_counts_and_a_finished_one_more_than_another() {
    const ONE: [&str; 3] = ["V1", "T1", ""];
    for (first, second, counts) in [
        (tested(Fail, 1, ONE), tested(Pass, 2, ONE), Pass),
        (tested(Fail, 2, ONE), tested(Pass, 1, ONE), Fail),
        (tested(Fail, 2, ONE), tested(Running, 3, ONE), Fail),
        (tested(Running, 0, ["V1", "", ""]), tested(Fail, 0, ONE), Fail),
        (tested(Fail, 0, ONE), tested(Running, 0, ["V1", "", ""]), Fail),
    ] {
        let report = merged([first, second]);
        assert_eq!((verdicts(&report), report.notes.len()), (vec![counts], 1));
    }
}

#[test]
fn a_test_takes_the_place_of_those_that_it_repeats_in_whichever_order_they_come() {
    let tests = [
        tested(Fail, 1, ["V1", "T1", ""]),
        tested(Fail, 2, ["V1", "T2", "T1"]),
        tested(Pass, 3, ["V1", "T3", "T2"]),
    ];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(verdicts(&merged(order.map(|at| tests[at].clone()))), [Pass], "{order:?}");
    }
}

#[test]
fn tests_that_repeat_each_other_in_a_circle_are_still_shown() {
    let tests = [["V1", "T1", "T3"], ["V1", "T2", "T1"], ["V1", "T3", "T2"], ["V1", "T1", "T2"]];
    let report = merged(tests.map(|ids| tested(Fail, 1, ids)));
    assert_eq!(verdicts(&report), [Fail]);
}

#[test]
fn a_test_that_could_not_be_repeated_keeps_its_verdict() {
    for (again, all) in
        [(NotTested, vec![Fail, NotTested]), (Running, vec![Fail, Running]), (Pass, vec![Pass])]
    {
        let mut report = merged([tested(Fail, 1, ["V1", "T1", ""])]);
        report.replace([tested(again, 2, ["V1", "T2", "T1"])]);
        assert_eq!(verdicts(&report), all);
    }
}

#[test]
fn a_note_names_the_verdict_that_is_not_shown() {
    let report = merged([tested(Fail, 1, ["V1", "T1", ""]), tested(Pass, 2, ["V1", "T2", "T1"])]);
    let said = "localhost (V1) is in several reports. This one shows its last test (PASS), not an earlier one (FAIL).";
    assert_eq!(report.notes, [said]);
}

#[test]
fn the_same_report_twice_is_no_news() {
    let report = merged([tested(Fail, 1, ["", "", ""]), tested(Fail, 1, ["", "", ""])]);
    assert_eq!((report.vehicles.len(), report.notes.len()), (1, 0));
}

#[test]
fn news_of_a_test_takes_the_place_of_what_was_known_of_it() {
    let mut report = merged([tested(Fail, 9, ["V1", "T1", ""]), tested(Running, 0, ["V2", "", ""])]);
    report.replace([tested(Running, 0, ["V1", "T1", ""]), tested(Pass, 0, ["V2", "", ""])]);
    assert_eq!(verdicts(&report), [Running, Pass]);
}

#[test]
fn what_was_not_begun_gives_way_to_news_of_it_and_what_has_ended_does_not() {
    const NONE: [&str; 3] = ["V1", "", ""];
    for (first, second, all) in [
        (tested(NotTested, 0, NONE), tested(Pass, 2, ["V1", "T1", ""]), vec![Pass]),
        (tested(Unknown, 0, NONE), tested(Fail, 2, NONE), vec![Fail]),
        (tested(NotTested, 1, NONE), tested(Pass, 2, ["V1", "T1", ""]), vec![NotTested, Pass]),
        (tested(Pass, 1, ["V1", "T1", ""]), tested(NotTested, 0, NONE), vec![Pass, NotTested]),
    ] {
        let mut report = merged([first]);
        report.replace([second]);
        assert_eq!(verdicts(&report), all);
    }
}

#[test]
fn a_host_of_which_nothing_is_known_keeps_a_report_from_passing() {
    let mut report = merged([tested(Pass, 1, ["V1", "", ""])]);
    report.expect(["localhost", "car2"]);
    report.expect(["localhost", "car2"]);
    assert_eq!((verdicts(&report), report.verdict().words()), (vec![Pass, Unknown], "NO VERDICT"));
    report.replace([Vehicle { vin: Some("V2".into()), ..Vehicle::new("car2", Pass) }]);
    assert_eq!((verdicts(&report), report.verdict()), (vec![Pass, Pass], Pass));
    assert!(report.notes.is_empty());
}
