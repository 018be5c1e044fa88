//! `hatci_report`
use super::report_files::{Files, ReportFolder};
use super::report_forms::{FORMS, Forms, Output, Template};
use super::report_given::read_into;
use crate::ara::run_id;
use ansible_module::{ErrorKind, Failure, Module, Options, Plan, Results, SharedResults, Task};
use hardened_host::exchangeable;
use jiff::Timestamp;
use reports::{Error, Live, Report, Vehicle};
use serde_json::{Map, Value, json};
use shown_text::without_url_secrets;
use std::{borrow::Cow, mem::take, path::PathBuf, time::Duration};

/// Write a test report of one or many vehicles
///
/// Writes four files into `report_dir`: `report.html`, a page that needs no script and no network; `junit.xml` for Jenkins, GitLab and the
/// Automation Platform; `report.md` for a chat or a job's summary; and `report.json`, which this module can merge. Each is created for
/// this user alone, and replaced in one step, keeping its mode. Files with these names that this module did not write, or that belong to
/// anybody but this user or root, are not replaced. It recognises its own `report.json` and `junit.xml` by their contents, and its own
/// page and Markdown by the `report.json` beside them.
///
/// Unreadable input never leaves an older report in place: an entry of `results` or a file that can't be read becomes a row without a
/// verdict, a detail that can't be read is left out, and a template that can't be used is replaced by the built-in form. The task then
/// writes the report, fails, and says why.
///
/// Each test of each vehicle is a row. A vehicle is identified by its host and its VIN. A later outcome replaces an earlier one if it is
/// of the same test event, or if it is a verdict and names the earlier one's test event as `previous_test_event_id`.
///
/// # See also
///
/// - `hatci_outcome`: Record the outcome of one vehicle in `hatci_results`.
#[derive(Options)]
#[options(required_one_of(results, files))]
pub struct HatciReportOptions {
    /// The directory for the files. If it does not exist, it is created for this user alone.
    report_dir: PathBuf,
    /// The outcome of each vehicle, by host: `hatci_results`. If one host tests several vehicles, give `hatci_results_by_vin`: an outcome may name its
    /// `host`. In addition to what `hatci_outcome` returns, it may have `started` and `finished` (times), `states` (a list of `state` and `at`), `ecus` (a
    /// list of `ecu_name`, `from` and `to`) and `environment` (words, or a dict with `environment`, `package`, `version` and `digest`); instead of
    /// `states` also `timestamps` and `state` as `hatci_update_status` returns them, and instead of `ecus` also `source_ecus` and `target_ecus` as
    /// `hatci_create_event` takes them. The `status` may also be `running` or `unknown`; without one it is `unknown`. Also `not_recorded`: why the server
    /// does not have the verdict, such as the `msg` of `hatci_test_event_update`.
    results: Option<Map<String, Value>>,
    /// Reports in JSON form to merge, such as those of the slices of a job. If a test is in several of them, or another one repeats it, the later one
    /// counts, and the report says so. At most 10,000 tests in total.
    files: Option<Vec<PathBuf>>,
    /// The hosts that the report is about. One without an outcome is shown without a verdict, so that the report does not pass.
    hosts: Option<Vec<String>>,
    /// Whether vehicles of the same `run` in the directory's `report.json` stay in the report. So every vehicle can add its own outcome
    /// at any time.
    #[option(default = false)]
    keep: bool,
    /// The run that the report is about, such as the id of a job. With `keep`, it defaults to the running `ansible-playbook`.
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
    /// The worst verdict of any vehicle: `PASS`, `FAIL`, `unknown` (no verdict), `not_tested` or `running`. It is `PASS` only if all have
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
    folder: ReportFolder,
    /// What the task gives.
    given: Report,
    /// The hosts that have to be in it.
    hosts: Vec<String>,
    /// Whether what is known of the same run stays.
    keep: bool,
    forms: Forms,
    /// Sentences about what the task gives and nobody can read.
    faults: Vec<String>,
}

/// Another vehicle's task writes for a moment.
const PATIENCE: Duration = Duration::from_secs(60);
/// At most so many notes become warnings.
const MOST_WARNINGS: usize = 10;
/// At most so many faults are part of the message.
const MOST_FAULTS: usize = 3;

impl Module for HatciReport {
    const NAME: &'static str = "hatci_report";
    const IN_ACTION_GROUP: bool = false; // it asks no server
    const EXAMPLES: &'static str = include_str!("hatci_report.yml");
    type Options = HatciReportOptions;
    type Results = HatciReportResults;
    type Change = ();

    fn new(options: HatciReportOptions, task: &Task) -> Result<Self, Failure> {
        let told = |text: Option<String>| {
            text.filter(|text| !text.trim().is_empty()).map(|text| without_url_secrets(&text))
        };
        let this_run = || run_id::of_this_playbook().filter(|_| options.keep).map(|run| run.to_string());
        let mut given = Report {
            run: told(options.run).or_else(this_run),
            ara_url: told(options.ara_url),
            job_url: told(options.job_url),
            ..Report::new("")
        };
        if options.keep && given.run.is_none() {
            return Err(Failure::invalid(
                "`keep` needs the id of this run, which is unknown here. Set `run`.",
            ));
        }
        let outcomes = options.results.unwrap_or_default();
        let faults = read_into(&mut given, options.files.unwrap_or_default(), outcomes, task);
        given.title = told(options.title).unwrap_or(given.title);
        let hosts = options.hosts.unwrap_or_default();
        if !options.keep {
            let vehicles = take(&mut given.vehicles);
            given.vehicles = updated(Report::new(""), vehicles, &hosts).vehicles;
        }
        Ok(HatciReport {
            task: task.clone(),
            folder: ReportFolder::at(options.report_dir)?,
            given,
            hosts,
            keep: options.keep,
            forms: Forms {
                html: options.html_template.map(|path| Template::read("html_template", path)),
                markdown: options.markdown_template.map(|path| Template::read("markdown_template", path)),
                live: options.refresh.map(|refresh| Live { refresh, now: Timestamp::now() }),
            },
            faults,
        })
    }

