//! From nothing to a recorded verdict: each step is predicted, made, and found to be made.
use crate::sums::{Sums, VIN, and, event, kind, text};
use hatci_modules::{
    HatciCreateEvent, HatciDeployEvent, HatciFixEvent, HatciInfo, HatciTestEvent, HatciTestEventUpdate,
    HatciUpdateStatus,
};
use serde_json::{Value, json};
use std::time::Duration;
use sums_sim::{Clock, IdStyle, Options};

#[test]
fn creating_an_event() {
    let sums = Sums::start();
    let predicted = sums.check::<HatciCreateEvent>(event("UROM"));
    assert_eq!((&predicted["changed"], &predicted["event_id"]), (&json!(true), &json!("pending")));
    assert_eq!(predicted["diff"]["after"]["vin"], VIN);
    assert!(sums.methods().is_empty());

    let made = sums.run::<HatciCreateEvent>(event("UROM"));
    assert_eq!((&made["changed"], &made["event"]["vin"]), (&json!(true), &json!(VIN)));
    assert_eq!(text(&made, "idempotency_key").len(), 36);

    let again = and(event("UROM"), json!({ "event_id": text(&made, "event_id") }));
    for found in [sums.check::<HatciCreateEvent>(again.clone()), sums.run::<HatciCreateEvent>(again)] {
        assert_eq!((&found["changed"], &found["event_id"]), (&json!(false), &made["event_id"]));
    }
    assert_eq!(sums.0.state().events.len(), 1);
}

#[test]
fn the_same_key_makes_one_event() {
    let sums = Sums::start();
    let args = and(event("RROM"), json!({ "idempotency_key": "job-4711" }));
    let [first, again] = [(); 2].map(|()| sums.run::<HatciCreateEvent>(args.clone()));
    assert_eq!(first["event_id"], again["event_id"]);
    assert_eq!((&first["changed"], &again["changed"]), (&json!(true), &json!(false)));
    assert_eq!(sums.0.state().events.len(), 1);
}

#[test]
fn a_given_event_must_be_the_one_described() {
    let sums = Sums::start();
    let id = text(&sums.run::<HatciCreateEvent>(event("RROM")), "event_id");
    let ecu = json!([{ "ecu_name": "Gateway", "part_number": "GW-1", "sw_version": "9.9.9" }]);
    let other = and(event("UROM"), json!({ "event_id": id, "ecus": ecu }));
    let refused = sums.run::<HatciCreateEvent>(other);
    assert_eq!((kind(&refused).as_str(), &refused["changed"]), ("conflict", &json!(false)));
    assert_eq!(refused["error"]["differs"], json!(["update_type", "ecus"]));
}

#[test]
fn a_given_event_must_be_of_the_same_variant_as_far_as_one_is_named() {
    let sums = Sums::start();
    let of = |spec: &str| and(event("UROM"), json!({ "region_spec": spec }));
    let id = json!({ "event_id": text(&sums.run::<HatciCreateEvent>(of("CA-LEV")), "event_id") });
    let refused = sums.run::<HatciCreateEvent>(and(of("EU-6"), id.clone()));
    assert_eq!(kind(&refused), "conflict");
    assert_eq!(refused["error"]["differs"], json!(["region_spec"]));
    assert!(text(&refused, "msg").contains("it differs in region_spec"), "{refused:?}");
    for same in [of("ca-lev"), of(""), event("UROM")] {
        assert_eq!(sums.run::<HatciCreateEvent>(and(same, id.clone()))["changed"], false);
    }
    let open = json!({ "event_id": text(&sums.run::<HatciCreateEvent>(event("UROM")), "event_id") });
    assert_eq!(sums.run::<HatciCreateEvent>(and(of("EU-6"), open))["changed"], false);
}

#[test]
fn a_given_test_event_must_be_that_of_the_event_and_the_vehicle() {
    let sums = Sums::start();
    let [one, other] = [(); 2].map(|()| text(&sums.run::<HatciCreateEvent>(event("UROM")), "event_id"));
    let of = |event: &str, vehicle: &str| {
        json!({
            "vin": VIN, "event_id": event, "vehicle_id": vehicle, "ansible_job_id": "1", "git_sha": "x", "suite_name": "s",
        })
    };
    let id = json!({ "test_event_id": text(&sums.run::<HatciTestEvent>(of(&one, "V-1")), "test_event_id") });
    for (wrong, words) in [
        (of(&other, "V-1"), format!("is the record of event {one}, not of {other}")),
        (of(&one, "V-2"), "is the record of vehicle V-1, not of V-2".to_owned()),
    ] {
        let refused = sums.run::<HatciTestEvent>(and(wrong, id.clone()));
        assert_eq!(kind(&refused), "conflict");
        assert!(text(&refused, "msg").contains(&words), "{refused:?}");
    }
    for right in [of(&one, "V-1"), of("pending", ""), of(&one, "v-1")] {
        assert_eq!(sums.run::<HatciTestEvent>(and(right, id.clone()))["changed"], false);
    }
    assert_eq!(sums.0.state().test_events.len(), 1);
}

