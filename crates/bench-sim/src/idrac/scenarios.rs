//! What users have reported of real iDRACs, each switched on by its name.
use std::str::FromStr;

/// Something that goes wrong, perhaps only so many times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// One of [`NAMES`].
    name: &'static str,
    /// How often; for ever if not said.
    count: u32,
}

/// The scenarios by name, and what they do.
const NAMES: [(&str, &str); 27] = [
    ("override-refused-though-applied", "a one-time boot is applied and answered with 400 SYS444"),
    ("error-in-200", "a one-time boot is applied and answered with 200 and SYS410"),
    ("refused-in-200", "a change is not carried out, and answered with 200 and a critical message"),
    ("one-bios-job", "while a job for the BIOS or the boot order waits, no other one is taken"),
    ("order-job-of-bios", "jobs for the boot order say that they are for the settings of the BIOS"),
    ("order-job-of-nothing", "jobs for the boot order don't say which settings they are for"),
    ("no-attributes", "the iDRAC doesn't show its own settings"),
    ("no-boot", "a server that was started never boots"),
    ("hides-pending-nic", "the iDRAC doesn't show what will be set of a NIC"),
    ("slow-boot", "a server takes half a second until it boots"),
    ("import-503", "the import of a profile is answered with 503 and no body"),
    ("stale-etag", "a PATCH with If-Match is answered with 412"),
    ("sessions-used-up", "everything is answered with 503 RAC0218"),
    ("not-ready", "everything is answered with 400 SWC0700"),
    ("unavailable", "everything is answered with 503 SYS518 and Retry-After"),
    ("refuses-connections", "connections end without an answer"),
    ("no-percent", "jobs have no PercentComplete"),
    ("image-unreachable", "the iDRAC can't reach an image"),
    ("change-lost", "a change is carried out, and its answer is lost"),
    ("reset-lost", "a reset is carried out, and its answer is lost"),
    ("blank-iscsi", "the iSCSI settings of a NIC read back blank"),
    ("slow-eject", "a medium reads as inserted for a while after it was ejected"),
    ("shutdown-hangs", "the operating system ignores a graceful shutdown"),
    ("restart-hangs", "the operating system ignores a graceful restart"),
    ("job-refused", "no job is made for settings that are pending"),
    ("job-fails", "a job that runs at a reset fails"),
    (
        "reset-already-done",
        "switching on a server that is off is answered with 409 PSU501: it came up by itself",
    ),
];

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, count) = text.split_once('=').unwrap_or((text, ""));
        let count = if count.is_empty() { u32::MAX } else { count.parse().map_err(|e| format!("{e}"))? };
        let known = NAMES.iter().find(|(known, _)| *known == name);
        let (name, _) = known.ok_or_else(|| {
            let all = NAMES.map(|(name, what)| format!("\n  {name}: {what}")).concat();
            format!("there is no scenario {name}; there are{all}")
        })?;
        Ok(Self { name, count })
    }
}

/// The scenarios that are still to happen.
#[derive(Debug, Default)]
pub(super) struct Scenarios(Vec<Scenario>);

impl Scenarios {
    pub(super) fn new(scenarios: Vec<Scenario>) -> Self {
        Self(scenarios)
    }

    /// Whether this is to happen now; it then counts as having happened.
    pub(super) fn happens(&mut self, name: &str) -> bool {
        debug_assert!(NAMES.iter().any(|(known, _)| *known == name), "{name}");
        let Some(it) = self.0.iter_mut().find(|it| it.name == name && it.count > 0) else { return false };
        if it.count < u32::MAX {
            it.count -= 1;
        }
        true
    }

    /// Whether this is so, for those that don't happen but are.
    pub(super) fn is_so(&self, name: &str) -> bool {
        debug_assert!(NAMES.iter().any(|(known, _)| *known == name), "{name}");
        self.0.iter().any(|it| it.name == name)
    }

    pub(super) fn add(&mut self, scenario: Scenario) {
        self.0.push(scenario);
    }
}
