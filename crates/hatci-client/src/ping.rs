//! Is the server there, is it the right one, does it know us?
use crate::{CallStats, Error, Kind};
use serde_json::{Map, Value};

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
