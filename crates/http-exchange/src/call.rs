//! What is asked of a server, and what it answered.
use crate::{clock::Deadline, content::Content, fault::Fault};
use serde_json::Value;
use std::{fmt, time::Duration};

/// The request methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the headers of what `Get` would answer.
    Head,
    /// Creates, or starts something.
    Post,
    /// Replaces the whole with what is sent.
    Put,
    /// Changes some fields to the values given.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As it stands in the request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it changes nothing on the server.
    pub fn only_reads(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a call may be sent again after the server may have carried it out.
#[derive(Clone, Debug)]
pub enum Idempotency {
    /// Doing it twice is the same as doing it once: reads, updates to given values.
    Always,
    /// Doing it twice is doing it two times.
    Never,
    /// Doing it twice with the same key is doing it once, but only if the server honours keys. That is learned from
    /// its answers: a server that does sends `Idempotency-Key` back, or says `Idempotency-Replayed: true`.
    WithKey {
        /// A path whose GET is harmless. It is sent, with the key, when the call is in doubt and the server has not
        /// shown yet whether it honours keys.
        probe: &'static str,
    },
}

/// What is known of a server beforehand: whether a create with the `Idempotency-Key` of an earlier one is that one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySupport {
    /// Nothing: it counts as honouring keys once it has sent one back.
    #[default]
    Auto,
    /// It honours them, even if it never says so.
    Honoured,
    /// It ignores them, whatever it says.
    Ignored,
}

impl KeySupport {
    /// Whether the server honours keys; `None` as long as that is open.
    pub(crate) fn known(self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::Honoured => Some(true),
            Self::Ignored => Some(false),
        }
    }
}

/// How large an answer may be. What is larger is no answer of this kind of API, and would cost a hundred times its size in
/// memory as JSON of many small values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnswerSize {
    /// One object: up to 1 MiB with 10,000 values.
    #[default]
    Object,
    /// A list, or what somebody else has put there: up to 8 MiB with 100,000 values.
    List,
    /// A list of any number of elements, each as large as an object may be, up to 32 MiB, of which the caller keeps what it needs:
    /// [`Reply::each`].
    Stream,
    /// Text that need not be JSON, up to 8 MiB: [`Reply::text`].
    Text,
}

impl AnswerSize {
    /// In MiB, after decompression.
    pub(crate) fn mib(self) -> u64 {
        match self {
            Self::Object => 1,
            Self::List | Self::Text => 8,
            Self::Stream => 32,
        }
    }

    /// In values of JSON.
    pub(crate) fn values(self) -> usize {
        match self {
            Self::Object => 10_000,
            Self::List => 100_000,
            Self::Stream | Self::Text => usize::MAX,
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Call {
    /// The request method.
    pub method: Method,
    /// Path and query below the base URL, starting with `/`, already percent-encoded. Messages leave out the query.
    pub path: String,
    /// What is sent.
    pub body: Option<Content>,
    /// Names and values sent besides the usual headers. `accept`, `accept-encoding` and `authorization` (all in lower case) replace
    /// the usual ones.
    pub headers: Vec<(String, String)>,
    /// Sent as `Idempotency-Key` with every attempt.
    pub key: Option<IdempotencyKey>,
    /// Whether it may be sent again.
    pub idempotency: Idempotency,
    /// How large the answer may be.
    pub answer: AnswerSize,
}

impl Call {
    /// A read of one object.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            path: path.into(),
            body: None,
            headers: vec![],
            key: None,
            idempotency: Idempotency::Always,
            answer: AnswerSize::Object,
        }
    }

    /// A read of a list that may be long: its elements come from [`Reply::each`], one by one.
    pub fn stream(path: impl Into<String>) -> Self {
        Self { answer: AnswerSize::Stream, ..Self::get(path) }
    }

    /// A read of a list.
    pub fn list(path: impl Into<String>) -> Self {
        Self { answer: AnswerSize::List, ..Self::get(path) }
    }
}

/// A good answer (2xx).
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The JSON of the answer; an empty body is `{}`, and that of a [`Call::stream`] or of [`AnswerSize::Text`] null.
    pub body: Value,
    /// The text of the answer to a [`Call::stream`] or one of [`AnswerSize::Text`].
    pub(crate) text: String,
    /// Where the header `Link` says that the next page is.
    pub(crate) next: Option<String>,
    /// How many elements the header `X-Total-Count` says that a list has in all.
    pub(crate) total: Option<u64>,
    /// What it took to get it.
    pub stats: CallStats,
    pub(crate) request: Request,
    /// Also for reading a stream.
    pub(crate) deadline: Deadline,
}

