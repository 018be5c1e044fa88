//! The client: one method per call.
use crate::{
    Deployment, DeploymentId, Error, Event, EventId, ListOf, Listing, NewDeployment, NewEvent, NewTestEvent,
    TestEvent, TestEventId, TestOutcome, fields, ping::HEALTH,
};
use http_exchange::{
    Authorization, Call, ChangeInFlight, Clock, Deadline, Idempotency, IdempotencyKey, KeySupport, Method,
    Policy, ProxyVariables, Reply, RetryNotice, Secret, Server, SystemClock, TlsSettings,
};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, rc::Rc, time::Duration};

/// The settings to talk to a SUMS server.
#[derive(Clone)]
pub struct Settings {
    /// `https://HOST[:PORT][/PATH]`; the API is below it at `/api/v1`.
    pub base_url: String,
    /// Sent as bearer token with every request.
    pub token: Secret,
    /// For https servers.
    pub tls: TlsSettings,
    /// The timeout of one attempt, from the name lookup to the end of the body.
    pub timeout: Duration,
    /// Retries and deadline of each call.
    pub policy: Policy,
    /// Whether the server honours idempotency keys, if the user knows.
    pub keys: KeySupport,
    /// Where to look for a proxy.
    pub proxies: ProxyVariables,
    /// Time and randomness.
    pub clock: Rc<dyn Clock>,
}

impl Settings {
    /// System trust, 30 s for an attempt, the default policy, the proxies of this process's environment.
    pub fn new(base_url: impl Into<String>, token: Secret) -> Self {
        Self {
            base_url: base_url.into(),
            token,
            tls: TlsSettings::default(),
            timeout: Duration::from_secs(30),
            policy: Policy::default(),
            keys: KeySupport::Auto,
            proxies: ProxyVariables::of_this_process(),
            clock: Rc::new(SystemClock::default()),
        }
    }
}

/// A SUMS server. Clones share its connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) server: Rc<Server>,
    policy: Policy,
    trouble: Rc<dyn Fn(&RetryNotice)>,
    /// Whether a read without an id is unusable.
    names_ids: bool,
}

