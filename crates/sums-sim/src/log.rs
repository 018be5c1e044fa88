//! The log of all requests: kept in memory for tests, and written to `--log` as JSON lines.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use serde::Serialize;

use crate::keys::KEY;
use crate::views::rfc3339;

/// One request to the API. Never contains the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// When it arrived (RFC 3339, UTC).
    pub time: String,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The status of the server's answer; `None` if a fault prevented the server from acting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The injected fault, by its `--fault` name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
    /// The `Idempotency-Key` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Whether there was an `Authorization` header.
    pub authorization: bool,
}

impl LogEntry {
    pub(crate) fn new(request: &Request, time: SystemTime) -> Self {
        let key = request.headers().get(KEY).map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
        Self {
            time: rfc3339(time),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            status: None,
            fault: None,
            idempotency_key: key,
            authorization: request.headers().contains_key(header::AUTHORIZATION),
        }
    }

    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status.as_u16());
    }
}

/// The log's destinations.
pub(crate) struct Log {
    written: Mutex<(Vec<LogEntry>, Option<File>)>,
}

impl Log {
    /// Opens a log that is also appended to `file`, if given.
    pub(crate) fn open(file: Option<&Path>) -> std::io::Result<Self> {
        let file = file.map(|path| File::options().create(true).append(true).open(path)).transpose()?;
        Ok(Self { written: Mutex::new((Vec::new(), file)) })
    }

    pub(crate) fn write(&self, entry: LogEntry) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(file), Ok(line)) = (&mut written.1, serde_json::to_string(&entry)) {
            // A full disk must not change the server's answers; the entry is still kept in memory.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
        written.0.push(entry);
    }

    pub(crate) fn entries(&self) -> Vec<LogEntry> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }
}
