//! Is the server there, is it the right one, does it know us?
use crate::{CallStats, Error, Kind};
use serde_json::{Map, Value};

/// What `GET health` answered.
#[derive(Clone, Debug)]
pub struct Health {
    /// The whole answer.
    pub object: Map<String, Value>,
    /// What it took to get it.
    pub stats: CallStats,
}

/// What a look at the server found. Each but `Good` holds the error, whose text names the cause and the remedy.
#[derive(Clone, Debug)]
pub enum Ping {
    /// It is there, it is this API, and the token is good.
    Good(Health),
    /// No way to it: name, connection, proxy, or no answer in time.
    Unreachable(Error),
    /// No trust between us and it.
    Tls(Error),
    /// It refuses the token (401, 403).
    TokenRefused(Error),
    /// Something else answers: no such path, a redirect, a web page, anything but JSON.
    NotThisApi(Error),
    /// It is there but doesn't work at the moment, or answers what this call never should.
    Failing(Error),
}

impl Ping {
    pub(crate) fn of(answer: Result<Health, Error>) -> Self {
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
