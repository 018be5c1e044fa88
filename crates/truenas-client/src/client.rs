//! The client: how a call gets its answer, whichever way it goes.
use crate::{
    Error, Settings,
    ask::{Ask, Effect},
    deadline::Deadline,
    fields::{Row, rows},
    rest::Rest,
    rpc::{Answer, Rpc},
    versions::{Way, way},
};
use http_exchange::{Authorization, Kind, Policy};
use serde_json::Value;
use shown_text::EncodedForms;
use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// One TrueNAS. Clones share its connection.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

struct Inner {
    settings: Settings,
    link: OnceCell<Link>,
    secrets: RefCell<EncodedForms>,
    warnings: Vec<String>,
    acted: Arc<AtomicBool>,
    tell: Box<dyn Fn(&str)>,
}

/// The way that the server's versions allow.
enum Link {
    Rpc(Box<Rpc>),
    Rest(Box<Rest>),
}

impl Client {
    /// Checks the settings. Nothing is sent yet. `tell` hears of retries and of the progress of long work.
    pub fn new(settings: Settings, tell: impl Fn(&str) + 'static) -> Result<Self, Error> {
        if settings.api_key.expose().trim().is_empty() {
            return Err(Error::Blank { what: "The API key of TrueNAS" });
        }
        if settings.username.as_ref().is_some_and(|user| user.trim().is_empty()) {
            return Err(Error::Blank { what: "The user name of TrueNAS" });
        }
        let server = settings.server(Authorization::Bearer(settings.api_key.clone()))?;
        Ok(Self(Rc::new(Inner {
            link: OnceCell::new(),
            secrets: EncodedForms::of(&server.secrets().map(str::to_owned).collect::<Vec<_>>()).into(),
            warnings: server.warnings().to_vec(),
            acted: Arc::default(),
            tell: Box::new(tell),
            settings,
        })))
    }

    /// What the user should know about the settings, one sentence of cause and one of remedy each.
    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// Hides a secret in whatever the server says from now on.
    pub fn conceal(&self, secret: &str) {
        self.0.secrets.borrow_mut().add(secret);
    }

    /// Whether the server may have changed something for this client; also for another thread.
    pub fn acted(&self) -> impl Fn() -> bool + Send + use<> {
        let acted = self.0.acted.clone();
        move || acted.load(Ordering::SeqCst)
    }

    /// Waits, unless the time for a call would be over then; then false at once.
    pub fn pause(&self, time: Duration) -> bool {
        Deadline::after(self.0.settings.policy.deadline).pause(time)
    }

    pub(crate) fn tell(&self, text: &str) {
        (self.0.tell)(text);
    }

    pub(crate) fn secrets(&self) -> EncodedForms {
        self.0.secrets.borrow().clone()
    }

    /// Whether services are controlled by the job `service.control`.
    pub(crate) fn has_service_control(&self) -> Result<bool, Error> {
        match self.link(self.deadline())? {
            Link::Rpc(rpc) => Ok(rpc.version.has_service_control()),
            Link::Rest(_) => Ok(false),
        }
    }

    /// The rows that a call answers with.
    pub(crate) fn rows<T>(
        &self,
        ask: &Ask,
        read: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        rows(&ask.method, &self.ask(ask)?, read)
    }

    /// Creates a row. If its answer is lost, `find` says whether it is there; only if it isn't, it is created again. It is also looked
    /// for after a failure that is no objection to the row: the server may have failed at what follows.
    pub(crate) fn create<T>(
        &self,
        ask: &Ask,
        read: impl Fn(&Row) -> Result<T, Error>,
        find: impl Fn() -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let lost = match self.ask(ask) {
            Ok(value) => return read(&Row { method: &ask.method, value: &value }),
            Err(error) if error.kind() == Kind::UnknownOutcome => error,
            Err(error)
                if error.refusal().is_some_and(|it| matches!(it.kind, Kind::Failed | Kind::Conflict)) =>
            {
                self.tell(&format!("{error} Checking whether it was carried out anyway."));
                let unknown =
                    |_| Error::UnknownOutcome { method: ask.method.clone(), cause: Box::new(error.clone()) };
                return find().map_err(unknown)?.ok_or(error);
            }
            Err(error) => return Err(error),
        };
        self.tell(&format!("the answer to {} was lost; checking whether it was carried out", ask.method));
        let unknown = |_| lost.clone();
        if let Some(found) = find().map_err(unknown)? {
            return Ok(found);
        }
        match self.ask(ask) {
            Ok(value) => read(&Row { method: &ask.method, value: &value }),
            // The first one may have been carried out just now.
            Err(error) => find().map_err(unknown)?.ok_or(error),
        }
    }

