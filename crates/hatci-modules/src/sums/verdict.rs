//! The verdict that a test event holds, as far as its server shows it.
use hatci_client::TestStatus;
use serde_json::{Map, Value};

/// `None`: it is open, or the server has words of its own for it.
pub(crate) fn verdict(test_event: &Map<String, Value>) -> Option<TestStatus> {
    let status = test_event.get("status")?.as_str()?;
    [TestStatus::Pass, TestStatus::Fail].into_iter().find(|it| it.as_str().eq_ignore_ascii_case(status))
}
