//! API errors, and extractors that turn axum's rejections into such errors.

use std::error::Error;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::bodies::Object;
use crate::store::Refusal;

/// A rejected request: the status, and `{"error": "..."}`.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, axum::Json(json!({"error": self.message}))).into_response()
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::Unknown { .. } => StatusCode::NOT_FOUND,
            Refusal::AlreadyFixed(_) | Refusal::NotFixed(_) => StatusCode::CONFLICT,
        };
        Self::new(status, refusal.to_string())
    }
}

/// A JSON body: 400 if it isn't JSON, 415 if its content type isn't, 422 if its fields are wrong.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let axum::Json(Object(body)) = axum::Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        // The innermost cause names the field; the outer ones name Rust types.
        let message = match &rejection {
            JsonRejection::JsonDataError(error) => innermost(error),
            JsonRejection::JsonSyntaxError(error) => format!("the body is not JSON: {}", innermost(error)),
            other => other.body_text(),
        };
        Self::new(rejection.status(), message)
    }
}

/// The ids in a path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ApiError))]
pub(crate) struct Path<T>(pub(crate) T);

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

pub(crate) async fn no_such_path(OriginalUri(uri): OriginalUri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("{} does not exist", uri.path()))
}

pub(crate) fn no_such_id(id: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("there is no `{id}`"))
}

pub(crate) async fn no_such_method(OriginalUri(uri): OriginalUri) -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} does not allow this method", uri.path()))
}

fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
