//! A fact of the event log.

use omni_core::store::LoggedEvent;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::When;

/// A fact that happened, at its place in the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event, example = json!({
    "sequence": 42, "type": "message.delivered", "at": "2026-11-20T10:00:02Z",
    "data": { "messageId": "msg_01K5D00000000000000000M5G0", "status": "delivered", "carrier": "twilio" },
}))]
pub struct EventView {
    /// Its place in the log: later facts have greater numbers.
    pub sequence: u64,
    /// `message.received`, `conversation.created`, …
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
