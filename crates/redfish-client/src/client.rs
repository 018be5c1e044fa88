//! The client: one exchange, patient with an iDRAC that is not ready, and careful with what can't be done twice.
use crate::{
    answer::Answer,
    error::{Error, Refusal},
    identity::Identity,
    message::messages,
};
use http_exchange::{
    Authorization, Call, Clock, Fault, KeySupport, Policy, ProxyVariables, RecordedAnswer, Secret, Server,
    SystemClock, TlsSettings,
};
use std::{
    cell::{Cell, OnceCell},
    rc::Rc,
    time::Duration,
};

/// The settings to talk to an iDRAC.
#[derive(Clone)]
pub struct Settings {
    /// `https://HOST[:PORT]`.
    pub base_url: String,
    /// A user of the iDRAC.
    pub username: String,
    /// Its password. It is sent with each request; no session is opened, so none can be left open.
    pub password: Secret,
    /// For https.
    pub tls: TlsSettings,
    /// The timeout of one attempt, from the name lookup to the end of the body.
    pub timeout: Duration,
    /// The timeout of one call with all its attempts.
    pub deadline: Duration,
    /// Where to look for a proxy.
    pub proxies: ProxyVariables,
    /// Time and randomness.
    pub clock: Rc<dyn Clock>,
}

impl Settings {
    /// System trust, 30 s for an attempt, 120 s for a call, the proxies of this process's environment.
    pub fn new(base_url: impl Into<String>, username: impl Into<String>, password: Secret) -> Self {
        Self {
            base_url: base_url.into(),
            username: username.into(),
            password,
            tls: TlsSettings::default(),
            timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(120),
            proxies: ProxyVariables::of_this_process(),
            clock: Rc::new(SystemClock::default()),
        }
    }
}

/// An iDRAC.
pub struct Client {
    server: Server,
    base_url: String,
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) deadline: Duration,
    progress: Box<dyn Fn(&str)>,
    pub(crate) identity: OnceCell<Identity>,
    /// Whether it has refused the login: then nothing more is sent.
    is_locked_out: Cell<bool>,
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often a change is repeated after a fault of the server that is none of the known ones.
const REPEATS: u32 = 3;

/// Whether a request may be sent again after the iDRAC may have carried it out.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Repeat {
    /// It sets given values, or only reads.
    Harmless,
    /// It would be done twice.
    Harmful,
}

impl Client {
    /// Checks the settings. Nothing is sent yet. `progress` is called with a line whenever the client waits for an iDRAC that is not ready.
    pub fn new(settings: Settings, progress: impl Fn(&str) + 'static) -> Result<Self, Error> {
        // Everybody knows the service by its root, too.
        let base_url = settings.base_url.trim_end_matches('/');
        let base_url = base_url.strip_suffix("/redfish/v1").unwrap_or(base_url).to_owned();
        let server = Server::new(http_exchange::Settings {
            base_url: base_url.clone(),
            authorization: Authorization::Basic { username: settings.username, password: settings.password },
            tls: settings.tls,
            timeout: settings.timeout,
            proxies: settings.proxies,
            keys: KeySupport::Ignored,
            keep_alive: true,
            user_agent: concat!("hatci.automation/", env!("CARGO_PKG_VERSION")),
            clock: settings.clock.clone(),
        })?;
        // Headers and messages are read from there.
        server.record();
        Ok(Self {
            server,
            base_url,
            clock: settings.clock,
            deadline: settings.deadline,
            progress: Box::new(progress),
            identity: OnceCell::new(),
            is_locked_out: Cell::new(false),
        })
    }

    /// Warnings about the settings, such as unencrypted credentials or an unverified certificate.
    pub fn warnings(&self) -> &[String] {
        self.server.warnings()
    }

