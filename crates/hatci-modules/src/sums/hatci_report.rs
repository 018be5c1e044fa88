//! `hatci_report`
use super::report_files::{check_ours, write};
use super::report_input::{LARGEST, refused, text, vehicle};
use crate::ara::run_id;
use ansible_module::{Failure, Module, Options, Plan, Results, SharedResults, Task};
use hardened_host::{lock_folder, make_folders, read_own_file};
use jiff::Timestamp;
use reports::{Live, Report};
use serde_json::{Map, Value, json};
use shown_text::without_url_secrets;
use std::{path::PathBuf, time::Duration};

/// Write a test report of one or many vehicles
///
/// Writes four files into `report_dir`: `report.html`, a page that needs no script and no network; `junit.xml` for Jenkins, GitLab and
/// the Automation Platform; `report.md` for a chat or a job's summary; and `report.json`, which this module can merge. Each is created
/// for this user alone, and replaced in one step; then it keeps its mode. Files of these names that this module did not write, or that
/// belong to another user than this one or root, are not replaced. It knows its own `report.json` and `junit.xml` by what is in them, and
/// its own page and Markdown by the `report.json` beside them.
///
/// Each test of each vehicle is a row. A vehicle is known by its host and its VIN. A later outcome takes the place of an earlier one if it
/// is of the same test event, or if it is a verdict and names the earlier one's test event as `previous_test_event_id`.
///
/// # See also
///
/// - `hatci_outcome`: Record the outcome of one vehicle in `hatci_results`.
#[derive(Options)]
#[options(required_one_of(results, files))]
pub struct HatciReportOptions {
    /// The directory for the files. If it does not exist, it is created for this user alone.
    report_dir: PathBuf,
    /// The outcome of each vehicle, by host: `hatci_results`. If one host tests several vehicles, give `hatci_results_by_vin`: an outcome
    /// may name its `host`. Beside what `hatci_outcome` knows, it may have `started` and `finished` (times), `states` (a list of `state` and `at`), `ecus` (a list of `ecu_name`, `from` and `to`) and `environment` (words, or a dict with `environment`, `package`, `version` and `digest`); in the
    /// place of `states` also `timestamps` and `state` as `hatci_update_status` returns them, and in the place of `ecus` also
    /// `source_ecus` and `target_ecus` as `hatci_create_event` takes them. The `status` may also be `running` or `unknown`; without one it
    /// is `unknown`. Also `not_recorded`: why the server does not have the verdict, such as the `msg` of `hatci_test_event_update`.
    results: Option<Map<String, Value>>,
    /// Reports in JSON form to merge, such as those of the slices of a job. If a test is in several of them, or one that repeats it, the
    /// later one counts, and the report says so.
    files: Option<Vec<PathBuf>>,
    /// The hosts that the report is about. One without an outcome is shown without a verdict, so that the report does not pass.
    hosts: Option<Vec<String>>,
    /// Whether vehicles of the same `run` that are in the directory's `report.json` stay in the report. So every vehicle can add its own
    /// outcome, at any time.
    #[option(default = false)]
    keep: bool,
    /// The run that the report is about, such as the id of a job. With `keep` it defaults to the running `ansible-playbook`.
    run: Option<String>,
    /// The title, such as the name of the test suite or of the campaign. Defaults to that of the first of `files`, else to `OTA test`.
    title: Option<String>,
    /// Where the run can be seen in ARA.
    ara_url: Option<String>,
    /// Where the job can be seen, in the Automation Platform for example.
    job_url: Option<String>,
    /// Seconds after which a browser loads the page again, as long as a vehicle is running.
    refresh: Option<u32>,
    /// A minijinja template to use instead of the built-in page.
    html_template: Option<PathBuf>,
    /// A minijinja template to use instead of the built-in Markdown.
    markdown_template: Option<PathBuf>,
}

