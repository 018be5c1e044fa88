//! `/events`: what a vehicle has (RROM) or is to get (UROM). An event is made, then fixed, then deployed.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};

use super::{Answer, created, ok};
use crate::answer::{Json, Path};
use crate::bodies::{CreateEvent, FixEvent};
use crate::server::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new()
        .route("/events", post(create))
        .route("/events/{event_id}", get(show))
        .route("/events/{event_id}/fix", post(fix))
}

async fn create(State(sim): State<Arc<Sim>>, Json(body): Json<CreateEvent>) -> Answer {
    let mut store = sim.store();
    let id = store.create_event(body, sim.now());
    created(sim.view(&store).event(store.event(&id)?))
}

async fn show(State(sim): State<Arc<Sim>>, Path(id): Path<String>) -> Answer {
    let store = sim.store();
    ok(sim.view(&store).event(store.event(&id)?))
}

async fn fix(State(sim): State<Arc<Sim>>, Path(id): Path<String>, Json(_): Json<FixEvent>) -> Answer {
    let mut store = sim.store();
    store.fix_event(&id, sim.options.fix_conflict, sim.now())?;
    ok(sim.view(&store).event(store.event(&id)?))
}