impl Reply {
    /// The text of an answer of [`AnswerSize::Text`].
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Which request an answer or an error belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Without user info and query.
    pub(crate) url: String,
    pub(crate) key: Option<IdempotencyKey>,
}

/// How often a call was sent and how long it took, all waits included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallStats {
    /// 1 when the first attempt was answered; 0 when nothing could be sent.
    pub attempts: u32,
    /// From the start of the first attempt to the end of the last.
    pub elapsed: Duration,
    /// The server says that it had done this before, for an earlier call with the same key.
    pub replayed: bool,
}

/// The name of one intended create. Two requests that carry the same key are one create to a server that honours
/// keys (IETF draft `httpapi-idempotency-key-header`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// A new one (`UUIDv4`). Make it before the first attempt and keep it for all of them.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// The one for all attempts of one task, which `item_id` identifies, at sending this body: the same attempt again has the same
    /// key, and whatever differs in the body has another (`UUIDv5`). `None` if `item_id` is not a UUID.
    pub fn of_item(item_id: &str, body: &Value) -> Option<Self> {
        let item = uuid::Uuid::try_parse(item_id).ok()?;
        Some(Self(uuid::Uuid::new_v5(&item, body.to_string().as_bytes()).to_string()))
    }

    /// For one step with one vehicle of a campaign: the same whenever and wherever that campaign is run (`UUIDv5`).
    pub fn of_step(campaign: &str, host: &str, step: &str) -> Self {
        let within = |outer: &uuid::Uuid, name: &str| uuid::Uuid::new_v5(outer, name.as_bytes());
        let campaigns = within(&uuid::Uuid::NAMESPACE_DNS, "campaigns.hatci.automation");
        Self(within(&within(&within(&campaigns, campaign), host), step).to_string())
    }

    /// One given by the user: 1 to 255 characters of printable ASCII, blanks only between others.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let printable = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if (1..=255).contains(&text.len()) && printable && text.trim() == text {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::IdempotencyKey)
        }
    }

    /// The text sent in the header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_of_one_item_share_a_key_and_others_do_not() {
        let (one, other) = (uuid::Uuid::new_v4().to_string(), uuid::Uuid::new_v4().to_string());
        let key = |item: &str, text: &str| IdempotencyKey::of_item(item, &Value::from(text));
        assert!(key(&one, "a").is_some());
        assert_eq!(key(&one, "a"), key(&one, "a"));
        assert_ne!(key(&one, "a"), key(&one, "b"));
        assert_ne!(key(&one, "a"), key(&other, "a"));
        assert_eq!(key("it", "a"), None);
    }

    #[test]
    fn a_step_of_a_campaign_has_one_key_for_ever() {
        let key = |campaign, host, step| IdempotencyKey::of_step(campaign, host, step).to_string();
        assert_eq!(key("winter", "car1", "deployment"), "d5fbe65c-817c-5daf-ac27-05851941d14b");
        let all = [
            key("winter", "car1", "deployment"),
            key("winter", "car1", "test_event"),
            key("winter", "car2", "deployment"),
            key("summer", "car1", "deployment"),
            key("wintercar1", "", "deployment"),
        ];
        assert_eq!(std::collections::BTreeSet::from(all).len(), 5);
    }

    #[test]
    fn keys() {
        let key = IdempotencyKey::random();
        assert_eq!(key.as_str().len(), 36);
        assert_ne!(key, IdempotencyKey::random());
        assert_eq!(IdempotencyKey::parse(key.as_str()).unwrap(), key);
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        for bad in ["", " k", "k ", "a\nb", "schlüssel", &"k".repeat(256)] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
    }
}
