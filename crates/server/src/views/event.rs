//! A fact of the event log.

use omni_core::store::LoggedEvent;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::When;

/// Every type of event, beside `carrier.…`: what a carrier told that changes no message of
/// ours (a typing sign, somebody who joined), by its kind.
pub const TYPES: [&str; 20] = [
    "agent.notification_requested",
    "conversation.assigned",
    "conversation.created",
    "conversation.status_changed",
    "customer.opted_in",
    "customer.opted_out",
    "dead_letter.created",
    "dead_letter.redriven",
    "message.canceled",
    "message.delivered",
    "message.expired",
    "message.failed",
    "message.queued",
    "message.read",
    "message.received",
    "message.routed",
    "message.scheduled",
    "message.sending",
    "message.sent",
    "rule.matched",
];
/// What events of carriers begin with.
pub const OF_CARRIERS: &str = "carrier.";

/// A fact that happened, at its place in the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event, example = json!({
    "sequence": 42, "type": "message.delivered", "at": "2026-11-20T10:00:02Z",
    "data": { "messageId": "msg_01K5D00000000000000000M5G0", "status": "delivered", "carrier": "twilio" },
}))]
pub struct EventView {
    /// Its place in the log: later facts have greater numbers.
    pub sequence: u64,
    /// `message.received`, `.routed`, `.queued`, `.sent`, `.delivered`, `.read`, `.failed`,
    /// `.expired`, `.canceled`; `conversation.created`, `.assigned`, `.status_changed`;
    /// `customer.opted_out`, `.opted_in`; `dead_letter.created`, `.redriven`; `rule.matched`;
    /// `agent.notification_requested`; `carrier.…`. More may come.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    pub at: When,
    /// What it is about: ids and states.
    #[schema(value_type = Object)]
    pub data: Value,
}

impl From<LoggedEvent> for EventView {
    fn from(logged: LoggedEvent) -> Self {
        let LoggedEvent { sequence, event } = logged;
        Self { sequence, kind: event.event_type, at: event.at.into(), data: event.data }
    }
}
