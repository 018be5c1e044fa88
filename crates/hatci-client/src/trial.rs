//! For finding out what a server does: its answers as they came, and requests that no other call makes.
use crate::{Client, Error, Event, ListOf, Listing, fields};
use http_exchange::{IdempotencyKey, RecordedAnswer};
use serde_json::Value;
use std::cell::Cell;

impl Client {
    /// Has every answer kept as it comes, for this client and its clones, until [`Client::recorded`] takes it.
    pub fn record(&self) {
        self.server.record();
    }

    /// The answers since the last time, those of failed attempts too.
    pub fn recorded(&self) -> Vec<RecordedAnswer> {
        self.server.recorded()
    }

    /// `GET` of a path below `/api/v1/`, which may or may not be there.
    pub fn try_get(&self, path: &str) -> Result<(), Error> {
        self.without_grace().get(format!("/api/v1/{path}")).map(drop)
    }

    /// `POST events` with this body, whatever is wrong with it. A create: see [`Client::create_event`].
    pub fn try_create_event(&self, body: Value, key: &IdempotencyKey) -> Result<Event, Error> {
        Event::read(&self.create("/api/v1/events", body, key)?, None)
    }

    /// The first page of a list: of its objects the first, and the first that is of another vehicle than the one asked for.
    pub fn first_page(&self, of: ListOf, vin: Option<&str>) -> Result<Listing, Error> {
        let (has_any, has_other) = (Cell::new(false), Cell::new(false));
        self.pages(of, vin, &self.deadline(), 1, &|object| {
            let shown = fields::text(object, &["vin"]);
            let is_other = shown.zip(vin).is_some_and(|(shown, vin)| !shown.trim().eq_ignore_ascii_case(vin));
            !has_any.replace(true) || is_other && !has_other.replace(true)
        })
    }
}
