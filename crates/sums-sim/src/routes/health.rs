//! `GET /health`: whether the server is running and the token is valid.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::Answer;
use crate::sim::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new().route("/health", get(health))
}

async fn health() -> Answer {
    Ok(Json(json!({"status": "ok"})))
}
