//! The forms of a report, each with the user's template if he gave one that can be used.
use super::report_input::text;
use reports::{Error, Live, Report};
use std::path::PathBuf;

/// The forms, and the file of each. JSON comes first: the others can be made of it again.
pub(crate) const FORMS: [(&str, &str); 4] =
    [("json", "report.json"), ("html", "report.html"), ("junit", "junit.xml"), ("markdown", "report.md")];

/// A file of the report.
pub(crate) struct Output {
    /// In the report's folder.
    pub(crate) name: String,
    pub(crate) content: String,
}

/// A template of the user.
pub(crate) struct Template {
    /// The option that names it.
    option: &'static str,
    path: PathBuf,
    /// What it holds, or why it can't be read.
    text: Result<String, String>,
}

impl Template {
    pub(crate) fn read(option: &'static str, path: PathBuf) -> Self {
        let text = text(&path).map_err(|failure| failure.msg);
        Template { option, path, text }
    }

    fn fault(&self, why: &str) -> String {
        let option = self.option;
        format!(
            "The report uses the built-in template instead of {option} (in roles and playbooks: hatci_report_{option}). {why}"
        )
    }
}

/// What the task says beside the report itself.
pub(crate) struct Forms {
    pub(crate) html: Option<Template>,
    pub(crate) markdown: Option<Template>,
    pub(crate) live: Option<Live>,
}

impl Forms {
    /// Makes the files of a report, one after the other. Returns sentences about templates that can't be used: then the built-in form is
    /// made, or an older report would stay.
    pub(crate) fn make(&self, report: &Report, mut take: impl FnMut(Output)) -> Result<Vec<String>, Error> {
        let mut faults = vec![];
        let mut with = |template: Option<&Template>, form: &dyn Fn(Option<&str>) -> Result<String, Error>| {
            let Some(template) = template else { return form(None) };
            let made = template.text.clone().and_then(|text| {
                form(Some(&text))
                    .map_err(|e| format!("{}: {e}. Correct the template.", template.path.display()))
            });
            made.or_else(|why| {
                faults.push(template.fault(&why));
                form(None)
            })
        };
        for (form, name) in FORMS {
            let content = match form {
                "json" => report.to_json()?,
                "html" => with(self.html.as_ref(), &|template| report.to_html(template, self.live))?,
                "junit" => report.to_junit()?,
                _ => with(self.markdown.as_ref(), &|template| report.to_markdown(template))?,
            };
            take(Output { name: name.into(), content });
        }
        Ok(faults)
    }
}
