//! The client, with three kinds of requests: read, create, change.
use crate::{Error, Moment};
use http_exchange::{
    Authorization, Call, Clock, Idempotency, KeySupport, Kind, Method, Policy, ProxyVariables, Reply, Server,
    SystemClock, TlsSettings,
};
use serde_json::Value;
use std::{cell::Cell, rc::Rc, time::Duration};

/// The settings to talk to an ARA server.
#[derive(Clone)]
pub struct Settings {
    /// `http://HOST[:PORT][/PATH]`; with `ARA_BASE_PATH` set on the server, that path is part of it.
    pub base_url: String,
    /// ARA itself supports only logins (`Basic`), and rejects a wrong one even where it needs none. A bearer token is for a
    /// proxy in front of it.
    pub authorization: Authorization,
    /// For https servers.
    pub tls: TlsSettings,
    /// The timeout of one attempt, from the name lookup to the end of the body.
    pub timeout: Duration,
    /// How often a request is retried after a transient failure.
    pub retries: u32,
    /// Where to look for a proxy.
    pub proxies: ProxyVariables,
    /// Time and randomness.
    pub clock: Rc<dyn Clock>,
}

impl Settings {
    /// No login, system trust, 2 s per attempt, 3 retries, the proxies of this process's environment.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            authorization: Authorization::None,
            tls: TlsSettings::default(),
            timeout: Duration::from_secs(2),
            retries: 3,
            proxies: ProxyVariables::of_this_process(),
            clock: Rc::new(SystemClock::default()),
        }
    }
}

/// An ARA server.
pub struct Client {
    server: Server,
    base_url: String,
    retries: u32,
    pub(crate) clock: Rc<dyn Clock>,
    /// When the current operation must be over, by `clock`.
    end: Cell<Duration>,
}

/// A piece of work may take this long unless [`Client::allow`] says otherwise.
const LONGEST_DEADLINE: Duration = Duration::from_secs(120);

impl Client {
    /// Checks the settings. Nothing is sent yet.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let (base_url, clock) = (settings.base_url.trim_end_matches('/').to_owned(), settings.clock.clone());
        let server = Server::new(http_exchange::Settings {
            base_url: settings.base_url,
            authorization: settings.authorization,
            tls: settings.tls,
            timeout: settings.timeout,
            proxies: settings.proxies,
            keys: KeySupport::Auto,
            keep_alive: false,
            user_agent: concat!("hatci.automation/", env!("CARGO_PKG_VERSION")),
            clock: settings.clock,
        })?;
        let end = Cell::new(clock.now().saturating_add(LONGEST_DEADLINE));
        Ok(Self { server, base_url, retries: settings.retries, clock, end })
    }

    /// Warnings about the settings, such as unencrypted credentials or an unverified certificate.
    pub fn warnings(&self) -> &[String] {
        self.server.warnings()
    }

    /// Limits all further calls together to this time.
    pub fn allow(&self, time: Duration) {
        self.end.set(self.clock.now().saturating_add(time));
    }

    /// The time left of what [`Client::allow`] set.
    pub(crate) fn left(&self) -> Duration {
        self.end.get().saturating_sub(self.clock.now())
    }

    /// The current time.
    pub(crate) fn moment(&self) -> Moment {
        Moment::of(self.clock.wall())
    }

    /// The URL of this page below the server's base URL.
    pub(crate) fn url(&self, page: &str) -> String {
        format!("{}/{page}", self.base_url)
    }

    /// The first object of this list, by ascending id. ARA ignores unknown filters, so they must be right.
    pub(crate) fn first(&self, kind: &str, filter: &str) -> Result<Option<Value>, Error> {
        Ok(self.list(kind, &format!("{filter}&limit=1"))?.into_iter().next())
    }

    /// The objects of this list, by ascending id: one page.
    pub(crate) fn list(&self, kind: &str, filter: &str) -> Result<Vec<Value>, Error> {
        let mut reply = self.get(&format!("{kind}?{filter}&order=id"))?;
        match reply.body.get_mut("results").map(Value::take) {
            Some(Value::Array(list)) => Ok(list),
            _ => Err(reply.unusable("it is not an ARA list").into()),
        }
    }

    /// `GET` of a path below the API.
    pub(crate) fn get(&self, path: &str) -> Result<Reply, Error> {
        self.exchange(&Call::list(format!("/api/v1/{path}")))
    }

    /// `POST` of what the server deduplicates itself: hosts by name and files by path, within a playbook.
    pub(crate) fn get_or_make(&self, kind: &str, body: Value) -> Result<u64, Error> {
        id(&self.exchange(&call(Method::Post, kind, body, Idempotency::Always))?)
    }

    /// `POST`, not retried once the server may have carried it out.
    pub(crate) fn make(&self, kind: &str, body: Value) -> Result<u64, Error> {
        id(&self.exchange(&call(Method::Post, kind, body, Idempotency::Never))?)
    }

    /// `PATCH` with these values.
    pub(crate) fn change(&self, kind: &str, id: u64, body: Value) -> Result<(), Error> {
        self.exchange(&call(Method::Patch, &format!("{kind}/{id}"), body, Idempotency::Always)).map(drop)
    }

    /// `DELETE`; failures are ignored.
    pub(crate) fn remove(&self, kind: &str, id: u64) {
        let path = format!("/api/v1/{kind}/{id}");
        drop(self.exchange(&Call { method: Method::Delete, ..Call::get(path) }));
    }

    /// Looks an object up, creates it if missing, and looks it up again before retrying a create in doubt.
    ///
    /// Returns its id, and whether this call created it.
    pub(crate) fn look_or_make(
        &self,
        look: &dyn Fn() -> Result<Option<u64>, Error>,
        make: &dyn Fn() -> Result<u64, Error>,
    ) -> Result<(u64, bool), Error> {
        let mut repeats = 0;
        loop {
            if let Some(id) = look()? {
                return Ok((id, repeats > 0));
            }
            match make() {
                Err(error) if error.kind() == Kind::UnknownOutcome && repeats < self.retries => repeats += 1,
                outcome => return outcome.map(|id| (id, true)),
            }
            self.pause();
        }
    }

    /// Pauses before retrying something in doubt.
    pub(crate) fn pause(&self) {
        self.clock.sleep(PAUSE.mul_f64(self.clock.random()).min(self.left()));
    }

    fn exchange(&self, call: &Call) -> Result<Reply, Error> {
        let policy = Policy { retries: self.retries, deadline: self.left(), ..Policy::default() };
        Ok(self.server.exchange(call, &policy, &|_| {})?)
    }
}

/// The longest pause before looking up or retrying something in doubt.
const PAUSE: Duration = Duration::from_millis(100);

fn call(method: Method, path: &str, body: Value, idempotency: Idempotency) -> Call {
    // The answer holds what was sent, which may be large.
    Call { method, body: Some(body.into()), idempotency, ..Call::list(format!("/api/v1/{path}")) }
}

fn id(reply: &Reply) -> Result<u64, Error> {
    id_in(&reply.body).ok_or_else(|| reply.unusable("it has no id").into())
}

/// The id that the server gave to this object.
pub(crate) fn id_in(object: &Value) -> Option<u64> {
    object.get("id")?.as_u64()
}
