//! Many vehicles in one task: what is made for each, and never twice.
use crate::sums::{Sums, and, kind};
use hatci_modules::{HatciFleetClose, HatciFleetStatus, HatciFleetUpdate};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, time::Duration};
use sums_sim::{Options, Scenario, VehicleScenario};

fn vin(number: usize) -> String {
    format!("TESTVEHC0{number:08}")
}

/// A campaign of so many vehicles.
pub(crate) fn fleet(vehicles: usize) -> Value {
    let ecus =
        |version: &str| json!([{ "ecu_name": "Gateway", "part_number": "GW-1", "sw_version": version }]);
    json!({
        "campaign_id": "winter",
        "tester_name": "Jane", "program_name": "OTA", "model_year": "2026", "region": "US",
        "source": { "build_level": "1", "ecus": ecus("1.0") },
        "target": { "build_level": "2", "ecus": ecus("2.0") },
        "vehicles": (1..=vehicles).map(|number| json!({ "host": format!("car{number}"), "vin": vin(number) })).collect::<Vec<_>>(),
    })
}

fn sums(options: Options) -> Sums {
    Sums::with(Options { step: Duration::ZERO, ..options })
}

fn of<'a>(answer: &'a Map<String, Value>, host: &str) -> &'a Value {
    &answer["vehicles"][host]
}

/// Deployments, events and test events on the server.
fn stock(sums: &Sums) -> [usize; 3] {
    let state = sums.0.state();
    [state.deployments.len(), state.events.len(), state.test_events.len()]
}

/// The test events that close these vehicles.
fn closing(begun: &Map<String, Value>, status: &str) -> Value {
    closing_with(begun, status, "Updated.")
}

fn closing_with(begun: &Map<String, Value>, status: &str, summary: &str) -> Value {
    let events = begun["vehicles"].as_object().unwrap().iter().map(|(host, it)| {
        json!({ "host": host, "test_event_id": it["test_event_id"], "status": status, "summary": summary })
    });
    json!({ "test_events": events.collect::<Vec<_>>() })
}

#[test]
fn a_fleet_is_deployed_to_waited_for_and_closed() {
    let sums = sums(Options::default());
    let begun = sums.run::<HatciFleetUpdate>(fleet(20));
    assert_eq!((&begun["changed"], &begun["counts"]["deployed"]), (&json!(true), &json!(20)), "{begun:?}");
    assert_eq!((&begun["failed_hosts"], &begun["stopped"]), (&json!([]), &json!(false)));
    assert_eq!(begun["keys_honoured"], true);
    assert_eq!(stock(&sums), [20, 40, 20]);
    assert!(of(&begun, "car7")["deployment_id"].is_string());

    let ended = sums.run::<HatciFleetStatus>(json!({ "deployments": begun["deployments"] }));
    assert_eq!((&ended["changed"], &ended["counts"]["succeeded"]), (&json!(false), &json!(20)), "{ended:?}");
    let car = of(&ended, "car7");
    assert_eq!(
        (&car["outcome"], &car["state"], &car["polls"]),
        (&json!("succeeded"), &json!("COMPLETE"), &json!(1))
    );
    assert!(car["timestamps"].is_object() && car["elapsed"].is_number());

    let closed = sums.run::<HatciFleetClose>(closing(&begun, "PASS"));
    assert_eq!((&closed["changed"], &closed["counts"]["closed"]), (&json!(true), &json!(20)), "{closed:?}");
    assert!(
        sums.0.state().test_events.iter().all(|it| serde_json::to_value(it).unwrap()["status"] == "PASS")
    );
    let again = sums.run::<HatciFleetClose>(closing(&begun, "PASS"));
    assert_eq!((&again["changed"], &again["counts"]["closed"]), (&json!(false), &json!(20)));
}

#[test]
fn the_same_campaign_again_makes_nothing_twice() {
    let sums = sums(Options::default());
    let first = sums.run::<HatciFleetUpdate>(fleet(5));
    let again = sums.run::<HatciFleetUpdate>(fleet(5));
    assert_eq!(stock(&sums), [5, 10, 5]);
    assert_eq!(first["deployments"], again["deployments"]);
}

