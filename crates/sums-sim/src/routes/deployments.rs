//! `/deployments`: a fixed event on its way into its vehicle.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};

use super::{Answer, created, ok};
use crate::answer::{ApiError, Json, Path};
use crate::bodies::CreateDeployment;
use crate::server::Sim;

pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new().route("/deployments", post(create)).route("/deployments/{deployment_id}", get(show))
}

async fn create(State(sim): State<Arc<Sim>>, Json(body): Json<CreateDeployment>) -> Answer {
    if body.ends_before_start() {
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "end_datetime is before start_datetime"));
    }
    let mut store = sim.store();
    let id = store.deploy(body, sim.now())?;
    created(sim.view(&store).deployment(store.deployment(&id)?))
}

async fn show(State(sim): State<Arc<Sim>>, Path(id): Path<String>) -> Answer {
    let store = sim.store();
    ok(sim.view(&store).deployment(store.deployment(&id)?))
}
