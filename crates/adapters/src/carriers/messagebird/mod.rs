//! MessageBird, today Bird: three generations of one company's API, all of them alive.
//!
//! | what    | `rest` (MessageBird)                | `bird` (Channels API)             | `platform` (2026)                    |
//! |---------|-------------------------------------|-----------------------------------|--------------------------------------|
//! | receive | `POST` form or JSON per SMS/MMS; `POST` JSON of the Conversations API | `POST` JSON `{service, event, payload}` | `POST` JSON `{type, timestamp, data}` |
//! | status  | `GET` with the report in the query; `message.updated` | the same webhook, `*.outbound` | the same webhook, `sms.delivered`, … |
//! | prove   | `MessageBird-Signature-JWT` over URL and body (or a legacy HMAC) | HMAC of timestamp, URL, body | Standard Webhooks |
//! | answer  | `200`, body `OK`                    | the same                          | the same, within 15 s                |
//! | send    | `POST /messages`, `/mms`; Conversations `POST /send` | `POST …/channels/{id}/messages` | `POST /v1/sms/messages`, `/v1/whatsapp/messages` |
//! | ours in status | `reference`, `source.ref`    | `reference`                       | `metadata.ref`                       |
//! | repeat a send | never blindly                 | never blindly                     | safe for 3 h: `Idempotency-Key`      |
//! | STOP    | ours to answer                      | ours to answer                    | Bird blocks and answers by itself    |
//!
//! The generation is configured, never guessed from a body: the second line of the two HMAC
//! schemes differs while their headers have the same names.
//!
//! Written against the public SDKs (messagebird 2.2.0, messagebird-sdk 0.106.0), Bird's
//! documentation of 2026 and the captured facts of the conformance vectors. Weakly documented
//! and therefore lenient here: the Conversations error numbers, the 14xxx and 15xxx failure
//! codes of Channels, and the exact shapes of Channels' buttons and lists.
//!
//! Deliberately absent: flash and binary SMS, carrier-side scheduling (our own is exact), and
//! `validity` (relative to now, and a request builder knows no clock: the last look before the
//! socket write drops what has expired).

mod account;
mod case;
mod errors;
mod jwt;
mod send;
mod signature;
mod status;
mod webhook;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, CarrierPlugin, Found, Health, LookUp, OutboundMessage,
    Parsed,
};
use omni_core::event::{CarrierEvent, Channel};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::webhook::{Malformed, Outcome, Proof, Refusal, WebhookReply, WebhookRequest};

use account::Account;
pub use account::{Category, Generation, Settings};

/// As in configuration, URLs and events.
const NAME: &str = "messagebird";

/// How to build a MessageBird connection.
pub const PLUGIN: CarrierPlugin = CarrierPlugin {
    name: CarrierName(NAME),
    build: |settings| {
        let account = Account::new(serde_json::from_value(settings)?)?;
        Ok(Arc::new(MessageBird { capabilities: send::capabilities(&account), account }))
    },
    case_settings: case::settings,
};

struct MessageBird {
    account: Account,
    capabilities: Capabilities,
}

#[async_trait]
impl Carrier for MessageBird {
    fn name(&self) -> CarrierName {
        CarrierName(NAME)
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn routing_keys(&self) -> Vec<String> {
        self.account.routing_keys()
    }

    fn senders(&self) -> Vec<(Channel, Address)> {
        self.account.senders()
    }

    fn accepts_path(&self, rest: &str) -> bool {
        matches!(rest, "inbound" | "status" | "conversations" | "bird" | "v1" | "platform")
    }

    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal> {
        signature::verify(&self.account, request)
    }

    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed> {
        webhook::parse(&self.account, request)
    }

    fn reply(&self, outcome: Outcome, _events: &[CarrierEvent]) -> WebhookReply {
        match outcome {
            Outcome::Reject => WebhookReply::empty(401),
            // MessageBird repeats a callback until the body says so.
            _ => WebhookReply::text(200, "text/plain", "OK"),
        }
    }

    fn request(&self, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
        send::request(&self.account, message)
    }

    fn outcome(&self, message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
        send::outcome(&self.account, message, response)
    }

    async fn look_up(&self, http: &dyn HttpClient, query: &LookUp) -> Result<Option<Found>, SendError> {
        send::look_up(&self.account, http, query).await
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        send::check(&self.account, http).await
    }
}
