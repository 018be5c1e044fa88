//! `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
use std::time::{Duration, SystemTime};

/// How long the server asks to wait; none when the header can't be read. A date in the past is "now".
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a longer wait than anyone has.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}
