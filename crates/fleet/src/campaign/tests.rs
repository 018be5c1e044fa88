//! Who is begun, and who is not.
use super::*;

fn campaign(waves: &[usize]) -> Campaign {
    let vehicles = (1..=waves.iter().sum::<usize>())
        .map(|number| Vehicle { host: format!("car{number}"), ..Vehicle::default() })
        .collect();
    let mut campaign = Campaign { campaign_id: "winter".into(), ..Campaign::default() };
    campaign.add(vehicles, waves);
    campaign
}

/// Runs the campaign to its end; the vehicles of these numbers fail. Returns how many were begun.
fn begun(waves: &[usize], most: &str, min_finished: usize, failing: &[usize]) -> usize {
    let threshold = Threshold::parse(most, min_finished).unwrap();
    let mut campaign = campaign(waves);
    while let Step::Wave { vehicles, .. } = campaign.next(&threshold) {
        for place in vehicles {
            let failed = failing.contains(&(place + 1));
            let vehicle = &mut campaign.vehicles[place];
            vehicle.stage = Stage::Closed;
            vehicle.status = Some(if failed { Verdict::Fail } else { Verdict::Pass });
        }
    }
    campaign.tally().begun
}

#[test]
fn a_wave_begins_only_if_no_more_have_failed_than_may() {
    // Waves of 1, 4 and 15. The threshold, the smallest number that must have finished; who fails; how many are begun.
    for (most, min_finished, failing, expected) in [
        ("0", 0, &[][..], 20),
        ("0", 0, &[1], 1),
        ("0", 0, &[2], 5),
        ("0", 0, &[6], 20),
        ("0", 5, &[1], 5),
        ("0", 5, &[3], 5),
        ("1", 0, &[1], 20),
        ("1", 0, &[1, 2], 5),
        ("1", 0, &[2, 3], 5),
        ("1", 0, &[6, 7], 20),
        ("1", 5, &[1, 5], 5),
        ("1", 5, &[1], 20),
        ("10%", 0, &[1], 1),
        ("10%", 0, &[2], 5),
        ("10%", 0, &[], 20),
        ("10%", 5, &[1], 5),
        ("10%", 5, &[20, 19, 18], 20),
        ("50%", 0, &[1], 1),
        ("50%", 0, &[2, 3], 20),
        ("50%", 0, &[2, 3, 4], 5),
        ("50%", 5, &[1], 20),
        ("50%", 5, &[1, 2, 3], 5),
    ] {
        assert_eq!(
            begun(&[1, 4, 15], most, min_finished, failing),
            expected,
            "{most}, at least {min_finished}, {failing:?} fail"
        );
    }
}

#[test]
fn what_was_begun_is_brought_to_its_end_before_anything_else() {
    let mut campaign = campaign(&[2, 2]);
    let threshold = Threshold::parse("0", 0).unwrap();
    campaign.vehicles[0].stage = Stage::Closed;
    campaign.vehicles[0].status = Some(Verdict::Fail);
    // The job was killed in the middle of wave 1; its other vehicle was begun, or not.
    campaign.vehicles[1].stage = Stage::Updating;
    assert_eq!(campaign.next(&threshold), Step::Wave { number: 1, vehicles: vec![1] });
    campaign.vehicles[1].stage = Stage::Waiting;
    assert_eq!(campaign.next(&threshold), Step::Wave { number: 1, vehicles: vec![1] });
    campaign.vehicles[1].stage = Stage::Ended;
    campaign.vehicles[1].status = Some(Verdict::Pass);
    let Step::Stopped(why) = campaign.next(&threshold) else { panic!() };
    assert_eq!(why, "1 of 2 vehicles failed, more than 0, so no further vehicle was started");
    let tolerant = Threshold::parse("1", 0).unwrap();
    assert_eq!(campaign.next(&tolerant), Step::Wave { number: 2, vehicles: vec![2, 3] });
}

#[test]
fn vehicles_that_come_later_are_in_waves_of_their_own() {
    let mut campaign = campaign(&[1, 2]);
    campaign.add(vec![Vehicle { host: "late".into(), ..Vehicle::default() }], &[1]);
    assert_eq!(campaign.vehicles.iter().map(|it| it.wave).collect::<Vec<_>>(), [1, 2, 2, 3]);
}

#[test]
fn a_word_that_a_person_wrote_wrong_in_the_file_is_answered_with_the_right_ones() {
    for (name, words) in [
        ("stage", "not one of waiting, starting, updating, ended and closed"),
        ("status", "not one of PASS, FAIL and not_tested"),
        ("summary", "a text was expected"),
    ] {
        let mut vehicle = serde_json::json!({ "host": "car1", "wave": 1, "stage": "waiting" });
        assert!(serde_json::from_value::<Vehicle>(vehicle.clone()).is_ok());
        vehicle[name] = if name == "summary" { 7.into() } else { "Ended".into() };
        let why = serde_json::from_value::<Vehicle>(vehicle).unwrap_err().to_string();
        assert!(why.contains(words) && !why.contains("variant"), "{why}");
    }
}
