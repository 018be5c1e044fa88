//! What a refusal means: S3's words for it, where they are, and whether it may pass.
use crate::{
    error::{Error, Refusal},
    xml::Element,
};
use http_exchange::{CallStats, RecordedAnswer};
use jiff::Timestamp;
use std::time::{Duration, SystemTime};

/// A server whose clock is that close did not refuse the time itself, but that of a request which had waited.
const CLOSE: Duration = Duration::from_secs(240);

/// What a status says without words, as after HEAD, which has no body.
pub(crate) fn unsaid(last: &RecordedAnswer) -> Option<Element> {
    let code = match last.status {
        301 => "PermanentRedirect",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        400 if last.header("x-amz-bucket-region").is_some() => "AuthorizationHeaderMalformed",
        501 => "NotImplemented",
        _ => return None,
    };
    Element::error(&format!("<Error><Code>{code}</Code></Error>"))
}

pub(crate) fn refused(
    call: String,
    last: &RecordedAnswer,
    words: &Element,
    stats: CallStats,
    may_have_acted: bool,
) -> Error {
    let region = match last.header("x-amz-bucket-region") {
        Some(region) => region,
        None => words.text_of("Region"),
    };
    Error::Refused(Box::new(Refusal {
        call,
        code: words.text_of("Code").to_owned(),
        message: words.text_of("Message").to_owned(),
        status: last.status,
        region: (!region.is_empty()).then(|| region.to_owned()),
        stats,
        may_have_acted,
    }))
}

/// Whether the server's clock is so far from ours that it refuses every signature. After HEAD it can't say so.
pub(crate) fn is_far(last: &RecordedAnswer, now: SystemTime) -> bool {
    const MOST: Duration = Duration::from_secs(15 * 60);
    let theirs = last.header("date").and_then(|date| httpdate::parse_http_date(date).ok());
    theirs.is_some_and(|theirs| theirs.duration_since(now).unwrap_or_else(|e| e.duration()) > MOST)
}

pub(crate) fn skewed(call: String, last: &RecordedAnswer, now: SystemTime, sent: &Timestamp) -> Error {
    let theirs = last.header("date").and_then(|date| httpdate::parse_http_date(date).ok());
    let apart = theirs.map(|theirs| theirs.duration_since(now).unwrap_or_else(|e| e.duration()));
    Error::Clock {
        call,
        server: theirs.map(httpdate::fmt_http_date),
        here: httpdate::fmt_http_date((*sent).into()),
        is_close: apart.is_some_and(|apart| apart < CLOSE),
    }
}

/// What may pass by itself, but is hidden from the exchange: in a 400, or inside of a good answer.
pub(crate) fn passes(error: &Error) -> bool {
    match error {
        Error::Refused(refusal) => match refusal.status {
            200 => matches!(refusal.code.as_str(), "InternalError" | "SlowDown" | "ServiceUnavailable"),
            400 => refusal.code == "RequestTimeout",
            _ => false,
        },
        _ => false,
    }
}
