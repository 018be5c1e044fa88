//! Markdown, for a chat or the summary of a job.
use crate::{Environment, Error, Report, Vehicle, duration, templates};
use minijinja::{Value, context, value::Serde};
use std::collections::{BTreeSet, HashMap};

const TEMPLATE: &str = include_str!("../templates/report.md");

impl Report {
    /// Markdown with a line of numbers, and a table of what needs attention, by reason. `template`: a minijinja template in the place of
    /// our own; it gets `title`, `verdict`, `counts`, `groups`, `vehicles`, `environments`, `notes`, `run`, `ara_url`, `job_url`.
    pub fn to_markdown(&self, template: Option<&str>) -> Result<String, Error> {
        templates::filled_in(
            template.unwrap_or(TEMPLATE),
            &self.context(),
            self.vehicles.len(),
            |environment| {
                environment.set_formatter(|out, _, value| match value.as_str() {
                    Some(text) => Ok(out.write_str(&escaped(text))?),
                    None => Ok(write!(out, "{value}")?),
                });
            },
        )
    }

    fn context(&self) -> Value {
        let mut tests = HashMap::new();
        for it in &self.vehicles {
            *tests.entry((&it.host, &it.vin)).or_insert(0) += 1;
        }
        let told_apart = |it: &Vehicle| told_apart(it, tests[&(&it.host, &it.vin)] > 1);
        let groups = self.groups().into_iter().map(|group| {
            context! {
                verdict => group.verdict.words(),
                reason => group.reason,
                vehicles => group.vehicles.iter().map(|(_, it)| told_apart(it)).collect::<Vec<_>>(),
            }
        });
        context! {
            title => self.title.as_str(),
            verdict => self.verdict().words(),
            counts => Value::from(Serde(self.counts())),
            counted => Report::counted(self.vehicles.iter()),
            unrecorded => self.unrecorded(),
            groups => groups.collect::<Vec<_>>(),
            vehicles => templates::list(self.vehicles.clone(), of),
            environments => self.environments(),
            notes => self.notes.clone(),
            run => self.run.as_deref(),
            ara_url => self.ara_url.as_deref(),
            job_url => self.job_url.as_deref(),
        }
    }

    /// The environments that the vehicles were tested with, each once.
    fn environments(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let all = self.vehicles.iter().filter_map(|it| it.environment.as_ref()).map(Environment::whole);
        all.filter(|words| seen.insert(words.clone())).collect()
    }
}

/// This vehicle, with what tells it from the others: the VIN, and the test event if it was tested more than once.
fn told_apart(vehicle: &Vehicle, is_tested_again: bool) -> Value {
    let test_event = vehicle.test_event_id.as_deref().filter(|_| is_tested_again);
    let details: Vec<_> = vehicle.vin.as_deref().into_iter().chain(test_event).collect();
    context! { details => details.join(", "), ..of(vehicle) }
}

fn of(vehicle: &Vehicle) -> Value {
    context! {
        host => vehicle.host.as_str(),
        vin => vehicle.vin.as_deref().unwrap_or_default(),
        verdict => vehicle.status.words(),
        summary => vehicle.reason(),
        duration => vehicle.duration().map(duration::words).unwrap_or_default(),
    }
}

/// As text, in one line, that Markdown takes for nothing else, nor a chat for a mention.
fn escaped(raw: &str) -> String {
    let mut out = String::new();
    for c in crate::text::line(raw).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~'
            | '$' => {
                out.extend(['\\', c]);
            }
            // A bare address would become a link, and a word between two colons an emoji.
            ':' => out.push_str("&#58;"),
            c => out.push(c),
        }
    }
    // GitHub, GitLab and chats make links of these without a scheme.
    out.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;

    #[test]
    fn it_names_what_did_not_pass() {
        let mut report = Report::new("Winter");
        report.vehicles.push(Vehicle { summary: "fine".into(), ..Vehicle::new("car1", Verdict::Pass) });
        for (host, vin) in [("car2", Some("V".to_owned())), ("car3", None)] {
            let summary = format!("{host}: no power");
            report.vehicles.push(Vehicle { vin, summary, ..Vehicle::new(host, Verdict::Fail) });
        }
        report.notes.push("car1 is in two reports.".into());
        assert_eq!(
            report.to_markdown(None).unwrap(),
            "**FAIL** Winter: 3 vehicles, 1 passed, 2 failed\n\n| verdict | reason | vehicles |\n|---|---|---|\n| FAIL | …&#58; no power | 2: car2 (V), car3 |\n\ncar1 is in two reports.\n"
        );
    }

    #[test]
    fn two_tests_of_one_vehicle_are_told_apart() {
        let mut report = Report::new("Winter");
        for test_event in ["TEV-1", "TEV-2"] {
            let (vin, test_event_id) = (Some("V".to_owned()), Some(test_event.to_owned()));
            report.vehicles.push(Vehicle {
                vin,
                test_event_id,
                summary: "no power".into(),
                ..Vehicle::new("localhost", Verdict::Fail)
            });
        }
        let written = report.to_markdown(None).unwrap();
        assert!(written.starts_with("**FAIL** Winter: 2 tests of 1 vehicle, 2 failed\n"), "{written}");
        assert!(
            written.ends_with("| FAIL | no power | 2: localhost (V, TEV-1), localhost (V, TEV-2) |\n"),
            "{written}"
        );
    }

    #[test]
    fn hostile_text_stays_text() {
        let summary =
            "<script>alert(1)</script> | [x](http://y) **b** @everyone\n# head `c` www.a.b".to_owned();
        let report = Report {
            vehicles: vec![Vehicle { summary, ..Vehicle::new("a|b", Verdict::Fail) }],
            ..Report::new("x")
        };
        let row = report.to_markdown(None).unwrap().lines().last().unwrap().to_owned();
        assert_eq!(
            row,
            r"| FAIL | &lt;script&gt;alert\(1\)&lt;/script&gt; \| \[x\]\(http&#58;//y\) \*\*b\*\* &#64;everyone \# head \`c\` www&#46;a.b | a\|b |"
        );
    }
}
