//! How a vehicle's test came out.
use serde::{Deserialize, Serialize};

/// How a vehicle's test came out, and of all of them together the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub enum Verdict {
    /// The test passed.
    #[serde(rename = "PASS")]
    Pass,
    /// The test has not finished.
    #[serde(rename = "running")]
    Running,
    /// Something prevented the test; nothing is known about the vehicle.
    #[serde(rename = "not_tested")]
    NotTested,
    /// How the test ended is unknown.
    #[serde(rename = "unknown")]
    Unknown,
    /// The test failed.
    #[serde(rename = "FAIL")]
    Fail,
}

impl TryFrom<String> for Verdict {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "PASS" => Ok(Self::Pass),
            "running" => Ok(Self::Running),
            "not_tested" => Ok(Self::NotTested),
            "unknown" => Ok(Self::Unknown),
            "FAIL" => Ok(Self::Fail),
            _ => Err(format!(
                "the status of a vehicle is {name:?}, which is not one of PASS, FAIL, not_tested, running and unknown"
            )),
        }
    }
}

impl Verdict {
    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::NotTested => "NOT TESTED",
            Self::Unknown => "NO VERDICT",
            Self::Running => "RUNNING",
        }
    }

    /// As class in the page.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotTested => "not-tested",
            Self::Unknown => "unknown",
            Self::Running => "running",
        }
    }

    /// A sign for those who don't see its colour.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Fail => "✗",
            Self::NotTested => "–",
            Self::Unknown => "?",
            Self::Running => "…",
        }
    }

    /// Whether somebody has to find out what happened.
    pub(crate) fn needs_attention(self) -> bool {
        matches!(self, Self::Fail | Self::Unknown | Self::NotTested)
    }
}
