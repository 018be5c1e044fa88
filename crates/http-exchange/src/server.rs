//! A server as this process talks to it: address, credentials, trust, proxy, connections, and what it has shown.
use crate::{
    attempt::{Answer, ForwardProxy, Sender},
    authorization::Authorization,
    base_url::{BaseUrl, Origin, without_secrets},
    byte_stream::ByteStream,
    call::{Call, CallStats, Idempotency, KeySupport, Method, Reply, Request},
    change_in_flight::ChangeInFlight,
    clock::{Clock, Deadline},
    connector::{self, Sent},
    error::{Error, Stop},
    fault::Fault,
    proxy::{Proxy, ProxyVariables},
    recorded::{Record, RecordedAnswer},
    retry::{Doubt, NOT_YET, Policy, RetryNotice, doubt, may_have_acted, wait},
    tls::TlsSettings,
};
use shown_text::{EncodedForms, SHORTEST};
use std::{cell::Cell, fmt, rc::Rc, time::Duration};
use ureq::{Agent, http::HeaderValue};

/// What is needed to talk to a server.
#[derive(Clone)]
pub struct Settings {
    /// `http://` or `https://`, a host, perhaps a port and a path. Trailing slashes are dropped; user info is refused.
    pub base_url: String,
    /// Sent with every request.
    pub authorization: Authorization,
    /// For https servers.
    pub tls: TlsSettings,
    /// The time for one attempt, from the name look-up to the end of the body.
    pub timeout: Duration,
    /// Where to look for a proxy.
    pub proxies: ProxyVariables,
    /// Whether it honours idempotency keys, where the user knows.
    pub keys: KeySupport,
    /// Whether a connection is kept for the next request.
    ///
    /// The servers that come with Python write an answer in two pieces. On a connection that was used before, the second
    /// piece waits until the first is acknowledged, which takes Linux 40 ms; on a new one that happens at once.
    pub keep_alive: bool,
    /// The `User-Agent` header.
    pub user_agent: &'static str,
    /// Time and chance.
    pub clock: Rc<dyn Clock>,
}

/// One server. Connections to it are kept open and used again.
pub struct Server {
    pub(crate) base: BaseUrl,
    pub(crate) sender: Sender,
    timeout: Duration,
    pub(crate) clock: Rc<dyn Clock>,
    warnings: Vec<String>,
    acted: ChangeInFlight,
    secrets: Vec<String>,
    tls: TlsSettings,
}

