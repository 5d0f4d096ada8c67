//! A connection: one configured carrier endpoint.

use omni_core::address::Address;
use omni_core::carrier::Capabilities;
use omni_core::time::Timestamp;
use omni_pipeline::directory::{Connection, VerifyMode};
use omni_pipeline::outbound::breaker::{BreakerState, Breakers};
use serde::Serialize;
use utoipa::ToSchema;

use super::{When, words};

/// One configured carrier endpoint of an account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Connection, example = json!({
    "id": "twilio-main", "carrier": "twilio", "accountId": "main", "sandbox": false, "verify": "enforce",
    "webhookUrl": "https://gw.example.net/webhooks/twilio/twilio-main",
    "breaker": "closed", "senders": [{ "channel": "sms", "address": "+12065550100" }],
    "capabilities": { "channels": ["sms", "mms"], "maxText": 1600, "deliveryReceipts": true },
}))]
pub struct ConnectionView {
    /// Its name.
    pub id: String,
    /// Its carrier.
    pub carrier: &'static str,
    /// Which brand or project.
    pub account_id: String,
    /// It talks to a twin, not to the world.
    pub sandbox: bool,
    /// What happens to callbacks that do not verify: `enforce` refuses them, `observe` takes
    /// and marks them.
    #[schema(value_type = String)]
    pub verify: VerifyMode,
    /// The URL to enter at the carrier.
    pub webhook_url: String,
    /// Its circuit breaker. `closed`: all is well; `open`: nobody sends; `half_open`: one send
    /// probes.
    #[schema(value_type = String)]
    pub breaker: BreakerState,
    /// When an open breaker lets a probe through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries_at: Option<When>,
    /// Our addresses that can send here, in order of preference.
    pub senders: Vec<SenderView>,
    /// What it can carry.
    #[schema(value_type = Object)]
    pub capabilities: Capabilities,
}

impl ConnectionView {
    /// As it stands at `now`, reached under `public_url`.
    pub fn at(connection: &Connection, breakers: &Breakers, public_url: &str, now: Timestamp) -> Self {
        let carrier = connection.carrier.name().0;
        let breaker = breakers.state(&connection.id, now);
        let retries_at = breakers.open_until(&connection.id).filter(|_| breaker == BreakerState::Open);
        Self {
            id: connection.id.to_string(),
            carrier,
            account_id: connection.account.to_string(),
            sandbox: connection.sandbox,
            verify: connection.verify,
            webhook_url: format!("{public_url}/webhooks/{carrier}/{}", connection.id),
            breaker,
            retries_at: retries_at.map(When),
            senders: connection
                .senders
                .iter()
                .map(|(channel, address)| SenderView { channel: channel.as_str(), address: address.clone() })
                .collect(),
            capabilities: connection.carrier.capabilities().clone(),
        }
    }
}

/// What a carrier said of our credentials.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Checked, example = json!({
    "id": "twilio-main", "carrier": "twilio", "ok": true, "detail": "account is active", "tookMs": 182,
}))]
pub struct CheckedView {
    /// The connection.
    pub id: String,
    /// Its carrier.
    pub carrier: &'static str,
    /// Whether we can send.
    pub ok: bool,
    /// One sentence for the operator.
    pub detail: String,
    /// How long the carrier took, in milliseconds.
    pub took_ms: u64,
}

/// An address of ours that can send.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sender)]
pub struct SenderView {
    /// Over what.
    #[schema(schema_with = words::channel)]
    pub channel: &'static str,
    /// The address.
    #[schema(value_type = String)]
    pub address: Address,
}
