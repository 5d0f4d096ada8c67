//! Twilio's error codes, and what they mean. The same codes answer a send and come in
//! status callbacks.

use omni_core::failure::ErrorClass;

use crate::shared::answer;

/// What an error means: by its code, else by the HTTP status it came with (`None` in
/// callbacks).
pub(super) fn class(code: Option<u32>, http_status: Option<u16>) -> ErrorClass {
    let known = code.and_then(by_code);
    known.unwrap_or_else(|| http_status.map_or(ErrorClass::Rejected, answer::class_of))
}

/// The documented codes (Twilio's error catalogue, 2026). 216602 is right: a content type that
/// the channel does not show.
#[rustfmt::skip]
pub(super) fn by_code(code: u32) -> Option<ErrorClass> {
    Some(match code {
        401 | 20_003                                          => ErrorClass::Auth,
        20_005 | 21_608 | 30_002 | 63_001 | 63_008 | 63_020 | 63_051 => ErrorClass::Account,
        429 | 14_107 | 20_429 | 21_611 | 30_001 | 30_017 | 30_022 | 63_017 | 63_018 => ErrorClass::Throttled,
        30_023 | 30_027 | 63_038 | 63_049                     => ErrorClass::QualityLimited,
        500..=599 | 20_500 | 20_503 | 30_410 | 63_009 | 63_010 | 63_012 | 63_023 => ErrorClass::Transient,
        30_003 | 30_008 | 63_036                              => ErrorClass::Unreachable,
        21_211 | 21_212 | 21_214 | 21_217 | 21_604 | 21_612 | 21_614 | 30_005 | 30_006
            | 63_003 | 63_024                                 => ErrorClass::InvalidRecipient,
        21_610                                                => ErrorClass::OptedOut,
        63_014 | 63_033                                       => ErrorClass::UserBlocked,
        // The person takes part in an experiment of WhatsApp's.
        63_032                                                => ErrorClass::DoNotRetry,
        30_004                                                => ErrorClass::Blocked,
        30_007 | 30_450 | 63_013 | 63_026 | 63_039            => ErrorClass::Filtered,
        21_408 | 63_015 | 63_035                              => ErrorClass::Permission,
        63_016                                                => ErrorClass::WindowClosed,
        21_654..=21_656 | 63_027..=63_029 | 63_040..=63_042
            | 216_602                                         => ErrorClass::Template,
        21_620 | 21_623 | 63_005 | 63_019 | 63_021 | 63_025 | 63_030 | 63_034 | 63_037
            | 63_043 | 63_044                                 => ErrorClass::Media,
        21_601 | 21_603 | 21_606 | 21_609 | 21_621 | 21_659..=21_661 | 21_664 | 21_666 | 21_667
            | 21_701..=21_705 | 21_910 | 30_024 | 30_032 | 30_034 | 30_035
            | 63_002 | 63_007 | 63_022                        => ErrorClass::Registration,
        21_602 | 21_617 | 21_619 | 21_658 | 30_010 | 35_114 | 35_115 | 35_117 | 35_118 | 35_125
            | 60_200 | 63_031                                 => ErrorClass::BadRequest,
        30_036                                                => ErrorClass::Expired,
        _ => return None,
    })
}
