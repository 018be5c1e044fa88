//! `GET /vehicles`: the vehicles that tests can run on.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::{Answer, ok};
use crate::server::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new().route("/vehicles", get(list))
}

async fn list(State(sim): State<Arc<Sim>>) -> Answer {
    let store = sim.store();
    ok(sim.view(&store).vehicles())
}
