//! Error answers, in the dialect of the API that gives them.
//!
//! Published are: of `rest` the numbers 2, 9, 10, 20, 21, 25, 98 and 99; of `platform` the
//! types, the names and the codes E01003, E01004, E01005 and E01033. Other platform codes
//! here stand for codes that are not published.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::faults::Strike;

/// Whose words an error uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `{"errors": [{code, description, parameter}]}`
    Rest,
    /// `{code, message, details}`
    Bird,
    /// `{"error": {type, code, name, message, param, request_id}}`
    Platform,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    dialect: Dialect,
    pub(super) status: u16,
    /// `rest`: the number; `platform`: the digits after the E; else 0.
    pub(super) code: u32,
    name: &'static str,
    message: String,
    parameter: Option<&'static str>,
    retry_after: Option<u64>,
    /// Channels: the member that is wrong, with dots.
    at: Option<String>,
}

impl ApiError {
    /// An error of `rest.messagebird.com` or the Conversations API.
    pub(super) fn rest(code: u32, description: impl Into<String>, parameter: Option<&'static str>) -> Self {
        let status = match code {
            2 => 401,
            20 => 404,
            25 => 402,
            98 => 503,
            99 => 500,
            _ => 422,
        };
        let (message, retry_after) = (description.into(), None);
        Self { dialect: Dialect::Rest, status, code, name: "", message, parameter, retry_after, at: None }
    }

    /// The parameter that an error names.
    #[cfg(test)]
    pub(super) fn parameter(&self) -> &'static str {
        self.parameter.unwrap_or_default()
    }

    /// An error of the Channels API.
    pub(super) fn bird(status: u16, name: &'static str, message: impl Into<String>) -> Self {
        let (message, retry_after, at) = (message.into(), None, None);
        Self { dialect: Dialect::Bird, status, code: 0, name, message, parameter: None, retry_after, at }
    }

    /// A member of a Channels request that its description does not allow.
    pub(super) fn bird_at(at: String, why: impl Into<String>) -> Self {
        Self { at: Some(at), ..Self::bird(422, "InvalidPayload", why) }
    }

    /// An error of the platform.
    pub(super) fn platform(
        status: u16,
        code: u32,
        name: &'static str,
        message: impl Into<String>,
        parameter: Option<&'static str>,
    ) -> Self {
        let (message, retry_after) = (message.into(), None);
        Self { dialect: Dialect::Platform, status, code, name, message, parameter, retry_after, at: None }
    }

    /// A parameter of the platform that breaks a rule.
    pub(super) fn invalid(parameter: &'static str, message: impl Into<String>) -> Self {
        Self::platform(422, 2_001, "ValidationFailed", message, Some(parameter))
    }

    /// No key, or a wrong one.
    pub(super) fn unauthorized(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Rest => Self::rest(2, "Request not allowed (incorrect access_key)", Some("access_key")),
            Dialect::Bird => Self::bird(401, "Unauthorized", "the access key is not valid"),
            Dialect::Platform => {
                Self::platform(401, 1_001, "InvalidAPIKey", "The API key is not valid.", None)
            }
        }
    }

    /// No such thing, or no such path.
    pub(super) fn not_found(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Rest => Self::rest(20, "not found", None),
            Dialect::Bird => Self::bird(404, "NotFound", "resource not found"),
            Dialect::Platform => Self::platform(404, 1_002, "NotFound", "The resource does not exist.", None),
        }
    }

    /// The body is no JSON object.
    pub(super) fn unreadable(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Rest => Self::rest(21, "Bad request: the body must be a JSON object", None),
            Dialect::Bird => Self::bird(400, "BadRequest", "the body must be a JSON object"),
            Dialect::Platform => {
                Self::platform(400, 1_006, "MalformedBody", "The body must be a JSON object.", None)
            }
        }
    }

    /// What a fault says in this dialect.
    pub(super) fn struck(dialect: Dialect, strike: Strike) -> Self {
        let (status, retry_after) = match strike {
            Strike::TooMany(seconds) => (429, Some(seconds)),
            Strike::Failing(status) => (status, None),
        };
        let error = match (dialect, status) {
            (Dialect::Rest, 429) => Self::rest(21, "Too many requests", None),
            (Dialect::Rest, 503) => Self::rest(98, "Service unavailable", None),
            (Dialect::Rest, _) => Self::rest(99, "Internal error", None),
            (Dialect::Bird, 429) => Self::bird(429, "TooManyRequests", "rate limit exceeded"),
            (Dialect::Bird, _) => Self::bird(status, "InternalError", "something went wrong"),
            (Dialect::Platform, 429) => {
                Self::platform(429, 1_003, "RateLimitExceeded", "Too many requests.", None)
            }
            (Dialect::Platform, 503) => {
                Self::platform(503, 1_033, "IdempotencyUnavailable", "Try again in a moment.", None)
            }
            (Dialect::Platform, _) => Self::platform(status, 1_000, "InternalError", "Internal error.", None),
        };
        Self { status, retry_after, ..error }
    }

    fn body(&self) -> Value {
        let Self { code, name, message, parameter, at, .. } = self;
        let details = |at: &String| json!({ at: [message] });
        match self.dialect {
            Dialect::Rest => {
                json!({ "errors": [{ "code": code, "description": message, "parameter": parameter }] })
            }
            Dialect::Bird => {
                json!({ "code": name, "message": message, "details": at.as_ref().map_or(json!({}), details) })
            }
            Dialect::Platform => json!({ "error": {
                "type": kind(self.status),
                "code": format!("E{code:05}"),
                "name": name,
                "message": message,
                "param": parameter,
                "request_id": "req_sandbox",
            } }),
        }
    }
}

/// The platform's type of an error, by its status.
const fn kind(status: u16) -> &'static str {
    match status {
        401 => "auth_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "payload_too_large_error",
        422 => "validation_error",
        429 => "rate_limit_error",
        503 => "service_unavailable_error",
        400..=499 => "bad_request_error",
        _ => "internal_error",
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = super::api::json(status, &self.body());
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
    fn each_api_has_its_own_words() {
        let cases = [
            (
                ApiError::unauthorized(Dialect::Rest),
                json!({ "errors": [{
                    "code": 2, "description": "Request not allowed (incorrect access_key)", "parameter": "access_key",
                }] }),
            ),
            (
                ApiError::not_found(Dialect::Bird),
                json!({ "code": "NotFound", "message": "resource not found", "details": {} }),
            ),
            (
                ApiError::struck(Dialect::Platform, Strike::TooMany(3)),
                json!({ "error": {
                    "type": "rate_limit_error", "code": "E01003", "name": "RateLimitExceeded",
                    "message": "Too many requests.", "param": null, "request_id": "req_sandbox",
                } }),
            ),
        ];
        for (error, expect) in cases {
            assert_eq!(error.body(), expect);
        }
    }

    #[test]
    fn a_fault_keeps_its_status() {
        for dialect in [Dialect::Rest, Dialect::Bird, Dialect::Platform] {
            for status in [429, 500, 502, 503] {
                assert_eq!(ApiError::struck(dialect, Strike::Failing(status)).status, status, "{dialect:?}");
            }
        }
    }
}
