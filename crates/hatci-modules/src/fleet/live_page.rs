//! The page of a campaign's report while its vehicles are waited for: an open browser loads it again and again.
use super::record::Record;
use crate::sums::hatci_report::{replace, vehicle};
use hardened_host::make_folders;
use reports::Report;
use std::{path::PathBuf, time::Duration};

/// The page is written, and loaded by the browser, this often.
const PERIOD: Duration = Duration::from_secs(10);

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
        LivePage { folder, title: title.to_owned(), written: None }
    }

    /// Writes the page if it is time to. What keeps it from being written keeps nobody from waiting: the report at the end says so.
    pub(crate) fn tick(&mut self, now: Duration, record: &Record) {
        let Some(folder) = &self.folder else { return };
        if self.written.is_some_and(|written| now.saturating_sub(written) < PERIOD) {
            return;
        }
        self.written = Some(now);
        let vehicles =
            record.outcomes().into_iter().filter_map(|(host, outcome)| vehicle(&host, outcome).ok());
        let report = Report { vehicles: vehicles.collect(), ..Report::new(self.title.as_str()) };
        let seconds = u32::try_from(PERIOD.as_secs()).ok();
        if let Ok(page) = report.to_html(None, seconds) {
            let _ = make_folders(folder).and_then(|()| replace(&folder.join("report.html"), &page));
        }
    }
}
