//! The API's paths, one file per resource.

mod deployments;
mod events;
mod health;
mod inspection;
mod lists;
mod test_events;
mod vehicles;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::{Json, Router};
use serde_json::Value;

use crate::answer::{self, ApiError};
use crate::sim::Sim;

/// A handler's answer: JSON, or an error.
type Answer = Result<Json<Value>, ApiError>;
/// The answer of a handler that creates something: 201 and the object, or an error.
type Created = Result<(StatusCode, Json<Value>), ApiError>;

/// The contract's paths, below `/api/v1`; with `lists`, also the lists that only some servers have.
pub(crate) fn api(lists: bool) -> Router<Arc<Sim>> {
    Router::new()
        .merge(health::routes())
        .merge(events::routes())
        .merge(deployments::routes())
        .merge(test_events::routes())
        .merge(vehicles::routes())
        .merge(if lists { lists::routes() } else { Router::new() })
        .fallback(answer::no_such_path)
        .method_not_allowed_fallback(answer::no_such_method)
}

/// Paths outside the contract that let tests look inside; below `/sim`.
pub(crate) fn inspection() -> Router<Arc<Sim>> {
    inspection::routes()
}
