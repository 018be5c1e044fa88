//! Calls over JSON-RPC: on one connection, which is opened and logged in when it is needed.
use crate::{
    Error, ask::Ask, deadline::Deadline, login::log_in, settings::Settings, socket::Socket, versions::Version,
};
use http_exchange::Server;
use serde_json::{Value, json};
use shown_text::EncodedForms;
use std::cell::RefCell;

pub(crate) struct Rpc {
    server: Server,
    /// Host and port.
    host: String,
    pub(crate) version: Version,
    session: RefCell<Option<Session>>,
}

/// A connection that is logged in.
struct Session {
    socket: Socket,
    /// Whether a job is answered with its id instead of its result.
    has_job_ids: bool,
}

/// Why a call failed, and whether it had been sent.
pub(crate) struct Attempt {
    pub(crate) error: Error,
    pub(crate) was_sent: bool,
}

/// What a call was answered.
pub(crate) enum Answer {
    Result(Value),
    /// The id of a job.
    Job(u64),
}

impl Rpc {
    pub(crate) fn new(server: Server, base_url: &str, version: Version) -> Self {
        let host = base_url.split_once("://").map_or(base_url, |(_, host)| host).to_owned();
        Self { server, host, version, session: RefCell::default() }
    }

    /// Sends a call once. A connection that failed is not used again.
    pub(crate) fn attempt(
        &self,
        ask: &Ask,
        settings: &Settings,
        deadline: Deadline,
        secrets: &EncodedForms,
    ) -> Result<Answer, Attempt> {
        let mut session = self.session.borrow_mut();
        if session.is_none() {
            let opened = self.open(settings, deadline, secrets);
            *session = Some(opened.map_err(|error| Attempt { error, was_sent: false })?);
        }
        let Some(open) = session.as_mut() else {
            let why = "it was not opened".to_owned();
            return Err(Attempt { error: Error::Lost { method: ask.method.clone(), why }, was_sent: false });
        };
        // A job may answer with its result, which takes as long as it takes.
        let longest = if ask.is_job { deadline.after } else { settings.timeout };
        let time = longest.min(deadline.left());
        let answer = open.socket.call(&ask.method, &ask.params, time, secrets);
        let has_job_ids = open.has_job_ids;
        if answer.as_ref().is_err_and(|error| error.refusal().is_none()) {
            *session = None;
        }
        let result = answer.map_err(|error| {
            let was_sent = !matches!(error, Error::TooLarge { .. });
            Attempt { error, was_sent }
        })?;
        let job = result.as_u64().filter(|_| ask.is_job && has_job_ids);
        Ok(job.map_or(Answer::Result(result), Answer::Job))
    }

    fn open(
        &self,
        settings: &Settings,
        deadline: Deadline,
        secrets: &EncodedForms,
    ) -> Result<Session, Error> {
        let time = || settings.timeout.min(deadline.left());
        let stream = self.server.open(time())?;
        let mut socket = Socket::open(stream, &self.host, &self.version.path(), time())?;
        log_in(&mut socket, settings, deadline, secrets)?;
        let options = [json!({ "legacy_jobs": false })];
        let in_force = match socket.call("core.set_options", &options, time(), secrets) {
            // Then it goes on with the ids of jobs, as 25.04 does, which answers null.
            Err(Error::Refused { .. }) => Value::Null,
            answer => answer?,
        };
        let has_job_ids = in_force["legacy_jobs"] != json!(false);
        Ok(Session { socket, has_job_ids })
    }
}
