//! What HTTP statuses of carriers' APIs mean where the body says no more.

use std::time::Duration;

use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::HttpResponse;
use omni_core::time::Timestamp;

use super::words::masked;

/// The class of a status that is no success.
pub const fn class_of(status: u16) -> ErrorClass {
    match status {
        401 => ErrorClass::Auth,
        402 => ErrorClass::Account,
        403 => ErrorClass::Permission,
        413 => ErrorClass::Media,
        429 => ErrorClass::Throttled,
        408 | 425 | 500..=599 => ErrorClass::Transient,
        _ => ErrorClass::BadRequest,
    }
}

/// A refusal with the carrier's words masked. A 504 is no refusal: a gateway gave up
/// waiting, and the message may have been taken.
pub fn refused(response: &HttpResponse, class: ErrorClass, code: &str, reason: &str) -> SendError {
    if response.status == 504 {
        return SendError::Ambiguous("gateway time-out (504)".into());
    }
    let code = if code.is_empty() { response.status.to_string() } else { masked(code) };
    SendError::Rejected { class, code, reason: masked(reason), retry_after: response.retry_after() }
}

/// As [`refused`] for throttling, with the least wait that the carrier wants.
pub fn throttled(response: &HttpResponse, code: &str, reason: &str, least: Duration) -> SendError {
    match refused(response, ErrorClass::Throttled, code, reason) {
        SendError::Rejected { class, code, reason, retry_after } => SendError::Rejected {
            class,
            code,
            reason,
            retry_after: Some(retry_after.unwrap_or(least).max(least)),
        },
        other => other,
    }
}

/// The carrier's own clock, from its `Date` header.
pub fn server_time(response: &HttpResponse) -> Option<Timestamp> {
    let date = mail_parser::DateTime::parse_rfc822(response.header("date")?)?;
    date.is_valid().then(|| Timestamp::from_secs(date.to_timestamp()))
}

/// Whether something of the time `at` in a carrier's record can be of an attempt that began at
/// `since`: what is older is an earlier message. Records that count whole seconds may say the
/// beginning of the second.
pub fn not_before(at: Timestamp, since: Timestamp) -> bool {
    let whole = at.as_millis().rem_euclid(1_000) == 0;
    at >= since || whole && at + Duration::from_secs(1) > since
}

/// A success whose body cannot be read: something took the request, but only the carrier's
/// own record can tell what it made of it.
pub fn unreadable() -> SendError {
    SendError::Ambiguous("the answer was a success that could not be read".into())
}
