//! `hatci_report`
use ansible_module::{ErrorKind, Failure, Module, Options, Plan, Results, SharedResults, Task};
use hardened_host::{SystemFault, create_beside, make_folders, read_named_file};
use reports::{Report, Vehicle};
use serde_json::{Map, Value, json};
use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Write a test report of one or many vehicles
///
/// Writes four files into `report_dir`: `report.html`, a page that needs no script and no network; `junit.xml` for Jenkins, GitLab and
/// the Automation Platform; `report.md` for a chat or a job's summary; and `report.json`, which this module can merge.
///
/// # See also
///
/// - `hatci_outcome`: Record the outcome of one vehicle in `hatci_results`.
#[derive(Options)]
#[options(required_one_of(results, files))]
pub struct HatciReportOptions {
    /// The directory for the files. It is created if it does not exist.
    report_dir: PathBuf,
    /// The outcome of each vehicle, by host: `hatci_results`.
    results: Option<Map<String, Value>>,
    /// Reports in JSON form to merge, such as those of the slices of a job. If a host is in several of them, the test that finished last
    /// counts.
    files: Option<Vec<PathBuf>>,
    /// The title, such as the name of the test suite or of the campaign.
    #[option(default = "OTA test")]
    title: String,
    /// Where the run can be seen in ARA.
    ara_url: Option<String>,
    /// Where the job can be seen, in the Automation Platform for example.
    job_url: Option<String>,
    /// A minijinja template to use instead of the built-in page.
    html_template: Option<PathBuf>,
    /// A minijinja template to use instead of the built-in Markdown.
    markdown_template: Option<PathBuf>,
}

/// What `hatci_report` returns.
#[derive(Results, Default)]
pub struct HatciReportResults {
    /// The worst verdict of any vehicle: `PASS`, `FAIL`, `not_tested` or `running`.
    #[result(returned = "success", sample = "FAIL")]
    verdict: Option<String>,
    /// How many vehicles have each verdict.
    #[result(returned = "success", sample = { "total": 50, "passed": 46, "failed": 3, "not_tested": 1, "running": 0 })]
    counts: Option<Value>,
    /// The paths of the files.
    #[result(returned = "success", sample = { "html": "/srv/reports/report.html", "junit": "/srv/reports/junit.xml", "markdown": "/srv/reports/report.md", "json": "/srv/reports/report.json" })]
    paths: Option<Map<String, Value>>,
}

/// The module `hatci_report`.
pub struct HatciReport {
    folder: PathBuf,
    report: Report,
    html: Option<String>,
    markdown: Option<String>,
}

/// A file to be written: its path and its content.
type Output = (PathBuf, String);

/// A report or template may have so many bytes.
const LARGEST: u64 = 32 << 20;

impl Module for HatciReport {
    const NAME: &'static str = "hatci_report";
    const IN_ACTION_GROUP: bool = false; // it asks no server
    const EXAMPLES: &'static str = include_str!("hatci_report.yml");
    type Options = HatciReportOptions;
    type Results = HatciReportResults;
    type Change = Vec<Output>;

    fn new(options: HatciReportOptions, _: &Task) -> Result<Self, Failure> {
        let mut report =
            Report { ara_url: options.ara_url, job_url: options.job_url, ..Report::new(options.title) };
        for path in options.files.unwrap_or_default() {
            let other = Report::from_json(&text(&path)?)
                .map_err(|e| Failure::invalid(format!("{} can't be merged: {e}.", path.display())))?;
            report.merge(other);
        }
        for (host, outcome) in options.results.unwrap_or_default() {
            report.merge(Report { vehicles: vec![vehicle(&host, outcome)?], ..Report::new("") });
        }
        Ok(HatciReport {
            folder: options.report_dir,
            report,
            html: options.html_template.as_deref().map(text).transpose()?,
            markdown: options.markdown_template.as_deref().map(text).transpose()?,
        })
    }

    fn discover(
        &mut self,
        results: &SharedResults<HatciReportResults>,
    ) -> Result<Plan<Vec<Output>>, Failure> {
        let files =
            self.files().map_err(|e| Failure::invalid(format!("The report can't be written: {e}.")))?;
        let paths =
            files.iter().map(|(kind, (path, _))| ((*kind).to_owned(), path.display().to_string().into()));
        results.update(|r| {
            r.verdict = self.verdict();
            r.counts = serde_json::to_value(self.report.counts()).ok();
            r.paths = Some(paths.collect());
        });
        let mut change: Vec<_> = files.into_iter().map(|(_, file)| file).collect();
        change.retain(|(path, content)| {
            read_named_file(path, LARGEST).map_or(true, |existing| existing != content.as_bytes())
        });
        if change.is_empty() {
            return Ok(Plan::Nothing);
        }
        let after = json!({
            "verdict": self.verdict(),
            "counts": self.report.counts(),
            "files": change.iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>(),
        });
        Ok(Plan::Change { what: change, before: Value::Null, after })
    }

