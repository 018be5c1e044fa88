//! A failed call: the fault, which request it was, and what had been tried.
use crate::{
    call::{CallStats, IdempotencyKey, Method, Reply, Request},
    clock::Deadline,
    fault::{Fault, seconds},
    server_text::server_text,
};
use server_trust::Kind;
use shown_text::EncodedForms;
use std::{fmt, time::Duration};

/// Why a call failed. `Display` is one sentence of cause and one of remedy; it holds no secret.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    fault: Fault,
    /// None when the settings were at fault.
    request: Option<Request>,
    stats: CallStats,
    stop: Stop,
    /// One of the attempts may have been carried out.
    may_have_acted: bool,
}

/// What kept a failed call from being sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It would have changed nothing, or might have done it twice.
    Final,
    /// It might have helped, but the policy allows no more attempts.
    Retries,
    /// It might have helped, but there is no time left.
    Deadline,
}

impl Error {
    pub(crate) fn new(
        fault: Fault,
        request: Request,
        stats: CallStats,
        stop: Stop,
        may_have_acted: bool,
    ) -> Self {
        Self(Box::new(Inner { fault, request: Some(request), stats, stop, may_have_acted }))
    }

    /// The same for one of the calls that read a list together: if their time is over, that is the cause.
    #[must_use]
    pub fn within(mut self, list: &Deadline) -> Self {
        if self.kind() == Kind::Timeout && list.is_over() {
            self.0.fault = Fault::TooLong { after: list.after };
            self.0.stop = Stop::Final;
        }
        self
    }

    /// The cause on its own.
    pub fn fault(&self) -> &Fault {
        &self.0.fault
    }

    /// The stable class.
    pub fn kind(&self) -> Kind {
        self.0.fault.kind()
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.fault.status()
    }

    /// The server's own words (at most 500 characters), if it said any.
    pub fn server_text(&self) -> Option<&str> {
        self.0.fault.server_text()
    }

    /// How long the server asks to wait before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.fault.retry_after()
    }

    /// The request method; none when the failure was in the settings.
    pub fn method(&self) -> Option<Method> {
        self.0.request.as_ref().map(|request| request.method)
    }

    /// The URL without user info and query; none when the failure was in the settings.
    pub fn url(&self) -> Option<&str> {
        self.0.request.as_ref().map(|request| request.url.as_str())
    }

    /// What had been tried.
    pub fn stats(&self) -> CallStats {
        self.0.stats
    }

    /// The key that a create carried: the next run with it can settle what is unknown.
    pub fn idempotency_key(&self) -> Option<&IdempotencyKey> {
        self.0.request.as_ref()?.key.as_ref()
    }

    /// Whether the server may have carried out what was asked, in spite of the failure.
    pub fn may_have_acted(&self) -> bool {
        self.0.may_have_acted
    }
}

/// For what fails before there is a request: settings.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let stats = CallStats::default();
        Self(Box::new(Inner { fault, request: None, stats, stop: Stop::Final, may_have_acted: false }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { fault, request, stats, stop, .. } = &*self.0;
        let out_of_time = *stop == Stop::Deadline;
        if let Some(Request { method, url, .. }) = request {
            write!(f, "{method} {url}: ")?;
        }
        write!(f, "{fault}")?;
        if stats.attempts > 1 || out_of_time {
            let (attempts, plural) = (stats.attempts, if stats.attempts == 1 { "" } else { "s" });
            let end = if out_of_time { ", and the deadline allows no more" } else { "" };
            write!(f, " ({attempts} attempt{plural} in {} s{end})", seconds(stats.elapsed))?;
        }
        write!(f, ". {}", fault.remedy())?;
        if let Fault::Refused { .. } = fault {
            // Only the families of which this ends a call have an option for it.
            f.write_str(match stop {
                Stop::Final => "",
                Stop::Retries => ", or raise the retries",
                Stop::Deadline => ", or allow more time",
            })?;
        }
        match self.idempotency_key() {
            Some(key) if fault.kind() == Kind::UnknownOutcome => write!(f, ", {key}."),
            _ => f.write_str("."),
        }
    }
}

impl std::error::Error for Error {}

impl Reply {
    /// The error to return when the deadline has passed while the answer was read.
    pub(crate) fn out_of_time(&self) -> Error {
        Error::new(
            Fault::TooLong { after: self.deadline.after },
            self.request.clone(),
            self.stats,
            Stop::Final,
            true,
        )
    }

    /// The error to return when a create was answered with an id that can't be used. What was made is known, so it is no unknown
    /// outcome, and to run again helps nobody. `what` is a clause.
    pub fn bad_id(&self, what: String) -> Error {
        Error::new(
            Fault::BadId { status: self.status, what },
            self.request.clone(),
            self.stats,
            Stop::Final,
            true,
        )
    }

    /// The error to return when the JSON of a good answer says that the call failed. `secrets` are the server's; `may_have_acted`:
    /// whether something was done all the same.
    pub fn refusal<'a>(&self, secrets: impl Iterator<Item = &'a str>, may_have_acted: bool) -> Error {
        let secrets: Vec<_> = secrets.map(str::to_owned).collect();
        let text = server_text(&self.body.to_string(), &EncodedForms::of(&secrets));
        let fault = Fault::Refused { status: self.status, text, retry_after: None };
        Error::new(fault, self.request.clone(), self.stats, Stop::Final, may_have_acted)
    }

    /// The error to return when the JSON is not what this call's answer must be. After a create that leaves its outcome
    /// unknown: something was made, and nobody can say what.
    pub fn unusable(&self, why: impl Into<String>) -> Error {
        let fault = Fault::Unreadable { status: Some(self.status), why: why.into() };
        let creates = self.request.key.is_some() && !self.request.method.only_reads();
        let fault = if creates { Fault::UnknownOutcome { cause: Box::new(fault) } } else { fault };
        Error::new(fault, self.request.clone(), self.stats, Stop::Final, true)
    }
}
