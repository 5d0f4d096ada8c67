//! Inteliquent (Sinch): text and picture messages of US numbers over the Message Broker.
//!
//! | what    | how Inteliquent does it                                                          |
//! |---------|-----------------------------------------------------------------------------------|
//! | receive | `POST` of one JSON object; numbers are 11 digits without plus; no timestamp        |
//! | prove   | `verificationToken` over `messageID` with the API key (hash or HMAC), or a static |
//! |         | header; plus our secret path and an address allow-list                            |
//! | caution | no mode covers the body: `messageID` is remembered for a day, and the same one    |
//! |         | with another body is refused                                                      |
//! | answer  | `200` with `{"statusCode":"200","status":"success"}`                              |
//! | media   | in and out by public address, without media types                               |
//! | send    | `POST /publishMessages`; `200` may carry `success:false`; `408` is a user error   |
//! | status  | the same webhook with `deliveryReceipt:true` and mostly no status word            |
//! | unsure  | message detail records of the Services API: no reference, so only a lone one counts |
//! | limits  | unknown: 1,600 characters, 10 media of together 500 KB are ours                   |
//!
//! Facts are thin: an API description of 2023 and the source of two production integrations.
//! The shape of Sinch's SMS REST API, which the endpoint may change to, is read as well.
//!
//! Deliberately absent: messages to a group (a message here has one recipient; a group's
//! messages are received), content in Inteliquent's own shape (there is nothing beyond words and
//! media), 10DLC campaigns and the set-up of webhooks, which a person does once.
//!
//! # Set-up
//!
//! 1. An API key of the Message Broker becomes `api_key`, our numbers with messaging enabled
//!    `numbers`.
//! 2. `POST /configureAuthorization` with `inboundAuth` and
//!    `webhookUrl: https://<host>/webhooks/inteliquent/<token>`, whose last segment is
//!    `path_token`. Set one for the whole company: a number without its own and without that one
//!    loses its messages. With `headerName` and `headerValue` the mode is `static-header`.
//! 3. Let somebody send a message. If it is refused as `token_wrong`, change `auth.mode` from
//!    `sha256-concat` to `hmac-sha256`: both exist, and only the provider knows which it uses.
//! 4. For sends whose answer is lost, the company's key and secret of the Services API (customer
//!    portal, Admin) and its private key go into `services`. Without it nothing is looked up.
//! 5. If the provider names its addresses, list them in `auth.allow_cidrs`, and our own proxies in
//!    `auth.trusted_proxies`.
//!
//! # What is verified
//!
//! In this order: the caller's address (if a list is set; `X-Forwarded-For` counts only from
//! trusted proxies, read from the right), the secret segment of the path, and the one configured
//! proof: no other mode is tried. The token covers `messageID` and not the body. So each
//! `messageID` is remembered for a day, and coming back with another body it is refused; a
//! static header is not even tied to a request.
//!
//! # Known doubts
//!
//! - Which digest the provider computes; the shape of receipts; addresses, retries, limits and
//!   error texts; whether the Message Broker outlives the move to Sinch.
//! - Whether `referenceId` may be sent: it is, but only the answer's is relied on.
//! - How late message detail records are, and how they write the time: the description's example
//!   has none. Only one with a time that can be read settles a send; otherwise a receipt that kept
//!   our `referenceId` does, or nothing.
//! - Another payload in circulation (`messageId`, `body`, `attachments`) is read by its names, but
//!   no source of the carrier describes it.

mod account;
mod auth;
mod check;
mod errors;
mod look_up;
mod send;
mod status;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, CarrierPlugin, Found, Health, LookUp, OutboundMessage,
    Parsed,
};
use omni_core::event::{CarrierEvent, Channel, MessageType};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::secret::Secret;
use omni_core::webhook::{Malformed, Outcome, Proof, Refusal, WebhookReply, WebhookRequest};
use serde_json::{Value, json};

use crate::shared::{allow_list, path};
pub use account::{Auth, Mode, Services, Settings};

const NAME: CarrierName = CarrierName("inteliquent");

/// How the registry builds Inteliquent connections.
pub const PLUGIN: CarrierPlugin = CarrierPlugin {
    name: NAME,
    starter: include_str!("starter.toml"),
    build: |settings| {
        let settings = Settings::read(settings)?;
        Ok(Arc::new(Inteliquent { capabilities: capabilities(&settings), settings }))
    },
    case_settings,
};

