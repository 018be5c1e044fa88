//! What goes wrong on purpose.
//!
//! | fault | what happens |
//! |---|---|
//! | `drop-before:METHOD` | the connection ends before the method is carried out |
//! | `drop-after:METHOD` | the method is carried out, and the connection ends without an answer |
//! | `silent:METHOD` | the method is carried out, and nothing is answered |
//! | `endless:METHOD` | events come without end instead of the answer |
//! | `huge:METHOD` | the answer is 9 MiB |
//! | `too-many:METHOD` | refused with -32000, as when more than 20 calls are in flight |
//! | `fails:METHOD` | refused with EFAULT and a trace that holds the parameters |
//! | `fails-after:METHOD` | the method is carried out, and answered with EFAULT |
//! | `false:METHOD` | nothing is carried out, and false answered |
//! | `busy:METHOD` | refused with EFAULT "dataset is busy" |
//! | `rate-limit` | a login is refused with EBUSY |
//! | `revoked` | the key was revoked |
//! | `standby` | this is the standby controller of a pair |
//! | `down` | nginx answers 502 instead of opening a WebSocket |
//! | `redirect` | nginx redirects instead |
//! | `chatty` | an event comes before each answer, and an answer to nobody's call |
use std::str::FromStr;

/// One fault, and how often it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: String,
    /// None: it has nothing to do with a method.
    method: Option<String>,
    times: u32,
}

const WITH_METHOD: [&str; 10] = [
    "drop-before",
    "drop-after",
    "silent",
    "endless",
    "huge",
    "too-many",
    "fails",
    "fails-after",
    "false",
    "busy",
];
const ALONE: [&str; 6] = ["rate-limit", "revoked", "standby", "down", "redirect", "chatty"];

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(':');
        let kind = parts.next().unwrap_or_default().to_owned();
        let (method, usual) = if WITH_METHOD.contains(&kind.as_str()) {
            (Some(parts.next().ok_or("expected KIND:METHOD")?.to_owned()), 1)
        } else if ALONE.contains(&kind.as_str()) {
            (None, u32::MAX)
        } else {
            return Err(format!("unknown fault `{kind}`"));
        };
        let times = parts.next().map_or(Ok(usual), str::parse).map_err(|e| e.to_string())?;
        Ok(Self { kind, method, times })
    }
}

/// The faults that are still to happen.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// Whether it happens now; then it happens once less.
    pub(crate) fn strike(&mut self, kind: &str, method: Option<&str>) -> bool {
        let strikes =
            |fault: &&mut Fault| fault.kind == kind && fault.method.as_deref() == method && fault.times > 0;
        let found = self.0.iter_mut().find(strikes);
        if let Some(fault) = found {
            fault.times -= 1;
            return true;
        }
        false
    }
}