#[test]
fn another_campaign_is_another() {
    let sums = sums(Options::default());
    sums.run::<HatciFleetUpdate>(fleet(2));
    sums.run::<HatciFleetUpdate>(and(fleet(2), json!({ "campaign_id": "summer" })));
    assert_eq!(stock(&sums), [4, 8, 4]);
}

#[test]
fn given_ids_are_gone_on_with_and_nothing_is_changed() {
    let sums = sums(Options { no_idempotency: true, ..Options::default() });
    let first = sums.run::<HatciFleetUpdate>(fleet(2));
    let vehicles: Vec<_> = (1..=2)
        .map(|number| {
            let ids = of(&first, &format!("car{number}"));
            json!({
                "host": format!("car{number}"), "vin": vin(number), "begun": true,
                "deployment_id": ids["deployment_id"], "test_event_id": ids["test_event_id"],
                "source": { "event_id": ids["source_event_id"] }, "target": { "event_id": ids["target_event_id"] },
            })
        })
        .collect();
    let again = sums.run::<HatciFleetUpdate>(and(fleet(0), json!({ "vehicles": vehicles })));
    assert_eq!((&again["changed"], &again["counts"]["deployed"]), (&json!(false), &json!(2)), "{again:?}");
    assert_eq!(stock(&sums), [2, 4, 2]);
    // As somebody who has looked in SUMS says it after a lost answer.
    let rest = json!({ "host": "car1", "vin": vin(1), "source": { "event_id": of(&first, "car1")["source_event_id"] } });
    let rest = sums.run::<HatciFleetUpdate>(and(fleet(0), json!({ "vehicles": [rest] })));
    assert_eq!((&rest["counts"]["deployed"], stock(&sums)), (&json!(1), [3, 5, 3]), "{rest:?}");
}

#[test]
fn of_many_tests_that_the_guard_has_closed_as_fail_one_warning_is_shown() {
    let sums = sums(Options::default());
    let begun = sums.run::<HatciFleetUpdate>(fleet(3));
    let words = "NOT TESTED: ansible-playbook was killed; last task of hatci.automation: Wait";
    sums.run::<HatciFleetClose>(closing_with(&begun, "FAIL", words));
    let closed = sums.run::<HatciFleetClose>(closing(&begun, "PASS"));
    assert_eq!(
        closed["warnings"],
        json!([
            "3 of 3 test events had been closed as FAIL by an earlier job that ended without a verdict. They have their own verdict now."
        ])
    );
}

#[test]
fn a_fail_in_doubt_of_this_campaign_gives_way_to_the_verdict_of_its_next_job() {
    // As it is closed with FAIL where it is unknown whether the deployment was created.
    let sums = sums(Options { no_idempotency: true, ..Options::default() });
    let started = json!({ "host": "car1", "vin": vin(1), "begun": true });
    let first = sums.run::<HatciFleetUpdate>(and(fleet(0), json!({ "vehicles": [started] })));
    let doubt = of(&first, "car1")["reason"].as_str().unwrap().to_owned();
    assert!(doubt.contains("Look in SUMS for what is missing."), "{first:?}");
    let begun = sums.run::<HatciFleetUpdate>(fleet(1));
    sums.run::<HatciFleetClose>(closing_with(
        &begun,
        "FAIL",
        &format!("Start the update: {doubt} Target event EVT-1."),
    ));
    let closed = sums.run::<HatciFleetClose>(closing(&begun, "PASS"));
    assert_eq!(closed["vehicles"]["car1"]["status"], "PASS", "{closed:?}");
    assert!(
        closed["warnings"][0].as_str().unwrap().contains("by an earlier job that ended without a verdict")
    );
}