    fn discover(&mut self, results: &SharedResults<HatciReportResults>) -> Result<Plan<()>, Failure> {
        self.folder.check_ours()?;
        if let Some(why) = exchangeable(self.folder.path()) {
            self.task.warn(format!(
                "Another user can replace this report ({why}). Choose a report_dir that only this user can change, in folders that only this user can change."
            ));
        }
        let report = self.whole()?;
        let mut changed = vec![];
        let faults = self.make(&report, |file| {
            if !self.folder.is_current(&file) {
                changed.push(self.folder.path().join(&file.name).display().to_string());
            }
        })?;
        for note in report.notes.iter().take(MOST_WARNINGS) {
            self.task.warn(note);
        }
        if let Some(more) = report.notes.len().checked_sub(MOST_WARNINGS).filter(|more| *more > 0) {
            self.task.warn(format!("{more} more notes of this kind are in the report."));
        }
        self.tell(&report, results);
        if changed.is_empty() || self.task.check_mode() {
            complain(faults)?;
        }
        if changed.is_empty() {
            return Ok(Plan::Nothing);
        }
        let before = self.existing()?.map_or(Value::Null, |before| summary(&before));
        let mut after = summary(&report);
        after["files"] = changed.into();
        Ok(Plan::change(before, after))
    }

    fn process(&mut self, (): (), results: &SharedResults<HatciReportResults>) -> Result<(), Failure> {
        self.folder.make()?;
        let _alone = self.folder.lock(PATIENCE)?;
        self.folder.check_ours()?;
        // With `keep` another vehicle may have been added meanwhile.
        let report = self.whole()?;
        self.tell(&report, results);
        let is_of_this_run =
            self.given.run.is_some() && self.existing()?.is_some_and(|known| known.run == self.given.run);
        let mut files = Files::new(&self.folder, is_of_this_run);
        let faults = self.make(&report, |file| files.write(&file));
        files.finish()?;
        complain(faults?)
    }

    fn housekeep(&mut self, _: &SharedResults<HatciReportResults>) -> Result<(), Failure> {
        Ok(())
    }
}

impl HatciReport {
    /// What the task gives, and with `keep` what was known of the same run.
    fn whole(&self) -> Result<Cow<'_, Report>, Failure> {
        if !self.keep {
            return Ok(Cow::Borrowed(&self.given));
        }
        let known = self.existing()?.filter(|known| known.run == self.given.run);
        let known = known.unwrap_or_else(|| Report::new(""));
        let whole = updated(known, self.given.vehicles.iter().cloned(), &self.hosts);
        Ok(Cow::Owned(Report { vehicles: whole.vehicles, ..self.given.clone() }))
    }

    /// The report that is in the directory; none if there is none, or if it has the form of another version.
    fn existing(&self) -> Result<Option<Report>, Failure> {
        let Some(text) = self.folder.existing("report.json")? else { return Ok(None) };
        match Report::from_json(&text) {
            Ok(report) => Ok(Some(report)),
            Err(Error::Schema { .. }) => Ok(None),
            Err(_) if !self.keep => Ok(None),
            Err(why) => {
                let msg = format!(
                    "{} can't be continued: {why}. Choose another report_dir, or leave out `keep`.",
                    self.folder.path().join("report.json").display()
                );
                Err(Failure::new(ErrorKind::Conflict, msg))
            }
        }
    }

    /// Makes the files of the report. Returns sentences about what of the task could not be used.
    fn make(&self, report: &Report, take: impl FnMut(Output)) -> Result<Vec<String>, Failure> {
        let of_forms = self
            .forms
            .make(report, take)
            .map_err(|e| Failure::invalid(format!("The report can't be written: {e}.")))?;
        Ok(self.faults.iter().cloned().chain(of_forms).collect())
    }

    fn tell(&self, report: &Report, results: &SharedResults<HatciReportResults>) {
        let Value::Object(mut summary) = summary(report) else { return };
        let path = |(form, name): &(&str, &str)| {
            ((*form).to_owned(), self.folder.path().join(name).display().to_string().into())
        };
        results.update(|r| {
            r.verdict = summary["verdict"].as_str().map(str::to_owned);
            r.counts = summary.remove("counts");
            r.notes = Some(report.notes.clone());
            r.paths = Some(FORMS.iter().map(path).collect());
        });
    }
}

/// The report with the news of these vehicles, and with each of the hosts.
fn updated(mut report: Report, vehicles: impl IntoIterator<Item = Vehicle>, hosts: &[String]) -> Report {
    report.replace(vehicles);
    report.expect(hosts.iter().map(String::as_str));
    report
}

/// Fails if something could not be used. What was written is written.
fn complain(mut faults: Vec<String>) -> Result<(), Failure> {
    let more = faults.split_off(faults.len().min(MOST_FAULTS)).len();
    if more > 0 {
        faults.push(format!("{more} more can't be read."));
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::invalid(faults.join(" "))) }
}

/// What a difference shows of a report.
fn summary(report: &Report) -> Value {
    json!({ "verdict": report.verdict(), "counts": report.counts() })
}

#[cfg(test)]
mod tests;
