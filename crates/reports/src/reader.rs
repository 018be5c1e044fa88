//! Reads reports in JSON form. Who wrote them may have made them to exhaust memory, and may not have hidden the passwords of URLs.
use crate::{Error, Report, SCHEMA, Vehicle};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor},
};
use serde_json::Value;
use shown_text::without_url_secrets;
use std::{collections::HashSet, fmt, mem::take};

/// Reads the reports of one merge. All of them together are bounded: there is room for 10,000 tests.
#[derive(Debug)]
pub struct Reader {
    /// Commas stand for values: there is one less in each list and object.
    commas: usize,
    rows: usize,
    weight: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Self { commas: MOST_VALUES, rows: MOST_ROWS, weight: MOST_WEIGHT }
    }
}

const MOST_VALUES: usize = 600_000;
const MOST_ROWS: usize = 10_000;
/// Changes of state, software, and links.
const MOST_DETAILS: usize = 10_000;
/// Of all texts.
const MOST_WEIGHT: usize = 8 << 20;

impl Reader {
    /// A report may have so many bytes.
    pub const LARGEST: usize = 16 << 20;

    /// The report, without the passwords of URLs.
    pub fn read(&mut self, text: &str) -> Result<Report, Error> {
        let commas = text.bytes().filter(|byte| *byte == b',').count();
        take_from(&mut self.commas, commas)?;
        if text.len() > Self::LARGEST {
            return Err(Error::TooMuch);
        }
        let Form { schema } = serde_json::from_str(text)?;
        if !text.trim_start().starts_with('{') {
            return Err(serde_json::Error::custom("it is not an object").into()); // a list can stand for a struct
        }
        if schema != SCHEMA {
            return Err(Error::Schema { found: schema });
        }
        let mut report: Report = serde_json::from_str(text)?;
        take_from(&mut self.rows, report.vehicles.len())?;
        let Report { title, run, ara_url, job_url, notes, vehicles } = &mut report;
        let texts = [title].into_iter().chain(run).chain(ara_url).chain(job_url).chain(notes);
        for text in texts.chain(vehicles.iter_mut().flat_map(Vehicle::texts)) {
            take_from(&mut self.weight, weight(text))?;
            if text.contains("://") {
                *text = without_url_secrets(&take(text));
            }
        }
        let mut seen = HashSet::new();
        report.notes.retain(|note| seen.insert(note.clone()));
        Ok(report)
    }
}

fn take_from(room: &mut usize, amount: usize) -> Result<(), Error> {
    *room = room.checked_sub(amount).ok_or(Error::TooMuch)?;
    Ok(())
}

/// How much room a text takes in the forms, which write most signs as several characters.
fn weight(text: &str) -> usize {
    let is_sign = |byte: &u8| byte.is_ascii_punctuation() && !b"-._/,".contains(byte);
    text.len() + 5 * text.bytes().filter(is_sign).count()
}

/// The form of a report, whatever else it holds.
#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    schema: Value,
}

/// The rows, one after the other: one too many takes no memory.
pub(crate) fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vehicle>, D::Error> {
    struct Rows;
    impl<'de> Visitor<'de> for Rows {
        type Value = Vec<Vehicle>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a list of vehicles")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Vehicle>, A::Error> {
            let mut rows = vec![];
            while let Some(row) = list.next_element::<Vehicle>()? {
                if rows.len() == MOST_ROWS {
                    return Err(A::Error::custom(format!("there are more than {MOST_ROWS} tests in it")));
                }
                if row.states.len() + row.ecus.len() + row.artifact_urls.len() > MOST_DETAILS {
                    return Err(A::Error::custom(format!("a test has more than {MOST_DETAILS} details")));
                }
                rows.push(row);
            }
            Ok(rows)
        }
    }
    deserializer.deserialize_seq(Rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EcuChange, Environment, PackageVersion, StateChange, Verdict};
    use jiff::Timestamp;

    #[test]
    fn no_text_of_a_report_keeps_the_password_of_a_url() {
        let text = || "see https://kim:pa5s@host/a".to_owned();
        let package =
            PackageVersion { environment: text(), package: text(), version: text(), digest: text() };
        let vehicle = |environment| Vehicle {
            vin: Some(text()),
            summary: text(),
            states: vec![StateChange { state: text(), at: Timestamp::from_second(1).unwrap() }],
            ecus: vec![EcuChange { ecu_name: text(), from: Some(text()), to: Some(text()) }],
            environment: Some(environment),
            source_event_id: Some(text()),
            target_event_id: Some(text()),
            deployment_id: Some(text()),
            test_event_id: Some(text()),
            previous_test_event_id: Some(text()),
            not_recorded: Some(text()),
            lease_name: Some(text()),
            artifact_urls: vec![text()],
            ..Vehicle::new(text(), Verdict::Pass)
        };
        let report = Report {
            run: Some(text()),
            ara_url: Some(text()),
            job_url: Some(text()),
            notes: vec![text()],
            vehicles: vec![vehicle(Environment::Package(package)), vehicle(Environment::Words(text()))],
            ..Report::new(text())
        };
        let json = report.to_json().unwrap();
        let read = Report::from_json(&json).unwrap().to_json().unwrap();
        assert_eq!((json.matches("pa5s").count(), read.matches("pa5s").count()), (40, 0), "{read}");
        assert_eq!(read.matches("https://kim:********@host/a").count(), 40);
    }

    #[test]
    fn reports_that_would_exhaust_memory_are_refused() {
        let report = |vehicles: String, notes: String| {
            format!(r#"{{"schema": 1, "title": "x", "notes": [{notes}], "vehicles": [{vehicles}]}}"#)
        };
        let many = |one: &str, number| vec![one; number].join(",");
        let row = r#"{"host":"","status":"PASS"}"#;
        for (text, why) in [
            (report(many(row, 100_000), String::new()), "more than 10000 tests"),
            (
                report(
                    many(r#"{"host":"","status":"PASS","artifact_urls":["""#, 1)
                        + &",\"\"".repeat(10_000)
                        + "]}",
                    String::new(),
                ),
                "more than 10000 details",
            ),
            (report(row.into(), many("\"\"", 2_000_000)), "it is too large"),
            (report(row.into(), format!("{:?}", "x".repeat(11 << 20))), "it is too large"),
            (report(row.into(), format!("{:?}", "&".repeat(2 << 20))), "it is too large"),
            (format!("[\"x\", null, null, null, [], [{row}]]"), "it is not a report in JSON form"),
        ] {
            let error = Report::from_json(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let mut reader = Reader::default();
        let text = report(many(row, 9_000), String::new());
        assert_eq!(reader.read(&text).unwrap().vehicles.len(), 9_000);
        assert!(matches!(reader.read(&text), Err(Error::TooMuch)));
    }

    /// It would take hours if the time grew with the square of the length.
    #[test]
    fn what_is_long_is_read_in_no_time() {
        let notes = (0..100_000).map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(",");
        let urls = ["a://b/", "://", "a://b:c/"].map(|it| format!("{}@", it.repeat(100_000))).join(" ");
        let json = format!(r#"{{"schema": 1, "title": "{urls}", "notes": [{notes}], "vehicles": []}}"#);
        let mut all = Report::new("x");
        all.merge([Report::from_json(&json).unwrap()]);
        assert_eq!(all.notes.len(), 100_000);
    }
}
