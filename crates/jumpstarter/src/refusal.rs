//! Interprets the controller's errors.
//!
//! The code alone doesn't tell: the controller passes the errors of Kubernetes and of its token check on as UNKNOWN, and
//! their text is what sets them apart. The proper codes are understood too, and texts that differ in detail.
use crate::{Ended, Error, config::ClientConfig};

const CANCELLED: u32 = 1;
const INVALID_ARGUMENT: u32 = 3;
const DEADLINE_EXCEEDED: u32 = 4;
const NOT_FOUND: u32 = 5;
const ALREADY_EXISTS: u32 = 6;
const PERMISSION_DENIED: u32 = 7;
const RESOURCE_EXHAUSTED: u32 = 8;
const FAILED_PRECONDITION: u32 = 9;
const ABORTED: u32 = 10;
const OUT_OF_RANGE: u32 = 11;
const UNIMPLEMENTED: u32 = 12;
const INTERNAL: u32 = 13;
const UNAVAILABLE: u32 = 14;
const UNAUTHENTICATED: u32 = 16;

/// In the place of a status without a text.
const NO_REASON: &str = "no reason was given";

/// The error for a status; `lease` is the lease that the call was about, empty if none.
pub(crate) fn meaning(config: &ClientConfig, status: u32, text: String, lease: &str) -> Error {
    let text = if text.trim().is_empty() { NO_REASON.into() } else { text };
    let has = |words: &str| text.contains(words);
    let lease_name = || lease.to_owned();
    let about_a_lease = !lease.is_empty();
    // Not just "expired": a certificate can be expired, too.
    if has("token is expired") {
        return Error::TokenExpired { client: config.alias.clone() };
    }
    if about_a_lease && (has("UpdateLease permission denied") || has("DeleteLease permission denied")) {
        return Error::NotOwner { lease: lease_name() };
    }
    if about_a_lease && has("has already been released") {
        let ended = Ended { was_satisfiable: true, reason: "Released".into(), message: text };
        return Error::Ended { lease: lease_name(), ended };
    }
    let refused = [
        "failed to authenticate",
        "oidc:",
        "clients.jumpstarter.dev",
        "missing authorization",
        "namespace mismatch",
    ];
    if [UNAUTHENTICATED, PERMISSION_DENIED].contains(&status) || refused.iter().any(|words| has(words)) {
        return Error::Refused { client: config.full_name(), why: text };
    }
    if about_a_lease && (status == ALREADY_EXISTS || has("already exists")) {
        return Error::NameTaken { lease: lease_name() };
    }
    if about_a_lease && (status == NOT_FOUND || (has("not found") && has(lease))) {
        return Error::NotFound { lease: lease_name() };
    }
    let invalid = [
        "must be positive",
        "duration is required",
        "duration conflicts",
        "failed to parse label selector",
        "invalid selector",
        "is invalid:",
    ];
    if [INVALID_ARGUMENT, OUT_OF_RANGE, FAILED_PRECONDITION].contains(&status)
        || invalid.iter().any(|words| has(words))
    {
        return Error::Invalid { why: text };
    }
    match status {
        UNAVAILABLE | DEADLINE_EXCEEDED => {
            Error::Unreachable { endpoint: config.endpoint.clone(), why: text, sent: true }
        }
        UNIMPLEMENTED => Error::Protocol { endpoint: config.endpoint.clone(), why: text },
        _ => Error::Server { status, may_pass: may_pass(status, &text), why: text },
    }
}

/// What Kubernetes says while it is busy or restarting, or after a conflicting update.
fn may_pass(status: u32, text: &str) -> bool {
    let words = [
        "try again",
        "etcdserver",
        "context deadline exceeded",
        "context canceled",
        "connection refused",
        "currently unable",
        "time allotted",
    ];
    [CANCELLED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL].contains(&status)
        || words.iter().any(|words| text.contains(words))
}
