//! The page: one HTML file that needs neither a script nor a network.
use crate::{
    Environment, Error, Report, Vehicle, Verdict, duration, groups::Group, templates, text,
    timeline::Timeline,
};
use jiff::Timestamp;
use minijinja::{AutoEscape, Value, context, value::Serde};

const TEMPLATE: &str = include_str!("../templates/report.html");
/// Sorts and filters the table.
const SCRIPT: &str = include_str!("../templates/report.js");
/// The page allows only the script with this hash. A test compares.
const SCRIPT_HASH: &str = "sha256-oBcwNoZiHFPKZ7NTHmbONs7DwcCjWahzYR3PZMVg5Ls=";
/// A text that is longer, in characters, is folded.
const LONG: usize = 300;
/// If more vehicles than these fail for one reason, their names are folded.
const MANY: usize = 24;

/// A page that is written again and again while the run lasts.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// Browsers load it again after so many seconds.
    pub refresh: u32,
    /// When it is written.
    pub now: Timestamp,
}

impl Report {
    /// The page. `template`: a minijinja template in the place of our own, which gets what that gets. `live` only counts as long as a
    /// vehicle is running.
    pub fn to_html(&self, template: Option<&str>, live: Option<Live>) -> Result<String, Error> {
        let live = live.filter(|_| self.counts().running > 0);
        let context = self.page(live);
        templates::filled_in(template.unwrap_or(TEMPLATE), &context, self.vehicles.len(), |environment| {
            environment.set_auto_escape_callback(|_| AutoEscape::Html);
        })
    }

    fn page(&self, live: Option<Live>) -> Value {
        let counts = self.counts();
        let period = self.period().map(|(first, last)| {
            let (from, to) = (first.strftime("%Y-%m-%d %H:%M:%S UTC"), last.strftime("%H:%M:%S UTC"));
            let whole = duration::words(last.duration_since(first).as_secs_f64());
            context! { from => from.to_string(), to => to.to_string(), whole }
        });
        context! {
            title => text::line(&self.title),
            run => self.run.as_deref().map(text::line),
            verdict => self.verdict().words(),
            class => self.verdict().class(),
            mark => self.verdict().mark(),
            counts => Value::from(Serde(counts)),
            counted => Report::counted(self.vehicles.iter()),
            unrecorded => self.unrecorded(),
            shares => shares(self),
            period,
            groups => self.groups().iter().map(group).collect::<Vec<_>>(),
            vehicles => templates::list(self.vehicles.clone(), row),
            timeline => Timeline::of(self, live.map(|it| it.now)).map(timeline),
            notes => self.notes.iter().map(|note| text::line(note)).collect::<Vec<_>>(),
            ara_url => self.ara_url.as_deref().and_then(link),
            job_url => self.job_url.as_deref().and_then(link),
            refresh => live.map(|it| it.refresh.max(1)),
            now => live.map(|it| it.now.strftime("%H:%M:%S UTC").to_string()),
            script => Value::from_safe_string(SCRIPT.to_owned()),
            script_hash => SCRIPT_HASH,
        }
    }
}

/// How large a share of the vehicles has each verdict, in percent, the best first: for a bar.
fn shares(report: &Report) -> Vec<Value> {
    let mut from = 0.0;
    [Verdict::Pass, Verdict::Running, Verdict::NotTested, Verdict::Unknown, Verdict::Fail]
        .into_iter()
        .filter_map(|verdict| {
            let count = report.vehicles.iter().filter(|it| it.status == verdict).count();
            #[allow(clippy::cast_precision_loss)] // vehicles
            let width = count as f64 / report.vehicles.len() as f64 * 100.0;
            let share = context! { class => verdict.class(), from => format!("{from:.2}"), width => format!("{width:.2}") };
            from += width;
            (count > 0).then_some(share)
        })
        .collect()
}

fn timeline(timeline: Timeline) -> Value {
    let Timeline { ticks, bars } = timeline;
    context! { ticks => Value::from(Serde(ticks)), bars => templates::list(bars, |bar| Value::from(Serde(bar))) }
}

fn group(group: &Group) -> Value {
    let vehicles = group.vehicles.iter().map(|(at, it)| {
        context! { at, host => text::name(&it.host), vin => it.vin.as_deref().map(text::line) }
    });
    context! {
        verdict => group.verdict.words(),
        class => group.verdict.class(),
        mark => group.verdict.mark(),
        reason => folded(&group.reason),
        vehicles => vehicles.collect::<Vec<_>>(),
        counted => Report::counted(group.vehicles.iter().map(|(_, it)| *it)),
        is_many => group.vehicles.len() > MANY,
    }
}

