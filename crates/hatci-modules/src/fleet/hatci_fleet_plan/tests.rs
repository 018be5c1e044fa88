//! Where a campaign stands, by its file.
use super::*;
use ansible_module::{Answer, NoEnv, run};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

fn plan(path: &Path, more: &Value) -> Answer {
    let ecus = |version: &str| json!([{ "ecu_name": "Gateway", "sw_version": version }]);
    let vehicles: Vec<_> = (1..=4)
        .map(|number| {
            json!({
                "host": format!("car{number}"), "vin": format!("VIN{number}"),
                "source": { "build_level": "1", "ecus": ecus("1.0") }, "target": { "build_level": "2", "ecus": ecus("2.0") },
            })
        })
        .collect();
    let mut options = json!({ "resume_file": path, "vehicles": vehicles, "waves": [1, "50%", "100%"] });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run::<HatciFleetPlan>(options.as_object().unwrap().clone(), &NoEnv)
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/resume.yml");
    (folder, path)
}

/// As the modules for the updates note it.
fn note(path: &Path, host: &str, note: impl FnOnce(&mut Vehicle)) {
    let place = CampaignPlace::at(path).unwrap();
    let mut campaign = place.read().unwrap().unwrap();
    note(campaign.vehicles.iter_mut().find(|vehicle| vehicle.host == host).unwrap());
    campaign.revision += 1;
    place.write(&campaign.to_yaml()).unwrap();
}

