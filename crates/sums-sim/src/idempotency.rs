//! `Idempotency-Key`: a repeated write with the same key gets the first answer and isn't carried out again.
//!
//! Follows the IETF draft "The Idempotency-Key HTTP Header Field": the same key with a different request is 422.
//! Only successful answers are kept, so a rejected request can be corrected and sent again with its key.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::answer::ApiError;
use crate::keys::{KEY, Kept};
use crate::sim::Sim;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The largest body, in bytes, of a request or an answer.
const LIMIT: usize = 2 << 20;

pub(crate) async fn keep(State(sim): State<Arc<Sim>>, request: Request, next: Next) -> Response {
    let key = request.headers().get(KEY).filter(|_| !sim.options.no_idempotency).cloned();
    let Some(key) = key else { return next.run(request).await };
    let mut response = if [Method::POST, Method::PATCH].contains(request.method()) {
        once(&sim, &key, request, next).await.into_response()
    } else {
        next.run(request).await
    };
    if sim.options.silent_idempotency {
        response.headers_mut().remove(REPLAYED);
    } else {
        // For reads too: a client in doubt may check whether the server honours keys.
        response.headers_mut().insert(KEY, key);
    }
    response
}

async fn once(sim: &Sim, key: &HeaderValue, request: Request, next: Next) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = read(body, StatusCode::PAYLOAD_TOO_LARGE).await?;
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());

    // Locked until the answer is kept, so that two requests with the same key can't both act.
    let mut keys = sim.keys.lock().await;
    if let Some(kept) = keys.get(key) {
        if (&kept.method, &kept.path, &kept.body) != (&method, &path, &body) {
            let message = "this Idempotency-Key was already used for another request";
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message));
        }
        let (status, answer) = kept.answer.clone();
        return Ok((status, [(header::CONTENT_TYPE, "application/json"), (REPLAYED, "true")], answer)
            .into_response());
    }

    let response = next.run(Request::from_parts(parts, Body::from(body.clone()))).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, answer) = response.into_parts();
    let answer = read(answer, StatusCode::INTERNAL_SERVER_ERROR).await?;
    keys.insert(key.clone(), Kept { method, path, body, answer: (parts.status, answer.clone()) });
    Ok(Response::from_parts(parts, Body::from(answer)))
}

async fn read(body: Body, too_large: StatusCode) -> Result<Bytes, ApiError> {
    to_bytes(body, LIMIT).await.map_err(|error| ApiError::new(too_large, error.to_string()))
}
