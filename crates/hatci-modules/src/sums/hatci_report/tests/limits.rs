//! Reports that are too large.
use super::*;

#[test]
fn a_report_that_can_not_be_continued_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let rows = vec![r#"{"host":"car1","status":"PASS"}"#; 10_001].join(",");
    let text =
        format!(r#"{{"schema":1,"title":"x","run":"7","verdict":"PASS","counts":{{}},"vehicles":[{rows}]}}"#);
    fs::write(&path, &text).unwrap();
    let mut options = json!({
        "report_dir": folder.path(), "results": { "car2": { "status": "PASS" } }, "run": "7", "keep": true,
    });
    let answer = answer(&options);
    let msg = answer.json["msg"].as_str().unwrap();
    assert!(
        msg.contains("report.json can't be continued: ") && msg.contains("more than 10000 tests in it"),
        "{msg}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    options["keep"] = false.into();
    well(&options);
    assert_eq!(hosts(folder.path()), ["car2"]);
}

#[test]
fn reports_that_are_too_large_to_merge_are_rows_without_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let slices = ["a", "b"].map(|slice| {
        let row = format!(r#"{{"host":"{slice}","status":"PASS","summary":"{}"}}"#, "x".repeat(5 << 20));
        let path = folder.path().join(slice);
        fs::write(&path, format!(r#"{{"schema":1,"title":"x","vehicles":[{row}]}}"#)).unwrap();
        path
    });
    let answer = answer(&json!({ "report_dir": folder.path().join("all"), "files": slices }));
    let msg = answer.json["msg"].as_str().unwrap();
    assert!(answer.failed && msg.contains("a report holds at most 10,000 tests") && msg.len() < 400, "{msg}");
    assert_eq!(answer.json["verdict"], "unknown");
    assert_eq!(hosts(&folder.path().join("all")), ["a".to_owned(), slices[1].display().to_string()]);
}
