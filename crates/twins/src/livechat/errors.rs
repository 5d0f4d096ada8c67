//! Error answers: `{"error": {type, message, data}}`.
//!
//! The types are documented, the HTTP statuses are not: those here are what each type suggests.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::faults::Strike;

/// Type and HTTP status.
#[rustfmt::skip]
const TYPES: &[(&str, u16)] = &[
    ("authentication", 401),
    ("authorization", 403),
    ("chat_inactive", 422),
    ("agent_offline", 422),
    ("group_offline", 422),
    ("entity_too_large", 413),
    ("internal", 500),
    ("misdirected_request", 421),
    ("not_found", 404),
    ("request_timeout", 504),
    ("service_unavailable", 503),
    ("too_many_requests", 429),
    ("unsupported_version", 400),
    ("validation", 400),
];

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    kind: &'static str,
    message: String,
    /// Where the request should have gone.
    region: Option<&'static str>,
    retry_after: Option<u64>,
}

impl ApiError {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        let status = TYPES.iter().find(|(known, _)| *known == kind).map_or(400, |(_, status)| *status);
        Self { status, kind, message: message.into(), region: None, retry_after: None }
    }

    /// A member of the request that breaks a rule.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("validation", message)
    }

    /// The credentials belong to another region.
    pub(super) fn misdirected(region: &'static str) -> Self {
        Self { region: Some(region), ..Self::new("misdirected_request", "Wrong region") }
    }
}

impl From<Strike> for ApiError {
    fn from(strike: Strike) -> Self {
        match strike {
            Strike::TooMany(seconds) => {
                let error = Self::new("too_many_requests", "Too many requests");
                Self { retry_after: Some(seconds), ..error }
            }
            Strike::Failing(status) => {
                let kind = match status {
                    429 => "too_many_requests",
                    504 => "request_timeout",
                    503 => "service_unavailable",
                    400..=499 => "validation",
                    _ => "internal",
                };
                Self { status, ..Self::new(kind, "Something went wrong") }
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(region) = self.region {
            error["data"] = json!({ "region": region });
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = super::api::json(status, &json!({ "error": error }));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_keeps_its_status() {
        let cases = [
            (Strike::TooMany(2), 429, "too_many_requests"),
            (Strike::Failing(500), 500, "internal"),
            (Strike::Failing(502), 502, "internal"),
            (Strike::Failing(503), 503, "service_unavailable"),
            (Strike::Failing(504), 504, "request_timeout"),
        ];
        for (strike, status, kind) in cases {
            let error = ApiError::from(strike);
            assert_eq!((error.status, error.kind), (status, kind));
        }
    }
}
