use super::*;
use ansible_module::{Answer, NoEnv, run};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

mod limits;

fn answer(options: &Value) -> Answer {
    run::<HatciReport>(options.as_object().cloned().unwrap_or_default(), &NoEnv)
}

fn well(options: &Value) -> Value {
    let answer = answer(options);
    assert!(!answer.failed, "{:?}", answer.json);
    Value::Object(answer.json)
}

fn hosts(folder: &Path) -> Vec<String> {
    let report = Report::from_json(&fs::read_to_string(folder.join("report.json")).unwrap()).unwrap();
    report.vehicles.into_iter().map(|vehicle| vehicle.host).collect()
}

#[test]
fn where_another_user_can_replace_the_report_the_task_warns_of_that() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        json!({ "report_dir": folder.path().join("new"), "results": { "car1": { "status": "PASS" } } });
    assert_eq!(well(&options).get("warnings"), None);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let said = well(&options)["warnings"].to_string();
    let expected = format!(
        "Another user can replace this report ({}: others can write there (mode 777)).",
        folder.path().canonicalize().unwrap().display()
    );
    assert!(said.contains(&expected), "{said}");
}

#[test]
fn a_second_run_with_the_same_results_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new/reports");
    let mut options = json!({
        "report_dir": dir,
        "results": { "car1": { "status": "PASS", "summary": "Updated." }, "car2": { "status": "not_tested" } },
    });
    options["_ansible_check_mode"] = true.into();
    assert_eq!(well(&options)["changed"], true);
    assert!(!dir.exists());
    options["_ansible_check_mode"] = false.into();
    options["_ansible_diff"] = true.into();
    let first = well(&options);
    assert_eq!((&first["changed"], &first["verdict"]), (&json!(true), &json!("not_tested")));
    assert_eq!(
        (&first["counts"]["passed"], &first["diff"]["after"]["counts"]["passed"]),
        (&json!(1), &json!(1))
    );
    for name in ["report.html", "junit.xml", "report.md", "report.json"] {
        assert_eq!(fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 4);
    assert_eq!(well(&options)["changed"], false);
    options["results"]["car1"]["status"] = "FAIL".into();
    let diff = &well(&options)["diff"];
    assert_eq!(
        (&diff["before"]["verdict"], &diff["after"]["verdict"]),
        (&json!("not_tested"), &json!("FAIL"))
    );
}

#[test]
fn the_reports_of_slices_become_one_and_a_vehicle_in_two_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let slice = |name: &str, results: Value| {
        let dir = folder.path().join(name);
        well(&json!({ "report_dir": dir, "title": "Winter", "results": results }));
        dir.join("report.json")
    };
    let files = [
        slice(
            "1",
            json!({ "car1": { "status": "PASS" },
                "car3": { "status": "PASS", "finished": "2026-11-20T22:00:00Z", "test_event_id": "T2", "previous_test_event_id": "T1" } }),
        ),
        slice(
            "2",
            json!({ "car2": { "status": "PASS" },
                "car3": { "status": "FAIL", "finished": "2026-11-20T21:00:00Z", "test_event_id": "T1" } }),
        ),
    ];
    let all = well(&json!({ "report_dir": folder.path(), "files": files }));
    assert_eq!((&all["counts"]["total"], &all["verdict"]), (&json!(3), &json!("PASS")));
    let note = "car3 is in several reports. This one shows its last test (PASS), not an earlier one (FAIL).";
    assert_eq!((&all["warnings"], &all["notes"]), (&json!([note]), &json!([note])));
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("Winter</bdi></h1>") && page.contains(note));
}

#[test]
fn each_vehicle_adds_itself_to_the_report_of_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let add = |run: &str, host: &str, status: &str| {
        let options = json!({
            "report_dir": folder.path(), "keep": true, "run": run, "results": { host: { "status": status } },
        });
        well(&options);
    };
    add("1", "car1", "FAIL");
    std::thread::scope(|scope| {
        for number in 2..8 {
            scope.spawn(move || add("2", &format!("car{number}"), "PASS"));
        }
    });
    let mut found = hosts(folder.path());
    found.sort();
    assert_eq!(found, ["car2", "car3", "car4", "car5", "car6", "car7"]);
    let nobody = answer(&json!({ "report_dir": folder.path(), "keep": true, "results": {} }));
    assert!(nobody.json["msg"].as_str().unwrap().contains("Set `run`"), "{:?}", nobody.json);
}