    /// What an answer may hold that must not be shown.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.server.secrets()
    }

    /// Whether the iDRAC may have carried out a change, for as long as the call for it goes on.
    pub fn acted(&self) -> http_exchange::ChangeInFlight {
        self.server.acted()
    }

    /// The time since this moment of the client's clock.
    pub(crate) fn since(&self, start: Duration) -> Duration {
        self.clock.now().saturating_sub(start)
    }

    pub(crate) fn say(&self, text: &str) {
        (self.progress)(text);
    }

    /// Sends a call until it is answered well, or can't be sent again.
    pub(crate) fn send(&self, call: &Call, repeat: Repeat) -> Result<Answer, Error> {
        self.send_within(call, repeat, self.deadline)
    }

    /// As [`Client::send`], within this time.
    pub(crate) fn send_within(&self, call: &Call, repeat: Repeat, time: Duration) -> Result<Answer, Error> {
        if self.is_locked_out.get() {
            return Err(Error::LoginRefused);
        }
        let mut call = call.clone();
        // Compressed answers have weak entity tags.
        call.headers.push(("accept-encoding".into(), "identity".into()));
        let start = self.clock.now();
        let (mut attempts, mut pause, mut acted) = (0, FIRST_PAUSE, false);
        loop {
            attempts += 1;
            let left = time.saturating_sub(self.since(start));
            let policy = Policy { retries: 0, deadline: left, ..Policy::default() };
            let outcome = self.server.exchange(&call, &policy, &|_| {});
            let recorded = self.server.recorded().pop();
            let error = match outcome {
                Ok(reply) => {
                    let answer = Answer::new(reply.body, recorded.as_ref());
                    match self.refusal_within(&answer, &call, recorded.as_ref(), attempts) {
                        None => return Ok(answer),
                        Some(refusal) => Error::Refused(Box::new(refusal)),
                    }
                }
                Err(error) => failure(error, recorded.as_ref(), attempts, acted),
            };
            acted |= error.may_have_acted();
            self.is_locked_out.set(error.status() == Some(401));
            let elapsed = self.since(start);
            if !may_help(&error, &call, repeat, attempts) {
                return Err(error);
            }
            let wait = pause.max(asked_for(&error).unwrap_or_default());
            if elapsed + wait >= time {
                return Err(out_of_time(error));
            }
            self.say(&format!("not ready yet, trying again in {} s. {error}", wait.as_secs_f64()));
            self.clock.sleep(wait);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The refusal of a change that came with a good status: a message says that something is wrong, and no job was made.
    fn refusal_within(
        &self,
        answer: &Answer,
        call: &Call,
        recorded: Option<&RecordedAnswer>,
        attempts: u32,
    ) -> Option<Refusal> {
        let is_refused = !call.method.only_reads()
            && answer.messages.iter().any(|it| it.is_trouble)
            && answer.job_id().is_none();
        is_refused.then(|| Refusal {
            method: call.method,
            url: format!("{}{}", self.base_url, call.path),
            status: recorded.map_or(200, |it| it.status),
            messages: answer.messages.clone(),
            text: String::new(),
            retry_after: None,
            attempts,
            is_out_of_time: false,
            may_have_acted: false,
        })
    }
}

/// Whether it may help to send a call again that has failed so, after so many attempts.
fn may_help(error: &Error, call: &Call, repeat: Repeat, attempts: u32) -> bool {
    let may_repeat = repeat == Repeat::Harmless || !error.may_have_acted();
    match error {
        Error::Refused(it) if it.status == 401 || it.says("RAC0218") => false,
        // It says that it did nothing.
        Error::Refused(it) if is_not_ready(it) => true,
        _ if !may_repeat => false,
        Error::Refused(it) if matches!(it.status, 503 | 429 | 408 | 425) => true,
        Error::Refused(it) if call.method.only_reads() && matches!(it.status, 500 | 502 | 504) => true,
        Error::Refused(it)
            if matches!(it.status, 502 | 504) || it.status == 500 && it.messages.is_empty() =>
        {
            attempts <= REPEATS
        }
        Error::Exchange(it) => matches!(
            it.fault(),
            Fault::NameNotResolved { .. }
                | Fault::NotConnected { .. }
                | Fault::Proxy { status: Some(500..), .. }
                | Fault::Timeout { .. }
                | Fault::Lost { .. }
        ),
        _ => false,
    }
}

/// "iDRAC is not ready", in all the ways in which it is said.
fn is_not_ready(refusal: &Refusal) -> bool {
    ["SWC0700", "SYS518", "ServiceTemporarilyUnavailable"].iter().any(|id| refusal.says(id))
}

/// How long the iDRAC asks to wait.
fn asked_for(error: &Error) -> Option<Duration> {
    match error {
        Error::Refused(refusal) => {
            let told = refusal.messages.iter().find(|it| it.id == "ServiceTemporarilyUnavailable");
            told.and_then(|it| it.args.first()?.parse().ok()).map(Duration::from_secs).or(refusal.retry_after)
        }
        _ => None,
    }
}

fn out_of_time(error: Error) -> Error {
    match error {
        Error::Refused(mut refusal) => {
            refusal.is_out_of_time = true;
            Error::Refused(refusal)
        }
        other => other,
    }
}

/// The failure of an exchange, with the iDRAC's messages if it sent any.
fn failure(
    error: http_exchange::Error,
    recorded: Option<&RecordedAnswer>,
    attempts: u32,
    acted: bool,
) -> Error {
    let (Fault::Refused { status, text, retry_after }, Some(method)) = (error.fault(), error.method()) else {
        return Error::Exchange(error);
    };
    let body = recorded.and_then(|it| it.text.json()).unwrap_or_default();
    Error::Refused(Box::new(Refusal {
        method,
        url: error.url().unwrap_or_default().into(),
        status: *status,
        messages: messages(&body),
        text: text.clone(),
        retry_after: *retry_after,
        attempts,
        is_out_of_time: false,
        may_have_acted: acted || error.may_have_acted(),
    }))
}