impl Server {
    /// Checks the settings. Nothing is sent, and no certificate is read, before the first exchange.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let base = BaseUrl::parse(&settings.base_url)?;
        let authorization = settings.authorization.header()?;
        let proxy = settings.proxies.choose(&base.origin)?;
        let mut secrets = settings.authorization.secrets();
        if let Some(proxy) = &proxy {
            secrets.extend(proxy.login.secrets());
        }
        let mut warnings = Vec::new();
        if authorization.is_some() && !base.origin.https && !base.origin.is_loopback() {
            warnings.push(format!(
                "The credentials for {} are sent unencrypted. Use https, or a network that nobody else can access.",
                base.origin
            ));
        }
        if base.origin.https && !settings.tls.verify {
            warnings.push(format!(
                "The certificate of {} is not checked, so the credentials are exposed to anyone on the network path. \
                 Give the CA file of the server instead.",
                base.origin
            ));
        }
        let sender = sender(&settings, &base, authorization, proxy, EncodedForms::of(&secrets))?;
        let acted = ChangeInFlight::new(sender.sent.clone());
        Ok(Self {
            base,
            sender,
            timeout: settings.timeout.min(LONGEST_TIMEOUT),
            clock: settings.clock,
            warnings,
            acted,
            secrets,
            tls: settings.tls,
        })
    }

    /// What the user should know about the settings, one sentence of cause and one of remedy each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The credentials, those for the proxy too. Errors hold none of them in any form, but the JSON of a good answer may: whoever
    /// shows it hides them and their [`EncodedForms`]. Those of less than 4 characters are left out, since they turn up by chance.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str).filter(|secret| secret.len() >= SHORTEST)
    }

    /// Whether nobody on the way can read what is sent: it is an https server, or one on this machine.
    pub fn is_private(&self) -> bool {
        self.base.origin.https || self.base.origin.is_loopback()
    }

    /// Whether an answer has shown that the server honours idempotency keys.
    pub fn shows_keys(&self) -> bool {
        self.sender.shows_keys.get()
    }

    /// Has every answer kept as it comes, until [`Server::recorded`] takes it.
    pub fn record(&self) {
        self.sender.record.start();
    }

    /// The answers since the last time, of all attempts; none unless [`Server::record`] was called.
    pub fn recorded(&self) -> Vec<RecordedAnswer> {
        self.sender.record.take()
    }

    /// Whether the server may have carried out a change, for as long as the call for it goes on.
    pub fn acted(&self) -> ChangeInFlight {
        self.acted.clone()
    }

    /// Opens a connection of its own, for another protocol on the same address: with the same trust, and for https through
    /// the same proxy. A plain-http server is reached directly, because proxies forward only requests to those.
    pub fn open(&self, timeout: Duration) -> Result<ByteStream, Error> {
        let uri = self.base.uri("/")?;
        let url = without_secrets(&uri.to_string());
        let connected = connector::connect(
            self.sender.agent.config(),
            self.tls.clone(),
            &uri,
            timeout.min(LONGEST_TIMEOUT),
        );
        connected.map(ByteStream::new).map_err(|e| {
            self.sender.sent.reset();
            let request = Request { method: Method::Get, url, key: None };
            Error::new(self.sender.fault(e, timeout), request, CallStats::default(), Stop::Final, false)
        })
    }

    /// The end of so much time from now on, for several calls together.
    pub fn deadline(&self, time: Duration) -> Deadline {
        Deadline::new(self.clock.clone(), time)
    }

    /// Sends a call, again where that is safe, until it is answered well or the policy ends it.
    /// `trouble` hears of every failed attempt that will be repeated.
    pub fn exchange(
        &self,
        call: &Call,
        policy: &Policy,
        trouble: &dyn Fn(&RetryNotice),
    ) -> Result<Reply, Error> {
        let deadline = self.deadline(policy.deadline);
        let (elapsed, left) = (|| deadline.elapsed(), || deadline.left());
        let uri = self.base.uri(&call.path)?;
        let request =
            Request { method: call.method, url: without_secrets(&uri.to_string()), key: call.key.clone() };
        let mut acted = false;
        let changes = !call.method.only_reads();
        if changes {
            self.acted.set(false);
        }
        let mut attempts = 0;
        loop {
            attempts += 1;
            let fault = match self.sender.attempt(call, &uri, self.timeout.min(left()), self.clock.wall()) {
                Ok(Answer { status, body, text, next, total }) => {
                    // What one of these attempts may have done was not done before them.
                    let replayed = self.sender.replayed.get() && !acted;
                    let stats = CallStats { attempts, elapsed: elapsed(), replayed };
                    return Ok(Reply { status, body, text, next, total, stats, request, deadline });
                }
                Err(fault) => fault,
            };
            acted |= may_have_acted(&fault);
            if changes {
                self.acted.set(acted);
            }
            let in_doubt = acted && !matches!(call.idempotency, Idempotency::Always);
            // A conflict means that an earlier request with this key is still at work, if we are in doubt or the server says
            // when to come again: that is waited for until the deadline.
            let still_running = fault.status() == Some(409)
                && (in_doubt || policy.retries > 0 && fault.retry_after().is_some());
            let not_yet = fault.status() == Some(404) && elapsed() < policy.not_found_grace;
            let wait = if not_yet { Some(NOT_YET) } else { wait(&fault, call, attempts, &*self.clock) };
            let is_allowed = not_yet || attempts <= policy.retries || still_running;
            let stop = match wait {
                None => Stop::Final,
                Some(_) if !is_allowed => Stop::Retries,
                Some(wait) if wait >= left() => Stop::Deadline,
                Some(_) if in_doubt && !self.repeat_is_safe(call, left(), policy, trouble) => Stop::Final,
                Some(wait) => {
                    // Of what isn't there yet, one line is enough.
                    if !not_yet || attempts == 1 {
                        let most = policy.retries.max(attempts).checked_add(1);
                        trouble(&RetryNotice { attempt: attempts, attempts: most, fault, wait });
                    }
                    self.clock.sleep(wait.min(left()));
                    continue;
                }
            };
            let fault = if in_doubt { Fault::UnknownOutcome { cause: Box::new(fault) } } else { fault };
            let stats = CallStats { attempts, elapsed: elapsed(), replayed: false };
            return Err(Error::new(fault, request, stats, stop, acted));
        }
    }

    /// Whether a call that may have been carried out can be sent again without being carried out twice.
    fn repeat_is_safe(
        &self,
        call: &Call,
        deadline: Duration,
        policy: &Policy,
        trouble: &dyn Fn(&RetryNotice),
    ) -> bool {
        let policy = Policy { deadline, not_found_grace: Duration::ZERO, ..*policy };
        let honours_keys = &self.sender.honours_keys;
        if let Doubt::Ask { path } = doubt(&call.idempotency, honours_keys.get()) {
            let question = Call { key: call.key.clone(), ..Call::get(path) };
            if self.exchange(&question, &policy, trouble).is_ok() && honours_keys.get().is_none() {
                honours_keys.set(Some(false));
            }
        }
        doubt(&call.idempotency, honours_keys.get()) == Doubt::Idempotency
    }
}

