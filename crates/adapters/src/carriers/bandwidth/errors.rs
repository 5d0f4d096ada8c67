//! Bandwidth's error codes.
//!
//! The first digit tells most: `4xxx` permanent, `5xxx` temporary, `9xxx` unknown. After
//! the list of 2023 and later support articles; unknown codes fall back to their first digit.

use omni_core::failure::ErrorClass;

/// What a code means.
pub(super) fn class_of(code: &str) -> ErrorClass {
    use ErrorClass::{
        Account, Ambiguous, BadRequest, Expired, Filtered, InvalidRecipient, Media, OptedOut, Permission,
        Registration, Rejected, Throttled, Transient, Unreachable,
    };
    let Ok(number) = code.parse::<u32>() else { return Rejected };
    match number {
        // Service or form of the request.
        4001 | 4301 | 4302 | 4303 | 4350 | 4435 | 4451 | 4452 | 4700 | 4751 | 4752 => BadRequest,
        // Nobody there: unallocated, emergency, unsupported country, invalid, deactivated.
        4406 | 4432 | 4492 | 4720 | 4721 => InvalidRecipient,
        // No route to the number, its network, or a handset that takes text.
        4420 | 4421 | 4431 | 4433 | 4434 | 4701 | 4702 | 4730 | 4753 => Unreachable,
        // The sender is not ours to use, or not for this.
        4403..=4405 | 4409 | 4493 | 4740 => Permission,
        4407 | 4408 => Account,
        // 10DLC campaign, short code or toll-free number not (yet) approved.
        4773 | 4774 | 4790..=4793 | 4795 => Registration,
        // Bandwidth's and the networks' spam filters and block lists.
        4470 | 4481 | 4482 | 4770..=4772 => Filtered,
        4775 => OptedOut,
        // T-Mobile's, AT&T's and other volume limits.
        4780 | 4781 | 4785 => Throttled,
        4410..=4412 | 4711 | 4712 => Media,
        4360 => Expired,
        9902 | 9999 => Ambiguous,
        5000..=5999 => Transient,
        9000..=9999 => Ambiguous,
        _ => Rejected,
    }
}

/// 9902: no receipt came within two hours. Not a failure, never a reason to send again.
pub(super) fn is_receipt_timeout(code: &str) -> bool {
    code == "9902"
}

/// Whether another try on Bandwidth may help: `4xxx` is permanent, except for volume limits.
pub(super) fn is_retryable(code: &str) -> bool {
    matches!(class_of(code), ErrorClass::Transient | ErrorClass::Throttled)
}

/// How many more tries make sense: one where the network's queue is full (and not before a
/// quarter of an hour), three for other temporary errors.
pub(super) fn max_retries(code: &str) -> Option<u32> {
    match class_of(code) {
        ErrorClass::Transient if code == "5600" => Some(1),
        ErrorClass::Transient => Some(3),
        _ => None,
    }
}
