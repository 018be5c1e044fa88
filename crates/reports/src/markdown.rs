//! Markdown, for a chat or the summary of a job.
use crate::{Error, Report, Verdict, duration, html, text};
use minijinja::{Environment, Value, context, value::Serde};

const TEMPLATE: &str = include_str!("../templates/report.md");

impl Report {
    /// Markdown with a line of numbers, and a table of all vehicles that did not pass. `template`: a minijinja template in the place of
    /// our own; it gets `title`, `verdict`, `counts`, `vehicles`, `ara_url`, `job_url`.
    pub fn to_markdown(&self, template: Option<&str>) -> Result<String, Error> {
        let mut environment = Environment::empty();
        environment.set_formatter(|out, _, value| match value.as_str() {
            Some(text) => Ok(out.write_str(&escaped(text))?),
            None => Ok(write!(out, "{value}")?),
        });
        environment.set_syntax(html::whitespace());
        environment
            .render_str(template.unwrap_or(TEMPLATE), self.context())
            .map_err(|e| Error::Template(html::reason(&e)))
    }

    fn context(&self) -> Value {
        let vehicles: Vec<_> = self.vehicles.iter().filter(|it| it.status != Verdict::Pass).collect();
        let vehicles: Vec<_> = vehicles
            .into_iter()
            .map(|it| {
                context! {
                    host => it.host.as_str(),
                    vin => it.vin.as_deref().unwrap_or_default(),
                    verdict => it.status.words(),
                    summary => it.summary.as_str(),
                    duration => it.seconds.map(duration::words).unwrap_or_default(),
                }
            })
            .collect();
        context! {
            title => self.title.as_str(), verdict => self.verdict().words(), counts => Value::from(Serde(self.counts())), vehicles,
            ara_url => self.ara_url.as_deref(), job_url => self.job_url.as_deref(),
        }
    }
}

/// As text, in one line, that Markdown takes for nothing else, nor a chat for a mention.
fn escaped(raw: &str) -> String {
    let mut out = String::new();
    for c in text::line(raw).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' => {
                out.extend(['\\', c]);
            }
            // A bare address would become a link.
            ':' => out.push_str("&#58;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vehicle;

    #[test]
    fn it_names_what_did_not_pass() {
        let mut report = Report::new("Winter");
        report.vehicles.push(Vehicle { summary: "fine".into(), ..Vehicle::new("car1", Verdict::Pass) });
        report.vehicles.push(Vehicle {
            summary: "no power".into(),
            vin: Some("V".into()),
            seconds: Some(61.0),
            ..Vehicle::new("car2", Verdict::Fail)
        });
        assert_eq!(
            report.to_markdown(None).unwrap(),
            "**FAIL** Winter: 2 vehicles, 1 passed, 1 failed\n\n| vehicle | VIN | verdict | reason | time |\n|---|---|---|---|---|\n| car2 | V | FAIL | no power | 1 min 1 s |\n"
        );
    }

    #[test]
    fn hostile_text_stays_text() {
        let summary = "<script>alert(1)</script> | [x](http://y) **b** @everyone\n# head `c`".to_owned();
        let report = Report {
            vehicles: vec![Vehicle { summary, ..Vehicle::new("a|b", Verdict::Fail) }],
            ..Report::new("x")
        };
        let row = report.to_markdown(None).unwrap().lines().last().unwrap().to_owned();
        assert_eq!(
            row,
            r"| a\|b |  | FAIL | &lt;script&gt;alert\(1\)&lt;/script&gt; \| \[x\]\(http&#58;//y\) \*\*b\*\* &#64;everyone \# head \`c\` |  |"
        );
    }
}
