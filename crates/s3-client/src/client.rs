//! The client: signs each request, and finds out what an answer means.
use crate::{
    address::{Endpoint, encoded_path},
    error::Error,
    judgement::{is_far, passes, refused, skewed, unsaid},
    request::{Answer, Request},
    settings::{Changes, Recipe, Settings},
    signature::{Signed, amz_date},
    xml::Element,
};
use http_exchange::{
    AnswerSize, Authorization, Call, ChangeInFlight, KeySupport, ListRoom, Policy, RetryNotice, Server,
};
use jiff::Timestamp;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::PoisonError,
    time::Duration,
};

/// For so long after a bucket was created `NoSuchBucket` means "not yet".
const UNTIL_CREATED: u32 = 10;
/// The slowest connection that a large request is given time for, in bytes a second.
const SLOWEST: u64 = 1 << 20;
/// An S3 server. Clones share its connections and what was learned of it.
#[derive(Clone)]
pub struct Client {
    settings: Rc<Settings>,
    endpoint: Endpoint,
    server: Rc<Server>,
    learned: Rc<RefCell<Learned>>,
    acted: Changes,
    policy: Policy,
    trouble: Rc<dyn Fn(&RetryNotice)>,
}

#[derive(Default)]
struct Learned {
    /// Where a bucket is, if not where the settings say.
    regions: BTreeMap<String, String>,
    /// Buckets created by this client.
    created: BTreeSet<String>,
}