#[test]
fn a_fail_that_somebody_has_recorded_stays_and_is_the_verdict() {
    for is_of_job in [false, true] {
        let sums = sums(Options::default());
        let begun = sums.run::<HatciFleetUpdate>(fleet(2));
        let mut pass = closing(&begun, "PASS");
        let event = pass["test_events"][0].clone();
        if is_of_job {
            // As a server that doesn't show test events leaves it to the job to know.
            pass["test_events"][0]["failed_in_job"] = "Smoke.".into();
        } else {
            let mut fail = json!({ "test_events": [event] });
            fail["test_events"][0]["status"] = "FAIL".into();
            fail["test_events"][0]["summary"] = "Smoke.".into();
            sums.run::<HatciFleetClose>(fail);
        }
        let closed = sums.run::<HatciFleetClose>(pass);
        let car = of(&closed, "car1");
        assert_eq!(
            (&car["state"], &car["status"], &car["summary"], &car["changed"]),
            (&json!("closed"), &json!("FAIL"), &json!("Smoke."), &json!(false))
        );
        assert_eq!(of(&closed, "car2")["status"], "PASS");
        assert_eq!(
            closed["warnings"],
            json!([
                "FAIL is on record for car1, although nothing else failed there. The FAIL stays as the verdict."
            ])
        );
        let on_record: Vec<_> = sums
            .0
            .state()
            .test_events
            .iter()
            .map(|it| serde_json::to_value(it).unwrap()["status"].clone())
            .collect();
        assert_eq!(on_record.contains(&json!("FAIL")), !is_of_job, "{on_record:?}");
        assert!(on_record.contains(&json!("PASS")), "{on_record:?}");
    }
}

#[test]
fn what_an_earlier_run_may_have_made_is_left_alone_where_keys_are_ignored() {
    for (no_idempotency, deployed) in [(true, 0), (false, 1)] {
        let sums = sums(Options { no_idempotency, ..Options::default() });
        let vehicle = json!({ "host": "car1", "vin": vin(1), "begun": true });
        let answer = sums.run::<HatciFleetUpdate>(and(fleet(0), json!({ "vehicles": [vehicle] })));
        assert_eq!(stock(&sums)[0], deployed);
        if no_idempotency {
            let car = of(&answer, "car1");
            assert_eq!(
                (&car["state"], &car["error"]["kind"]),
                (&json!("unknown"), &json!("unknown_outcome"))
            );
            let reason = car["reason"].as_str().unwrap();
            assert!(reason.contains("deployment_id") && reason.contains("without `begun`"), "{car}");
            assert_eq!((&answer["changed"], &answer["keys_honoured"]), (&json!(false), &json!(false)));
        }
    }
}

#[test]
fn a_vehicle_that_fails_fails_nobody_else() {
    let sums = sums(Options::default());
    let mut wrong = fleet(3);
    wrong["vehicles"][1]["vin"] = "short".into();
    wrong["vehicles"][2]["target"] = json!({ "event_id": "EVT-999999" });
    let answer = sums.run::<HatciFleetUpdate>(wrong);
    assert!(answer.get("failed").is_none(), "{answer:?}");
    assert_eq!(answer["failed_hosts"], json!(["car2", "car3"]));
    assert_eq!(of(&answer, "car2")["error"]["kind"], "invalid");
    assert_eq!(of(&answer, "car3")["error"]["kind"], "not_found");
    assert_eq!(of(&answer, "car1")["state"], "deployed");
    assert_eq!(stock(&sums)[0], 1);
}

#[test]
fn one_event_for_both_sides_is_refused_before_anything_is_sent() {
    let sums = sums(Options::default());
    let mut wrong = fleet(3);
    wrong["target"]["event_id"] = "EVT-000001".into();
    wrong["vehicles"][1]["source"] = json!({ "event_id": "EVT-000001" });
    let refused = sums.run::<HatciFleetUpdate>(wrong);
    assert_eq!(kind(&refused), "invalid");
    assert_eq!(
        refused["msg"],
        "car2: source.event_id and target.event_id are both EVT-000001, and one event can't be both the source and the target."
    );
    assert!(sums.methods().is_empty());
}

