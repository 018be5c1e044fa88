//! `/events`: a vehicle's source (RROM) or target (UROM) software. An event is created, then fixed, then deployed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::{Answer, Created};
use crate::answer::{Body, Path};
use crate::bodies::{CreateEvent, FixEvent};
use crate::sim::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new()
        .route("/events", post(create))
        .route("/events/{event_id}", get(show))
        .route("/events/{event_id}/fix", post(fix))
}

async fn create(State(sim): State<Arc<Sim>>, Body(body): Body<CreateEvent>) -> Created {
    let mut store = sim.store();
    let id = store.create_event(body, sim.now());
    Ok((StatusCode::CREATED, Json(sim.view(&store).event(store.event(&id)?))))
}

async fn show(State(sim): State<Arc<Sim>>, Path(id): Path<String>) -> Answer {
    let store = sim.store();
    Ok(Json(sim.view(&store).event(store.event(&id)?)))
}

async fn fix(State(sim): State<Arc<Sim>>, Path(id): Path<String>, Body(_): Body<FixEvent>) -> Answer {
    let mut store = sim.store();
    store.fix_event(&id, sim.options.fix_conflict, sim.now())?;
    Ok(Json(sim.view(&store).event(store.event(&id)?)))
}
