//! The test events that `hatci_fleet_close` is given.
use ansible_module::{Choices, Options};

/// One of the test events.
#[derive(Options)]
pub(super) struct TestEventOptions {
    /// The vehicle's name in the inventory and in the results.
    pub(super) host: String,
    /// The test event's id. In check mode also `pending`, the placeholder for one that would have been created.
    pub(super) test_event_id: String,
    /// The VIN of the tested vehicle. A record of another vehicle is refused, if the server shows the VIN.
    pub(super) vin: Option<String>,
    /// The verdict.
    pub(super) status: Status,
    /// The verdict in one sentence: what was tested, or why it failed.
    pub(super) summary: String,
    /// What a task of this job has recorded as FAIL in this test event, in a sentence. It stays. In a playbook, the action plugin provides it.
    pub(super) failed_in_job: Option<String>,
    /// URLs of logs and reports. By default, the recorded ones are kept.
    pub(super) artifact_urls: Option<Vec<String>>,
}

#[derive(Choices, Clone, Copy)]
#[choice(case = "UPPER")]
pub(super) enum Status {
    /// The test passed.
    Pass,
    /// The test failed.
    Fail,
}