#[test]
fn the_deployment_of_another_vehicle_is_refused() {
    let sums = sums(Options::default());
    let first = sums.run::<HatciFleetUpdate>(fleet(1));
    let theirs = of(&first, "car1")["deployment_id"].clone();
    let vehicle = json!({ "host": "car2", "vin": vin(2), "deployment_id": theirs });
    let answer =
        sums.run::<HatciFleetUpdate>(and(fleet(0), json!({ "campaign_id": "other", "vehicles": [vehicle] })));
    let car = of(&answer, "car2");
    assert_eq!((&car["state"], &car["error"]["kind"]), (&json!("failed"), &json!("conflict")), "{car}");
    assert!(
        car["reason"].as_str().unwrap().contains(&format!("updates vehicle {}, not {}", vin(1), vin(2))),
        "{car}"
    );
    assert_eq!(stock(&sums), [1, 2, 1]);
}

#[test]
fn beyond_the_threshold_no_other_vehicle_is_begun() {
    let sums = sums(Options::default());
    let mut wrong = fleet(50);
    wrong["target"] = json!({ "build_level": " ", "ecus": [] });
    let options = json!({ "max_failures": "2", "concurrency": 1 });
    let answer = sums.run::<HatciFleetUpdate>(and(wrong, options));
    assert_eq!((&answer["stopped"], &answer["counts"]["failed"]), (&json!(true), &json!(3)), "{answer:?}");
    assert_eq!(answer["counts"]["not_begun"], 47);
}

#[test]
fn each_update_ends_in_its_own_way() {
    let scenarios = [(2, Scenario::Fail("flash write error".into())), (3, Scenario::Stuck)]
        .map(|(number, scenario)| VehicleScenario { vin: vin(number), scenario });
    let sums = sums(Options { scenarios: scenarios.into(), ..Options::default() });
    let begun = sums.run::<HatciFleetUpdate>(fleet(3));
    let mut deployments = begun["deployments"].clone();
    deployments["car4"] = "DEP-999999".into();
    let ended = sums.run::<HatciFleetStatus>(
        json!({ "deployments": deployments, "wait_timeout": 2, "poll_interval": 1, "max_failures": "50%" }),
    );
    assert!(ended.get("failed").is_none(), "{ended:?}");
    let outcomes: Vec<_> =
        (1..=4).map(|number| of(&ended, &format!("car{number}"))["outcome"].clone()).collect();
    assert_eq!(outcomes, ["succeeded", "failed", "timed_out", "lost"]);
    assert_eq!(of(&ended, "car2")["reason"], "flash write error");
    assert_eq!(of(&ended, "car3")["progress"], "50 %, install");
    assert_eq!((&ended["failed_hosts"], &ended["stopped"]), (&json!(["car2", "car3", "car4"]), &json!(true)));
    assert_eq!(ended["slowest"], "car3");
}

#[test]
fn check_mode_predicts_and_writes_nothing() {
    let sums = sums(Options::default());
    let predicted = sums.check::<HatciFleetUpdate>(fleet(3));
    assert_eq!(
        (&predicted["changed"], &predicted["counts"]["deployed"]),
        (&json!(true), &json!(3)),
        "{predicted:?}"
    );
    assert_eq!(predicted["diff"]["after"].as_object().unwrap().len(), 3);
    assert_eq!(predicted["deployments"]["car1"], "pending");
    let waited = sums.check::<HatciFleetStatus>(json!({ "deployments": predicted["deployments"] }));
    assert_eq!(waited["vehicles"]["car1"]["state"], "UNKNOWN", "{waited:?}");
    let closed = sums.check::<HatciFleetClose>(closing(&predicted, "PASS"));
    assert_eq!((&closed["changed"], &closed["counts"]["closed"]), (&json!(true), &json!(3)), "{closed:?}");
    assert_eq!(sums.methods().into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["GET".to_owned()]));
}

