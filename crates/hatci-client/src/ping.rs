//! Is the server there, is it the right one, does it know us?
use crate::{CallStats, Client, Error, EventId, Kind, ListOf, fields};
use http_exchange::{AnswerSize, Call, IdempotencyKey, Reply};
use serde_json::{Map, Value};

pub(crate) const HEALTH: &str = "/api/v1/health";

/// The answer to `GET health`.
#[derive(Clone, Debug)]
pub struct Health {
    /// The whole answer.
    pub object: Map<String, Value>,
    /// What it took to get it.
    pub stats: CallStats,
}

/// The result of the check. All but `Good` contain the error, whose text gives cause and remedy.
#[derive(Clone, Debug)]
pub enum Ping {
    /// It is reachable, it is this API, and the token is valid.
    Good(Health),
    /// It can't be reached: name, connection, proxy, or timeout.
    Unreachable(Error),
    /// TLS failed.
    Tls(Error),
    /// It rejects the token (401, 403).
    TokenRefused(Error),
    /// It is something else: no such path, a redirect, a web page, or anything but JSON.
    NotThisApi(Error),
    /// It is temporarily failing, or gives an answer that this call never should.
    Failing(Error),
}

impl Ping {
    /// The result of the check, by the answer to `GET health`.
    pub fn of(answer: Result<Health, Error>) -> Self {
        let error = match answer {
            Ok(health) => return Self::Good(health),
            Err(error) => error,
        };
        match (error.kind(), error.status()) {
            (Kind::Auth, Some(401 | 403)) => Self::TokenRefused(error),
            (Kind::NotFound | Kind::Protocol, _) | (_, Some(405)) => Self::NotThisApi(error),
            (Kind::Tls, _) => Self::Tls(error),
            (Kind::Timeout | Kind::Unavailable | Kind::Auth, None | Some(407)) => Self::Unreachable(error),
            _ => Self::Failing(error),
        }
    }
}

impl Client {
    /// `GET health`. It sends an idempotency key, which a server that honours keys may return.
    pub fn health(&self) -> Result<Health, Error> {
        let reply = self.ask_health(AnswerSize::Object)?;
        Ok(Health { object: fields::object(&reply)?, stats: reply.stats })
    }

    /// Whether the server can be used, for who needs nothing else of [`Client::health`]. Any text will do, as JSON or not: some servers answer
    /// with a plain `OK`. A list is the answer to another call, and a web page that of another server. A server without this call is
    /// there if it accepts the token or lists its vehicles.
    pub fn reach(&self) -> Result<(), Error> {
        let Err(error) = self.reach_health() else { return Ok(()) };
        let may_lack_it = matches!(Ping::of(Err(error.clone())), Ping::NotThisApi(_));
        let is_there = may_lack_it && (self.accepts_token(Some(&error))? || self.lists_vehicles());
        if is_there { Ok(()) } else { Err(error) }
    }

    fn reach_health(&self) -> Result<(), Error> {
        let error = match self.ask_health(AnswerSize::Object) {
            Ok(reply) if reply.body.is_array() => return Ok(fields::object(&reply).map(drop)?),
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let is_answered = error.kind() == Kind::Protocol && error.status().is_some_and(|it| it < 300);
        let is_text = |reply: Reply| !reply.text().trim_start().starts_with(['<', '{', '[']);
        if is_answered && self.ask_health(AnswerSize::Text).is_ok_and(is_text) { Ok(()) } else { Err(error) }
    }

    /// Asks for an event that can't exist: a server that says so is SUMS and has accepted the token. False: it says something else.
    /// `no_health`: how `GET health` failed, if it did. The error: the token is refused.
    pub fn accepts_token(&self, no_health: Option<&Error>) -> Result<bool, Error> {
        let nobody = EventId::parse("pending")?;
        match self.without_grace().event(&nobody) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == Kind::Auth => Err(error),
            Err(error) => Ok(is_of_sums(&error, &nobody, no_health)),
        }
    }

    fn lists_vehicles(&self) -> bool {
        self.pages(ListOf::Vehicles, None, &self.deadline(), 1, &|_| false).is_ok()
    }

    fn ask_health(&self, answer: AnswerSize) -> Result<Reply, Error> {
        let call = Call { key: Some(IdempotencyKey::random()), answer, ..Call::get(HEALTH) };
        self.without_grace().exchange(&call)
    }

    /// `GET health`, with its failure interpreted.
    pub fn ping(&self) -> Ping {
        Ping::of(self.health())
    }
}

/// Whether `error`, the answer to a request for an event that does not exist, is that of SUMS. Another API on that host has the same words
/// for `GET health`, which is not there either.
pub fn is_of_sums(error: &Error, id: &EventId, no_health: Option<&Error>) -> bool {
    let words = |error: &Error, path: &str| error.server_text().unwrap_or_default().replace(path, "");
    let is_like = |health: &Error| {
        health.status() == error.status() && words(health, "health") == words(error, &format!("events/{id}"))
    };
    error.kind() == Kind::NotFound && !no_health.is_some_and(is_like)
}
