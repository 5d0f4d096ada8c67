//! MessageBird, today Bird: three generations of one company's API, all of them alive.
//!
//! | what    | `rest` (MessageBird)                | `bird` (Channels API)             | `platform` (2026)                    |
//! |---------|-------------------------------------|-----------------------------------|--------------------------------------|
//! | receive | `POST` form or JSON per SMS/MMS; `POST` JSON of the Conversations API | `POST` JSON `{service, event, payload}` | `POST` JSON `{type, timestamp, data}` |
//! | status  | `GET` with the report in the query; `message.updated` | the same webhook, `*.outbound` | the same webhook, `sms.delivered`, … |
//! | prove   | `MessageBird-Signature-JWT` over URL and body (or a legacy HMAC) | HMAC of timestamp, URL, body | Standard Webhooks |
//! | answer  | `200`, body `OK`                    | the same                          | the same, within 15 s                |
//! | media   | in by address, fetched with the key; out by address | in and out by address | in by address, fetched with the key for 30 days; out by address |
//! | send    | `POST /messages`, `/mms`; Conversations `POST /send` | `POST …/channels/{id}/messages` | `POST /v1/sms/messages`, `/v1/whatsapp/messages` |
//! | ours in status | `reference`, `source.ref`    | `reference`                       | `metadata.ref`                       |
//! | repeat a send | never blindly                 | never blindly                     | safe for 3 h: `Idempotency-Key`      |
//! | read mark, typing | no                        | no                                | WhatsApp: `POST …/messages/{id}/read` |
//! | STOP    | ours to answer                      | ours to answer                    | Bird blocks and answers by itself    |
//!
//! The generation is configured, never guessed from a body: the second line of the two HMAC
//! schemes differs while their headers have the same names.
//!
//! Written against the public SDKs (messagebird 2.2.0 and its sisters in Go and Java,
//! messagebird-sdk 0.106.0), the OpenAPI description in Bird's pages about Channels, and the
//! captured facts of the conformance vectors. Weakly documented and therefore lenient here: the
//! Conversations error numbers, and the 14xxx and 15xxx failure codes of Channels.
//!
//! | content | `rest` (Conversations; SMS and MMS) | `bird`                             | `platform` (WhatsApp; SMS)           |
//! |---------|-------------------------------------|------------------------------------|--------------------------------------|
//! | template | `hsm`: values by position; headers and buttons by `components` | `projectId:version`; headers and buttons are variables like any other | by id or slug; a quick reply's payload is its label |
//! | choices | buttons, lists in sections, media above; links need a template | buttons, a link, lists in sections, media above | buttons, a link, lists in sections, media above |
//! | place asked for | not documented              | yes                                | yes                                  |
//! | products | one, or several of a catalogue     | no                                 | no                                   |
//! | voice note | goes as sound                    | goes as a file of sound            | yes                                  |
//! | own shape | `type`, `content`, `fallback`, …; SMS: `body`, …; MMS: `mediaUrls`, … | a `body` (a carousel, say) | the members of a message (`interactive`, `options`, …) |
//!
//! Content in a generation's own shape says neither who sends to whom, nor our reference, nor
//! where reports go; an object that does is refused.
//!
//! Deliberately absent: words of our own for flash and binary SMS, subjects of MMS, carousels and
//! carrier-side scheduling (our own is exact): the own shape has them. WhatsApp's forms, which no
//! generation documents. `validity` (relative to now, and a request builder knows no clock: the
//! last look before the socket write drops what has expired). Names of files over Conversations,
//! which has no member for them. Mails with subject and copies over Channels.
//!
//! # Set-up
//!
//! `rest`: the access key becomes `access_key`, the *signing key* of the developer settings
//! (another one) the one of `signing_keys`. Numbers or their flows forward to
//! `https://<host>/webhooks/messagebird`; status reports go to the URL that each message names.
//! For WhatsApp each channel id goes into `channels`, and a webhook of the Conversations API
//! (`POST /webhooks` with `message.created` and `message.updated`) points at the same URL.
//!
//! `bird`: an access key of the workspace, the workspace's id in `workspaces`, channel ids in
//! `channels`. A subscription per channel (`POST …/webhook-subscriptions`, service `channels`,
//! events `sms.inbound`, `sms.outbound`, `whatsapp.inbound`, `whatsapp.outbound`) with the URL
//! `https://<host>/webhooks/messagebird/bird` and a `signingKey` of our choice.
//!
//! `platform`: a key `bk_{region}_…` (its region names the host), the workspace's id, our numbers,
//! and a webhook at `https://<host>/webhooks/messagebird/v1`, whose secret `whsec_…` goes into
//! `signing_keys`. A webhook that failed for long is paused, and what happens then is never
//! delivered: watch for that.
//!
//! # What is verified
//!
//! By generation, never by guess: `rest` demands all six claims of the token (issuer, not before,
//! not after, id, hash of the URL as called, hash of the body where there is one), one of three
//! HMAC algorithms, and no hint at a key; each token counts once. `legacy_signature` and `bird`
//! sign time, query or URL, and digest of the body: 60 and 300 seconds. `platform` signs id, time
//! and body: 300 seconds, and the id is remembered for 72 hours. All cover the whole body.
//!
//! # Known doubts
//!
//! - `rest`: most recipients, longest text and originator, most error numbers, retries of the
//!   Conversations webhooks, what keywords do by default, whether an MMS heeds `reportUrl`.
//! - `bird`: failure codes 14xxx and 15xxx beyond the documented, the time window of the
//!   signature, what `skipped` means (kept as detail, no failure).
//! - `platform`: rate limits, the list of regions, and a product that changes by the week: unknown
//!   members are ignored, unknown kinds kept by name.

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
    Parsed, Presence,
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
    starter: include_str!("starter.toml"),
    build: |settings| {
        let account = Account::new(crate::shared::settings::read(settings)?)?;
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

    async fn show(&self, http: &dyn HttpClient, presence: &Presence) -> Result<bool, SendError> {
        send::show(&self.account, http, presence).await
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        send::check(&self.account, http).await
    }
}