#[test]
fn vehicles_that_one_host_tests_are_rows_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let dir = |name: &str| folder.path().join(name);
    let outcome = |vin: &str, status: &str| json!({ "host": "localhost", "vin": vin, "status": status });
    let mut files = vec![];
    for (vin, status) in [("V1", "FAIL"), ("V2", "PASS"), ("V3", "PASS")] {
        let results = json!({ "localhost": outcome(vin, status) });
        well(&json!({ "report_dir": dir(vin), "results": results }));
        files.push(dir(vin).join("report.json"));
        well(&json!({ "report_dir": dir("kept"), "results": results, "keep": true, "run": "1" }));
    }
    well(&json!({ "report_dir": dir("merged"), "files": files }));
    let by_vin =
        json!({ "V1": outcome("V1", "FAIL"), "V2": outcome("V2", "PASS"), "V3": outcome("V3", "PASS") });
    well(&json!({ "report_dir": dir("by_vin"), "results": by_vin }));
    for name in ["kept", "merged", "by_vin"] {
        assert_eq!(hosts(&dir(name)), ["localhost"; 3], "{name}");
        let markdown = fs::read_to_string(dir(name).join("report.md")).unwrap();
        assert!(markdown.starts_with("**FAIL** OTA test: 3 vehicles, 2 passed, 1 failed\n"), "{markdown}");
        let junit = fs::read_to_string(dir(name).join("junit.xml")).unwrap();
        assert!(junit.contains(r#"<testcase name="localhost (V1)""#), "{junit}");
    }
}

#[test]
fn a_report_passes_only_if_each_vehicle_has_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let cars = json!({ "car1": { "status": "PASS", "not_recorded": "503" }, "car2": { "status": null, "summary": "" } });
    let options = json!({ "report_dir": folder.path(), "results": cars, "hosts": ["car1", "car2", "car3"] });
    let all = well(&options);
    assert_eq!((&all["verdict"], &all["counts"]["unknown"]), (&json!("unknown"), &json!(2)));
    assert!(
        read("report.md").starts_with(
            "**NO VERDICT** OTA test: 3 vehicles, 1 passed, 2 without a verdict, 1 not recorded\n"
        ) && read("report.md").contains("| PASS | Recording the verdict failed&#58; 503 | car1 |"),
        "{}",
        read("report.md")
    );
    assert_eq!(read("junit.xml").matches("type=\"NO VERDICT\"").count(), 2);
    assert!(read("report.html").contains("<title>NO VERDICT: OTA test</title>"));
    assert_eq!(well(&options)["changed"], false);
}

#[test]
fn a_file_of_the_users_own_keeps_all_four_from_being_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.md");
    fs::write(&path, "# mine").unwrap();
    for check_mode in [true, false] {
        let answer = answer(&json!({
            "report_dir": folder.path(), "results": { "car1": { "status": "PASS" } }, "_ansible_check_mode": check_mode,
        }));
        let said = format!(
            "hatci_report did not write {}, and does not replace it. Move it away, or choose another report_dir.",
            path.display()
        );
        assert_eq!(answer.json["msg"], json!(said));
    }
    assert_eq!(
        (fs::read_to_string(path).unwrap().as_str(), fs::read_dir(folder.path()).unwrap().count()),
        ("# mine", 1)
    );
}

#[test]
fn a_link_in_the_place_of_a_file_is_replaced_and_what_it_leads_to_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("report.md"));
    fs::write(&target, "kept").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    well(&json!({ "report_dir": folder.path(), "results": { "car1": { "status": "PASS" } } }));
    assert!(!link.is_symlink());
    assert_eq!(fs::read_to_string(target).unwrap(), "kept");
}

#[test]
fn what_a_playbook_or_a_server_writes_otherwise_is_no_reason_to_lose_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = json!({
        "status": "FAIL", "summary": null, "vin": "", "seconds": "12.5", "deployment_id": 7, "started": "soon",
        "finished": "2026-11-20 22:00:00", "artifact_urls": null, "error": { "kind": "timeout" },
        "states": [{ "state": "PENDING", "at": "" }, { "state": "FAILED", "at": "2026-11-20T21:59:00" }, { "state": "X", "at": "?" }],
        "ecus": [{ "ecu_name": "Gateway", "from": "", "to": "2" }],
    });
    let all = well(&json!({ "report_dir": folder.path(), "results": { "car1": outcome } }));
    assert_eq!(all["warnings"].as_array().unwrap().len(), 2, "{}", all["warnings"]);
    let text = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let vehicle = &serde_json::from_str::<Value>(&text).unwrap()["vehicles"][0];
    assert_eq!(
        vehicle,
        &json!({
            "host": "car1", "status": "FAIL", "summary": "", "seconds": 12.5, "finished": "2026-11-20T22:00:00Z",
            "states": [{ "state": "FAILED", "at": "2026-11-20T21:59:00Z" }],
            "ecus": [{ "ecu_name": "Gateway", "to": "2" }], "deployment_id": "7",
        })
    );
}

