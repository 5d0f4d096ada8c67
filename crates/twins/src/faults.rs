//! Faults on request, per carrier.
//!
//! All percentages are 0 to 100 (more counts as 100). Which call is struck is a function of
//! the seed, so a run can be repeated.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What goes wrong at one carrier. The default is: nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Faults {
    /// Percent of API calls answered with [`Faults::error_status`] before anything is read.
    pub error_rate: u8,
    /// The HTTP status of those answers: 400 to 599, anything else counts as 503.
    pub error_status: u16,
    /// Percent of API calls answered with 429.
    #[serde(rename = "rate429")]
    pub rate_429: u8,
    /// `Retry-After` of those answers, in seconds.
    pub retry_after_secs: u64,
    /// Percent of sends that are taken, with callbacks, but whose answer never comes: the
    /// twin holds it for [`Faults::hold_ms`] and then cuts the connection.
    pub timeout_rate: u8,
    /// How long a held answer is held, in milliseconds (at most a minute).
    pub hold_ms: u64,
    /// Added to every API call, in milliseconds (at most a minute).
    pub latency_ms: u64,
    /// Every API call is answered with 503; callbacks of earlier messages still come.
    pub outage: bool,
    /// WhatsApp, through whichever carrier: free-form messages to people who have not written within 24
    /// hours fail, as in production. Without it the sandbox lets them pass.
    pub strict_window: bool,
    /// What happens to status callbacks.
    pub receipts: ReceiptFaults,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            error_rate: 0,
            error_status: 503,
            rate_429: 0,
            retry_after_secs: 1,
            timeout_rate: 0,
            hold_ms: 2_000,
            latency_ms: 0,
            outage: false,
            strict_window: false,
            receipts: ReceiptFaults::default(),
        }
    }
}

/// What goes wrong with status callbacks; percentages of all callbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ReceiptFaults {
    /// Percent that never come, though the message's state moves on.
    pub lost: u8,
    /// Percent that come [`ReceiptFaults::late_by_ms`] later, so usually after their successors.
    pub late: u8,
    /// By how much, in milliseconds.
    pub late_by_ms: u64,
    /// Percent that come twice.
    pub doubled: u8,
    /// Percent that change places with their successor.
    pub reordered: u8,
}

impl Default for ReceiptFaults {
    fn default() -> Self {
        Self { lost: 0, late: 0, late_by_ms: 5_000, doubled: 0, reordered: 0 }
    }
}

/// No twin speaks for this carrier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no twin for carrier `{0}`")]
pub struct UnknownCarrier(pub String);

impl Faults {
    pub(crate) fn latency(&self) -> Duration {
        at_most_a_minute(self.latency_ms)
    }

    pub(crate) fn hold(&self) -> Duration {
        at_most_a_minute(self.hold_ms)
    }

    pub(crate) const fn status(&self) -> u16 {
        if self.error_status >= 400 && self.error_status <= 599 { self.error_status } else { 503 }
    }
}

impl ReceiptFaults {
    pub(crate) fn late_by(&self) -> Duration {
        Duration::from_millis(self.late_by_ms.min(3_600_000))
    }
}

fn at_most_a_minute(millis: u64) -> Duration {
    Duration::from_millis(millis.min(60_000))
}

/// A call that ends before the carrier reads it; each twin says it in its own dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    /// Out of order, with this HTTP status.
    Failing(u16),
    /// Too many requests; come back after so many seconds.
    TooMany(u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_partial_table_and_refuses_typos() {
        let faults: Faults =
            serde_json::from_str(r#"{"errorRate":30,"rate429":5,"receipts":{"lost":10}}"#).unwrap();
        assert_eq!((faults.error_rate, faults.rate_429, faults.receipts.lost), (30, 5, 10));
        assert_eq!(faults.error_status, 503);
        assert!(serde_json::from_str::<Faults>(r#"{"errorRat":30}"#).is_err());
    }

    #[test]
    fn an_impossible_status_counts_as_503() {
        for (given, expect) in [(500, 500), (429, 429), (200, 503), (0, 503), (999, 503)] {
            assert_eq!(Faults { error_status: given, ..Faults::default() }.status(), expect);
        }
    }
}
