//! Why a message did not arrive, in the words of each generation.
//!
//! A failure has one number within the twin: the code of an SMS status report
//! (`statusErrorCode`), [`WINDOW`] or [`SUPPRESSED`].

/// The recipient's number does not exist.
pub(super) const UNKNOWN_SUBSCRIBER: u32 = 1;
/// The recipient does not want messages from us.
pub(super) const OPTED_OUT: u32 = 103;
/// The platform itself lets nothing pass to the recipient.
pub(super) const SUPPRESSED: u32 = 9_001;
/// The recipient has not written on WhatsApp for 24 hours.
pub(super) const WINDOW: u32 = 301;

/// One failure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure {
    /// `statusErrorCode` of an SMS, `error.code` of a Conversations message.
    pub(super) number: u32,
    /// `statusReason`, and the description elsewhere.
    pub(super) reason: &'static str,
    /// `failure.code` of the Channels API.
    pub(super) channels: u32,
    /// `error.code` of the platform.
    pub(super) platform: &'static str,
}

#[rustfmt::skip]
const KNOWN: &[Failure] = &[
    Failure { number: UNKNOWN_SUBSCRIBER, reason: "unknown subscriber", channels: 15_005, platform: "invalid_destination" },
    Failure { number: 6,  reason: "unavailable subscriber", channels: 15_000, platform: "unreachable" },
    Failure { number: 11, reason: "teleservice not provisioned", channels: 15_000, platform: "landline_unreachable" },
    Failure { number: 13, reason: "carrier rejected", channels: 15_000, platform: "blocked_by_carrier" },
    Failure { number: 27, reason: "unavailable subscriber", channels: 15_000, platform: "unreachable" },
    Failure { number: 31, reason: "unavailable subscriber", channels: 15_000, platform: "unreachable" },
    Failure { number: 32, reason: "delivery failure", channels: 15_000, platform: "undeliverable" },
    Failure { number: 34, reason: "system failure", channels: 15_001, platform: "provider_unavailable" },
    Failure { number: OPTED_OUT, reason: "recipient opted out", channels: 15_000, platform: "recipient_opted_out" },
    Failure { number: SUPPRESSED, reason: "recipient suppressed", channels: 15_000, platform: "recipient_suppressed" },
    Failure {
        number: WINDOW,
        reason: "Failed to send message because you are outside the support window for freeform messages to this user.",
        channels: 14_000,
        platform: "service_window_expired",
    },
];

/// The failure with that number.
pub(super) fn failure(number: u32) -> Failure {
    let unknown = Failure { number, reason: "operator rejected", channels: 15_000, platform: "unknown" };
    KNOWN.iter().find(|failure| failure.number == number).copied().unwrap_or(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_numbers() {
        for (number, platform) in [
            (1, "invalid_destination"),
            (103, "recipient_opted_out"),
            (301, "service_window_expired"),
            (77, "unknown"),
        ] {
            let found = failure(number);
            assert_eq!((found.number, found.platform), (number, platform));
        }
    }
}