fn sender(
    settings: &Settings,
    base: &BaseUrl,
    authorization: Option<HeaderValue>,
    proxy: Option<Proxy>,
    secrets: EncodedForms,
) -> Result<Sender, Fault> {
    let peer = |origin: &Origin| format!("{}:{}", origin.host, origin.port);
    let proxy_peer = proxy.as_ref().map(|proxy| peer(&proxy.origin));
    let (tunnel, forward) = match proxy {
        Some(proxy) if base.origin.https => (Some(proxy.tunnel), None),
        Some(proxy) => {
            (None, Some(ForwardProxy { authorization: proxy.login.header()?, origin: proxy.origin }))
        }
        None => (None, None),
    };
    let config = Agent::config_builder()
        .proxy(tunnel)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_response_header_size(MOST_HEADERS)
        .input_buffer_size(2 * MOST_HEADERS)
        .output_buffer_size(16 << 10)
        .max_idle_connections(if settings.keep_alive { MOST_IDLE } else { 0 })
        .user_agent(settings.user_agent)
        .build();
    let sent = Sent::default();
    let forward_to = forward.is_some().then(|| base.origin.to_string());
    Ok(Sender {
        agent: connector::agent(config, settings.tls.clone(), forward_to, sent.clone()),
        server: peer(&base.origin),
        proxy: proxy_peer,
        authorization,
        forward,
        sent,
        secrets,
        keys: settings.keys,
        honours_keys: Cell::new(settings.keys.known()),
        shows_keys: Cell::new(false),
        replayed: Cell::new(false),
        record: Record::default(),
    })
}

/// More than a day for one attempt is no limit, and more than some centuries would not fit into a time.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Connections kept for the next request; one exchange at a time uses one.
const MOST_IDLE: usize = 1;
/// All response headers together, in bytes; the buffer must hold more, or it looks like an end of the connection.
/// ureq allows 128 of them.
const MOST_HEADERS: usize = 32 << 10;

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("origin", &self.base.origin).finish_non_exhaustive()
    }
}
