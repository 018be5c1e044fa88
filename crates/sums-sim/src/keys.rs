//! What is kept by `Idempotency-Key`.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};

/// The request header, echoed in the answer.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The answers given so far, by key.
pub(crate) type Keys = tokio::sync::Mutex<HashMap<HeaderValue, Kept>>;

/// A request that succeeded, and its answer.
pub(crate) struct Kept {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Bytes,
    pub(crate) answer: (StatusCode, Bytes),
}
