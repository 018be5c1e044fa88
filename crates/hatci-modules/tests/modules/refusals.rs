//! Bad input: one clear failure each, before anything is sent.
use crate::sums::{Sums, VIN, and, event, kind, text};
use hatci_modules::{
    HatciCreateEvent, HatciDeployEvent, HatciFixEvent, HatciInfo, HatciTestEventUpdate, HatciUpdateStatus,
};
use serde_json::{Map, Value, json};

/// The failure is about the options, names what is wrong, and nothing was sent.
#[track_caller]
fn refused(sums: &Sums, answer: &Map<String, Value>, says: &str) {
    assert_eq!(kind(answer), "invalid", "{answer:?}");
    assert!(text(answer, "msg").contains(says), "{answer:?}");
    assert_eq!(answer["changed"], false);
    assert!(sums.methods().is_empty(), "{:?}", sums.methods());
}

#[test]
fn vehicles_that_can_t_be() {
    let sums = Sums::start();
    for (vin, says) in [
        ("1HGBH41JXMN10918", "16 characters instead of 17"),
        ("1HGBH41JXMN1091866", "18 characters"),
        ("", "vin is blank"),
        ("1HGBH41JXMN10918O", "invalid character"),
        ("1HGBH41JXMN1O918I", "invalid character"),
        ("1HGBH41JXMN10918Q", "invalid character"),
        ("1HGBH41JX-N109186", "invalid character"),
        ("1HGBH41JXMN10918é", "invalid character"),
    ] {
        refused(&sums, &sums.run::<HatciCreateEvent>(and(event("RROM"), json!({ "vin": vin }))), says);
    }
}

#[test]
fn a_wrong_check_digit_is_warned_of() {
    let sums = Sums::start();
    let made = sums.run::<HatciCreateEvent>(and(event("RROM"), json!({ "vin": "1HGBH41J1MN109186" })));
    assert_eq!(made["changed"], true);
    assert!(
        made["warnings"][0].as_str().unwrap().contains("check digit (position 9 should be X)"),
        "{made:?}"
    );
    let lower = sums.run::<HatciCreateEvent>(and(event("RROM"), json!({ "vin": VIN.to_lowercase() })));
    assert_eq!((&lower["event"]["vin"], lower.get("warnings")), (&json!(VIN), None));
}

#[test]
fn lists_and_times_that_make_no_sense() {
    let sums = Sums::start();
    refused(&sums, &sums.run::<HatciCreateEvent>(and(event("RROM"), json!({ "ecus": [] }))), "ecus is empty");
    refused(
        &sums,
        &sums.run::<HatciCreateEvent>(and(event("RROM"), json!({ "ecus": [{}] }))),
        "missing required arguments",
    );
    refused(
        &sums,
        &sums.run::<HatciCreateEvent>(event("rrom")),
        "value of update_type must be one of: RROM, UROM",
    );
    let frame =
        |start: &str, end: &str| json!({ "event_id": "E", "start_datetime": start, "end_datetime": end });
    refused(
        &sums,
        &sums.run::<HatciDeployEvent>(frame("2026-11-20T22:00:00Z", "2026-11-20T21:00:00Z")),
        "not after",
    );
    refused(
        &sums,
        &sums.run::<HatciDeployEvent>(frame("tonight", "2026-11-20T21:00:00Z")),
        "start_datetime is not a date",
    );
    refused(
        &sums,
        &sums.run::<HatciDeployEvent>(json!({ "event_id": "E", "deployment_count": 0 })),
        "deployment_count is 0",
    );
    refused(
        &sums,
        &sums.run::<HatciDeployEvent>(json!({ "event_id": "E", "deployment_count": -1 })),
        "deployment_count",
    );
    refused(
        &sums,
        &sums.run::<HatciUpdateStatus>(json!({ "event_id": "E", "poll_interval": 0 })),
        "poll_interval (in playbooks: hatci_poll_interval_seconds) is 0",
    );
    for blank in [json!([]), json!(", "), json!([""]), json!([null]), json!([" ", "\t"])] {
        let wait = json!({ "event_id": "E", "wait": true, "success_states": blank });
        refused(
            &sums,
            &sums.run::<HatciUpdateStatus>(wait),
            "success_states (in playbooks: hatci_success_states) is empty",
        );
    }
    refused(
        &sums,
        &sums.run::<HatciUpdateStatus>(json!({})),
        "one of the following is required: deployment_id, event_id",
    );
    let both = json!({ "event_id": "E", "deployment_id": "D" });
    refused(&sums, &sums.run::<HatciUpdateStatus>(both), "mutually exclusive: deployment_id|event_id");
}

#[test]
fn ids_that_reach_elsewhere() {
    let sums = Sums::start();
    for id in ["../x", "..", "", "a/b", "a?b=c", "a#b", "a%2fb", "a b", "a\nb", "pending"] {
        refused(&sums, &sums.run::<HatciFixEvent>(json!({ "event_id": id })), "event_id");
        let verdict = json!({ "test_event_id": id, "status": "PASS", "summary": "s" });
        refused(&sums, &sums.run::<HatciTestEventUpdate>(verdict), "test_event_id");
    }
}

#[test]
fn servers_and_tokens_that_can_t_be_used() {
    let sums = Sums::start();
    for (args, says) in [
        (json!({ "hatci_base_url": "sums.example.com" }), "base URL"),
        (json!({ "hatci_base_url": "ftp://sums.example.com" }), "base URL"),
        (json!({ "hatci_base_url": "https://sums.example.com/api/v1/" }), "Leave that part out"),
        (json!({ "hatci_base_url": "https://user:s3cr3t-token@sums.example.com" }), "base URL"),
        (json!({ "hatci_token": "s3cr3t-token\nX-Evil: 1" }), "line break"),
        (json!({ "hatci_token": "" }), "token is empty"),
        (json!({ "timeout": 0 }), "timeout is 0"),
        (json!({ "deadline": 0 }), "deadline is 0"),
        (json!({ "retries": -1 }), "retries"),
        (json!({ "verify_tls": "maybe" }), "verify_tls"),
        (json!({ "hatci_url": "x" }), "Unsupported parameters for (hatci_info) module: hatci_url"),
    ] {
        let answer = sums.run::<HatciInfo>(args);
        refused(&sums, &answer, says);
        assert!(!json!(answer).to_string().contains("s3cr3t"), "{answer:?}");
    }
}
