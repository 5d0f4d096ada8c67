//! What came in on the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::store::JournalEntry;
use omni_core::webhook::Outcome;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::When;

/// A request as it came in, in one line.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JournalEntry, example = json!({
    "id": "jrn_01K5D0000000000000000000J0", "carrier": "twilio", "connection": "twilio-main",
    "outcome": "accept", "reasons": [], "bytes": 412, "receivedAt": "2026-11-20T10:00:00Z",
}))]
pub struct JournalEntryView {
    /// Its id.
    pub id: String,
    /// The carrier named in the URL.
    pub carrier: String,
    /// The connection that verified it; left out if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// `accept`, `ignore`, or why it was set aside: `quarantine`, `unroutable`, `reject`.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// Stable words for what was set aside.
    pub reasons: Vec<String>,
    /// Size of the body.
    pub bytes: usize,
    /// When it arrived.
    pub received_at: When,
}

impl From<&JournalEntry> for JournalEntryView {
    fn from(entry: &JournalEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            carrier: entry.carrier.clone(),
            connection: entry.connection.clone(),
            outcome: entry.outcome,
            reasons: entry.reasons.clone(),
            bytes: entry.body.len(),
            received_at: entry.received_at.into(),
        }
    }
}

/// A request as it came in, whole.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JournalRequest, example = json!({
    "id": "jrn_01K5D0000000000000000000J0", "carrier": "twilio", "connection": "twilio-main",
    "outcome": "accept", "reasons": [], "bytes": 18, "receivedAt": "2026-11-20T10:00:00Z",
    "head": { "method": "POST", "url": "https://gw.example.net/webhooks/twilio/twilio-main",
              "headers": [["content-type", "application/x-www-form-urlencoded"]], "peer": "192.0.2.7" },
    "body": "From=%2B1&Body=hi", "bodyEncoding": "text",
}))]
pub struct JournalRequestView {
    /// What it came to.
    #[serde(flatten)]
    pub entry: JournalEntryView,
    /// `{method, url, headers: [[name, value], …], peer}`; credentials are blanked.
    #[schema(value_type = Object)]
    pub head: Value,
    /// The body.
    pub body: String,
    /// How `body` is written: `text`, or `base64` if it is no text.
    pub body_encoding: &'static str,
}

impl From<&JournalEntry> for JournalRequestView {
    fn from(entry: &JournalEntry) -> Self {
        let (body, body_encoding) = match std::str::from_utf8(&entry.body) {
            Ok(text) => (text.to_owned(), "text"),
            Err(_) => (STANDARD.encode(&entry.body), "base64"),
        };
        Self {
            entry: entry.into(),
            head: serde_json::from_slice(&entry.head).unwrap_or_default(),
            body,
            body_encoding,
        }
    }
}

/// What a replay came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Replayed, example = json!({
    "outcome": "accept", "messageIds": ["msg_01K5D00000000000000000M5G0"], "duplicates": 0,
}))]
pub struct ReplayedView {
    /// As in the journal.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// Messages stored now.
    pub message_ids: Vec<String>,
    /// Events that were stored before, and are not stored again.
    pub duplicates: usize,
}
