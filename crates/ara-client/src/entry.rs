//! One thing that ARA is still to be told of a run.
use crate::{Event, Moment, NewRun, RunStatus};
use serde::{Deserialize, Serialize};

/// One thing that ARA is to be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// A run begins, or is described anew.
    Start(NewRun),
    /// Something happened; with a verdict, the host's run is over.
    Event(Event, Option<RunStatus>),
    /// The run is over; without an outcome it ends as its hosts did.
    Finish(Option<RunStatus>, Moment),
    /// The job is over that told of the run. Unless that has ended, it ends as its hosts stand: so, if none has failed.
    Left(RunStatus, Moment),
}

impl Entry {
    /// The same with less of what its user has to say, for a proxy that did not take it; none if that is short.
    pub(crate) fn shortened(&self) -> Option<Self> {
        match self {
            Entry::Start(start) => start.shortened().map(Entry::Start),
            Entry::Event(event, verdict) => event.shortened().map(|event| Entry::Event(event, *verdict)),
            Entry::Finish(..) | Entry::Left(..) => None,
        }
    }
}
