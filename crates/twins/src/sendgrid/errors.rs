//! SendGrid's errors: words and the field that they are about.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use omni_core::time::Timestamp;
use serde::Serialize;

use crate::dates::rfc_2822;
use crate::faults::Strike;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    message: Cow<'static, str>,
    pub(super) field: Option<String>,
    help: Option<&'static str>,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) problems: Vec<Problem>,
    /// Seconds until the limit is lifted.
    wait: Option<u64>,
    /// Filled in by the API: a throttled answer names a moment.
    now: Option<Timestamp>,
}

impl ApiError {
    fn new(status: u16, message: &'static str) -> Self {
        let problem = Problem { message: message.into(), field: None, help: None };
        Self { status, problems: vec![problem], wait: None, now: None }
    }

    /// The request says what cannot be.
    pub(super) fn invalid(field: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(400, "");
        error.problems = vec![Problem { message: message.into(), field: Some(field.into()), help: None }];
        error
    }

    pub(super) fn unreadable() -> Self {
        Self::new(400, "Bad Request")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "The provided authorization grant is invalid, expired, or revoked")
    }

    pub(super) fn not_verified() -> Self {
        let message = "The from address does not match a verified Sender Identity.";
        Self { status: 403, ..Self::invalid("from", message) }
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "not found")
    }

    pub(super) fn method() -> Self {
        Self::new(405, "method not allowed")
    }

    pub(super) fn too_large() -> Self {
        Self::new(413, "Request Entity Too Large")
    }

    pub(super) fn unsupported_type() -> Self {
        Self::new(415, "Content-Type should be application/json.")
    }

    /// Dates the answer, so that the wait can be told as a moment.
    pub(super) fn at(self, now: Timestamp) -> Self {
        Self { now: Some(now), ..self }
    }
}

impl From<Strike> for ApiError {
    fn from(strike: Strike) -> Self {
        match strike {
            Strike::TooMany(seconds) => Self { wait: Some(seconds), ..Self::new(429, "too many requests") },
            Strike::Failing(401) => Self::unauthorized(),
            Strike::Failing(403) => Self::new(403, "access forbidden"),
            Strike::Failing(404) => Self::not_found(),
            Strike::Failing(413) => Self::too_large(),
            Strike::Failing(status @ 400..=499) => Self::new(status, "Bad Request"),
            Strike::Failing(503) => Self::new(503, "Service unavailable"),
            Strike::Failing(status) => Self::new(status, "An internal server error occurred"),
        }
    }
}

#[derive(Serialize)]
struct Body {
    errors: Vec<Problem>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        if self.status == 413 {
            // This one comes from the edge, which speaks HTML.
            let page = "<html><head><title>413 Request Entity Too Large</title></head></html>";
            return (status, Html(page)).into_response();
        }
        let mut response = super::api::json(status, &Body { errors: self.problems });
        if let (Some(wait), Some(now)) = (self.wait, self.now) {
            add_limit(&mut response, wait, now);
        }
        response
    }
}

/// The reset is a moment on the clock of the `Date` header, so both come from the same clock.
fn add_limit(response: &mut Response, wait: u64, now: Timestamp) {
    let reset = now.as_secs().saturating_add_unsigned(wait);
    let date = HeaderValue::try_from(rfc_2822(now).replace("+0000", "GMT"));
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-ratelimit-limit"), 600.into());
    headers.insert(HeaderName::from_static("x-ratelimit-remaining"), 0.into());
    headers.insert(HeaderName::from_static("x-ratelimit-reset"), reset.into());
    headers.insert(header::DATE, date.expect("a date has no control characters"));
}