#[test]
fn fixing_an_event() {
    for fix_conflict in [false, true] {
        let sums = Sums::with(Options { fix_conflict, ..Options::default() });
        let id = json!({ "event_id": text(&sums.run::<HatciCreateEvent>(event("UROM")), "event_id") });
        let predicted = sums.check::<HatciFixEvent>(id.clone());
        assert_eq!((&predicted["changed"], &predicted["fixed"]), (&json!(true), &json!(false)));
        let fixed = sums.run::<HatciFixEvent>(id.clone());
        assert_eq!((&fixed["changed"], &fixed["fixed"]), (&json!(true), &json!(true)));
        for again in [sums.check::<HatciFixEvent>(id.clone()), sums.run::<HatciFixEvent>(id.clone())] {
            assert_eq!((&again["changed"], &again["fixed"]), (&json!(false), &json!(true)));
        }
    }
}

#[test]
fn deploying_a_fixed_event_and_looking_at_it() {
    for id_style in [IdStyle::Modern, IdStyle::Legacy] {
        let clock = Clock::manual();
        let sums = Sums::with(Options { id_style, clock: clock.clone(), ..Options::default() });
        let id = json!({ "event_id": text(&sums.run::<HatciCreateEvent>(event("UROM")), "event_id") });

        let refused = sums.run::<HatciDeployEvent>(id.clone());
        assert_eq!(kind(&refused), "conflict");
        assert!(text(&refused, "msg").contains("hatci_fix_event"), "{refused:?}");
        assert_eq!(sums.0.state().deployments.len(), 0);
        let predicted = sums.check::<HatciDeployEvent>(id.clone());
        assert_eq!(predicted["changed"], true);
        assert!(predicted["warnings"][0].as_str().unwrap().contains("hatci_fix_event"), "{predicted:?}");

        sums.run::<HatciFixEvent>(id.clone());
        assert_eq!(sums.check::<HatciDeployEvent>(id.clone())["changed"], true);
        let deployed = sums.run::<HatciDeployEvent>(id.clone());
        assert_eq!((&deployed["changed"], &deployed["state"]), (&json!(true), &json!("PENDING")));
        let deployment = json!({ "deployment_id": text(&deployed, "deployment_id") });
        let again = sums.run::<HatciDeployEvent>(and(id.clone(), deployment.clone()));
        assert_eq!((&again["changed"], &again["state"]), (&json!(false), &json!("PENDING")));

        clock.advance(Duration::from_secs(3600));
        for subject in [deployment, id.clone()] {
            let now = sums.run::<HatciUpdateStatus>(and(subject, json!({ "wait": true, "wait_timeout": 1 })));
            assert_eq!(
                (&now["state"], &now["polls"], &now["changed"]),
                (&json!("COMPLETE"), &json!(1), &json!(false))
            );
        }
        let twice = sums.run::<HatciDeployEvent>(id);
        assert_eq!(kind(&twice), "conflict");
        assert!(text(&twice, "msg").contains("updated twice"), "{twice:?}");
        assert_eq!(sums.0.state().deployments.len(), 1);
    }
}

#[test]
fn the_time_frame_is_sent_in_iso_8601_and_a_doubtful_one_is_warned_of() {
    let sums = Sums::start();
    let id = json!({ "event_id": text(&sums.run::<HatciCreateEvent>(event("UROM")), "event_id") });
    sums.run::<HatciFixEvent>(id.clone());
    let frame = |start: &str, end: &str| {
        let frame = json!({ "start_datetime": start, "end_datetime": end });
        sums.check::<HatciDeployEvent>(and(id.clone(), frame))
    };
    let good = frame("2020-01-01 22:00:00+00:00", "2999-01-01T22:00:00Z");
    assert_eq!(good["diff"]["after"]["start_datetime"], "2020-01-01T22:00:00+00:00");
    assert_eq!(good.get("warnings"), None, "{good:?}");
    let past = frame("2020-01-01T22:00:00Z", "2020-01-02T22:00:00Z");
    assert!(past["warnings"][0].as_str().unwrap().contains("end_datetime has passed"), "{past:?}");
    let local = frame("2998-01-01T22:00:00", "2999-01-01T22:00:00");
    assert_eq!(local["warnings"].as_array().map(Vec::len), Some(2), "{local:?}");
}

#[test]
fn a_failed_update_ends_the_waiting_with_the_servers_reason() {
    let clock = Clock::manual();
    let scenarios = vec![format!("{VIN}=fail:Gateway refused the signature").parse().unwrap()];
    let sums = Sums::with(Options { scenarios, clock: clock.clone(), ..Options::default() });
    let id = json!({ "event_id": text(&sums.run::<HatciCreateEvent>(event("UROM")), "event_id") });
    sums.run::<HatciFixEvent>(id.clone());
    sums.run::<HatciDeployEvent>(id.clone());
    clock.advance(Duration::from_secs(3600));
    let failed = sums.run::<HatciUpdateStatus>(and(id, json!({ "wait": true })));
    assert_eq!((kind(&failed).as_str(), text(&failed, "state").as_str()), ("failed", "FAILED"));
    assert_eq!(failed["reason"], "Gateway refused the signature");
    assert!(text(&failed, "msg").contains("Gateway refused the signature"), "{failed:?}");
}

