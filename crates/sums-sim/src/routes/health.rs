//! `GET /health`: whether the server is there and the token is good.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use serde_json::json;

use super::{Answer, ok};
use crate::server::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new().route("/health", get(health))
}

async fn health() -> Answer {
    ok(json!({"status": "ok"}))
}
