//! The forms of a report, each with the user's template if he gave one that can be used.
use super::report_input::{LARGEST, text};
use hardened_host::read_own_file;
use reports::{Error, Live, Report};
use std::path::{Path, PathBuf};

/// A file of the report.
pub(crate) struct Output {
    /// Its name in the results.
    pub(crate) form: &'static str,
    pub(crate) path: PathBuf,
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
            "The built-in form was written instead of {option} (in roles and playbooks: hatci_report_{option}). {why}"
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
    /// The files of a report, and sentences about templates that can't be used: then the built-in form is written, or an older report would
    /// stay. The JSON form comes first: the others can be made of it again.
    pub(crate) fn files(&self, folder: &Path, report: &Report) -> Result<(Vec<Output>, Vec<String>), Error> {
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
        let html = with(self.html.as_ref(), &|template| report.to_html(template, self.live))?;
        let markdown = with(self.markdown.as_ref(), &|template| report.to_markdown(template))?;
        let file = |form, name: &str, content| Output { form, path: folder.join(name), content };
        let files = vec![
            file("json", "report.json", report.to_json()?),
            file("html", "report.html", html),
            file("junit", "junit.xml", report.to_junit()?),
            file("markdown", "report.md", markdown),
        ];
        Ok((files, faults))
    }
}

/// The files that are not yet as they should be.
pub(crate) fn changed(mut files: Vec<Output>) -> Vec<Output> {
    let is_as_it_should = |file: &Output| {
        let is_link = file.path.is_symlink();
        !is_link
            && read_own_file(&file.path, LARGEST).is_ok_and(|existing| existing == file.content.as_bytes())
    };
    files.retain(|file| !is_as_it_should(file));
    files
}
