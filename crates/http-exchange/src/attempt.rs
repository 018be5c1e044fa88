//! One attempt: the request out, the answer read within its bounds.
use crate::{
    answer_text::{json_without, values},
    base_url::{Origin, without_secrets},
    call::{AnswerSize, Call, KeySupport},
    charset::decoded,
    connector::Sent,
    content::{Content, Whole},
    fault::Fault,
    gzip,
    recorded::Record,
    retry_after::retry_after,
    server_text::{server_text, shown_line},
    transport_fault::{AttemptContext, transport_fault},
};
use serde_json::Value;
use shown_text::EncodedForms;
use std::{
    cell::Cell,
    io::{BufReader, Read},
    time::{Duration, Instant, SystemTime},
};
use ureq::{
    Agent, SendBody,
    http::{HeaderMap, HeaderValue, Request, Response, Uri, header},
};

/// Of an error's body this much is read; the rest would not be shown.
const MOST_ERROR_BODY: u64 = 64 << 10;

/// What all attempts share.
pub(crate) struct Sender {
    pub(crate) agent: Agent,
    pub(crate) authorization: Option<HeaderValue>,
    /// Set when a plain-http server is behind a proxy: requests go there.
    pub(crate) forward: Option<ForwardProxy>,
    /// The server's host and port, for messages.
    pub(crate) server: String,
    /// Those of the proxy that connections go to.
    pub(crate) proxy: Option<String>,
    pub(crate) sent: Sent,
    /// In all their encoded forms.
    pub(crate) secrets: EncodedForms,
    /// What the user says of idempotency keys.
    pub(crate) keys: KeySupport,
    /// Whether the server honours idempotency keys, as the user says or as it has shown; false: it was asked, and hasn't.
    pub(crate) honours_keys: Cell<Option<bool>>,
    /// Whether an answer has shown that it does, whatever the user says.
    pub(crate) shows_keys: Cell<bool>,
    /// Whether the last answer was one that the server had given before.
    pub(crate) replayed: Cell<bool>,
    /// The answers as they came, if anybody wants them.
    pub(crate) record: Record,
}

/// A good answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Null for a stream or text.
    pub(crate) body: Value,
    /// Of a stream, or text that need not be JSON.
    pub(crate) text: String,
    pub(crate) next: Option<String>,
    pub(crate) total: Option<u64>,
}

/// The proxy of a plain-http server.
pub(crate) struct ForwardProxy {
    pub(crate) origin: Origin,
    pub(crate) authorization: Option<HeaderValue>,
}

impl Sender {
    /// Sends the call once, and reads the status and JSON of a good answer. `timeout` is for
    /// all of it, `now` what a `Retry-After` date is read against.
    pub(crate) fn attempt(
        &self,
        call: &Call,
        uri: &Uri,
        timeout: Duration,
        now: SystemTime,
    ) -> Result<Answer, Fault> {
        self.sent.reset();
        let start = Instant::now();
        let response = self.send(call, uri, timeout).map_err(|e| self.fault(e, timeout))?;
        self.record.head(call, &response, start.elapsed(), &self.secrets);
        if shows_keys(call, response.headers()) {
            self.shows_keys.set(true);
            self.honours_keys.set(self.keys.known().or(Some(true)));
        }
        self.replayed.set(call.key.is_some() && is(response.headers(), REPLAYED, "true"));
        self.check_no_redirect(&response)?;
        self.read(response, call.answer, timeout, now)
    }

    pub(crate) fn check_no_redirect(&self, response: &Response<ureq::Body>) -> Result<(), Fault> {
        let status = response.status().as_u16();
        if !(300..400).contains(&status) {
            return Ok(());
        }
        let to = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let to = to.filter(|to| !to.is_empty()).unwrap_or("nowhere");
        Err(Fault::Redirected { status, to: without_secrets(&shown_line(to, &self.secrets)) })
    }

    pub(crate) fn send(
        &self,
        call: &Call,
        uri: &Uri,
        timeout: Duration,
    ) -> Result<Response<ureq::Body>, ureq::Error> {
        let mut request = Request::builder().method(call.method.as_str());
        let has = |name: header::HeaderName| call.headers.iter().any(|(given, _)| name == given.as_str());
        for (name, value) in [(header::ACCEPT, "application/json"), (header::ACCEPT_ENCODING, gzip::ACCEPTED)]
        {
            if !has(name.clone()) {
                request = request.header(name, value);
            }
        }
        if let Some(value) = &self.authorization
            && !has(header::AUTHORIZATION)
        {
            request = request.header(header::AUTHORIZATION, value);
        }
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(key) = &call.key {
            request = request.header(IDEMPOTENCY_KEY, key.as_str());
        }
        if let Some(proxy) = &self.forward {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            request = request
                .uri(format!("{}{path}", proxy.origin))
                .header(header::HOST, uri.authority().map_or("", |authority| authority.as_str()));
            if let Some(value) = &proxy.authorization {
                request = request.header(header::PROXY_AUTHORIZATION, value);
            }
        } else {
            request = request.uri(uri);
        }
        let Some(body) = &call.body else {
            return self.agent.run(self.timed(request.body(())?, timeout));
        };
        request = request.header(header::CONTENT_TYPE, body.media_type());
        match body {
            Content::Json(json) => self.agent.run(self.timed(request.body(json.to_string())?, timeout)),
            Content::Bytes { bytes, .. } => self.agent.run(self.timed(request.body(&bytes[..])?, timeout)),
            Content::Stream { length, open, .. } => {
                let whole = Whole::open(open, *length).map_err(|fault| ureq::Error::Other(fault.into()))?;
                let body = SendBody::from_owned_reader(whole);
                let request = request.header(header::CONTENT_LENGTH, *length);
                self.agent.run(self.timed(request.body(body)?, timeout))
            }
        }
    }

