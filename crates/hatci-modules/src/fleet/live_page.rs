//! The page of a campaign's report while its vehicles are waited for: an open browser loads it again and again.
use super::record::Record;
use crate::sums::{report_entry::entry, report_files::ReportFolder};
use ansible_module::{Failure, Task};
use jiff::Timestamp;
use reports::{Live, Report};
use shown_text::without_url_secrets;
use std::{path::PathBuf, time::Duration};

/// The page is written, and loaded by the browser, this often.
const PERIOD: u32 = 10; // seconds

/// The page, if the user wants it.
pub(crate) struct LivePage {
    folder: Option<PathBuf>,
    title: String,
    written: Option<Duration>,
}

impl LivePage {
    /// In this folder. Without one, there is no page.
    pub(crate) fn new(folder: Option<PathBuf>, title: &str) -> Self {
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        LivePage { folder, title: without_url_secrets(title), written: None }
    }

    /// Writes the page if it is time to. What keeps it from being written keeps nobody from waiting: the report at the end says so.
    pub(crate) fn tick(&mut self, now: Duration, record: &Record, task: &Task) {
        let Some(folder) = &self.folder else { return };
        if self
            .written
            .is_some_and(|written| now.saturating_sub(written) < Duration::from_secs(PERIOD.into()))
        {
            return;
        }
        self.written = Some(now);
        let vehicles =
            record.outcomes().into_iter().map(|(host, outcome)| entry(&host, outcome, task).vehicle);
        let report = Report { vehicles: vehicles.collect(), ..Report::new(self.title.as_str()) };
        let live = Live { refresh: PERIOD, now: Timestamp::now() };
        if let Ok(page) = report.to_html(None, Some(live)) {
            let _ = write(folder.clone(), &page);
        }
    }
}

fn write(folder: PathBuf, page: &str) -> Result<(), Failure> {
    let mut folder = ReportFolder::at(folder)?;
    folder.check_ours()?;
    folder.make()?;
    folder.write("report.html", page)
}