#[test]
fn a_campaign_begins_with_its_first_wave_and_its_file_is_for_this_user_only() {
    let (_folder, path) = file();
    let first = plan(&path, &json!({})).json;
    assert_eq!(
        (&first["changed"], &first["step"], &first["wave"], &first["waves"]),
        (&json!(true), &json!("wave"), &json!(1), &json!(3))
    );
    assert_eq!((&first["hosts"], &first["batches"]), (&json!(["car1"]), &json!([1, 2, 1])));
    assert_eq!((&first["updates"][0]["begun"], &first["wave_begun"]), (&json!(false), &json!(false)));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again = plan(&path, &json!({})).json;
    assert_eq!((&again["changed"], &again["campaign_id"]), (&json!(false), &first["campaign_id"]));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn where_another_user_can_exchange_the_file_the_task_warns_of_that() {
    let (folder, path) = file();
    let warnings = || plan(&path, &json!({})).json.get("warnings").map_or(String::new(), Value::to_string);
    assert!(!warnings().contains("Another user"));
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let said = warnings();
    assert!(said.contains("resume.yml (") && said.contains("others can write there (mode 777))"), "{said}");
}

#[test]
fn a_file_that_another_user_has_planted_is_not_believed() {
    let (_folder, path) = file();
    plan(&path, &json!({}));
    note(&path, "car1", |it| (it.stage, it.status) = (Stage::Closed, Some(Verdict::Pass)));
    let link = path.with_file_name("link.yml");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(!plan(&link, &json!({ "_ansible_check_mode": true })).failed);
    if std::os::unix::fs::lchown(&link, Some(4711), None).is_err() {
        return; // only root can give something to another user
    }
    let of_link = plan(&link, &json!({}));
    std::os::unix::fs::chown(&path, Some(4711), None).unwrap();
    for (refused, words) in [
        (of_link, "it is a symbolic link of user 4711, and links of others are not followed, so what"),
        (
            plan(&path, &json!({})),
            "it belongs to user 4711, so what it says about the vehicles is not trusted",
        ),
    ] {
        let msg = refused.json["msg"].as_str().unwrap_or_default();
        assert!(refused.failed && msg.contains(words), "{msg}");
        assert_eq!(refused.json["error"]["kind"], "conflict");
    }
}

#[test]
fn a_file_that_is_no_campaign_is_named_and_not_quoted() {
    let (folder, path) = (tempfile::tempdir().unwrap(), PathBuf::from("resume.yml"));
    let path = folder.path().join(path);
    fs::write(&path, "root:secret:0\nuser:secret:1\n").unwrap();
    let refused = plan(&path, &json!({}));
    let msg = refused.json["msg"].as_str().unwrap_or_default();
    assert!(msg.contains(&path.display().to_string()) && msg.contains("see line "), "{msg}");
    assert!(!refused.json["msg"].to_string().contains("secret"), "{msg}");
}

#[test]
fn a_pause_of_more_than_a_week_is_refused() {
    let (_folder, path) = file();
    let refused = plan(&path, &json!({ "soak": 604_801 }));
    assert!(refused.failed && !path.exists());
    assert_eq!(
        refused.json["msg"],
        "soak (in playbooks: hatci_soak) is 604801 seconds, which is more than a week; give at most 604800."
    );
}

#[test]
fn in_check_mode_no_file_is_written() {
    let (_folder, path) = file();
    assert_eq!(plan(&path, &json!({ "_ansible_check_mode": true })).json["changed"], true);
    assert!(!path.exists());
}

#[test]
fn what_was_begun_is_gone_on_with_by_its_ids_on_another_machine_too() {
    let (_folder, path) = file();
    let id = plan(&path, &json!({})).json["campaign_id"].clone();
    note(&path, "car1", |it| {
        it.stage = Stage::Starting;
        it.target_event_id = Some("EVT-2".into());
        it.test_event_id = Some("{{ TEV }}".into());
    });
    let variables: Value =
        serde_json::to_value(Campaign::from_yaml(&fs::read_to_string(&path).unwrap()).unwrap()).unwrap();
    let elsewhere = path.with_file_name("other.yml");
    let on = plan(&elsewhere, &json!({ "resume": variables })).json;
    assert_eq!((&on["campaign_id"], &on["hosts"]), (&id, &json!(["car1"])));
    assert_eq!(on["wave_begun"], true);
    let car = &on["updates"][0];
    assert_eq!(
        (&car["begun"], &car["target"]["event_id"], &car["test_event_id"]),
        (&json!(true), &json!("EVT-2"), &json!("{{ TEV }}"))
    );
    assert_eq!(car["target"]["build_level"], "2");
    assert!(elsewhere.exists());
}

#[test]
fn a_vehicle_in_doubt_is_gone_on_with_once_somebody_has_looked_for_what_was_made() {
    let (_folder, path) = file();
    plan(&path, &json!({}));
    note(&path, "car1", |it| (it.stage, it.status) = (Stage::Ended, Some(Verdict::NotTested)));
    assert_eq!(plan(&path, &json!({})).json["step"], "stopped");
    note(&path, "car1", |it| (it.stage, it.source_event_id) = (Stage::Waiting, Some("EVT-1".into())));
    let on = plan(&path, &json!({})).json;
    let car = &on["updates"][0];
    assert_eq!(
        (&car["host"], &car["begun"], &car["source"]["event_id"]),
        (&json!("car1"), &json!(false), &json!("EVT-1"))
    );
}

#[test]
fn a_verdict_is_recorded_and_the_next_wave_begins() {
    let (_folder, path) = file();
    plan(&path, &json!({}));
    note(&path, "car1", |it| {
        it.stage = Stage::Ended;
        it.status = Some(Verdict::Pass);
        it.test_event_id = Some("TEV-1".into());
        it.deployment_id = Some("DEP-1".into());
    });
    let next = plan(&path, &json!({ "tell_outcomes": true })).json;
    assert_eq!(
        next["test_events"],
        json!([{ "host": "car1", "test_event_id": "TEV-1", "status": "PASS", "summary": "Updated VIN1 from 1 to 2. deployment DEP-1.", "vin": "VIN1" }])
    );
    assert_eq!(next["hosts"], json!(["car2", "car3"]));
    let outcomes = &next["ansible_stats"]["data"]["hatci_results"];
    assert_eq!(outcomes["car1"]["ecus"], json!([{ "ecu_name": "Gateway", "from": "1.0", "to": "2.0" }]));
    assert_eq!(
        (&outcomes["car1"]["status"], &outcomes["car2"]["status"]),
        (&json!("PASS"), &json!("not_tested"))
    );
}

#[test]
fn a_vehicle_that_was_begun_stays_the_one_it_was() {
    let (_folder, path) = file();
    plan(&path, &json!({}));
    note(&path, "car1", |it| it.stage = Stage::Updating);
    let car = |number: u8, vin: &str, level: &str| {
        let ecus = |version: &str| json!([{ "ecu_name": "Gateway", "sw_version": version }]);
        json!({ "host": format!("car{number}"), "vin": vin, "source": { "build_level": "1", "ecus": ecus("1.0") },
            "target": { "build_level": level, "ecus": ecus("2.0") } })
    };
    for (now, words) in [
        (car(1, "VIN9", "2"), "as vehicle VIN1, but is now VIN9"),
        (car(1, "VIN1", "3"), "with other software, from 1 to 2"),
    ] {
        let refused = plan(&path, &json!({ "vehicles": [now] }));
        let msg = refused.json["msg"].as_str().unwrap_or_default();
        assert!(
            refused.failed && msg.starts_with("car1 was started in this campaign ") && msg.contains(words),
            "{msg}"
        );
    }
    // What was not begun may still change, and letters of a VIN in lower case are the same VIN.
    let changed = plan(&path, &json!({ "vehicles": [car(1, "vin1 ", "2"), car(2, "VIN7", "4")] }));
    assert!(!changed.failed && changed.json["changed"] == true, "{:?}", changed.json);
}

#[test]
fn a_verdict_says_what_was_tested_though_the_vehicle_is_not_described_today() {
    let (_folder, path) = file();
    plan(&path, &json!({}));
    note(&path, "car1", |it| {
        it.stage = Stage::Closed;
        it.status = Some(Verdict::Pass);
    });
    let car2 = json!([{ "host": "car2", "vin": "VIN2", "source": { "build_level": "1" }, "target": { "build_level": "2" } }]);
    let told = plan(&path, &json!({ "tell_outcomes": true, "vehicles": car2 })).json;
    assert_eq!(told["outcomes"]["car1"]["summary"], "Updated VIN1 from 1 to 2.");
}

#[test]
fn a_failure_elsewhere_is_a_failure_and_stops_what_has_not_begun() {
    let (_folder, path) = file();
    plan(&path, &json!({}));
    let stopped = plan(&path, &json!({ "failures": { "car1": "The bench was not free." } })).json;
    assert_eq!((&stopped["step"], &stopped["hosts"]), (&json!("stopped"), &json!([])));
    assert_eq!(stopped["reason"], "1 of 1 vehicles failed, more than 0, so no further vehicle was started.");
    assert_eq!((&stopped["counts"]["not_tested"], &stopped["counts"]["waiting"]), (&json!(1), &json!(3)));
    assert_eq!(plan(&path, &json!({ "max_failures": "1" })).json["hosts"], json!(["car2", "car3"]));
}

#[test]
fn the_file_of_another_campaign_is_left_alone() {
    let (_folder, path) = file();
    plan(&path, &json!({ "campaign_id": "winter" }));
    let before = fs::read(&path).unwrap();
    let refused = plan(&path, &json!({ "campaign_id": "summer" }));
    assert!(
        refused.failed && refused.json["msg"].as_str().unwrap().contains("campaign winter, not to summer")
    );
    fs::write(&path, "hatci_vin: x").unwrap();
    assert!(plan(&path, &json!({})).failed);
    assert_ne!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read(&path).unwrap(), b"hatci_vin: x");
}