#[test]
fn under_faults_every_vehicle_is_deployed_to_once() {
    let faults = ["503:0.1", "reset:0.1", "reset-after:0.1"].map(|fault| fault.parse().unwrap());
    let sums = sums(Options { faults: faults.into(), seed: 7, ..Options::default() });
    let retries = json!({ "retries": 3 });
    let begun = sums.run::<HatciFleetUpdate>(and(fleet(30), retries.clone()));
    assert_eq!(begun["counts"]["deployed"], 30, "{begun:?}");
    assert_eq!(stock(&sums), [30, 60, 30]);
    let options = json!({ "deployments": begun["deployments"], "poll_interval": 1 });
    let ended = sums.run::<HatciFleetStatus>(and(options, retries.clone()));
    assert_eq!(ended["counts"]["succeeded"], 30, "{ended:?}");
    let closed = sums.run::<HatciFleetClose>(and(closing(&begun, "PASS"), retries));
    assert_eq!(closed["counts"]["closed"], 30, "{closed:?}");
}

#[test]
fn a_server_that_ignores_keys_is_never_asked_twice_for_what_may_be_there() {
    let faults = ["reset:0.15", "reset-after:0.15"].map(|fault| fault.parse().unwrap());
    let sums = sums(Options { faults: faults.into(), seed: 3, no_idempotency: true, ..Options::default() });
    let begun = sums.run::<HatciFleetUpdate>(and(fleet(40), json!({ "retries": 3 })));
    let state = serde_json::to_value(sums.0.state()).unwrap();
    let all = state["deployments"].as_array().unwrap();
    let events: BTreeSet<_> = all.iter().map(|it| it["event_id"].as_str().unwrap()).collect();
    assert_eq!(events.len(), all.len(), "an event was deployed twice");
    assert!(all.len() <= 40);
    assert!(begun["counts"]["unknown"].as_u64().unwrap() > 0, "{begun:?}");
    for car in begun["vehicles"].as_object().unwrap().values().filter(|car| car["state"] == "unknown") {
        let reason = car["reason"].as_str().unwrap();
        assert!(
            reason.ends_with("Give the ids of what exists, without `begun`, and run the campaign again."),
            "{reason}"
        );
        assert!(!reason.contains("idempotency key"), "nobody can give one here: {reason}");
    }
    assert!(begun["warnings"].to_string().contains("not known to honour idempotency keys"));
}

#[test]
fn what_no_vehicle_can_be_helped_with_fails_the_task() {
    let sums = sums(Options::default());
    let twice = json!({ "vehicles": [{ "host": "a", "vin": vin(1) }, { "host": "a", "vin": vin(2) }] });
    for (options, what) in [
        (and(fleet(1), twice), "invalid"),
        (and(fleet(1), json!({ "concurrency": 0 })), "invalid"),
        (and(fleet(1), json!({ "max_failures": "many" })), "invalid"),
        (and(fleet(1), json!({ "campaign_id": " " })), "invalid"),
        (and(fleet(1), json!({ "hatci_token": "wrong-token" })), "auth"),
        (and(fleet(1), json!({ "hatci_base_url": "http://127.0.0.1:1" })), "unavailable"),
    ] {
        assert_eq!(kind(&sums.run::<HatciFleetUpdate>(options)), what);
    }
    let wait = json!({ "deployments": { "car1": "DEP-000001" }, "hatci_token": "wrong-token" });
    assert_eq!(kind(&sums.run::<HatciFleetStatus>(wait)), "auth");
    assert_eq!(stock(&sums), [0, 0, 0]);
}

#[test]
fn a_fleet_of_none_is_nothing_to_do() {
    let sums = sums(Options::default());
    assert_eq!(sums.run::<HatciFleetUpdate>(fleet(0))["changed"], false);
    assert_eq!(sums.run::<HatciFleetStatus>(json!({ "deployments": {} }))["counts"]["total"], 0);
    assert_eq!(sums.run::<HatciFleetClose>(json!({ "test_events": [] }))["changed"], false);
}
