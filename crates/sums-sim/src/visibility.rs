//! Eventual consistency: with `--unseen-for`, new objects are answered with 404 for a while, as by servers that read from a replica.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::answer::no_such_id;
use crate::sim::Sim;
use crate::store::Store;

/// Rejects requests for objects that aren't visible yet.
pub(crate) async fn check(State(sim): State<Arc<Sim>>, request: Request, next: Next) -> Response {
    let mut words = request.uri().path().trim_start_matches('/').split('/');
    let (Some(table), Some(id)) = (words.next(), words.next()) else { return next.run(request).await };
    let created = created(&sim.store(), table, id);
    let seen = created.is_none_or(|created| {
        sim.now().duration_since(created).is_ok_and(|age| age >= sim.options.unseen_for)
    });
    if seen { next.run(request).await } else { no_such_id(id).into_response() }
}

fn created(store: &Store, table: &str, id: &str) -> Option<SystemTime> {
    match table {
        "events" => store.events.get(id).map(|row| row.created),
        "deployments" => store.deployments.get(id).map(|row| row.created),
        "test_events" => store.test_events.get(id).map(|row| row.created),
        _ => None,
    }
}