#[test]
fn a_vehicle_that_was_to_be_verified_is_not_continued_without() {
    let (_folder, path) = file();
    let vehicles = |verifies: [Option<bool>; 2]| {
        let one = |(number, verifies)| {
            let mut one = json!({ "host": format!("car{number}"), "vin": format!("VIN{number}") });
            if let Some(verifies) = verifies {
                one["verifies"] = json!(verifies);
            }
            one
        };
        json!({ "vehicles": (1..).zip(verifies).map(one).collect::<Vec<_>>() })
    };
    assert!(!plan(&path, &vehicles([Some(true), Some(true)])).failed);
    note(&path, "car1", |it| (it.stage, it.status) = (Stage::Closed, Some(Verdict::Pass)));
    // Who has a verdict, and who doesn't say, is let be.
    assert!(!plan(&path, &vehicles([Some(false), None])).failed);
    let refused = plan(&path, &vehicles([Some(true), Some(false)])).json;
    assert!(refused["msg"].as_str().unwrap().starts_with("car2 was to be verified"), "{refused:?}");
}

#[test]
fn a_check_of_the_options_alone_warns_of_no_vehicle() {
    let (_folder, path) = file();
    plan(&path, &json!({}));
    let checked = plan(&path, &json!({ "vehicles": [], "_ansible_check_mode": true })).json;
    assert_eq!(checked.get("warnings"), None, "{checked:?}");
}
