//! The API's paths, one file per resource.

mod deployments;
mod events;
mod health;
mod inspection;
mod test_events;
mod vehicles;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;

use crate::answer::ApiError;
use crate::server::Sim;

/// What a handler answers: a status and a JSON object, or an error.
type Answer = Result<(StatusCode, axum::Json<serde_json::Value>), ApiError>;

/// The contract's paths, below `/api/v1`.
pub(crate) fn api() -> Router<Arc<Sim>> {
    Router::new()
        .merge(health::routes())
        .merge(events::routes())
        .merge(deployments::routes())
        .merge(test_events::routes())
        .merge(vehicles::routes())
}

/// Paths that aren't part of the contract, for tests to look inside; below `/sim`.
pub(crate) fn inspection() -> Router<Arc<Sim>> {
    inspection::routes()
}

fn ok(body: serde_json::Value) -> Answer {
    Ok((StatusCode::OK, axum::Json(body)))
}

fn created(body: serde_json::Value) -> Answer {
    Ok((StatusCode::CREATED, axum::Json(body)))
}
