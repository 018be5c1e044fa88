//! What a drawn fault does to a request and its answer.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use crate::answer::ApiError;
use crate::connection::Connection;
use crate::faults::Fault;
use crate::log::LogEntry;
use crate::sim::Sim;

/// Lets the server act on the request, or not, as the drawn fault says, and logs what came of it.
pub(crate) async fn inject(
    State(sim): State<Arc<Sim>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let mut entry = LogEntry::new(&request, sim.now());
    let fault = sim.faults.draw();
    entry.fault = fault.map(Fault::name);
    if let Some(response) = fault.and_then(|fault| instead(fault, &connection)) {
        sim.log.write(entry);
        return response;
    }
    let response = next.run(request).await;
    entry.answered(response.status());
    sim.log.write(entry);
    match fault {
        Some(fault) => afterwards(fault, &connection, response).await,
        None => response,
    }
}

/// What is answered in the server's place; none when the server is to act.
fn instead(fault: Fault, connection: &Connection) -> Option<Response> {
    let refused = |status, message| ApiError::new(status, message).into_response();
    match fault {
        Fault::TooManyRequests => {
            let error = refused(StatusCode::TOO_MANY_REQUESTS, "too many requests");
            Some(([(header::RETRY_AFTER, "1")], error).into_response())
        }
        Fault::InternalServerError => {
            Some(refused(StatusCode::INTERNAL_SERVER_ERROR, "internal server error"))
        }
        Fault::ServiceUnavailable => Some(refused(StatusCode::SERVICE_UNAVAILABLE, "service unavailable")),
        Fault::Html => Some(Html("<html><head><title>Please log in</title></head></html>").into_response()),
        Fault::Reset => {
            connection.reset();
            Some(StatusCode::NO_CONTENT.into_response())
        }
        Fault::ResetAfter | Fault::Truncate | Fault::Latency(_) => None,
    }
}

/// What happens to an answer on its way back.
async fn afterwards(fault: Fault, connection: &Connection, response: Response) -> Response {
    match fault {
        Fault::ResetAfter => connection.reset(),
        Fault::Latency(time) => tokio::time::sleep(time).await,
        Fault::Truncate => {
            let (parts, body) = response.into_parts();
            // The simulator's own answers are in memory: they can be read, and have a length.
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            connection.cut(body.len().div_ceil(2));
            return Response::from_parts(parts, Body::from(body));
        }
        _ => {}
    }
    response
}
