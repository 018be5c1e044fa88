//! `/test_events`: the record of one test run, and its verdict.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::{Answer, Created};
use crate::answer::{Body, Path};
use crate::bodies::{CreateTestEvent, UpdateTestEvent};
use crate::sim::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new()
        .route("/test_events", post(create))
        .route("/test_events/{test_event_id}", get(show).patch(update))
}

async fn create(State(sim): State<Arc<Sim>>, Body(body): Body<CreateTestEvent>) -> Created {
    let mut store = sim.store();
    let id = store.create_test_event(body, sim.now())?;
    Ok((StatusCode::CREATED, Json(sim.view(&store).test_event(store.test_event(&id)?))))
}

async fn show(State(sim): State<Arc<Sim>>, Path(id): Path<String>) -> Answer {
    let store = sim.store();
    Ok(Json(sim.view(&store).test_event(store.test_event(&id)?)))
}

async fn update(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
    Body(body): Body<UpdateTestEvent>,
) -> Answer {
    let mut store = sim.store();
    store.update_test_event(&id, body, sim.now())?;
    Ok(Json(sim.view(&store).test_event(store.test_event(&id)?)))
}
