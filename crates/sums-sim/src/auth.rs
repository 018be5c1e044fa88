//! Checks the bearer token of every API call, including the health call.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::answer::ApiError;
use crate::sim::Sim;

/// Lets requests with the right token pass.
pub(crate) async fn check(
    State(sim): State<Arc<Sim>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let refused = |message: &str| Err(ApiError::new(StatusCode::UNAUTHORIZED, message));
    let header = request.headers().get(header::AUTHORIZATION);
    match header.and_then(|value| value.to_str().ok()).and_then(|text| text.split_once(' ')) {
        None => refused("a bearer token is required"),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token == sim.options.token => {
            Ok(next.run(request).await)
        }
        Some(_) => refused("the bearer token is not valid"),
    }
}
