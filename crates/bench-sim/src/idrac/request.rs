//! A request to the service.
use serde_json::Value;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The JSON that was sent; null if there was none.
    pub body: Value,
    /// The header `If-Match`.
    pub if_match: Option<String>,
    /// The status of the answer; 0 if the connection was broken instead.
    pub status: u16,
}