    /// Changes something. After a failure that may have come when it was changed already, `is_done` looks.
    pub(crate) fn change(&self, ask: &Ask, is_done: impl Fn() -> Result<bool, Error>) -> Result<(), Error> {
        let Err(error) = self.ask(ask) else { return Ok(()) };
        let is_open = error.leaves_doubt();
        // Some of what TrueNAS refuses, it refuses after it has written its tables.
        let may_come_late = error
            .refusal()
            .is_some_and(|it| matches!(it.kind, Kind::Failed | Kind::Conflict | Kind::Invalid));
        if !is_open && !may_come_late {
            return Err(error);
        }
        self.tell(&format!("{error} Checking whether it was carried out anyway."));
        let unknown = || Error::UnknownOutcome { method: ask.method.clone(), cause: Box::new(error.clone()) };
        match is_done() {
            Ok(true) => Ok(()),
            Ok(false) if !is_open => Err(error),
            _ => Err(unknown()),
        }
    }

    /// Deletes a row; one that is not there any more is deleted.
    pub(crate) fn delete(&self, ask: &Ask, is_gone: impl Fn() -> Result<bool, Error>) -> Result<(), Error> {
        match self.change(ask, is_gone) {
            Err(error) if error.kind() == Kind::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    /// The answer to a call, within the time for one.
    pub(crate) fn ask(&self, ask: &Ask) -> Result<Value, Error> {
        self.ask_until(ask, self.deadline())
    }

    pub(crate) fn ask_until(&self, ask: &Ask, deadline: Deadline) -> Result<Value, Error> {
        let Inner { settings, acted, tell, .. } = &*self.0;
        let before = acted.load(Ordering::SeqCst);
        let answer = match self.link(deadline)? {
            Link::Rpc(rpc) => self.over_rpc(rpc, ask, deadline),
            Link::Rest(rest) => {
                acted.fetch_or(ask.effect != Effect::Reads, Ordering::SeqCst);
                // A 500 of REST says that the call failed, which only of a read is likely to pass.
                let few = settings.policy.retries.min(Policy::default().retries);
                let retries = if ask.effect == Effect::Reads { settings.policy.retries } else { few };
                let policy = Policy { retries, deadline: deadline.left(), ..settings.policy };
                let answer = rest.exchange(ask, &policy, tell, &self.secrets());
                let job = answer.as_ref().ok().and_then(Value::as_u64).filter(|_| ask.is_job);
                answer.map(|value| job.map_or(Answer::Result(value), Answer::Job))
            }
        };
        if answer.as_ref().is_err_and(|error| !error.leaves_doubt()) {
            acted.store(before, Ordering::SeqCst);
        }
        match answer? {
            Answer::Result(value) => Ok(value),
            Answer::Job(id) => self.job(id, &ask.method, deadline),
        }
    }

    fn over_rpc(&self, rpc: &Rpc, ask: &Ask, deadline: Deadline) -> Result<Answer, Error> {
        let Inner { settings, acted, .. } = &*self.0;
        let mut attempts = 0;
        loop {
            acted.fetch_or(ask.effect != Effect::Reads, Ordering::SeqCst);
            let failed = match rpc.attempt(ask, settings, deadline, &self.secrets()) {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let error = failed.error;
            if failed.was_sent && ask.effect == Effect::Creates && error.leaves_doubt() {
                return Err(Error::UnknownOutcome { method: ask.method.clone(), cause: Box::new(error) });
            }
            attempts += 1;
            // A limit of calls by the minute passes, however often one has to ask.
            let may_repeat = attempts <= settings.policy.retries || is_rate_limit(&error);
            let Some(pause) = pause(&error, attempts).filter(|_| may_repeat) else {
                return Err(error.within(deadline.spent()));
            };
            self.tell(&format!("{error} Trying again."));
            if !deadline.pause(pause) {
                return Err(error.within(deadline.spent()));
            }
        }
    }

    fn link(&self, deadline: Deadline) -> Result<&Link, Error> {
        if let Some(link) = self.0.link.get() {
            return Ok(link);
        }
        let Inner { settings, tell, .. } = &*self.0;
        let anonymous = settings.server(Authorization::None)?;
        let policy = Policy { deadline: deadline.left(), ..settings.policy };
        let link = match way(&anonymous, &policy, tell)? {
            Way::Rpc(version) => Link::Rpc(Box::new(Rpc::new(anonymous, &settings.base_url()?, version))),
            Way::Rest => Link::Rest(Box::new(Rest::new(
                settings.server(Authorization::Bearer(settings.api_key.clone()))?,
            ))),
        };
        Ok(self.0.link.get_or_init(|| link))
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.0.settings.policy.deadline)
    }
}

/// How long to wait before a call is sent again; none if that would change nothing.
fn pause(error: &Error, attempts: u32) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(20);
    let first = match error {
        _ if is_rate_limit(error) => Duration::from_secs(5),
        Error::Refused { refusal, .. } if refusal.kind == Kind::RateLimited => Duration::from_millis(200),
        Error::Login { .. } | Error::Refused { .. } => return None,
        _ if matches!(error.kind(), Kind::Unavailable | Kind::Timeout) => Duration::from_millis(200),
        _ => return None,
    };
    Some((first * 2_u32.pow(attempts.min(8) - 1)).min(LONGEST))
}

/// Whether the server refuses for a while: not because of other calls at the same moment, which has no error number.
fn is_rate_limit(error: &Error) -> bool {
    error.kind() == Kind::RateLimited && error.refusal().is_none_or(|refusal| refusal.errno.is_some())
}
