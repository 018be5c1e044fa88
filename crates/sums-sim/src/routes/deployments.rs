//! `/deployments`: the installation of a fixed event in its vehicle.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::{Answer, Created};
use crate::answer::{Body, Path};
use crate::bodies::CreateDeployment;
use crate::sim::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new().route("/deployments", post(create)).route("/deployments/{deployment_id}", get(show))
}

async fn create(State(sim): State<Arc<Sim>>, Body(body): Body<CreateDeployment>) -> Created {
    let mut store = sim.store();
    let id = store.deploy(body, sim.now())?;
    Ok((StatusCode::CREATED, Json(sim.view(&store).deployment(store.deployment(&id)?))))
}

async fn show(State(sim): State<Arc<Sim>>, Path(id): Path<String>) -> Answer {
    let store = sim.store();
    Ok(Json(sim.view(&store).deployment(store.deployment(&id)?)))
}