fn row(vehicle: &Vehicle) -> Value {
    let ecus = vehicle.ecus.iter().map(|it| {
        context! {
            name => text::line(&it.ecu_name),
            from => it.from.as_deref().map(text::line),
            to => it.to.as_deref().map(text::line),
        }
    });
    let links = vehicle.artifact_urls.iter().map(|url| {
        let (place, name) = short(&text::line(url));
        context! { text => text::line(url), place => text::name(&place), name => text::name(&name), url => link(url) }
    });
    let ids = vehicle.ids().into_iter().map(|(what, id)| context! { what, id => text::line(id) });
    let digest = vehicle.environment.as_ref().and_then(Environment::digest);
    let digest = digest.map(|id| context! { what => "environment's digest", id });
    context! {
        host => text::line(&vehicle.host),
        name => folded(&text::line(&vehicle.host)),
        vin => vehicle.vin.as_deref().map(text::line),
        verdict => vehicle.status.words(),
        class => vehicle.status.class(),
        mark => vehicle.status.mark(),
        summary => folded(&vehicle.reason()),
        seconds => vehicle.duration(),
        duration => vehicle.duration().map(duration::words),
        started => vehicle.started.map(|at| at.strftime("%H:%M:%S").to_string()),
        ecus => ecus.collect::<Vec<_>>(),
        environment => vehicle.environment.as_ref().map(Environment::words),
        ids => ids.chain(digest).collect::<Vec<_>>(),
        links => links.collect::<Vec<_>>(),
    }
}

/// A text, and of a long one the beginning, to be shown until somebody wants to see the rest.
fn folded(text: &str) -> Value {
    let beginning: Option<String> = (text.chars().count() > LONG).then(|| text.chars().take(LONG).collect());
    context! { text, beginning }
}

/// What may be followed: a web address. Others are shown as text.
fn link(url: &str) -> Option<String> {
    let is_web = ["https://", "http://"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme)));
    (is_web && text::line(url) == url && !url.contains(char::is_whitespace)).then(|| url.to_owned())
}

/// An address as its host and its last part.
fn short(url: &str) -> (String, String) {
    let plain = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    let Some((_, rest)) = plain.split_once("://") else { return (String::new(), url.to_owned()) };
    match (rest.split_once('/'), rest.rsplit_once('/')) {
        (Some((host, path)), Some((_, name))) if path == name => (format!("{host}/"), name.to_owned()),
        (Some((host, _)), Some((_, name))) => (format!("{host}/…/"), name.to_owned()),
        _ => (String::new(), rest.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::{Engine, prelude::BASE64_STANDARD};

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
    fn only_the_script_of_the_page_may_run() {
        let hash = digest(&SHA256, SCRIPT.as_bytes());
        assert_eq!(SCRIPT_HASH, format!("sha256-{}", BASE64_STANDARD.encode(hash)));
        assert!(page(Vehicle::new("a", Verdict::Pass)).contains(&format!("<script>{SCRIPT}</script>")));
    }

    #[test]
    fn only_web_addresses_are_links_and_these_are_shown_short() {
        for (url, is_link, shown) in [
            ("https://a.example/b/c/flash.log?x=1#y", true, "a.example/…/flash.log"),
            ("HTTP://a.example/flash.log", true, "a.example/flash.log"),
            ("https://a.example", true, "a.example"),
            ("javascript:alert(1)", false, "javascript:alert(1)"),
            ("file:///etc/passwd", false, "/…/passwd"),
            ("https://a b", false, "a b"),
            ("https://a\u{202e}b", false, "a\u{fffd}b"),
            ("", false, ""),
        ] {
            let (place, name) = short(&text::line(url));
            assert_eq!((link(url).is_some(), place + &name), (is_link, shown.to_owned()), "{url}");
        }
    }

    #[test]
    fn it_reloads_itself_only_while_the_run_lasts() {
        let live = Some(Live { refresh: 5, now: Timestamp::UNIX_EPOCH });
        for (verdict, reloads) in [(Verdict::Running, true), (Verdict::Pass, false)] {
            let report = Report { vehicles: vec![Vehicle::new("a", verdict)], ..Report::new("x") };
            assert_eq!(
                report.to_html(None, live).unwrap().contains("http-equiv=\"refresh\" content=\"5\""),
                reloads
            );
            assert!(!report.to_html(None, None).unwrap().contains("\"refresh\""));
        }
    }

    #[test]
    fn a_thousand_vehicles_stay_below_two_megabytes() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let ecu = |name: &str| crate::EcuChange {
            ecu_name: name.into(),
            from: Some("1.4.2".into()),
            to: Some("2.0.0".into()),
        };
        let vehicle = |n: i64| Vehicle {
            vin: Some("1HGBH41JXMN109186".into()),
            summary: "8. Verify the vehicle: the gateway refused the signature of the package".into(),
            seconds: Some(731.4),
            started: Some(at(n)),
            finished: Some(at(n + 700)),
            states: ["PENDING", "IN_PROGRESS", "FAILED"]
                .iter()
                .zip([10, 60, 680])
                .map(|(state, after)| crate::StateChange { state: (*state).into(), at: at(n + after) })
                .collect(),
            ecus: vec![ecu("Gateway"), ecu("Telematics"), ecu("Head unit")],
            environment: Some("winter-tools 4.2".into()),
            source_event_id: Some(format!("EVT-{n:06}")),
            target_event_id: Some(format!("EVT-{n:06}")),
            deployment_id: Some(format!("DEP-{n:06}")),
            test_event_id: Some(format!("TEV-{n:06}")),
            lease_name: Some(format!("ansible-vehicle-{n:06}-3f2a9c1d7e40")),
            artifact_urls: vec![format!("https://logs.example.com/winter/vehicle_{n:04}/flash.log")],
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