/// What `hatci_report` returns.
#[derive(Results, Default)]
pub struct HatciReportResults {
    /// The worst verdict of any vehicle: `PASS`, `FAIL`, `unknown` (no verdict), `not_tested` or `running`. So `PASS` only if all have
    /// passed.
    #[result(returned = "success", sample = "FAIL")]
    verdict: Option<String>,
    /// How many vehicles have each verdict.
    #[result(returned = "success", sample = { "total": 50, "passed": 46, "failed": 3, "not_tested": 1, "unknown": 0, "running": 0 })]
    counts: Option<Value>,
    /// What the report says about the tests that were in several files.
    #[result(returned = "success", sample = [])]
    notes: Option<Vec<String>>,
    /// The paths of the files.
    #[result(returned = "success", sample = { "html": "/srv/reports/report.html", "junit": "/srv/reports/junit.xml", "markdown": "/srv/reports/report.md", "json": "/srv/reports/report.json" })]
    paths: Option<Map<String, Value>>,
}

/// The module `hatci_report`.
pub struct HatciReport {
    task: Task,
    folder: PathBuf,
    /// What the task gives.
    given: Report,
    /// The hosts that have to be in it.
    hosts: Vec<String>,
    keep: bool,
    live: Option<Live>,
    html: Option<String>,
    markdown: Option<String>,
}

/// A file of the report.
pub struct Output {
    /// Its name in the results.
    form: &'static str,
    path: PathBuf,
    content: String,
}

/// Another vehicle's task writes for a moment.
const PATIENCE: Duration = Duration::from_secs(60);
const TITLE: &str = "OTA test";
/// At most so many notes become warnings.
const MOST_WARNINGS: usize = 10;

impl Module for HatciReport {
    const NAME: &'static str = "hatci_report";
    const IN_ACTION_GROUP: bool = false; // it asks no server
    const EXAMPLES: &'static str = include_str!("hatci_report.yml");
    type Options = HatciReportOptions;
    type Results = HatciReportResults;
    type Change = Vec<Output>;

    fn new(options: HatciReportOptions, task: &Task) -> Result<Self, Failure> {
        let told = |text: Option<String>| {
            text.filter(|text| !text.trim().is_empty()).map(|text| without_url_secrets(&text))
        };
        let this_run = || run_id::of_this_playbook().filter(|_| options.keep).map(|run| run.to_string());
        let mut title = told(options.title);
        let mut given = Report {
            run: told(options.run).or_else(this_run),
            ara_url: told(options.ara_url),
            job_url: told(options.job_url),
            ..Report::new("")
        };
        if options.keep && given.run.is_none() {
            return Err(Failure::invalid("The run can't be found out here, and `keep` needs it. Set `run`."));
        }
        let mut others = vec![];
        for path in options.files.unwrap_or_default() {
            let other = Report::from_json(&text(&path)?)
                .map_err(|e| Failure::invalid(format!("{} can't be merged: {e}.", path.display())))?;
            title.get_or_insert_with(|| other.title.clone());
            others.push(other);
        }
        let results = options.results.unwrap_or_default().into_iter();
        let vehicles =
            results.map(|(host, outcome)| vehicle(&host, outcome, task)).collect::<Result<_, _>>()?;
        others.push(Report { vehicles, ..Report::new("") });
        given.merge(others);
        given.title = title.unwrap_or_else(|| TITLE.into());
        Ok(HatciReport {
            task: task.clone(),
            folder: options.report_dir,
            given,
            hosts: options.hosts.unwrap_or_default(),
            keep: options.keep,
            live: options.refresh.map(|refresh| Live { refresh, now: Timestamp::now() }),
            html: options.html_template.as_deref().map(text).transpose()?,
            markdown: options.markdown_template.as_deref().map(text).transpose()?,
        })
    }

