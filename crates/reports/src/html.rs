//! The page: one HTML file that needs neither a script nor a network.
use crate::{Error, Report, Vehicle, Verdict, duration, text, timeline::Timeline};
use minijinja::{AutoEscape, Environment, Value, context, syntax::SyntaxConfig, value::Serde};

const TEMPLATE: &str = include_str!("../templates/report.html");
/// A reason that is longer is folded.
const LONG: usize = 300;

impl Report {
    /// The page. `template`: a minijinja template in the place of our own, which gets what that gets. `refresh`: after so many seconds a
    /// browser loads the page again, as long as the run lasts.
    pub fn to_html(&self, template: Option<&str>, refresh: Option<u32>) -> Result<String, Error> {
        let mut environment = Environment::empty();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_syntax(whitespace());
        let context = context! {
            title => text::line(&self.title),
            verdict => self.verdict().words(),
            verdict_class => self.verdict().class(),
            counts => Value::from(Serde(self.counts())),
            vehicles => self.vehicles.iter().map(row).collect::<Vec<_>>(),
            failures => self.vehicles.iter().filter(|it| it.is_to_be_looked_at()).map(row).collect::<Vec<_>>(),
            timeline => Value::from(Serde(Timeline::of(self))),
            ara_url => self.ara_url.as_deref().and_then(link),
            job_url => self.job_url.as_deref().and_then(link),
            refresh => refresh.filter(|_| self.counts().running > 0),
        };
        environment.render_str(template.unwrap_or(TEMPLATE), context).map_err(|e| Error::Template(reason(&e)))
    }
}

impl Vehicle {
    fn is_to_be_looked_at(&self) -> bool {
        matches!(self.status, Verdict::Fail | Verdict::NotTested)
    }
}

fn row(vehicle: &Vehicle) -> Value {
    let summary = text::clean(&vehicle.summary);
    let ecus = vehicle.ecus.iter().map(|it| {
        context! {
            name => text::line(&it.ecu_name),
            from => it.from.as_deref().map(text::line),
            to => it.to.as_deref().map(text::line),
        }
    });
    let links = vehicle.artifact_urls.iter().map(|url| {
        context! { text => text::line(url), url => link(url) }
    });
    context! {
        host => text::line(&vehicle.host),
        vin => vehicle.vin.as_deref().map(text::line),
        verdict => vehicle.status.words(),
        class => vehicle.status.class(),
        is_long => summary.chars().count() > LONG,
        beginning => summary.chars().take(LONG).collect::<String>(),
        summary,
        seconds => vehicle.seconds.unwrap_or_default(),
        duration => vehicle.seconds.map(duration::words),
        ecus => ecus.collect::<Vec<_>>(),
        environment => vehicle.environment.as_deref().map(text::line),
        ids => vehicle.ids().into_iter().map(|(what, id)| context! { what, id => text::line(id) }).collect::<Vec<_>>(),
        links => links.collect::<Vec<_>>(),
    }
}

/// What may be followed: a web address. Others are shown as text.
fn link(url: &str) -> Option<String> {
    let is_web = ["https://", "http://"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme)));
    (is_web && !url.chars().any(|c| c.is_control() || c.is_whitespace())).then(|| url.to_owned())
}

/// Lines that hold nothing but a tag leave no line behind.
pub(crate) fn whitespace() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    // Only delimiters can be wrong.
    syntax.build().unwrap_or_default()
}

/// What is wrong with a template, in one line.
pub(crate) fn reason(error: &minijinja::Error) -> String {
    text::line(&error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(vehicle: Vehicle) -> String {
        Report { vehicles: vec![vehicle], ..Report::new("Winter") }.to_html(None, None).unwrap()
    }

    #[test]
    fn hostile_text_stays_text() {
        let summary = "<script>alert(1)</script>\u{202e}\0".to_owned();
        let page = page(Vehicle {
            summary,
            artifact_urls: vec!["javascript:alert(2)".into(), "https://a/\"onclick=\"x".into()],
            ..Vehicle::new("<img src=x onerror=alert(3)>", Verdict::Fail)
        });
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
        assert!(!page.contains("href=\"javascript:") && !page.contains("\"onclick="), "{page}");
        assert!(!page.contains(['\0', '\u{202e}']));
    }

    #[test]
    fn it_reloads_itself_only_while_the_run_lasts() {
        for (verdict, reloads) in [(Verdict::Running, true), (Verdict::Pass, false)] {
            let report = Report { vehicles: vec![Vehicle::new("a", verdict)], ..Report::new("x") };
            assert_eq!(report.to_html(None, Some(5)).unwrap().contains("http-equiv=\"refresh\""), reloads);
        }
    }

    #[test]
    fn a_thousand_vehicles_stay_below_two_megabytes() {
        let at = |second| jiff::Timestamp::from_second(second).ok();
        let vehicle = |n: i64| Vehicle {
            vin: Some("1HGBH41JXMN109186".into()),
            summary: "8. Verify the vehicle: the gateway refused the signature of the package".into(),
            seconds: Some(731.4),
            started: at(n),
            finished: at(n + 700),
            deployment_id: Some(format!("DEP-{n:06}")),
            test_event_id: Some(format!("TEV-{n:06}")),
            ..Vehicle::new(format!("vehicle-{n:04}"), Verdict::Fail)
        };
        let report = Report { vehicles: (0..1000).map(vehicle).collect(), ..Report::new("x") };
        let page = report.to_html(None, None).unwrap();
        assert!(page.len() < 2_000_000, "{}", page.len());
    }

    #[test]
    fn a_template_of_the_users_takes_the_place_of_ours() {
        let report = Report { vehicles: vec![Vehicle::new("a<b", Verdict::Pass)], ..Report::new("x") };
        let html =
            report.to_html(Some("{% for it in vehicles %}{{ it.host }} {{ it.verdict }}{% endfor %}"), None);
        assert_eq!(html.unwrap(), "a&lt;b PASS");
        let error = report.to_html(Some("{% for %}"), None).unwrap_err().to_string();
        assert!(error.starts_with("the template can't be used: syntax error"), "{error}");
    }
}
