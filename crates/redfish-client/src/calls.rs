//! The three kinds of requests: read, change to given values, start something.
use crate::{Client, Error, answer::Answer, client::Repeat};
use http_exchange::{Call, Content, Method};
use serde_json::Value;

/// How often an entity tag is renewed for one change.
const MOST_RENEWALS: u32 = 5;

impl Client {
    /// `GET` of one object or list.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, Error> {
        self.send(&Call::list(path), Repeat::Harmless)
    }

    /// As [`Client::get`]; none if it is not there.
    pub(crate) fn look_up(&self, path: &str) -> Result<Option<Answer>, Error> {
        match self.get(path) {
            Err(error) if matches!(error.status(), Some(404 | 405)) => Ok(None),
            other => other.map(Some),
        }
    }

    /// `PATCH` with these values, with the entity tag of the moment where the iDRAC gives any.
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        let mut renewals = 0;
        loop {
            let etag = if self.identity()?.idrac.has_etags() {
                self.look_up(path)?.and_then(|it| it.etag)
            } else {
                None
            };
            let headers = etag.map(|etag| ("if-match".to_owned(), etag)).into_iter().collect();
            let call = Call {
                method: Method::Patch,
                headers,
                body: Some(Content::Json(body.clone())),
                ..Call::list(path)
            };
            match self.send(&call, Repeat::Harmless) {
                // Somebody else has changed it in between, or a first attempt of this one whose answer was lost.
                Err(error) if error.status() == Some(412) && renewals < MOST_RENEWALS => {
                    let was_lost = error.refusal().is_some_and(|it| it.attempts > 1);
                    renewals = if was_lost { renewals + 1 } else { MOST_RENEWALS };
                }
                outcome => return outcome,
            }
        }
    }

    /// `POST`; an entity tag never belongs to it.
    pub(crate) fn post(&self, path: &str, body: &Value, repeat: Repeat) -> Result<Answer, Error> {
        self.send(
            &Call { method: Method::Post, body: Some(Content::Json(body.clone())), ..Call::list(path) },
            repeat,
        )
    }
}