    fn process(&mut self, files: Vec<Output>, _: &SharedResults<HatciReportResults>) -> Result<(), Failure> {
        make_folders(&self.folder).map_err(|e| refused(&self.folder, &e))?;
        files.iter().try_for_each(|(path, content)| replace(path, content).map_err(|e| refused(path, &e)))
    }

    fn housekeep(&mut self, _: &SharedResults<HatciReportResults>) -> Result<(), Failure> {
        Ok(())
    }
}

impl HatciReport {
    /// The files, by the name that each has in the results.
    fn files(&self) -> Result<Vec<(&'static str, Output)>, reports::Error> {
        let at = |name: &str, content| (self.folder.join(name), content);
        Ok(vec![
            ("html", at("report.html", self.report.to_html(self.html.as_deref(), None)?)),
            ("junit", at("junit.xml", self.report.to_junit()?)),
            ("markdown", at("report.md", self.report.to_markdown(self.markdown.as_deref())?)),
            ("json", at("report.json", self.report.to_json()?)),
        ])
    }

    fn verdict(&self) -> Option<String> {
        serde_json::to_value(self.report.verdict()).ok()?.as_str().map(str::to_owned)
    }
}

/// One vehicle from its entry in `hatci_results`.
pub(crate) fn vehicle(host: &str, mut outcome: Value) -> Result<Vehicle, Failure> {
    if let Value::Object(outcome) = &mut outcome {
        outcome.insert("host".into(), host.into());
    }
    serde_json::from_value(outcome)
        .map_err(|e| Failure::invalid(format!("The entry of {host} in `results` is not an outcome: {e}.")))
}

/// The text of a file that the user named.
fn text(path: &Path) -> Result<String, Failure> {
    let bytes = read_named_file(path, LARGEST).map_err(|e| refused(path, &e.into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Replaces the file in one step, readable for everybody: a report is made to be read.
pub(crate) fn replace(path: &Path, content: &str) -> io::Result<()> {
    let (fresh, mut file) = create_beside(path)?;
    let written = file
        .write_all(content.as_bytes())
        .and_then(|()| file.set_permissions(Permissions::from_mode(0o644)))
        .and_then(|()| fs::rename(&fresh, path));
    written.inspect_err(|_| {
        // The name is ours, and the file is of no use.
        let _ = fs::remove_file(&fresh);
    })
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    let fault = SystemFault::of(error);
    let remedy = fault.remedy_or("Correct the path or its permissions");
    Failure::new(ErrorKind::Failed, format!("{}: {}. {remedy}.", path.display(), fault.cause()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansible_module::{Answer, NoEnv, run};

    fn answer(options: &Value) -> Answer {
        run::<HatciReport>(options.as_object().cloned().unwrap_or_default(), &NoEnv)
    }

    #[test]
    fn a_second_run_with_the_same_results_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("new/reports");
        let options = json!({
            "report_dir": dir,
            "results": { "car1": { "status": "PASS", "summary": "Updated." }, "car2": { "status": "not_tested" } },
        });
        let first = answer(&options);
        assert!(!first.failed, "{:?}", first.json);
        assert_eq!((&first.json["changed"], &first.json["verdict"]), (&json!(true), &json!("not_tested")));
        assert_eq!(first.json["counts"]["passed"], 1);
        for name in ["report.html", "junit.xml", "report.md", "report.json"] {
            assert_eq!(fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777, 0o644);
        }
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 4);
        assert_eq!(answer(&options).json["changed"], false);
    }

    #[test]
    fn the_reports_of_slices_become_one() {
        let folder = tempfile::tempdir().unwrap();
        let slice = |name: &str, status: &str| {
            let dir = folder.path().join(name);
            answer(&json!({ "report_dir": dir, "results": { name: { "status": status } } }));
            dir.join("report.json")
        };
        let files = [slice("car1", "PASS"), slice("car2", "FAIL")];
        let all = answer(&json!({ "report_dir": folder.path(), "files": files }));
        assert_eq!((&all.json["counts"]["total"], &all.json["verdict"]), (&json!(2), &json!("FAIL")));
    }

    #[test]
    fn what_is_no_outcome_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        for (options, words) in [
            (json!({ "results": { "car1": "well" } }), "The entry of car1 in `results` is not an outcome"),
            (json!({ "results": { "car1": { "status": "fine" } } }), "unknown variant `fine`"),
            (json!({ "files": ["/nonexistent/x"] }), "/nonexistent/x: "),
            (json!({ "results": {}, "html_template": "/etc/hostname" }), ""),
        ] {
            let mut options = options;
            options["report_dir"] = json!(folder.path().join("r"));
            let answer = answer(&options);
            if words.is_empty() {
                assert!(!answer.failed, "{:?}", answer.json);
            } else {
                assert!(answer.json["msg"].as_str().unwrap().contains(words), "{:?}", answer.json);
            }
        }
    }
}
