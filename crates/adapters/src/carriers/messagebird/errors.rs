//! What the carrier's error codes mean: in status callbacks, and in answers to a send.

use std::time::Duration;

use omni_core::event::ReportedState;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::HttpResponse;
use serde_json::Value;

use crate::shared::{json, words};

/// Codes of SMS status reports (`statusErrorCode`; Channels repeats them as `source.code`).
pub(super) fn sms_code(code: &str) -> Option<ErrorClass> {
    Some(match code {
        "1" | "5" | "9" | "11" => ErrorClass::InvalidRecipient,
        "6" | "27" | "31" | "32" => ErrorClass::Unreachable,
        "13" => ErrorClass::Blocked,
        "21" => ErrorClass::Rejected,
        "34" => ErrorClass::Transient,
        "103" => ErrorClass::OptedOut,
        _ => return None,
    })
}

/// What the reason of an SMS status report says, where its code says nothing.
pub(super) enum Reason {
    /// Why it failed.
    Class(ErrorClass),
    /// That the state is another than the status word says.
    State(ReportedState),
}

/// Reads `statusReason`.
pub(super) fn sms_reason(reason: &str) -> Reason {
    match reason.trim().to_ascii_lowercase().as_str() {
        "unknown subscriber" => Reason::Class(ErrorClass::InvalidRecipient),
        "unavailable subscriber" => Reason::Class(ErrorClass::Unreachable),
        "expired" => Reason::Class(ErrorClass::Expired),
        "carrier rejected" | "operator rejected" => Reason::Class(ErrorClass::Blocked),
        "dlr not received" => Reason::State(ReportedState::Unknown),
        "pending dlr" => Reason::State(ReportedState::Sent),
        _ => Reason::Class(ErrorClass::Rejected),
    }
}

/// Errors of Conversations messages: one published number, otherwise a text that clearly
/// names the reason.
pub(super) fn conversations(code: &str, description: &str) -> ErrorClass {
    if code == "301" {
        return ErrorClass::WindowClosed;
    }
    const NAMED: &[(&str, ErrorClass)] = &[
        ("support window", ErrorClass::WindowClosed),
        ("24 hour", ErrorClass::WindowClosed),
        ("opted out", ErrorClass::OptedOut),
        ("unknown subscriber", ErrorClass::InvalidRecipient),
        ("not a valid whatsapp", ErrorClass::InvalidRecipient),
        ("invalid recipient", ErrorClass::InvalidRecipient),
        ("unavailable subscriber", ErrorClass::Unreachable),
        ("expired", ErrorClass::Expired),
        ("template", ErrorClass::Template),
        ("media", ErrorClass::Media),
        ("rate limit", ErrorClass::Throttled),
        ("balance", ErrorClass::Account),
        ("spam", ErrorClass::Filtered),
        ("carrier rejected", ErrorClass::Blocked),
        ("operator rejected", ErrorClass::Blocked),
    ];
    let description = description.to_ascii_lowercase();
    let named = NAMED.iter().find(|(words, _)| description.contains(words));
    named.map_or(ErrorClass::Rejected, |(_, class)| *class)
}

/// `failure` of a Channels message: `{code, source: {name, code}}`.
pub(super) fn bird(failure: &Value) -> ErrorClass {
    let code = json::id(&failure["code"]).unwrap_or_default();
    match (code.len(), code.get(..2), code.as_str()) {
        (5, _, "15001") => ErrorClass::Transient,
        (5, _, "15005") => ErrorClass::InvalidRecipient,
        (5, Some("11"), _) => ErrorClass::BadRequest,
        (5, Some("12"), _) => ErrorClass::Transient,
        (5, Some("15"), _) if failure["source"]["name"] == "sms-messagebird" => {
            let source = json::id(&failure["source"]["code"]).unwrap_or_default();
            sms_code(&source).unwrap_or(ErrorClass::Rejected)
        }
        _ => ErrorClass::Rejected,
    }
}

/// `error.code` of a platform event.
pub(super) fn platform(code: &str) -> ErrorClass {
    match code {
        "invalid_destination" | "landline_unreachable" => ErrorClass::InvalidRecipient,
        "unreachable" => ErrorClass::Unreachable,
        "blocked_by_carrier" => ErrorClass::Blocked,
        "blocked_by_fraud_protection" => ErrorClass::QualityLimited,
        "blocked_by_recipient" | "recipient_opted_out" => ErrorClass::OptedOut,
        "content_rejected" => ErrorClass::Filtered,
        "sender_unregistered" => ErrorClass::Registration,
        "provider_unavailable" | "internal_error" => ErrorClass::Transient,
        "insufficient_balance" | "price_not_found" => ErrorClass::Account,
        "recipient_suppressed" => ErrorClass::Suppressed,
        "service_window_expired" => ErrorClass::WindowClosed,
        "rate_limited" => ErrorClass::Throttled,
        "media_rejected" => ErrorClass::Media,
        _ => ErrorClass::Rejected,
    }
}

/// Whether another try on the same carrier may help, as a *receipt* tells it: a network that
/// refused this very number will do so again.
pub(super) fn receipt_is_retryable(class: ErrorClass) -> bool {
    class.is_retryable() && class != ErrorClass::Blocked
}

