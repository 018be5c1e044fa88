//! `GET /events`, `/deployments` and `/test_events`: all of them, or with `?vin=` those of one vehicle.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use crate::sim::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new()
        .route("/events", get(|sim, filter| async { list(sim, filter, |all| all.events) }))
        .route("/deployments", get(|sim, filter| async { list(sim, filter, |all| all.deployments) }))
        .route("/test_events", get(|sim, filter| async { list(sim, filter, |all| all.test_events) }))
}

#[derive(Deserialize)]
struct Filter {
    vin: Option<String>,
}

fn list(
    State(sim): State<Arc<Sim>>,
    Query(Filter { vin }): Query<Filter>,
    of: fn(crate::State) -> Vec<Value>,
) -> Json<Value> {
    let mut objects = of(sim.view(&sim.store()).state());
    // A deployment contains no VIN, so the client must look it up.
    objects.retain(|object| {
        vin.is_none() || object.get("vin").is_none() || object["vin"].as_str() == vin.as_deref()
    });
    Json(objects.into())
}
