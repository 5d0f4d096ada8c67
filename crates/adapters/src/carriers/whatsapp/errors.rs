//! Meta's error codes, and what they mean. The same codes come as answers to a send, in
//! failed statuses, and as errors of the account.

use std::time::Duration;

use omni_core::failure::ErrorClass;
use serde_json::Value;

use crate::shared::{answer, json};

/// What an `error` object means: by its code, else by `is_transient`, else by the HTTP
/// status it came with (`None` in webhooks).
pub(super) fn class(error: &Value, http_status: Option<u16>) -> ErrorClass {
    let known = json::integer(&error["code"]).and_then(by_code);
    if error["is_transient"] == true && known.is_none_or(|class| !class.is_retryable()) {
        return ErrorClass::Transient;
    }
    known.unwrap_or_else(|| http_status.map_or(ErrorClass::Rejected, answer::class_of))
}

/// The documented codes (Meta's lists of errors and of groups' errors, November 2025, and the
/// additions of 2026).
#[rustfmt::skip]
pub(super) fn by_code(code: i64) -> Option<ErrorClass> {
    Some(match code {
        0 | 190                                             => ErrorClass::Auth,
        3 | 10 | 200..=299 | 131_005 | 131_215              => ErrorClass::Permission,
        368 | 130_497 | 131_031 | 131_042 | 131_044 | 131_063 | 131_064 => ErrorClass::Account,
        4 | 613 | 80_007 | 130_429                          => ErrorClass::Throttled,
        131_056                                             => ErrorClass::PairLimited,
        131_048 | 131_049 | 133_016                         => ErrorClass::QualityLimited,
        1 | 2 | 131_000 | 131_016 | 131_057 | 133_004       => ErrorClass::Transient,
        33 | 100 | 131_008 | 131_009 | 131_020 | 131_021 | 131_051 | 131_062 | 135_000 => ErrorClass::BadRequest,
        131_026 | 131_030 | 131_041 | 131_207               => ErrorClass::InvalidRecipient,
        131_050                                             => ErrorClass::OptedOut,
        130_472 | 137_000                                   => ErrorClass::DoNotRetry,
        131_047                                             => ErrorClass::WindowClosed,
        132_000 | 132_001 | 132_005 | 132_007 | 132_008 | 132_012 | 132_015 | 132_016
            | 132_068 | 132_069 | 134_100..=134_102         => ErrorClass::Template,
        131_052 | 131_053                                   => ErrorClass::Media,
        131_037 | 131_045 | 133_000..=133_015               => ErrorClass::Registration,
        _ => return None,
    })
}

/// How long to wait at least before another try: what Meta says beside a code, where its
/// answer brings no `Retry-After`.
pub(super) fn least_wait(code: i64) -> Option<Duration> {
    // "Ecosystem engagement": a day, and longer each time; sooner tries count against us.
    (code == 131_049).then_some(Duration::from_secs(24 * 3_600))
}