    fn discover(
        &mut self,
        results: &SharedResults<HatciReportResults>,
    ) -> Result<Plan<Vec<Output>>, Failure> {
        check_ours(&self.folder)?;
        let report = self.whole();
        let files = self.files(&report)?;
        for note in report.notes.iter().take(MOST_WARNINGS) {
            self.task.warn(note);
        }
        if let Some(more) = report.notes.len().checked_sub(MOST_WARNINGS).filter(|more| *more > 0) {
            self.task.warn(format!("The report holds {more} more notes of this kind."));
        }
        tell(&report, &files, results);
        let changed = changed(files);
        if changed.is_empty() {
            return Ok(Plan::Nothing);
        }
        let before = self.existing().map_or(Value::Null, |before| summary(&before));
        let mut after = summary(&report);
        after["files"] = changed.iter().map(|file| file.path.display().to_string()).collect();
        Ok(Plan::Change { what: changed, before, after })
    }

    fn process(
        &mut self,
        mut files: Vec<Output>,
        results: &SharedResults<HatciReportResults>,
    ) -> Result<(), Failure> {
        make_folders(&self.folder).map_err(|e| refused(&self.folder, &e))?;
        let _alone = lock_folder(&self.folder, PATIENCE).map_err(|e| refused(&self.folder, &e))?;
        check_ours(&self.folder)?;
        if self.keep {
            // Another vehicle may have been added meanwhile.
            let report = self.whole();
            files = self.files(&report)?;
            tell(&report, &files, results);
            files = changed(files);
        }
        files
            .iter()
            .try_for_each(|file| write(&file.path, &file.content).map_err(|e| refused(&file.path, &e)))
    }

    fn housekeep(&mut self, _: &SharedResults<HatciReportResults>) -> Result<(), Failure> {
        Ok(())
    }
}

impl HatciReport {
    /// What the task gives, and with `keep` what was known of the same run.
    fn whole(&self) -> Report {
        let known = self.existing().filter(|known| self.keep && known.run == self.given.run);
        let mut whole = known.unwrap_or_else(|| Report::new(""));
        whole.replace(self.given.vehicles.iter().cloned());
        whole.expect(self.hosts.iter().map(String::as_str));
        Report { vehicles: whole.vehicles, ..self.given.clone() }
    }

    /// The report that is in the directory; none if nobody can read it.
    fn existing(&self) -> Option<Report> {
        let bytes = read_own_file(&self.folder.join("report.json"), LARGEST).ok()?;
        Report::from_json(&String::from_utf8(bytes).ok()?).ok()
    }

    /// The files of a report. The JSON form comes first: the others can be made of it again.
    fn files(&self, report: &Report) -> Result<Vec<Output>, Failure> {
        let file = |form, name: &str, content: Result<String, reports::Error>| {
            let content =
                content.map_err(|e| Failure::invalid(format!("The report can't be written: {e}.")))?;
            Ok(Output { form, path: self.folder.join(name), content })
        };
        Ok(vec![
            file("json", "report.json", report.to_json())?,
            file("html", "report.html", report.to_html(self.html.as_deref(), self.live))?,
            file("junit", "junit.xml", report.to_junit())?,
            file("markdown", "report.md", report.to_markdown(self.markdown.as_deref()))?,
        ])
    }
}

fn tell(report: &Report, files: &[Output], results: &SharedResults<HatciReportResults>) {
    let paths = files.iter().map(|file| (file.form.to_owned(), file.path.display().to_string().into()));
    results.update(|r| {
        r.verdict = summary(report)["verdict"].as_str().map(str::to_owned);
        r.counts = Some(summary(report)["counts"].clone());
        r.notes = Some(report.notes.clone());
        r.paths = Some(paths.collect());
    });
}

/// What a difference shows of a report.
fn summary(report: &Report) -> Value {
    json!({ "verdict": report.verdict(), "counts": report.counts() })
}

/// The files that are not yet as they should be.
fn changed(mut files: Vec<Output>) -> Vec<Output> {
    let is_as_it_should = |file: &Output| {
        let is_link = file.path.is_symlink();
        !is_link
            && read_own_file(&file.path, LARGEST).is_ok_and(|existing| existing == file.content.as_bytes())
    };
    files.retain(|file| !is_as_it_should(file));
    files
}

#[cfg(test)]
mod tests;