    fn timed<S: ureq::AsSendBody>(&self, request: Request<S>, timeout: Duration) -> Request<S> {
        self.agent.configure_request(request).timeout_global(Some(timeout)).build()
    }

    pub(crate) fn read(
        &self,
        response: Response<ureq::Body>,
        size: AnswerSize,
        timeout: Duration,
        now: SystemTime,
    ) -> Result<Answer, Fault> {
        let status = response.status().as_u16();
        let unreadable = |why: String| Fault::Unreadable { status: Some(status), why };
        if status < 200 {
            return Err(unreadable("it switches to a protocol that was not requested".into()));
        }
        let wait = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|value| retry_after(value, now));
        let encoding = response.headers().get(header::CONTENT_ENCODING).cloned();
        let encoding = encoding.as_ref().map(|value| value.to_str().unwrap_or("?"));
        let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
        let content_type = content_type.as_ref().and_then(|value| value.to_str().ok());
        let next = response.headers().get(header::LINK).and_then(|value| next_page(value.to_str().ok()?));
        let total =
            response.headers().get("x-total-count").and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response.into_body().into_with_config().limit(u64::MAX).reader();
        let body: Box<dyn Read> = match encoding {
            Some(encoding) if gzip::is_gzip(encoding) => Box::new(gzip::Gunzip::new(BufReader::new(body))),
            _ => Box::new(body),
        };
        if !(200..300).contains(&status) {
            let mut bytes = Vec::new();
            // The status is what counts; of the words, as many as come.
            let _ = body.take(MOST_ERROR_BODY).read_to_end(&mut bytes);
            let text = decoded(&bytes, content_type);
            self.record.body(&text, &self.secrets);
            let text = server_text(&text, &self.secrets);
            return Err(Fault::Refused { status, text, retry_after: wait });
        }
        let mut bytes = Vec::new();
        let most = size.mib() << 20;
        body.take(most + 1).read_to_end(&mut bytes).map_err(|e| match e.downcast::<gzip::Broken>() {
            Ok(broken) => unreadable(broken.to_string()),
            Err(e) => self.fault(ureq::Error::from(e), timeout),
        })?;
        if bytes.len() as u64 > most {
            return Err(unreadable(format!("it is larger than {} MiB", size.mib())));
        }
        if encoding.is_some_and(|encoding| !gzip::is_gzip(encoding) && encoding != "identity") {
            return Err(unreadable("it is compressed in a way that was not requested".into()));
        }
        let text = decoded(&bytes, content_type);
        self.record.body(&text, &self.secrets);
        if text.is_empty() {
            return Ok(Answer {
                status,
                body: Value::Object(serde_json::Map::new()),
                text: String::new(),
                next,
                total,
            });
        }
        if matches!(size, AnswerSize::Stream | AnswerSize::Text) {
            return Ok(Answer { status, body: Value::Null, text: text.into_owned(), next, total });
        }
        if values(&text) > size.values() {
            return Err(unreadable(format!("it contains more than {} values", size.values())));
        }
        match json_without(&text, &self.secrets) {
            Ok(body) => Ok(Answer { status, body, text: String::new(), next, total }),
            Err(e) if e.is_eof() => Err(Fault::Lost { why: "its JSON ends in the middle".into() }),
            Err(e) => {
                let words = server_text(&text, &self.secrets);
                Err(unreadable(format!("it is not JSON ({e}): \"{words}\"")))
            }
        }
    }

    pub(crate) fn fault(&self, e: ureq::Error, timeout: Duration) -> Fault {
        let peer = self.proxy.as_ref().unwrap_or(&self.server);
        transport_fault(
            e,
            &AttemptContext {
                server: &self.server,
                peer,
                sent: self.sent.get(),
                timeout,
                secrets: &self.secrets,
            },
        )
    }
}

/// The target of `rel="next"` in a `Link` header (RFC 8288): `<https://…?page=2>; rel="next", <…>; rel="last"`.
pub(crate) fn next_page(link: &str) -> Option<String> {
    link.split(',').find_map(|one| {
        let (target, parameters) = one.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            name.trim() == "rel" && value.trim().trim_matches('"').split(' ').any(|word| word == "next")
        });
        is_next.then(|| target.to_owned())
    })
}

/// Whether an answer shows that the server honours idempotency keys: it sends ours back, or says that it replayed.
fn shows_keys(call: &Call, headers: &HeaderMap) -> bool {
    let Some(key) = &call.key else { return false };
    is(headers, IDEMPOTENCY_KEY, key.as_str()) || is(headers, REPLAYED, "true")
}

fn is(headers: &HeaderMap, name: &str, text: &str) -> bool {
    headers.get(name).is_some_and(|value| value.as_bytes() == text.as_bytes())
}

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";