/// The region of ten-digit numbers.
const REGION: &str = "US";

fn tenant_key(number: &Address) -> String {
    format!("inteliquent:{}", number.expose())
}

/// An Inteliquent connection.
struct Inteliquent {
    settings: Settings,
    capabilities: Capabilities,
}

fn capabilities(settings: &Settings) -> Capabilities {
    Capabilities {
        channels: vec![Channel::Sms, Channel::Mms],
        content: vec![MessageType::Text, MessageType::Media],
        max_text: send::MAX_TEXT,
        max_media: send::MAX_MEDIA,
        max_media_bytes: send::MAX_MEDIA_BYTES,
        media_types: vec!["image/*", "video/*", "audio/*", "application/pdf", "text/vcard"],
        delivery_receipts: true,
        look_up: settings.services.is_some(),
        ..Capabilities::NONE
    }
}

#[async_trait]
impl Carrier for Inteliquent {
    fn name(&self) -> CarrierName {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn routing_keys(&self) -> Vec<String> {
        self.settings.own.iter().map(tenant_key).collect()
    }

    fn senders(&self) -> Vec<(Channel, Address)> {
        self.settings.own.iter().map(|number| (Channel::Sms, number.clone())).collect()
    }

    fn accepts_path(&self, rest: &str) -> bool {
        self.settings.path_token.as_ref().is_some_and(|token| token.matches(rest.as_bytes()))
    }

    fn secrets_in_callbacks(&self) -> Vec<&Secret> {
        let Settings { auth, path_token, api_key, .. } = &self.settings;
        // The other modes send a digest of the key.
        let fixed = match auth.mode {
            Mode::StaticHeader => auth.keys.as_deref().unwrap_or(std::slice::from_ref(api_key)),
            Mode::Sha256Concat | Mode::HmacSha256 => &[],
        };
        path_token.iter().chain(fixed).collect()
    }

    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal> {
        if request.method != "POST" {
            return Err(Refusal::Method);
        }
        let auth = &self.settings.auth;
        allow_list::verify(request, &auth.allow_cidrs, &auth.trusted_proxies)?;
        path::verify_token(request, self.settings.path_token.as_ref())?;
        auth::verify(&self.settings, request)
    }

    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed> {
        webhook::parse(&self.settings, request)
    }

    fn reply(&self, outcome: Outcome, _: &[CarrierEvent]) -> WebhookReply {
        match outcome {
            Outcome::Reject => WebhookReply::empty(401),
            _ => WebhookReply::text(200, "application/json", r#"{"statusCode":"200","status":"success"}"#),
        }
    }

    fn request(&self, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
        send::request(&self.settings, message)
    }

    fn outcome(&self, _: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
        send::outcome(response)
    }

    async fn look_up(&self, http: &dyn HttpClient, query: &LookUp) -> Result<Option<Found>, SendError> {
        let Some(services) = &self.settings.services else { return Ok(None) };
        let response = http.execute(look_up::request(services, query)).await?;
        look_up::read(&response, query).map(Some)
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        let response = http.execute(self.settings.post("selectAuthorization", &json!({}))).await?;
        Ok(check::read(&response))
    }
}

/// Reads a conformance case: `config` holds the authentication (in inbound cases under
/// `auth`) and our numbers; `secrets` are the keys.
fn case_settings(case: &Value) -> Value {
    let config = &case["config"];
    let source = if config["auth"].is_object() { &config["auth"] } else { config };
    let mut auth = serde_json::Map::new();
    for key in ["mode", "keys", "header_name", "allow_cidrs", "trusted_proxies"] {
        if let Some(value) = source.get(key).filter(|value| !value.is_null()) {
            auth.insert(key.into(), value.clone());
        }
    }
    if !auth.contains_key("keys") && case["secrets"].is_array() {
        auth.insert("keys".into(), case["secrets"].clone());
    }
    let numbers = config["numbers"].as_array().cloned().unwrap_or_default();
    json!({ "numbers": numbers, "auth": auth, "path_token": case["path_token"] })
}

#[cfg(test)]
mod tests;
