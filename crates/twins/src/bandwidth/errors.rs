//! The API's errors. The messages and media APIs say what is wrong at the top of the answer,
//! the multi-channel API in a list.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::faults::Strike;

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldError {
    pub(super) field_name: String,
    pub(super) description: String,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    kind: &'static str,
    description: Cow<'static, str>,
    pub(super) fields: Vec<FieldError>,
    retry_after: Option<u64>,
    /// In the shape of the multi-channel API.
    multi: bool,
}

impl ApiError {
    const fn new(status: u16, kind: &'static str, description: &'static str) -> Self {
        let description = Cow::Borrowed(description);
        Self { status, kind, description, fields: Vec::new(), retry_after: None, multi: false }
    }

    /// The same as the multi-channel API says it.
    pub(super) fn of_many_channels(mut self) -> Self {
        self.multi = true;
        if self.status == 429 {
            (self.kind, self.description) =
                ("rate-limit-exceeded", "You have exceeded the rate limit of this endpoint".into());
        }
        self
    }

    /// The request says what cannot be.
    pub(super) fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(400, "request-validation", "Your request could not be accepted.");
        if let Some(first) = fields.first() {
            error.description = first.description.clone().into();
        }
        Self { fields, ..error }
    }

    pub(super) fn unreadable() -> Self {
        Self::new(400, "request-validation", "The request body could not be parsed as JSON.")
    }

    pub(super) fn bad_query(description: &'static str) -> Self {
        Self::new(400, "bad-request", description)
    }

    pub(super) const fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "Authentication Failed")
    }

    pub(super) const fn forbidden(description: &'static str) -> Self {
        Self::new(403, "forbidden", description)
    }

    pub(super) const fn not_found() -> Self {
        Self::new(404, "not-found", "The resource specified cannot be found")
    }

    pub(super) const fn method() -> Self {
        Self::new(405, "method-not-allowed", "The method is not allowed on this resource")
    }

    pub(super) fn unsupported_type(given: &str, instead: &str) -> Self {
        let description = format!("Content-Type '{given}' is not supported. Please use {instead}").into();
        Self { description, ..Self::new(415, "unsupported-content-type", "") }
    }

    pub(super) const fn too_large() -> Self {
        Self::new(413, "request-entity-too-large", "The media is larger than 3.75 MB")
    }
}

impl From<Strike> for ApiError {
    fn from(strike: Strike) -> Self {
        match strike {
            Strike::TooMany(seconds) => Self {
                retry_after: Some(seconds),
                ..Self::new(
                    429,
                    "max-message-queue-size-exceeded",
                    "The message queue of this sender holds fifteen minutes of messages",
                )
            },
            Strike::Failing(401) => Self::unauthorized(),
            Strike::Failing(403) => Self::forbidden("Access Denied"),
            Strike::Failing(404) => Self::not_found(),
            Strike::Failing(status @ 400..=499) => {
                Self::new(status, "bad-request", "The request could not be accepted")
            }
            Strike::Failing(503) => Self::new(503, "service-unavailable", "Service temporarily unavailable"),
            Strike::Failing(status) => Self::new(status, "internal-server-error", "Internal server error"),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    r#type: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    field_errors: &'a [FieldError],
}

impl ApiError {
    fn body(&self) -> Value {
        let Self { kind, description, fields, multi, .. } = self;
        if !multi {
            return json!(Body { r#type: kind, description, field_errors: fields });
        }
        let error =
            |words: &str, source: Value| json!({ "type": kind, "description": words, "source": source });
        let errors: Vec<_> = match fields.as_slice() {
            [] => vec![error(description, json!({}))],
            fields => {
                fields.iter().map(|f| error(&f.description, json!({ "field": f.field_name }))).collect()
            }
        };
        json!({ "links": [], "data": null, "errors": errors })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = super::api::json(status, &self.body());
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Basic realm=\"Bandwidth API\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }
}
