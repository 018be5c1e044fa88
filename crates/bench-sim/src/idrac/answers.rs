//! Answers in Redfish's form: objects, and errors with their extended information.
use super::request::Request;
use axum::{
    Json,
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// What a request is answered with.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) location: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) retry_after: Option<u32>,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body, location: None, etag: None, retry_after: None }
    }

    /// A collection at `path` with members of these names.
    pub(super) fn list(path: &str, names: &[&str]) -> Self {
        let members: Vec<Value> =
            names.iter().map(|name| json!({ "@odata.id": format!("{path}/{name}") })).collect();
        Self::ok(json!({
            "@odata.id": path, "Name": "Collection", "Members": members, "Members@odata.count": members.len(),
        }))
    }

    pub(super) fn no_content() -> Self {
        Self { status: 204, ..Self::ok(Value::Null) }
    }

    /// A change was taken; what is left of it is done by a job.
    pub(super) fn job(status: u16, location: String) -> Self {
        Self {
            status,
            location: Some(location),
            ..Self::ok(messages(&[("SYS413", "The operation successfully completed.", "OK", "")]))
        }
    }

    /// An error with one message of the iDRAC.
    pub(super) fn refused(status: u16, id: &str, message: &str, resolution: &str) -> Self {
        let body = json!({ "error": {
            "code": "Base.1.8.GeneralError",
            "message": "A general error has occurred. See ExtendedInfo for more information",
            "@Message.ExtendedInfo": messages(&[(id, message, "Warning", resolution)])["@Message.ExtendedInfo"],
        }});
        Self { status, ..Self::ok(body) }
    }

    /// An error with the status of success.
    pub(super) fn refused_in_200(request: &Request) -> Self {
        let (id, text) = if request.path.ends_with("InsertMedia") {
            ("RAC0904", "Unable to locate the ISO or IMG image file in the network share location.")
        } else if request.body["Boot"].get("BootOrder").is_some() {
            ("BOOT016", "The boot order is not valid.")
        } else {
            ("SYS410", "Unable to set the attribute because it is read-only and depends on other attributes.")
        };
        Self::ok(messages(&[(id, text, "Critical", "Check the value.")]))
    }

    pub(super) fn not_found(path: &str) -> Self {
        Self::refused(
            404,
            "SYS403",
            &format!("Unable to complete the operation because the resource {path} entered in not found."),
            "Enter the correct resource and retry the operation.",
        )
    }

    pub(super) fn pending_already() -> Self {
        Self::refused(
            400,
            "SYS011",
            "Pending configuration values are already committed, unable to perform another set operation.",
            "Wait for the scheduled job to complete or delete the configuration jobs before attempting more set attribute operations.",
        )
    }
}

/// `@Message.ExtendedInfo` of messages as (id, text, severity, resolution).
pub(super) fn messages(messages: &[(&str, &str, &str, &str)]) -> Value {
    let info: Vec<Value> = messages
        .iter()
        .map(|(id, message, severity, resolution)| {
            json!({
                "Message": message, "MessageArgs": [], "MessageArgs@odata.count": 0, "MessageId": format!("IDRAC.2.5.{id}"),
                "RelatedProperties": [], "Resolution": resolution, "Severity": severity,
            })
        })
        .collect();
    json!({ "@Message.ExtendedInfo": info })
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = if self.body.is_null() {
            (status, Body::empty()).into_response()
        } else {
            (status, Json(self.body)).into_response()
        };
        let headers = [
            (header::LOCATION, self.location),
            (header::ETAG, self.etag),
            (header::RETRY_AFTER, self.retry_after.map(|it| it.to_string())),
        ];
        for (name, value) in headers {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