/// An answer that is not 2xx, of the first two generations:
/// `{"errors": [{code, description, parameter}]}`.
pub(super) fn refusal(response: &HttpResponse) -> SendError {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let first = json::items(&body["errors"]).first().unwrap_or(&Value::Null);
    // Channels answers one error without the list: {code, message, details}.
    let error = if first.is_null() { &body } else { first };
    let code = json::id(&error["code"]);
    let description = error["description"].as_str().or(error["message"].as_str()).unwrap_or_default();
    let class = by_status(response.status).or_else(|| match code.as_deref() {
        // There is one recipient in each request: it is the number that is wrong, not the request.
        Some("9") if error["parameter"] == "recipients" => Some(ErrorClass::InvalidRecipient),
        code => code.and_then(api_code),
    });
    let class = class.unwrap_or_else(|| match code.as_deref() {
        Some("301") => ErrorClass::WindowClosed,
        _ if (400..500).contains(&response.status) => ErrorClass::BadRequest,
        _ => ErrorClass::Rejected,
    });
    rejected(response, class, code, description)
}

/// Numbers in `errors[].code`.
fn api_code(code: &str) -> Option<ErrorClass> {
    Some(match code {
        "2" => ErrorClass::Auth,
        "9" | "10" | "20" | "21" => ErrorClass::BadRequest,
        "25" => ErrorClass::Account,
        "98" | "99" => ErrorClass::Transient,
        _ => return None,
    })
}

/// An answer that is not 2xx, of the platform: `{"error": {type, code, name, message}}`.
pub(super) fn platform_refusal(response: &HttpResponse) -> SendError {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let error = &body["error"];
    let code = json::id(&error["code"]);
    let name = error["name"].as_str().unwrap_or_default();
    let class = platform_code(code.as_deref().unwrap_or_default())
        .or_else(|| platform_name(name))
        .or_else(|| platform_type(error["type"].as_str().unwrap_or_default()))
        .or_else(|| by_status(response.status))
        .unwrap_or(ErrorClass::Rejected);
    rejected(response, class, code, error["message"].as_str().unwrap_or_default())
}

/// The codes that decide about repeating: still in progress, the store behind the keys is
/// down, too fast, and one key for two bodies (a fault of ours).
fn platform_code(code: &str) -> Option<ErrorClass> {
    Some(match code {
        "E01004" | "E01033" => ErrorClass::Transient,
        "E01003" => ErrorClass::Throttled,
        "E01005" => ErrorClass::BadRequest,
        _ => return None,
    })
}

/// Names that say more than their type does: `SMSInvalidRecipient`, `SMSSenderNotConfigured`.
fn platform_name(name: &str) -> Option<ErrorClass> {
    const NAMED: &[(&str, ErrorClass)] = &[
        ("invalidrecipient", ErrorClass::InvalidRecipient),
        ("sendernot", ErrorClass::Registration),
        ("optedout", ErrorClass::OptedOut),
        ("suppressed", ErrorClass::Suppressed),
        ("servicewindow", ErrorClass::WindowClosed),
        ("insufficientbalance", ErrorClass::Account),
        ("template", ErrorClass::Template),
        ("media", ErrorClass::Media),
    ];
    let name = name.to_ascii_lowercase();
    NAMED.iter().find(|(part, _)| name.contains(part)).map(|(_, class)| *class)
}

fn platform_type(kind: &str) -> Option<ErrorClass> {
    Some(match kind {
        "auth_error" => ErrorClass::Auth,
        "permission_error" | "misdirected_error" => ErrorClass::Permission,
        "billing_error" => ErrorClass::Account,
        "rate_limit_error" => ErrorClass::Throttled,
        "internal_error" | "service_unavailable_error" => ErrorClass::Transient,
        "bad_request_error"
        | "not_found_error"
        | "conflict_error"
        | "precondition_error"
        | "payload_too_large_error"
        | "validation_error"
        | "not_implemented_error" => ErrorClass::BadRequest,
        _ => return None,
    })
}

/// What an HTTP status says whatever the body. A gateway that gave up waiting does not know
/// whether its back end went on.
fn by_status(status: u16) -> Option<ErrorClass> {
    Some(match status {
        401 => ErrorClass::Auth,
        402 => ErrorClass::Account,
        403 => ErrorClass::Permission,
        408 | 504 => ErrorClass::Ambiguous,
        429 => ErrorClass::Throttled,
        500.. => ErrorClass::Transient,
        _ => return None,
    })
}

fn rejected(response: &HttpResponse, class: ErrorClass, code: Option<String>, reason: &str) -> SendError {
    if class == ErrorClass::Ambiguous {
        return SendError::Ambiguous(format!("the carrier answered {}", response.status));
    }
    // Without a header, a send still in progress under our key is over in a moment.
    let in_progress = code.as_deref() == Some("E01004");
    let wait = response.retry_after().or_else(|| in_progress.then_some(Duration::from_secs(2)));
    SendError::Rejected {
        class,
        code: code.unwrap_or_else(|| response.status.to_string()),
        reason: words::masked(reason),
        retry_after: wait,
    }
}
