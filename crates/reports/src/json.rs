//! The JSON form, which slices write and merging reads. `collection/docs/report.schema.json` describes it.
use crate::{Counts, Error, Reader, Report, Vehicle, Verdict, text};
use serde::Serialize;
use std::{fmt::Write, io};

/// The version of the JSON form, which [`Reader`] requires.
pub const SCHEMA: u32 = 1;

/// What is written. The verdict and the numbers are for other readers; ours counts again.
#[derive(Serialize)]
struct Written<'a> {
    schema: u32,
    title: &'a str,
    verdict: Verdict,
    counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ara_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_url: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
    vehicles: &'a [Vehicle],
}

impl Report {
    /// Reads the JSON form, without the passwords of URLs.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        Reader::default().read(text)
    }

    /// The JSON form. Characters that could reorder or hide what is around them are escaped.
    pub fn to_json(&self) -> Result<String, Error> {
        let written = Written {
            schema: SCHEMA,
            title: &self.title,
            verdict: self.verdict(),
            counts: self.counts(),
            run: self.run.as_deref(),
            ara_url: self.ara_url.as_deref(),
            job_url: self.job_url.as_deref(),
            notes: &self.notes,
            vehicles: &self.vehicles,
        };
        let mut json = Escaping(String::new());
        serde_json::to_writer_pretty(&mut json, &written)?;
        Ok(json.0 + "\n")
    }
}

/// Such characters only occur within the strings of JSON, and there an escape means the same.
struct Escaping(String);

impl io::Write for Escaping {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        let Self(out) = self;
        // It comes in whole characters.
        for c in str::from_utf8(json).map_err(io::Error::other)?.chars() {
            if text::is_shown(c) {
                out.push(c);
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string can't fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EcuChange, StateChange};
    use jiff::Timestamp;
    use serde_json::Value;
    use std::collections::BTreeSet;

    /// A report with every field.
    fn full() -> Report {
        let time = Timestamp::from_second(1).unwrap();
        let text = || Some("x".to_owned());
        let vehicle = Vehicle {
            vin: text(),
            summary: "a\0b\u{202e}c\u{e0041}\u{1f697}".into(),
            seconds: Some(8.5),
            started: Some(time),
            finished: Some(time),
            states: vec![StateChange { state: "COMPLETE".into(), at: time }],
            ecus: vec![EcuChange { ecu_name: "Gateway".into(), from: text(), to: text() }],
            environment: Some("x".into()),
            source_event_id: text(),
            target_event_id: text(),
            deployment_id: text(),
            test_event_id: text(),
            previous_test_event_id: text(),
            not_recorded: text(),
            lease_name: text(),
            artifact_urls: vec!["https://a".into()],
            ..Vehicle::new("car1", Verdict::Fail)
        };
        Report {
            run: text(),
            ara_url: text(),
            job_url: text(),
            notes: vec!["note".into()],
            vehicles: vec![vehicle, Vehicle::new("<&\u{2066}", Verdict::NotTested)],
            ..Report::new("x")
        }
    }

    #[test]
    fn json_comes_back_as_it_was_and_hides_nothing() {
        let json = full().to_json().unwrap();
        assert_eq!(Report::from_json(&json).unwrap(), full());
        assert!(json.chars().all(text::is_shown) && json.contains("\\u202ec\\udb40\\udc41🚗"), "{json}");
    }

    #[test]
    fn the_numbers_are_counted_when_it_is_written() {
        let mut value: Value = serde_json::from_str(&full().to_json().unwrap()).unwrap();
        assert_eq!((&value["verdict"], &value["counts"]["failed"]), (&"FAIL".into(), &1.into()));
        value["counts"]["failed"] = 7.into();
        assert_eq!(Report::from_json(&value.to_string()).unwrap().counts().failed, 1);
    }

    #[test]
    fn the_published_schema_knows_every_field() {
        let schema: Value =
            serde_json::from_str(include_str!("../../../collection/docs/report.schema.json")).unwrap();
        let written: Value = serde_json::from_str(&full().to_json().unwrap()).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        let vehicle = &schema["properties"]["vehicles"]["items"]["properties"];
        assert_eq!(keys(&written), keys(&schema["properties"]));
        assert_eq!(keys(&written["counts"]), keys(&schema["properties"]["counts"]["properties"]));
        assert_eq!(keys(&written["vehicles"][0]), keys(vehicle));
        for list in ["states", "ecus"] {
            assert_eq!(keys(&written["vehicles"][0][list][0]), keys(&vehicle[list]["items"]["properties"]));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for (text, why) in [
            ("[]", "not a report"),
            ("{}", "it has the format null"),
            (r#"{"schema": 2}"#, "it has the format 2"),
            (
                r#"{"schema": 1, "title": "x", "vehicles": [{"host": "a", "status": "perhaps"}]}"#,
                "the status of a vehicle is \"perhaps\", which is not one of PASS,",
            ),
        ] {
            let error = Report::from_json(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
