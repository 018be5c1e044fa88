//! `/sim`: lets tests inspect the store and all requests, without a token.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use crate::log::LogEntry;
use crate::sim::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new().route("/state", get(state)).route("/requests", get(requests))
}

async fn state(State(sim): State<Arc<Sim>>) -> Json<crate::State> {
    Json(sim.view(&sim.store()).state())
}

async fn requests(State(sim): State<Arc<Sim>>) -> Json<Vec<LogEntry>> {
    Json(sim.log.entries())
}
