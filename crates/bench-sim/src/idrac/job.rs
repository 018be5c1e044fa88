//! A job: what it is of, how far it is, and what it does when it ends.
use std::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Scheduled,
    Running,
    Completed,
    Failed,
}

/// What a job does when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Boot,
    Bios,
    Nic(&'static str),
    FirstBootDevice(String),
    DropBoot,
    DropBios,
    DropNic(&'static str),
}

impl Effect {
    /// Of a job that fails or is deleted: its pending values are gone.
    pub(super) fn dropped(self) -> Self {
        match self {
            Self::Boot => Self::DropBoot,
            Self::Bios => Self::DropBios,
            Self::Nic(name) => Self::DropNic(name),
            other => other,
        }
    }
}

pub(super) struct Job {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) target: String,
    pub(super) state: State,
    /// When it ends, once it runs.
    pub(super) ends: Option<Instant>,
    pub(super) effect: Option<Effect>,
}
