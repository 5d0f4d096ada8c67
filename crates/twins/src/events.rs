//! What happens at the twins, for tests, the console and the benchmark.

use std::time::Duration;

/// Something that happened at a twin. Subscribers that fall more than 4,096 events behind
/// lose the oldest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TwinEvent {
    /// A send was taken.
    Accepted {
        /// The carrier.
        carrier: &'static str,
        /// The id that the twin gave.
        id: String,
        /// The sender's own reference, if one was given.
        client_reference: Option<String>,
    },
    /// A send was refused.
    Refused {
        /// The carrier.
        carrier: &'static str,
        /// HTTP status of the answer.
        status: u16,
        /// The carrier's error code; 0 if the answer has none.
        code: u32,
    },
    /// One try to deliver a callback ended.
    CallbackTried {
        /// The carrier.
        carrier: &'static str,
        /// What it reports: a status (`sent`) or a fixture's event (`text`).
        what: &'static str,
        /// The message that it is about.
        id: String,
        /// HTTP status of the gateway's answer; `None` if there was none.
        status: Option<u16>,
        /// 1 for the first try.
        attempt: u32,
        /// How long the gateway took.
        elapsed: Duration,
    },
    /// A callback was not taken, and the carrier will not try again.
    CallbackGivenUp {
        /// The carrier.
        carrier: &'static str,
        /// What it reports.
        what: &'static str,
        /// The message that it is about.
        id: String,
        /// How many tries were made.
        attempts: u32,
        /// How the last one ended: `refused`, `not connected`, `timed out` or `no answer`.
        reason: &'static str,
    },
    /// A callback was never sent, because too many were waiting.
    CallbackDropped {
        /// The carrier.
        carrier: &'static str,
        /// What it would have reported.
        what: &'static str,
        /// The message that it is about.
        id: String,
    },
}