impl Client {
    /// Checks the settings. Nothing is sent yet.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        if settings.base_url.trim().trim_end_matches('/').ends_with("/api/v1") {
            return Err(Error::BaseUrlWithPath);
        }
        let server = Server::new(http_exchange::Settings {
            base_url: settings.base_url,
            authorization: Authorization::Bearer(settings.token),
            tls: settings.tls,
            timeout: settings.timeout,
            proxies: settings.proxies,
            keys: settings.keys,
            keep_alive: true,
            user_agent: concat!("hatci.automation/", env!("CARGO_PKG_VERSION")),
            clock: settings.clock,
        })?;
        Ok(Self {
            server: Rc::new(server),
            policy: settings.policy,
            trouble: Rc::new(|_| {}),
            names_ids: false,
        })
    }

    /// The same server with another policy: `retries: 0` for a poll with its own loop, or a `deadline` of what is
    /// left of a wait.
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        Self { policy, ..self.clone() }
    }

    /// The same server; calls `tell` for every failed attempt that will be retried.
    #[must_use]
    pub fn on_retry(&self, tell: impl Fn(&RetryNotice) + 'static) -> Self {
        Self { trouble: Rc::new(tell), ..self.clone() }
    }

    /// The same server; a 404 is final at once, as for an id that the user gives.
    #[must_use]
    pub fn without_grace(&self) -> Self {
        self.with_policy(Policy { not_found_grace: Duration::ZERO, ..self.policy })
    }

    /// The same server, which has named ids: an event or a deployment that is read without one is unusable, as it may be anything's.
    #[must_use]
    pub fn naming_ids(&self) -> Self {
        Self { names_ids: true, ..self.clone() }
    }

    /// Retries and deadline of each call.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Warnings about the settings, such as an unencrypted token or an unverified certificate.
    pub fn warnings(&self) -> &[String] {
        self.server.warnings()
    }

    /// What an answer may hold that must not be shown: token and proxy password, in all their encoded forms.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.server.secrets()
    }

    /// Whether an answer has shown that the server honours idempotency keys: the answer to a create shows it, and that to
    /// [`Client::health`] may.
    pub fn shows_keys(&self) -> bool {
        self.server.shows_keys()
    }

    /// Whether the server may have carried out a change, for as long as the call for it goes on.
    pub fn acted(&self) -> ChangeInFlight {
        self.server.acted()
    }

    /// Lists all objects of a kind, or those of one vehicle. Follows the server's links to further pages, all of them within the
    /// policy's deadline. Not every server can list everything: one that can't answers 404 or 405.
    pub fn list(&self, of: ListOf, vin: Option<&str>) -> Result<Listing, Error> {
        let deadline = self.deadline();
        let Some(vin) = vin else { return self.pages(of, None, &deadline, MOST_PAGES, &|_| true) };
        let of_vehicle = |of| self.pages(of, Some(vin), &deadline, MOST_PAGES, &|object| is_of(object, vin));
        if of != ListOf::Deployments {
            return of_vehicle(of);
        }
        // They name their event, but not always their vehicle.
        let events = of_vehicle(ListOf::Events)?;
        let id_of = |object: &Map<String, Value>| fields::text(object, &["event_id", "id"]);
        let ids: BTreeSet<_> = events.objects.iter().filter_map(id_of).collect();
        let named = |object: &Map<String, Value>| fields::text(object, &["event_id"]);
        self.pages(of, Some(vin), &deadline, MOST_PAGES, &|object| {
            is_of(object, vin) || named(object).is_some_and(|id| ids.contains(&id))
        })
    }

    pub(crate) fn pages(
        &self,
        of: ListOf,
        vin: Option<&str>,
        deadline: &Deadline,
        most_pages: usize,
        fits: &dyn Fn(&Map<String, Value>) -> bool,
    ) -> Result<Listing, Error> {
        let (mut found, mut path) = (Listing::default(), of.start(vin));
        // A VIN belongs to one vehicle.
        let only_one = of == ListOf::Vehicles && vin.is_some();
        let mut read = 0;
        for _ in 0..most_pages {
            let policy = Policy { deadline: deadline.left(), ..self.without_grace().policy };
            let reply = self.server.exchange(&Call::stream(&*path), &policy, &*self.trouble);
            let reply = reply.map_err(|e| e.within(deadline))?;
            let page = found.add(&reply, of, only_one, fits, deadline)?;
            read += page.count;
            if page.is_enough {
                return Ok(found);
            }
            let Some(next) = page.next else {
                found.is_cut |= page.has_more || page.total.is_some_and(|total| total > read);
                return Ok(found);
            };
            match of.next(&next) {
                Some(next) if next != path => path = next,
                _ => break, // it leads elsewhere, or here again
            }
        }
        found.is_cut = true;
        Ok(found)
    }

    /// `POST events`.
    ///
    /// Like every create, it carries the key with each attempt. While nothing was sent, or the server refused, it is
    /// retried according to the policy. Once the server may have acted, it is retried only if the server has shown that it
    /// honours keys; if it hasn't yet, `GET health` is sent with the key to find out. Otherwise it ends as
    /// [`Kind::UnknownOutcome`](crate::Kind::UnknownOutcome), and the error contains the key.
    pub fn create_event(&self, event: &NewEvent, key: &IdempotencyKey) -> Result<Event, Error> {
        Event::read(&self.create("/api/v1/events", event.body(), key)?, None)
    }

    /// `GET events/ID`.
    pub fn event(&self, id: &EventId) -> Result<Event, Error> {
        let reply = self.get(format!("/api/v1/events/{}", id.segment()))?;
        let event = Event::read(&reply, Some(id))?;
        self.unless_nameless(&reply, event.names_id).map(|()| event)
    }

    /// `POST events/ID/fix`. It is idempotent, so it is retried like a read. A 409
    /// ([`Kind::Conflict`](crate::Kind::Conflict)) may mean that it is fixed already: check with [`Client::event`].
    pub fn fix_event(&self, id: &EventId) -> Result<Event, Error> {
        let path = format!("/api/v1/events/{}/fix", id.segment());
        let body = Some(Value::Object(Map::new()).into());
        let call = Call { method: Method::Post, body, ..Call::get(path) };
        Event::read(&self.unless_failed(self.exchange(&call)?)?, Some(id))
    }

    /// `POST deployments`. A create: see [`Client::create_event`].
    pub fn create_deployment(&self, new: &NewDeployment, key: &IdempotencyKey) -> Result<Deployment, Error> {
        Deployment::read(&self.create("/api/v1/deployments", new.body(), key)?, None)
    }

    /// `GET deployments/ID`.
    pub fn deployment(&self, id: &DeploymentId) -> Result<Deployment, Error> {
        let reply = self.get(format!("/api/v1/deployments/{}", id.segment()))?;
        let deployment = Deployment::read(&reply, Some(id))?;
        self.unless_nameless(&reply, deployment.names_id).map(|()| deployment)
    }

    /// `POST test_events`. A create: see [`Client::create_event`].
    pub fn create_test_event(&self, new: &NewTestEvent, key: &IdempotencyKey) -> Result<TestEvent, Error> {
        TestEvent::read(&self.create("/api/v1/test_events", new.body(), key)?, None)
    }

    /// `GET test_events/ID`. Not every server has this call: one without it may answer anything.
    pub fn test_event(&self, id: &TestEventId) -> Result<TestEvent, Error> {
        let path = format!("/api/v1/test_events/{}", id.segment());
        TestEvent::read(&self.without_grace().get(path)?, Some(id))
    }

    /// `PATCH test_events/ID`. An answer that shows the verdict is good whatever else it says: a `success` of false may be the test's.
    pub fn update_test_event(&self, id: &TestEventId, outcome: &TestOutcome) -> Result<TestEvent, Error> {
        let path = format!("/api/v1/test_events/{}", id.segment());
        let body = Some(outcome.body().into());
        let call = Call { method: Method::Patch, body, ..Call::get(path) };
        let reply = self.exchange(&call)?;
        let updated = TestEvent::read(&reply, Some(id))?;
        if updated.verdict() != Some(outcome.status) {
            self.unless_failed(reply)?;
        }
        Ok(updated)
    }

    pub(crate) fn get(&self, path: impl Into<String>) -> Result<Reply, Error> {
        self.exchange(&Call::get(path))
    }

    pub(crate) fn create(&self, path: &str, body: Value, key: &IdempotencyKey) -> Result<Reply, Error> {
        self.unless_failed(self.exchange(&Call {
            method: Method::Post,
            body: Some(body.into()),
            key: Some(key.clone()),
            idempotency: Idempotency::WithKey { probe: HEALTH },
            ..Call::get(path)
        })?)
    }

    /// Refuses the answer to a change that says that it failed. If it names an id, something may have been done all the same.
    fn unless_failed(&self, reply: Reply) -> Result<Reply, Error> {
        if !fields::says_failed(&reply.body) {
            return Ok(reply);
        }
        let ids = ["id", "event_id", "deployment_id", "test_event_id"];
        let names_id = reply.body.as_object().is_some_and(|it| fields::text(it, &ids).is_some());
        Err(reply.refusal(self.secrets(), names_id).into())
    }

    fn unless_nameless(&self, reply: &Reply, names_id: bool) -> Result<(), Error> {
        match (self.names_ids, names_id) {
            (true, false) => Err(reply.unusable("it names no id, although earlier answers did").into()),
            _ => Ok(()),
        }
    }

    /// The end of the time that a call has which begins now.
    pub(crate) fn deadline(&self) -> Deadline {
        self.server.deadline(self.policy.deadline)
    }

    pub(crate) fn exchange(&self, call: &Call) -> Result<Reply, Error> {
        Ok(self.server.exchange(call, &self.policy, &*self.trouble)?)
    }
}

fn is_of(object: &Map<String, Value>, vin: &str) -> bool {
    fields::text(object, &["vin", "VIN"]).is_some_and(|shown| shown.trim().eq_ignore_ascii_case(vin))
}

/// The most pages that are read, in case a server never ends the list.
const MOST_PAGES: usize = 1000;
