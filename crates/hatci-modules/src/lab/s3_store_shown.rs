//! A bucket of a store as the results and the difference show it: before and after in the same form.
use super::s3_store_survey::{Found, Wanted};
use serde_json::{Value, json};

/// What was found.
pub(crate) fn found(wanted: &Wanted, found: &Found) -> Value {
    let is_versioned = found.is_versioned.unwrap_or_default();
    json!({ "name": wanted.bucket, "exists": found.exists, "versioning": is_versioned, "folders": found.folders })
}

/// What it will be, as far as the server can.
pub(crate) fn made(wanted: &Wanted, found: &Found) -> Value {
    let is_versioned = found.is_versioned.is_some_and(|is| wanted.versioning.unwrap_or(is));
    json!({ "name": wanted.bucket, "exists": true, "versioning": is_versioned, "folders": wanted.folders })
}
