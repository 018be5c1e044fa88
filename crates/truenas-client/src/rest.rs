//! Calls over REST v2.0, for 24.10 and earlier.
use crate::{
    Error,
    ask::{Ask, Effect},
    login::unauthorized,
    refusal::Refusal,
};
use http_exchange::{AnswerSize, Call, Fault, Idempotency, Policy, Server};
use serde_json::Value;
use shown_text::EncodedForms;

pub(crate) struct Rest {
    server: Server,
}

impl Rest {
    /// `server` sends the key with every call.
    pub(crate) fn new(server: Server) -> Self {
        // A refusal names fields in a form of its own.
        server.record();
        Self { server }
    }

    /// Sends a call, again where that is safe.
    pub(crate) fn exchange(
        &self,
        ask: &Ask,
        policy: &Policy,
        tell: &dyn Fn(&str),
        secrets: &EncodedForms,
    ) -> Result<Value, Error> {
        let call = Call {
            method: ask.rest.method,
            body: ask.rest.body.clone().map(Into::into),
            idempotency: if ask.effect == Effect::Creates { Idempotency::Never } else { Idempotency::Always },
            answer: AnswerSize::List,
            ..Call::get(format!("/api/v2.0{}", ask.rest.path))
        };
        let outcome = self.server.exchange(&call, policy, &|notice| tell(&notice.to_string()));
        let last = self.server.recorded().pop();
        match (outcome, last) {
            (Ok(reply), _) => Ok(reply.body),
            (Err(error), _) if error.status() == Some(401) => Err(unauthorized()),
            (Err(error), Some(answer)) if is_refusal(&error) && answer.text.starts_with('{') => {
                let refusal =
                    Refusal::of_rest(answer.status, answer.text.json().unwrap_or_default(), secrets);
                Err(Error::Refused { method: ask.method.clone(), refusal })
            }
            (Err(error), _) => Err(match error.fault() {
                Fault::UnknownOutcome { cause } => Error::unknown(&ask.method, cause),
                _ => error.into(),
            }),
        }
    }
}

/// Whether the server said in its own form that it refuses, and nothing is left in doubt. (Of a 500 only the message is read: the rest
/// of its body is a trace.)
fn is_refusal(error: &http_exchange::Error) -> bool {
    matches!(error.status(), Some(400 | 404 | 422 | 500))
}
