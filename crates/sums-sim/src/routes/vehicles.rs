//! `GET /vehicles`: the vehicles available for tests.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use super::Answer;
use crate::sim::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new().route("/vehicles", get(list))
}

async fn list(State(sim): State<Arc<Sim>>) -> Answer {
    let store = sim.store();
    Ok(Json(sim.view(&store).vehicles()))
}
