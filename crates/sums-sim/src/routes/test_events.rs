//! `/test_events`: the record of one test run, and its verdict.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{patch, post};

use super::{Answer, created, ok};
use crate::answer::{Json, Path};
use crate::bodies::{CreateTestEvent, UpdateTestEvent};
use crate::server::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new().route("/test_events", post(create)).route("/test_events/{test_event_id}", patch(update))
}

async fn create(State(sim): State<Arc<Sim>>, Json(body): Json<CreateTestEvent>) -> Answer {
    let mut store = sim.store();
    let id = store.create_test_event(body, sim.now())?;
    created(sim.view(&store).test_event(store.test_event(&id)?))
}

async fn update(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
    Json(body): Json<UpdateTestEvent>,
) -> Answer {
    let mut store = sim.store();
    store.update_test_event(&id, body, sim.now())?;
    ok(sim.view(&store).test_event(store.test_event(&id)?))
}