impl Client {
    /// Checks the settings. Nothing is sent yet.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::counting(settings, Changes::default())
    }

    /// A client for the thread that this runs in.
    pub(crate) fn of(recipe: Recipe) -> Result<Self, Error> {
        let (settings, acted) = recipe.settings();
        Self::counting(settings, acted)
    }

    /// A client whose changes are among these.
    fn counting(settings: Settings, acted: Changes) -> Result<Self, Error> {
        let endpoint = Endpoint::parse(&settings.endpoint);
        let server = server(&settings, &endpoint, settings.timeout)?;
        acted.lock().unwrap_or_else(PoisonError::into_inner).push(server.acted());
        Ok(Self {
            endpoint,
            acted,
            server: Rc::new(server),
            learned: Rc::default(),
            policy: settings.policy,
            settings: Rc::new(settings),
            trouble: Rc::new(|_| {}),
        })
    }

    /// The same server; calls `tell` for every failed attempt that will be repeated.
    #[must_use]
    pub fn on_retry(&self, tell: impl Fn(&RetryNotice) + 'static) -> Self {
        Self { trouble: Rc::new(tell), ..self.clone() }
    }

    /// The same server, with time for requests that send or copy that many bytes.
    pub(crate) fn with_time_for(&self, bytes: u64) -> Result<Self, Error> {
        let more = Duration::from_secs(bytes / SLOWEST);
        let server = server(&self.settings, &self.endpoint, self.settings.timeout + more)?;
        let policy = Policy { deadline: self.policy.deadline + more, ..self.policy };
        self.acted.lock().unwrap_or_else(PoisonError::into_inner).push(server.acted());
        Ok(Self { server: Rc::new(server), policy, ..self.clone() })
    }

    /// What another thread needs for requests that send that many bytes to this bucket.
    pub(crate) fn recipe(&self, bucket: &str, bytes: u64) -> Recipe {
        let more = Duration::from_secs(bytes / SLOWEST);
        let settings = (*self.settings).clone();
        Recipe {
            endpoint: settings.endpoint,
            credentials: settings.credentials,
            region: self.region_of(bucket),
            tls: settings.tls,
            timeout: settings.timeout + more,
            policy: Policy { deadline: self.policy.deadline + more, ..self.policy },
            proxies: settings.proxies,
            acted: self.acted.clone(),
        }
    }

    /// Reports a failed attempt that another thread will repeat.
    pub(crate) fn tell(&self, trouble: &RetryNotice) {
        (self.trouble)(trouble);
    }

    /// Warnings about the settings, such as an unverified certificate.
    pub fn warnings(&self) -> &[String] {
        self.server.warnings()
    }

    /// Whether the server may have carried out a change, for as long as the call for it goes on.
    pub fn acted(&self) -> impl Fn() -> bool + Send + 'static {
        let all = self.acted.clone();
        move || all.lock().unwrap_or_else(PoisonError::into_inner).iter().any(ChangeInFlight::may_have)
    }

    /// The URL of an object, for whoever may read it without credentials.
    pub fn url_of(&self, bucket: &str, key: &str) -> String {
        self.endpoint.url_of(bucket, key)
    }

    /// The URL of an object of a bucket that is reachable below another URL, such as a web endpoint.
    pub fn url_below(&self, base: &str, key: &str) -> String {
        format!("{}{}", base.trim_end_matches('/'), encoded_path(key))
    }

    /// The region that requests for this bucket are signed for.
    pub fn region_of(&self, bucket: &str) -> String {
        self.learned.borrow().regions.get(bucket).unwrap_or(&self.settings.region).clone()
    }

    /// Requests for this bucket are patient from now on: it may take some seconds until the server knows it.
    pub(crate) fn has_created(&self, bucket: &str) {
        self.learned.borrow_mut().created.insert(bucket.to_owned());
    }

    /// Sends a request, again where that is safe and may help.
    pub(crate) fn send(&self, request: &Request) -> Result<Answer, Error> {
        self.send_within(request, self.policy.deadline)
    }

    /// As [`Client::send`], within this time.
    pub(crate) fn send_within(&self, request: &Request, time: Duration) -> Result<Answer, Error> {
        let (mut again, mut not_yet, mut signed_anew, mut attempts) = (0, 0, false, 0);
        let begun = self.settings.clock.now();
        loop {
            let spent = self.settings.clock.now().saturating_sub(begun);
            let policy = Policy { deadline: time.saturating_sub(spent), ..self.policy };
            let error = match self.send_once(request, &policy) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if let Some(region) = error.region()
                && !signed_anew
                && *region != self.region_of(&request.bucket)
            {
                self.learned.borrow_mut().regions.insert(request.bucket.clone(), region.to_owned());
                signed_anew = true;
            } else if matches!(error, Error::Clock { is_close: true, .. }) && !signed_anew {
                // The request had waited too long between two attempts: the next one has a new time.
                signed_anew = true;
            } else if error.is(&["NoSuchBucket"])
                && not_yet < UNTIL_CREATED
                && self.learned.borrow().created.contains(&request.bucket)
            {
                not_yet += 1;
                self.settings.clock.sleep(Duration::from_secs(1));
            } else if passes(&error) && again < policy.retries && Self::pause(again) < policy.deadline {
                self.settings.clock.sleep(Self::pause(again).mul_f64(self.settings.clock.random()));
                again += 1;
                attempts += error.stats().attempts;
            } else {
                return Err(error.after(attempts));
            }
        }
    }

    /// Method and URL of a request, for messages.
    pub(crate) fn call(&self, request: &Request) -> String {
        format!("{} {}{}", request.method, self.endpoint.url, request.path)
    }

    /// So many bytes for a list, and the time that one call has, from now on.
    pub(crate) fn list_room(&self, bytes: usize) -> ListRoom {
        ListRoom::new(bytes, self.settings.clock.clone(), self.policy.deadline)
    }

    /// The longest pause before what may pass is sent again, after so many times.
    fn pause(again: u32) -> Duration {
        Duration::from_secs(2 << again.min(3))
    }

    fn send_once(&self, request: &Request, policy: &Policy) -> Result<Answer, Error> {
        let clock = &*self.settings.clock;
        let time = Timestamp::try_from(clock.wall()).unwrap_or_default();
        let mut headers = request.headers.clone();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        add("host", self.endpoint.host.clone());
        add("x-amz-date", amz_date(&time));
        add("x-amz-content-sha256", request.sha256.clone());
        let path = format!("{}{}", self.endpoint.prefix, request.path);
        let signed = Signed {
            method: request.method.as_str(),
            path: &path,
            query: &request.query,
            headers: &headers,
            payload: &request.sha256,
        };
        let region = self.region_of(&request.bucket);
        let authorization = self.settings.credentials.authorization(&signed, &region, &time);
        // The exchange adds it itself.
        headers.retain(|(name, _)| name != "host");
        headers.push(("authorization".into(), authorization));
        headers.push(("accept".into(), "*/*".into()));
        // What a compressed answer hides, a resumed upload needs: its lengths and ETags.
        headers.push(("accept-encoding".into(), "identity".into()));
        let call = Call {
            method: request.method,
            path: request.target(),
            body: request.body.clone(),
            headers,
            key: None,
            idempotency: request.idempotency.clone(),
            answer: AnswerSize::Text,
        };
        self.server.record();
        let done = self.server.exchange(&call, policy, &*self.trouble);
        let last = self.server.recorded().pop().unwrap_or_default();
        let url = self.call(request);
        match done {
            Ok(reply) => match Element::error(reply.text()) {
                // Copying and completing begin to answer before they are done.
                Some(words) => Err(refused(url, &last, &words, reply.stats, true)),
                None => Ok(Answer { call: url, headers: last.headers, text: reply.text().to_owned() }),
            },
            Err(e) if e.status() != Some(last.status) => Err(e.into()),
            Err(e) => {
                let words = Element::error(&last.text).or_else(|| unsaid(&last)).unwrap_or_default();
                let is_mute = last.text.is_empty() && last.status == 403;
                if words.text_of("Code") == "RequestTimeTooSkewed" || is_mute && is_far(&last, clock.wall()) {
                    return Err(skewed(url, &last, clock.wall(), &time));
                }
                if words == Element::default() {
                    return Err(e.into());
                }
                Err(refused(url, &last, &words, e.stats(), e.may_have_acted()))
            }
        }
    }
}

fn server(settings: &Settings, endpoint: &Endpoint, timeout: Duration) -> Result<Server, Error> {
    Ok(Server::new(http_exchange::Settings {
        base_url: endpoint.url.clone(),
        // Each request brings its own signature.
        authorization: Authorization::None,
        tls: settings.tls.clone(),
        timeout,
        proxies: settings.proxies.clone(),
        keys: KeySupport::Ignored,
        keep_alive: true,
        user_agent: concat!("hatci.automation/", env!("CARGO_PKG_VERSION")),
        clock: settings.clock.clone(),
    })?)
}
