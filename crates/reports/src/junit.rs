//! `JUnit` XML, which Jenkins, GitLab and the Automation Platform's users read.
use crate::{Error, Report, Vehicle, Verdict, duration, text};
use chrono::{DateTime, FixedOffset};
use jiff::Timestamp;
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

impl Report {
    /// One suite, with a case for each vehicle. What failed is a failure; what could not be tested is an error, since that is not the
    /// vehicle's fault; what is still running is skipped.
    pub fn to_junit(&self) -> Result<String, Error> {
        let mut suite = TestSuite::new(text::line(&self.title));
        for url in self.ara_url.iter().chain(&self.job_url) {
            suite.add_property(("url", text::line(url).as_str()));
        }
        suite.add_test_cases(self.vehicles.iter().map(|vehicle| case(vehicle, &self.title)));
        if let Some(first) = self.vehicles.iter().filter_map(|vehicle| vehicle.started).min() {
            suite.set_timestamp(time(first));
        }
        let mut junit = Junit::new(text::line(&self.title));
        junit.add_test_suite(suite);
        Ok(junit.to_string()?)
    }
}

fn case(vehicle: &Vehicle, title: &str) -> TestCase {
    let reason = text::clean(&vehicle.summary);
    // GitLab shows the text of a failure, others its message.
    let not_well = |kind, category: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(category).set_message(text::line(&reason)).set_description(reason.clone());
        status
    };
    let status = match vehicle.status {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail => not_well(NonSuccessKind::Failure, "FAIL"),
        Verdict::NotTested => not_well(NonSuccessKind::Error, "NOT TESTED"),
        Verdict::Running => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("still running");
            status
        }
    };
    let mut case = TestCase::new(text::line(&vehicle.host), status);
    case.set_classname(text::line(title));
    if let Some(seconds) = vehicle.seconds {
        case.set_time(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    }
    if let Some(started) = vehicle.started {
        case.set_timestamp(time(started));
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
    lines.extend(vehicle.seconds.map(|seconds| format!("time: {}", duration::words(seconds))));
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
            (Verdict::Running, r#"<skipped message="still running"/>"#),
        ] {
            let xml = xml(Vehicle { summary: "no power".into(), ..Vehicle::new("car1", verdict) });
            assert!(xml.contains(element), "{xml}");
            assert!(xml.contains(r#"<testcase name="car1" classname="Winter""#), "{xml}");
        }
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
