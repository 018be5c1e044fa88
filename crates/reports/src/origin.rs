//! Whether a file is one of ours, of this version or an earlier one: what somebody else has written is not replaced.
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

/// Whether this is a report in JSON form, in whichever version of it.
pub fn wrote_json(text: &str) -> bool {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "that they are there is all")]
    struct Ours {
        schema: u64,
        verdict: String,
        counts: Map<String, Value>,
        vehicles: Vec<IgnoredAny>,
    }
    text.trim_start().starts_with('{') && serde_json::from_str::<Ours>(text).is_ok()
}

/// Whether this is `JUnit` XML of a report: each case says its summary beside its verdict.
pub fn wrote_junit(text: &str) -> bool {
    let count = |words| text.matches(words).count();
    let cases = count("<testcase");
    text.contains("<testsuites") && count("verdict: ") >= cases && count("\nsummary: ") >= cases
}

/// Whether this is the page of a report, made of the built-in template. Earlier ones say so in their script only.
pub fn wrote_html(text: &str) -> bool {
    text.contains(r#"<meta name="generator" content="hatci.automation hatci_report">"#)
        || text.contains(r#"const key = "hatci_report ""#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Report, Vehicle, Verdict};

    #[test]
    fn what_we_write_is_ours() {
        let empty = Report::new("x");
        let vehicles = [Verdict::Pass, Verdict::Fail].map(|verdict| Vehicle::new("car1", verdict));
        for report in [Report { vehicles: vehicles.to_vec(), ..empty.clone() }, empty] {
            assert!(wrote_json(&report.to_json().unwrap()));
            assert!(wrote_junit(&report.to_junit().unwrap()));
            assert!(wrote_html(&report.to_html(None, None).unwrap()));
        }
    }

    #[test]
    fn what_others_write_is_not() {
        for text in [
            "",
            "{}",
            "[1]",
            "x",
            r#"{"schema": 1, "vehicles": []}"#,
            r#"{"schema": "x", "verdict": "", "counts": {}, "vehicles": []}"#,
        ] {
            assert!(!wrote_json(text), "{text}");
        }
        let junit = r#"<?xml version="1.0"?><testsuites><testsuite name="pytest"><testcase name="a"/></testsuite></testsuites>"#;
        assert!(!wrote_junit(junit) && !wrote_junit("<testsuite/>") && !wrote_html("<html></html>"));
    }
}
