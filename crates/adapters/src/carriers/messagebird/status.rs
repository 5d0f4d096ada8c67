//! The carrier's words for delivery, and ours. An unknown word is `None`, never a guess.

use omni_core::event::ReportedState;

/// Status reports of SMS and MMS (`rest`).
pub(super) fn rest(word: &str) -> Option<ReportedState> {
    Some(match word {
        "scheduled" => ReportedState::Queued,
        "sent" | "buffered" => ReportedState::Sent,
        "delivered" => ReportedState::Delivered,
        "expired" | "delivery_failed" => ReportedState::Failed,
        _ => return None,
    })
}

/// Message states of the Conversations API (`rest`), as its SDKs list them. Some words say
/// something about the message but nothing about its delivery: the caller keeps them as detail.
pub(super) fn conversations(word: &str) -> Option<ReportedState> {
    Some(match word {
        "accepted" | "pending" | "delayed" => ReportedState::Queued,
        "sent" | "transmitted" | "dispatched" | "buffered" => ReportedState::Sent,
        "delivered" => ReportedState::Delivered,
        "read" | "opened" | "clicked" => ReportedState::Read,
        "rejected" | "failed" | "delivery_failed" | "expired" => ReportedState::Failed,
        "deleted" | "unknown" | "received" | "unsupported" => ReportedState::Unknown,
        // E-mail's own.
        "bounce" | "out_of_bounded" | "spam_complaint" | "list_unsubscribe" => ReportedState::Unknown,
        _ => return None,
    })
}

/// Message states of the Channels API (`bird`), as its description lists them, and `read`. Two
/// of them say nothing about delivery: the caller keeps them as detail.
pub(super) fn bird(word: &str) -> Option<ReportedState> {
    Some(match word {
        "accepted" | "scheduled" | "processing" => ReportedState::Queued,
        "sent" => ReportedState::Sent,
        "delivered" => ReportedState::Delivered,
        "read" => ReportedState::Read,
        "rejected" | "sending_failed" | "delivery_failed" => ReportedState::Failed,
        "deleted" | "skipped" => ReportedState::Unknown,
        _ => return None,
    })
}

/// Event types and message states of the platform: `sms.delivered`, or just `delivered`.
pub(super) fn platform(word: &str) -> Option<ReportedState> {
    let word = word.rsplit('.').next().unwrap_or_default();
    Some(match word {
        "accepted" | "scheduled" => ReportedState::Queued,
        "sent" => ReportedState::Sent,
        "delivered" => ReportedState::Delivered,
        "read" => ReportedState::Read,
        "undelivered" | "failed" | "rejected" | "expired" => ReportedState::Failed,
        "canceled" => ReportedState::Canceled,
        _ => return None,
    })
}
