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
//! | limits  | unknown: 1,600 characters, 10 media of together 500 KB are ours                   |
//!
//! Facts are thin: an API description of 2023 and the source of two production integrations.
//! The shape of Sinch's SMS REST API, which the endpoint may change to, is read as well.
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
//! 4. If the provider names its addresses, list them in `auth.allow_cidrs`, and our own proxies in
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
//! - `messageDetailSearch` of the other API could tell what became of a message whose answer was
//!   lost, but neither its request nor its answer is described: only a receipt that kept our
//!   `referenceId` settles such a send.
//! - Another payload in circulation (`messageId`, `body`, `attachments`) is read by its names, but
//!   no source of the carrier describes it.

mod auth;
mod check;
mod errors;
mod send;
mod status;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, CarrierPlugin, Health, OutboundMessage, Parsed,
    SettingsError,
};
use omni_core::event::{CarrierEvent, Channel, MessageType};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::peer::Cidr;
use omni_core::secret::Secret;
use omni_core::webhook::{Malformed, Outcome, Proof, Refusal, WebhookReply, WebhookRequest};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::shared::{allow_list, path, people, settings};

const NAME: CarrierName = CarrierName("inteliquent");

/// How the registry builds Inteliquent connections.
pub const PLUGIN: CarrierPlugin = CarrierPlugin {
    name: NAME,
    starter: include_str!("starter.toml"),
    build: |settings| {
        Ok(Arc::new(Inteliquent { capabilities: capabilities(), settings: Settings::read(settings)? }))
    },
    case_settings,
};

/// The settings of an Inteliquent connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The API key, for sending and (by default) for verification.
    #[serde(default)]
    api_key: Secret,
    /// Our numbers. Among the recipients of a group message, these get it.
    numbers: Vec<String>,
    /// How callbacks prove themselves.
    #[serde(default)]
    auth: Auth,
    /// An unguessable segment that callback paths must hold.
    #[serde(default)]
    path_token: Option<Secret>,
    /// The API's root.
    #[serde(default = "live_api")]
    base_url: Url,
    /// Our numbers, as in events.
    #[serde(skip)]
    own: Vec<Address>,
}

/// How callbacks prove themselves. There is no silent downgrade: one mode is configured, and
/// only that one counts.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// Which proof.
    mode: Mode,
    /// Keys (or header values) in force; several while changing. The API key if absent.
    keys: Option<Vec<Secret>>,
    /// The header of `static-header`; `Authorization` if absent.
    header_name: Option<String>,
    /// Where callbacks may come from; empty switches the check off.
    allow_cidrs: Vec<Cidr>,
    /// Proxies whose `X-Forwarded-For` is believed.
    trusted_proxies: Vec<Cidr>,
}

/// Which proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Hex SHA-256 of API key and `messageID`: what production integrations compute.
    #[default]
    #[serde(rename = "sha256-concat")]
    Sha256Concat,
    /// Hex HMAC-SHA256 of `messageID`: what the API's description says.
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    /// A header with a fixed value.
    StaticHeader,
}

fn live_api() -> Url {
    Url::parse("https://messagebroker.inteliquent.com/msgbroker/rest").expect("a URL")
}

impl Settings {
    /// Reads the table, and our numbers as events name them.
    fn read(table: Value) -> Result<Self, SettingsError> {
        let mut settings: Self = settings::read(table)?;
        settings.own = settings.numbers.iter().map(|raw| people::number(raw, REGION)).collect();
        Ok(settings)
    }

    fn url(&self, call: &str) -> String {
        format!("{}/{call}", self.base_url.as_str().trim_end_matches('/'))
    }

    fn post(&self, call: &str, body: &Value) -> HttpRequest {
        HttpRequest::new("POST", self.url(call))
            .header("authorization", format!("Bearer {}", self.api_key.expose()))
            .header("accept", "application/json")
            .json(body)
    }

    fn owns(&self, number: &Address) -> bool {
        self.own.contains(number)
    }
}

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

fn capabilities() -> Capabilities {
    Capabilities {
        channels: vec![Channel::Sms, Channel::Mms],
        content: vec![MessageType::Text, MessageType::Media],
        max_text: send::MAX_TEXT,
        max_media: send::MAX_MEDIA,
        max_media_bytes: 500_000,
        media_types: vec!["image/*", "video/*", "audio/*", "application/pdf", "text/vcard"],
        delivery_receipts: true,
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
