//! What LiveChat's error types mean. HTTP statuses are not documented; the type decides. The
//! types are those that the pages of the agent chat API name, and of the documentation's own
//! list those that a send can meet.

use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::HttpResponse;
use serde_json::Value;

use crate::shared::words;

/// `error` of an answer: `{type, message, data}`.
pub(super) struct ApiError {
    /// The type; empty if the answer has none.
    pub(super) kind: String,
    /// The region that the request should have gone to.
    pub(super) region: Option<String>,
    message: String,
}

impl ApiError {
    /// Reads an answer that is not 2xx.
    pub(super) fn of(response: &HttpResponse) -> Self {
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let error = &body["error"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            kind: text(&error["type"]),
            region: error["data"]["region"].as_str().map(str::to_owned),
            message: text(&error["message"]),
        }
    }

    /// As the outcome of a send.
    pub(super) fn into_send_error(self, response: &HttpResponse) -> SendError {
        let class =
            by_type(&self.kind).or_else(|| by_status(response.status)).unwrap_or(ErrorClass::Rejected);
        if class == ErrorClass::Ambiguous {
            return SendError::Ambiguous(format!("the carrier answered {}", response.status));
        }
        SendError::Rejected {
            class,
            code: if self.kind.is_empty() { response.status.to_string() } else { self.kind },
            reason: words::masked(&self.message),
            retry_after: response.retry_after(),
        }
    }
}

/// What an error type means for a message.
pub(super) fn by_type(kind: &str) -> Option<ErrorClass> {
    Some(match kind {
        "authentication" => ErrorClass::Auth,
        // A wrong region is a permission of another place; `send` has switched once already.
        "authorization"
        | "missing_access"
        | "not_allowed"
        | "wrong_product_version"
        | "misdirected_request"
        | "requester_suspended"
        | "requester_awaiting_approval" => ErrorClass::Permission,
        "license_expired"
        | "license_not_found"
        | "limit_reached"
        | "users_limit_reached"
        | "seats_limit_exceeded" => ErrorClass::Account,
        "validation" | "unsupported_version" | "entity_too_large" | "not_found" | "group_not_found" => {
            ErrorClass::BadRequest
        }
        "agent_offline" | "group_offline" | "groups_offline" | "group_unavailable" => ErrorClass::Unreachable,
        "too_many_requests" => ErrorClass::Throttled,
        "internal" | "service_unavailable" => ErrorClass::Transient,
        // The API gave up waiting after 15 s; the event may be there.
        "request_timeout" => ErrorClass::Ambiguous,
        "chat_inactive" | "customer_banned" | "chat_anonymized" => ErrorClass::Rejected,
        _ => return None,
    })
}

fn by_status(status: u16) -> Option<ErrorClass> {
    Some(match status {
        401 => ErrorClass::Auth,
        403 => ErrorClass::Permission,
        408 | 504 => ErrorClass::Ambiguous,
        429 => ErrorClass::Throttled,
        400 | 404 | 405 | 413 | 422 => ErrorClass::BadRequest,
        500.. => ErrorClass::Transient,
        _ => return None,
    })
}