#[test]
fn what_servers_and_events_tell_becomes_states_and_software() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = json!({
        "status": "PASS", "state": "COMPLETE", "timestamps": { "created": "2026-11-20T22:00:00Z", "finished": "2026-11-20T22:09:00Z" },
        "source_ecus": [{ "ecu_name": "Gateway", "sw_version": "1" }, { "ecu_name": "Radio", "sw_version": 7 }],
        "target_ecus": "[{ \"ecu_name\": \"Gateway\", \"part_number\": \"x\", \"sw_version\": \"2\" }]",
    });
    well(&json!({ "report_dir": folder.path(), "results": { "car1": outcome } }));
    let text = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let vehicle = &serde_json::from_str::<Value>(&text).unwrap()["vehicles"][0];
    assert_eq!(
        vehicle["states"],
        json!([{ "state": "PENDING", "at": "2026-11-20T22:00:00Z" }, { "state": "COMPLETE", "at": "2026-11-20T22:09:00Z" }])
    );
    assert_eq!(
        vehicle["ecus"],
        json!([{ "ecu_name": "Gateway", "from": "1", "to": "2" }, { "ecu_name": "Radio", "from": "7" }])
    );
}

#[test]
fn what_can_not_be_read_leaves_no_older_verdict_in_any_form() {
    let template = tempfile::NamedTempFile::new().unwrap();
    fs::write(&template, "<p>{{ verdict | nosuch }}</p>").unwrap();
    for (options, verdict, words) in [
        (
            json!({ "results": { "car1": "well" } }),
            "NO VERDICT",
            "The entry of car1 in `results` can't be read: it is text.",
        ),
        (
            json!({ "results": { "car1": { "status": "pass" } } }),
            "NO VERDICT",
            "is \"pass\". Give PASS, FAIL, not_tested, running or unknown.",
        ),
        (json!({ "files": ["/nonexistent/x"] }), "NO VERDICT", "/nonexistent/x: "),
        (failed(json!({ "html_template": "/etc" })), "FAIL", "hatci_report_html_template). /etc: "),
        (
            failed(json!({ "html_template": template.path() })),
            "FAIL",
            "html_template (in roles and playbooks: hatci_report_html_template).",
        ),
        (failed(json!({ "html_template": template.path() })), "FAIL", "nosuch"),
        (failed(json!({ "markdown_template": template.path() })), "FAIL", "hatci_report_markdown_template"),
        (
            with("environment", json!(["x"])),
            "FAIL",
            "`environment` of car1: it is a list with other contents. Give words, or a dict with",
        ),
        (with("environment", json!({ "package": "core" })), "FAIL", "hatci_report_environment"),
        (with("artifact_urls", json!([{}])), "FAIL", "`artifact_urls` of car1"),
        (with("ecus", json!({ "ecu_name": "Gateway" })), "FAIL", "`ecus` of car1"),
        (with("vin", json!(["x"])), "FAIL", "`vin` of car1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        well(&json!({ "report_dir": folder.path(), "results": { "car1": { "status": "PASS" } } }));
        let mut options = options;
        options["report_dir"] = json!(folder.path());
        options["_ansible_check_mode"] = true.into();
        assert!(answer(&options).failed);
        assert!(read("report.md").contains("PASS"));
        options["_ansible_check_mode"] = false.into();
        for is_changed in [true, false] {
            let answer = answer(&options);
            let msg = answer.json["msg"].as_str().unwrap();
            assert!(answer.failed && msg.contains(words) && !msg.contains("variant"), "{msg}");
            assert_eq!(answer.json["changed"], is_changed);
        }
        assert!(read("report.md").starts_with(&format!("**{verdict}**")), "{}", read("report.md"));
        assert!(read("report.html").contains(&format!("<title>{verdict}: ")));
        let json: Value = serde_json::from_str(&read("report.json")).unwrap();
        let is_none = verdict == "NO VERDICT";
        assert_eq!(json["verdict"], if is_none { "unknown" } else { "FAIL" });
        assert!(read("junit.xml").contains(if is_none { "errors=\"1\"" } else { "failures=\"1\"" }));
    }
}

/// A run that failed, with these options.
fn failed(mut options: Value) -> Value {
    options["results"] = json!({ "car1": { "status": "FAIL" } });
    options
}

/// A run that failed, whose outcome has this.
fn with(name: &str, value: Value) -> Value {
    let mut options = failed(json!({}));
    options["results"]["car1"][name] = value;
    options
}

#[test]
fn links_and_software_are_read_in_every_form_that_other_modules_take() {
    let folder = tempfile::tempdir().unwrap();
    for (links, read) in [
        (json!("https://a/1"), json!(["https://a/1"])),
        (
            json!("https://a/1, https://a/2\nhttps://a/3\n"),
            json!(["https://a/1", "https://a/2", "https://a/3"]),
        ),
        (json!(r#"["https://a/1,2"]"#), json!(["https://a/1,2"])),
        (json!(["https://a/1,2"]), json!(["https://a/1,2"])),
    ] {
        let ecus = json!([{ "ecu_name": 17, "from": 1.5, "to": 2 }, { "ecu_name": "Radio", "to": true }]);
        let outcome = json!({ "status": "PASS", "artifact_urls": links, "ecus": ecus, "environment": 7 });
        well(&json!({ "report_dir": folder.path(), "results": { "car1": outcome } }));
        let text = fs::read_to_string(folder.path().join("report.json")).unwrap();
        let vehicle = &serde_json::from_str::<Value>(&text).unwrap()["vehicles"][0];
        assert_eq!(vehicle["artifact_urls"], read);
        assert_eq!(
            vehicle["ecus"],
            json!([{ "ecu_name": "17", "from": "1.5", "to": "2" }, { "ecu_name": "Radio", "to": "True" }])
        );
        assert_eq!(vehicle["environment"], "7");
    }
}

#[test]
fn neither_a_template_behind_another_users_link_nor_another_users_report_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("template"), "of anybody").unwrap();
    std::os::unix::fs::symlink("template", at("link")).unwrap();
    let report = at("reports/report.json");
    let mut options = json!({ "report_dir": at("reports"), "results": { "car1": { "status": "PASS" } } });
    well(&options);
    if std::os::unix::fs::chown(at("template"), Some(4711), None).is_err() {
        return; // only root can give a file to another user
    }
    options["markdown_template"] = at("link").display().to_string().into();
    well(&options);
    std::os::unix::fs::lchown(at("link"), Some(4711), None).unwrap();
    let of_link = answer(&options).json["msg"].to_string();
    assert!(of_link.contains("link: it is a symbolic link of user 4711"), "{of_link}");

    options["markdown_template"] = Value::Null;
    std::os::unix::fs::chown(&report, Some(4711), None).unwrap();
    let of_report = answer(&options).json["msg"].to_string();
    assert!(
        of_report.contains("report.json (it belongs to user 4711), and does not replace it"),
        "{of_report}"
    );
}

#[test]
fn no_file_of_a_report_holds_the_password_of_a_url() {
    let folder = tempfile::tempdir().unwrap();
    let url = |password: &str| format!("https://bob:{password}@logs.example/x");
    let file = folder.path().join("slice.json");
    let mut slice = Report::new("slice");
    slice.ara_url = Some(url("S3cretOne"));
    slice.notes = vec![format!("See {}.", url("S3cretTwo"))];
    fs::write(&file, slice.to_json().unwrap()).unwrap();
    let known = slice.to_json().unwrap().replace("\"title\"", "\"run\": \"7\", \"title\"");
    fs::write(folder.path().join("report.json"), known).unwrap();
    let outcome = json!({
        "status": "FAIL",
        "summary": format!("Look at ({}), not S3cretSix", url("S3cretThree")),
        "not_recorded": format!("{} does not answer", url("S3cretFour")),
        "artifact_urls": [url("S3cretSix")],
        "environment": url("S3cretSeven"),
    });
    well(&json!({
        "report_dir": folder.path(), "run": "7", "keep": true, "files": [file], "title": url("S3cretTen"),
        "job_url": url("S3cretEight"), "results": { "car": outcome },
    }));
    for name in ["report.html", "junit.xml", "report.md", "report.json"] {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(!text.contains("S3cret") && text.contains("logs.example"), "{name}: {text}");
    }
}