#[test]
fn recording_a_test() {
    let sums = Sums::start();
    let args = json!({
        "vin": VIN, "event_id": "pending", "ansible_job_id": 4711, "git_sha": "4f1c2ab", "suite_name": "ota",
        "metadata": { "bench": "bench-7" },
    });
    assert_eq!(sums.check::<HatciTestEvent>(args.clone())["changed"], true);
    let made = sums.run::<HatciTestEvent>(args.clone());
    assert_eq!(made["changed"], true);
    let id = json!({ "test_event_id": text(&made, "test_event_id") });
    let found = sums.run::<HatciTestEvent>(and(args.clone(), id.clone()));
    assert_eq!((&found["changed"], found.get("warnings")), (&json!(false), None));

    let verdict = and(id.clone(), json!({ "status": "PASS", "summary": "all good" }));
    let predicted = sums.check::<HatciTestEventUpdate>(verdict.clone());
    assert_eq!((&predicted["changed"], &predicted["diff"]["before"]["status"]), (&json!(true), &Value::Null));
    assert_eq!(sums.run::<HatciTestEventUpdate>(verdict.clone())["changed"], true);
    for again in [
        sums.check::<HatciTestEventUpdate>(verdict.clone()),
        sums.run::<HatciTestEventUpdate>(verdict.clone()),
    ] {
        assert_eq!((&again["changed"], &again["test_event"]["status"]), (&json!(false), &json!("PASS")));
    }
    let fail = and(verdict, json!({ "status": "FAIL", "artifact_urls": "https://a , https://b" }));
    for turned in [sums.check::<HatciTestEventUpdate>(fail.clone()), sums.run::<HatciTestEventUpdate>(fail)] {
        assert_eq!(turned["changed"], true);
        assert!(turned["warnings"][0].as_str().unwrap().contains("changes that to FAIL"), "{turned:?}");
    }
    let closed = sums.run::<HatciTestEvent>(and(args, id));
    assert!(closed["warnings"][0].as_str().unwrap().contains("already closed, with FAIL"), "{closed:?}");
    let recorded = &sums.0.state().test_events[0];
    assert_eq!(
        (&recorded["status"], &recorded["artifact_urls"]),
        (&json!("FAIL"), &json!(["https://a", "https://b"]))
    );
}

#[test]
fn a_check_run_goes_through_all_steps_and_writes_nothing() {
    let sums = Sums::start();
    for changed in [
        sums.check::<HatciCreateEvent>(event("UROM")),
        sums.check::<HatciFixEvent>(json!({ "event_id": "pending" })),
        sums.check::<HatciDeployEvent>(json!({ "event_id": "pending" })),
        sums.check::<HatciTestEventUpdate>(
            json!({ "test_event_id": "pending", "status": "PASS", "summary": "s" }),
        ),
    ] {
        assert_eq!(changed["changed"], true, "{changed:?}");
    }
    let status = sums.check::<HatciUpdateStatus>(json!({ "deployment_id": "pending", "wait": true }));
    assert_eq!((&status["changed"], status.get("failed")), (&json!(false), None));
    assert!(sums.methods().iter().all(|method| method == "GET"));
}

#[test]
fn information_tells_what_is_wrong() {
    let sums = Sums::start();
    let info = sums.run::<HatciInfo>(json!({ "vin": VIN.to_lowercase() }));
    assert_eq!(
        (&info["reachable"], &info["authenticated"], &info["changed"]),
        (&json!(true), &json!(true), &json!(false))
    );
    assert_eq!(info["vehicles"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        sums.run::<HatciInfo>(json!({ "vin": "5NPE24AF5FH000002" }))["vehicles"][0]["id"],
        "vehicle-002"
    );

    let refused = sums.run::<HatciInfo>(json!({ "hatci_token": "wrong-token" }));
    assert_eq!((kind(&refused).as_str(), &refused["authenticated"]), ("auth", &json!(false)));
    assert!(!json!(refused).to_string().contains("wrong-token"));
    let unreachable = sums.run::<HatciInfo>(json!({ "hatci_base_url": "http://127.0.0.1:1" }));
    assert_eq!((kind(&unreachable).as_str(), &unreachable["reachable"]), ("unavailable", &json!(false)));
    let tls = sums.run::<HatciInfo>(json!({ "hatci_base_url": sums.0.url().replace("http", "https") }));
    assert_eq!(kind(&tls), "tls");
    let elsewhere = sums.run::<HatciInfo>(json!({ "hatci_base_url": format!("{}/sim", sums.0.url()) }));
    assert_eq!((kind(&elsewhere).as_str(), &elsewhere["reachable"]), ("not_found", &json!(true)));
}
