//! The assumptions about the way answers come, tried on all answers of a check.
use super::{
    assumption::Topic,
    check::{Check, PAGE},
    finding::Finding,
};
use hatci_client::RecordedAnswer;
use jiff::{Timestamp, fmt::rfc2822};
use std::{collections::BTreeSet, time::Duration};

/// An answer that takes longer is worth a word.
const SLOW: Duration = Duration::from_secs(1);
/// So far apart clocks may be.
const APART: u64 = 60;
const LIMITS: [&str; 5] =
    ["ratelimit", "ratelimit-limit", "ratelimit-policy", "x-ratelimit-limit", "x-rate-limit-limit"];

/// Judges all answers so far. `now`: when the last one came.
pub(super) fn judge(check: &mut Check, now: Timestamp) {
    if check.traffic.is_empty() {
        return;
    }
    let all = &check.traffic;
    let findings = [
        (Topic::Redirects, redirects(all)),
        (Topic::StatusTells, status_tells(&check.contradictions)),
        (Topic::MediaType, media_type(all)),
        (Topic::Connections, connections(all)),
        (Topic::FirstTry, first_try(&check.troubles.borrow(), all.len())),
        (Topic::Speed, speed(all)),
        (Topic::RateLimit, rate_limit(all)),
        (Topic::Clock, clock(all, now)),
    ];
    for (topic, finding) in findings {
        check.note(topic, finding);
    }
}

fn redirects(all: &[RecordedAnswer]) -> Finding {
    match all.iter().find(|answer| (300..400).contains(&answer.status)) {
        Some(redirect) => {
            let location = redirect.header("location").unwrap_or_default();
            Finding::differs(
                format!("{} to {}{}", redirect.status, path(location), scheme(location)),
                "redirects are not followed, or the token would go elsewhere",
            )
            .with_option("hatci_base_url")
        }
        None => Finding::as_assumed(format!("none in {} answers", all.len())),
    }
}

/// Of an address, without the host and the query.
fn path(location: &str) -> String {
    let location = location.split(['?', '#']).next().unwrap_or_default();
    let path = match location.split_once("//") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => location,
    };
    super::words::harmless(path)
}

/// Of a full address: nothing else tells a redirect to the same path of another server.
fn scheme(location: &str) -> &'static str {
    let begins = |with: &str| location.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with));
    if begins("http://") {
        ", a full address with http"
    } else if begins("https://") {
        ", a full address with https"
    } else {
        ""
    }
}

fn status_tells(contradictions: &BTreeSet<String>) -> Finding {
    if contradictions.is_empty() {
        return Finding::as_assumed("no 2xx contains an error");
    }
    let named = contradictions.iter().take(4).map(String::as_str).collect::<Vec<_>>().join("; ");
    Finding::differs(named, "a failed call counts as done")
}

fn media_type(all: &[RecordedAnswer]) -> Finding {
    let with_text = all.iter().filter(|answer| answer.status < 300 && !answer.text.is_empty());
    let others: BTreeSet<_> = with_text
        .map(|answer| answer.header("content-type").unwrap_or("none"))
        .filter(|name| !is_json(name))
        .map(super::words::media_type)
        .collect();
    if others.is_empty() {
        return Finding::as_assumed("application/json");
    }
    let named = others.into_iter().collect::<Vec<_>>().join(", ");
    Finding::copes(named, "an answer is read as JSON whatever its type")
}

fn is_json(content_type: &str) -> bool {
    let name = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    name == "application/json"
}

fn connections(all: &[RecordedAnswer]) -> Finding {
    let says_close = |answer: &RecordedAnswer| {
        answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    };
    match all.iter().find(|answer| answer.is_http_1_0 || says_close(answer)) {
        Some(answer) => {
            let why = if answer.is_http_1_0 { "HTTP/1.0" } else { "Connection: close" };
            Finding::copes(
                format!("{why}: one connection per request"),
                "each request opens a new one, which takes longer",
            )
        }
        None => Finding::as_assumed("HTTP/1.1, kept"),
    }
}

fn first_try(troubles: &[String], answers: usize) -> Finding {
    let different: BTreeSet<_> = troubles.iter().collect();
    if different.is_empty() {
        return Finding::as_assumed(format!("{answers} answers, no retries"));
    }
    let named = different.into_iter().take(4).map(String::as_str).collect::<Vec<_>>().join("; ");
    let seen = format!("attempts that failed: {}: {named}", troubles.len());
    if troubles.iter().any(|trouble| trouble == PAGE) {
        return Finding::differs(
            seen,
            "something in between, such as a proxy, answers instead of the server",
        );
    }
    Finding::copes(seen, "reads are repeated; creates if keys are honoured")
        .with_option("hatci_retries, hatci_deadline")
}

fn speed(all: &[RecordedAnswer]) -> Finding {
    let slowest = all.iter().map(|answer| answer.took).max().unwrap_or_default();
    let seen = format!("the slowest took {:.1} s", slowest.as_secs_f64());
    if slowest < SLOW {
        Finding::as_assumed(seen)
    } else {
        Finding::copes(seen, "modules wait for each answer").with_option("hatci_timeout")
    }
}

fn rate_limit(all: &[RecordedAnswer]) -> Finding {
    let named = |answer: &RecordedAnswer| {
        let limit = LIMITS.iter().find_map(|name| Some((*name, answer.header(name)?)))?;
        Some(format!("{}: {}", limit.0, super::words::harmless(limit.1)))
    };
    let refused = all.iter().filter(|answer| answer.status == 429).count();
    match (all.iter().find_map(named), refused) {
        (None, 0) => Finding::as_assumed("none"),
        (named, refused) => Finding::copes(
            named.unwrap_or_else(|| format!("answers with 429: {refused}")),
            "after a 429, modules wait as Retry-After says; send fewer requests at once",
        )
        .with_option("hatci_concurrency, hatci_retries"),
    }
}

fn clock(all: &[RecordedAnswer], now: Timestamp) -> Finding {
    let date = all.last().and_then(|answer| rfc2822::parse(answer.header("date")?).ok());
    let Some(date) = date else { return Finding::not_tried("no answer has a Date header") };
    let apart = now.duration_since(date.timestamp());
    let seen = format!("{} s apart", apart.as_secs().abs());
    if apart.as_secs().unsigned_abs() <= APART {
        Finding::as_assumed(seen)
    } else {
        let side = if apart.is_positive() { "behind" } else { "ahead" };
        Finding::copes(
            format!("{seen}: the server's is {side}"),
            "no wait depends on it, but start_datetime is the server's time",
        )
    }
}
