//! `JUnit` XML, which Jenkins, GitLab and the Automation Platform's users read.
use crate::{Error, Report, Vehicle, Verdict, duration, text};
use chrono::{DateTime, FixedOffset};
use jiff::Timestamp;
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// In characters.
const LONGEST_MESSAGE: usize = 1000;

impl Report {
    /// One suite, with a case for each vehicle. A failed test is a failure. A vehicle that was not tested is an error, since that is not
    /// its fault, and so is one without a verdict. One that is still running is skipped.
    ///
    /// Valid against the schema of Jenkins (`junit-10.xsd` of its xUnit plugin): so no case has a time of its own, but a line about it.
    pub fn to_junit(&self) -> Result<String, Error> {
        let mut suite = TestSuite::new(text::line(&self.title));
        for (name, value) in [("run", &self.run), ("ara_url", &self.ara_url), ("job_url", &self.job_url)] {
            if let Some(value) = value {
                suite.add_property((name, text::line(value).as_str()));
            }
        }
        if !self.notes.is_empty() {
            suite.set_system_out(
                self.notes.iter().map(|note| text::line(note)).collect::<Vec<_>>().join("\n"),
            );
        }
        suite.add_test_cases(
            self.vehicles.iter().zip(self.names()).map(|(vehicle, name)| case(vehicle, name, &self.title)),
        );
        if let Some((first, last)) = self.period() {
            suite.set_timestamp(time(first));
            suite.set_time(Duration::try_from(last.duration_since(first)).unwrap_or_default());
        }
        let mut junit = Junit::new(text::line(&self.title));
        junit.add_test_suite(suite);
        Ok(as_jenkins_has_it(&junit.to_string()?))
    }
}

/// quick-junit counts the skipped cases of all suites together, too, for which the schema has no place.
fn as_jenkins_has_it(xml: &str) -> String {
    let Some((before, (number, after))) =
        xml.split_once(" skipped=\"").and_then(|(before, rest)| Some((before, rest.split_once('"')?)))
    else {
        return xml.to_owned();
    };
    let is_of_all = before.contains("<testsuites ") && !before.contains("<testsuite ");
    if is_of_all && number.bytes().all(|it| it.is_ascii_digit()) {
        format!("{before}{after}")
    } else {
        xml.to_owned()
    }
}

fn case(vehicle: &Vehicle, name: String, title: &str) -> TestCase {
    let reason = vehicle.reason();
    // GitLab shows the text of a failure, others its message, of which the text is the whole.
    let not_well = |kind, category: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status
            .set_type(category)
            .set_message(text::beginning(&reason, LONGEST_MESSAGE))
            .set_description(reason.clone());
        status
    };
    let status = match vehicle.status {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail => not_well(NonSuccessKind::Failure, "FAIL"),
        Verdict::NotTested => not_well(NonSuccessKind::Error, "NOT TESTED"),
        Verdict::Unknown => not_well(NonSuccessKind::Error, "NO VERDICT"),
        Verdict::Running => {
            let mut status = TestCaseStatus::skipped();
            let words = format!("still running: {reason}");
            let words = words.trim_end_matches([':', ' ']);
            status.set_message(text::line(words)).set_description(words);
            status
        }
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(text::line(title));
    if let Some(seconds) = vehicle.duration() {
        case.set_time(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    }
    case.set_system_out(details(vehicle));
    case
}

/// What else is known, a line each.
fn details(vehicle: &Vehicle) -> String {
    let mut lines = vec![];
    lines.extend(vehicle.vin.iter().map(|vin| format!("VIN: {}", text::line(vin))));
    lines.push(format!("verdict: {}", vehicle.status.words()));
    lines.push(format!("summary: {}", text::line(&vehicle.summary)));
    lines.extend(
        vehicle.not_recorded.iter().map(|why| format!("recording the verdict failed: {}", text::line(why))),
    );
    lines.extend(vehicle.started.map(|at| format!("started: {at}")));
    lines.extend(vehicle.finished.map(|at| format!("finished: {at}")));
    lines.extend(vehicle.duration().map(|seconds| format!("time: {}", duration::words(seconds))));
    lines.extend(vehicle.environment.iter().map(|it| format!("environment: {}", it.whole())));
    lines.extend(vehicle.ecus.iter().map(|it| {
        let version = |version: &Option<String>| version.as_deref().map_or("?".into(), text::line);
        let to = it.to.as_ref().map_or("unchanged".into(), |_| version(&it.to));
        let planned = if vehicle.status == Verdict::Pass { "" } else { " (planned)" };
        format!("ECU {}: {} -> {to}{planned}", text::line(&it.ecu_name), version(&it.from))
    }));
    lines.extend(vehicle.ids().into_iter().map(|(what, id)| format!("{what}: {}", text::line(id))));
    lines.extend(vehicle.artifact_urls.iter().map(|url| format!("artifact: {}", text::line(url))));
    lines.join("\n")
}

fn time(at: Timestamp) -> DateTime<FixedOffset> {
    DateTime::from_timestamp(at.as_second(), 0).unwrap_or_default().fixed_offset()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(vehicle: Vehicle) -> String {
        Report { vehicles: vec![vehicle], ..Report::new("Winter") }.to_junit().unwrap()
    }

    #[test]
    fn each_verdict_is_what_readers_know() {
        for (verdict, element) in [
            (Verdict::Pass, r#"tests="1" skipped="0" errors="0" failures="0""#),
            (Verdict::Fail, r#"<failure message="no power" type="FAIL">no power</failure>"#),
            (Verdict::NotTested, r#"<error message="no power" type="NOT TESTED">no power</error>"#),
            (Verdict::Unknown, r#"<error message="no power" type="NO VERDICT">no power</error>"#),
            (
                Verdict::Running,
                r#"<skipped message="still running: no power">still running: no power</skipped>"#,
            ),
        ] {
            let xml = xml(Vehicle { summary: "no power".into(), ..Vehicle::new("car1", verdict) });
            assert_eq!(xml.matches(" skipped=\"").count(), 1, "{xml}");
            assert!(xml.contains(element), "{xml}");
            assert!(xml.contains(r#"<testcase name="car1" classname="Winter""#), "{xml}");
        }
    }

    #[test]
    fn a_failure_without_a_reason_says_so() {
        let xml = xml(Vehicle::new("car1", Verdict::Fail));
        assert!(
            xml.contains(
                r#"<failure message="No reason was given." type="FAIL">No reason was given.</failure>"#
            ),
            "{xml}"
        );
    }

    #[test]
    fn hostile_text_stays_text() {
        let summary = "</failure><script>\0\u{1b}]0;x\u{202e} & \u{ffff}".to_owned();
        let xml = xml(Vehicle { summary, ..Vehicle::new("<a\"b>", Verdict::Fail) });
        assert!(
            !xml.contains("<script>") && xml.contains("&lt;script&gt;") && xml.contains("&lt;a&quot;b&gt;"),
            "{xml}"
        );
        assert!(xml.chars().all(|c| c == '\n' || !c.is_control()), "{xml:?}");
    }
}
