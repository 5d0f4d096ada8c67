//! Twilio Programmable Messaging: SMS, MMS, WhatsApp and RCS over one API.
//!
//! | what      | how Twilio does it                                                              |
//! |-----------|---------------------------------------------------------------------------------|
//! | receive   | `POST` of a form (or `GET`), one message or one status each                       |
//! | prove     | `X-Twilio-Signature`: base64 HMAC-SHA1 of URL and sorted parameters, key = auth token |
//! | prove ’26 | with `X-Twilio-Webhooks-Signature-Settings: key=…,algorithm=…` a shared key instead |
//! | answer    | `200` with empty TwiML for messages, empty for statuses; `403` if unproven          |
//! | repeat    | once, on connect time-outs only, unless the URL's fragment asks for more              |
//! | who       | `+…`, short code, alphanumeric, `whatsapp:+…`, `whatsapp:<BSUID>`, `rcs:…`         |
//! | whose     | `AccountSid` and `To` (messages) or `From` (statuses)                             |
//! | media     | in by address on `api.twilio.com`, fetched with our credentials; out by address       |
//! | send      | `POST …/Messages.json` as a form, Basic auth; `201` with a `sid`                    |
//! | reference | our id as `m=` in the query of the status URL: signed, so it comes back unchanged   |
//! | status    | queued, sent, delivered, read, undelivered, failed, canceled; duplicated, unordered |
//! | look up   | the list of messages to the recipient; bodies are compared                          |
//! | stop      | Twilio answers STOP, START and HELP itself, and blocks (21610) until START          |
//! | expiry    | `ValidityPeriod`, counted from when the message was made; else ten hours           |
//! | limits    | text 1,600; ten media on MMS, one on WhatsApp; templates and buttons by Content SID |
//!
//! Written against Twilio's API description of April 2026 and its documentation of that
//! year. Deliberately absent: TwiML replies (an answer by the API has an id and receipts),
//! scheduling at Twilio (ours is the same for all carriers), creating Content templates, and
//! Event Streams (its JSON verifies, and is set aside as unreadable).
//!
//! # Set-up
//!
//! 1. In Twilio's console: `account_sid` and the auth token (a sub-account has its own of both).
//!    An API key (`SK…`) to send with can be revoked without touching the verification.
//! 2. Point the number (`SmsUrl`), the messaging service (`InboundRequestUrl`) or the WhatsApp
//!    sender (`callback_url`) at `https://<host>/webhooks/twilio`, method `POST`. Write it exactly
//!    as the gateway is reached from outside: scheme, port, path and query are signed.
//! 3. Put connection overrides behind that URL, `#rc=5&rp=all&ct=2000&rt=5000&tt=14000`: without
//!    them Twilio tries once more on a connect time-out only, and our 5xx loses the message. The
//!    gateway adds them to status URLs by itself.
//! 4. List the senders in `numbers` as Twilio writes them, or name the messaging service.
//! 5. Templates and buttons are made in Twilio's Content editor; messages name their `HX…`.
//!
//! To replace the auth token put the secondary one behind the primary, promote it at Twilio, then
//! remove the old one.
//!
//! # What is verified
//!
//! The signature over the URL and every parameter, known or not, on the request as received. The
//! port and the overrides behind `#` may be signed or not; nothing else about the URL may differ.
//! Whatever a URL alone would not cover is refused: a body that is no form needs its digest
//! (`bodySHA256`) in the signed URL, a `GET` must have no body, multipart never verifies. With the
//! settings header of 2026 only the shared key counts that it names. There is no time in the
//! scheme: repetitions are recognised by `MessageSid` and status.
//!
//! # Known doubts
//!
//! - The settings header is in beta and may change.
//! - Whether user name and password of a configured URL are signed: both ways are accepted, the
//!   second only with `signed_userinfo`.
//! - Names of list picks (`ListId`, `ListTitle`), the form of RCS addresses, how long a reply may
//!   quote, the longest status URL.
//! - Whether WhatsApp's reactions and edits ever come through Twilio: they are read as
//!   unsupported.

mod account;
mod address;
mod consent;
mod errors;
mod inbound;
mod look_up;
mod params;
mod send;
mod signature;
mod status;
#[cfg(test)]
mod tests;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, CarrierPlugin, Found, Health, LookUp, OutboundMessage,
    Parsed, Presence, SettingsError,
};
use omni_core::event::{CarrierEvent, Channel, MessageType};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::secret::Secret;
use omni_core::webhook::{Malformed, Outcome, Proof, Refusal, WebhookReply, WebhookRequest};
use serde::Deserialize;
use serde_json::{Value, json};

/// How this carrier is called in configuration, URLs and metrics.
pub const NAME: CarrierName = CarrierName("twilio");

/// What the registry needs to know.
pub const PLUGIN: CarrierPlugin =
    CarrierPlugin { name: NAME, starter: include_str!("starter.toml"), build, case_settings };

/// The settings of one Twilio account and its senders.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `AC` and 32 hex digits; sub-accounts have their own. Empty: take events of any
    /// account, and send nothing.
    pub account_sid: String,
    /// The account's auth tokens, the primary one first. Two while one is being replaced.
    #[serde(default)]
    pub auth_tokens: Vec<Secret>,
    /// Shared keys of the signature header of 2026: key id to secret.
    #[serde(default)]
    pub shared_keys: BTreeMap<String, Secret>,
    /// An API key (`SK…`) to send with, instead of the auth token.
    #[serde(default)]
    pub api_key_sid: Option<String>,
    /// Its secret.
    #[serde(default)]
    pub api_key_secret: Option<Secret>,
    /// Our senders as Twilio writes them: `+17205550142`, `12345`, `whatsapp:+447700900100`,
    /// `rcs:acme_agent`. Empty: any.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// The messaging service (`MG…`) that sends where a message names no sender, and whose
    /// other numbers are ours, too.
    #[serde(default)]
    pub messaging_service_sid: Option<String>,
    /// `user:password` if the callback URL configured at Twilio holds them: they are signed.
    #[serde(default)]
    pub signed_userinfo: Option<Secret>,
    /// Connection overrides, put behind the `#` of status URLs: without them Twilio drops a
    /// receipt at our first 5xx. Empty: none.
    #[serde(default = "default_overrides")]
    pub callback_overrides: String,
    /// Twilio's API; a sandbox, a test or a region points it elsewhere.
    #[serde(default = "default_base_url")]
    pub base_url: String,
}

fn default_overrides() -> String {
    "rc=5&rp=all&ct=2000&rt=5000&tt=14000".into()
}

fn default_base_url() -> String {
    "https://api.twilio.com".into()
}

impl Settings {
    /// What serde cannot say: a request must be verifiable, credentials come whole.
    fn check(&self) -> Result<(), SettingsError> {
        if self.auth_tokens.is_empty() && self.shared_keys.is_empty() {
            return Err(SettingsError::new(
                "auth_tokens",
                "needs at least one token to verify callbacks with",
            ));
        }
        if self.auth_tokens.iter().chain(self.shared_keys.values()).any(Secret::is_empty) {
            return Err(SettingsError::new("auth_tokens", "no token and no shared key may be empty"));
        }
        if self.api_key_sid.is_some() != self.api_key_secret.is_some() {
            return Err(SettingsError::new("api_key_secret", "goes together with api_key_sid"));
        }
        match url::Url::parse(&self.base_url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
            _ => Err(SettingsError::new("base_url", "must be an http or https URL")),
        }
    }
}

/// One Twilio account and its senders.
struct Twilio {
    settings: Settings,
    capabilities: Capabilities,
}

fn build(settings: Value) -> Result<Arc<dyn Carrier>, SettingsError> {
    let settings: Settings = crate::shared::settings::read(settings)?;
    settings.check()?;
    let capabilities = capabilities(&settings);
    Ok(Arc::new(Twilio { settings, capabilities }))
}

/// A case's `secrets` are auth tokens, and the secret of every shared key that its header
/// names: whether the key is the right one is decided by the digest.
fn case_settings(case: &Value) -> Value {
    let secrets = crate::shared::settings::case_secrets(case);
    let headers = case["headers"].as_object();
    let settings_header = headers
        .into_iter()
        .flatten()
        .find(|(name, _)| name.eq_ignore_ascii_case(signature::SETTINGS_HEADER))
        .and_then(|(_, value)| value.as_str())
        .unwrap_or_default();
    let shared_keys: BTreeMap<&str, &Value> =
        signature::key_ids(settings_header).map(|id| (id, &secrets[0])).collect();
    json!({ "account_sid": "", "auth_tokens": secrets, "shared_keys": shared_keys })
}

/// What the senders can carry: each of the four channels has its own kind of sender. A
/// messaging service may hold all kinds.
fn capabilities(settings: &Settings) -> Capabilities {
    let any = settings.numbers.is_empty() || settings.messaging_service_sid.is_some();
    let has = |prefix: &str| any || settings.numbers.iter().any(|number| number.starts_with(prefix));
    let has_phone = any || settings.numbers.iter().any(|number| !number.contains(':'));
    let mut channels = Vec::new();
    let mut content = vec![MessageType::Text, MessageType::Media, MessageType::Template];
    if has_phone {
        channels.extend([Channel::Sms, Channel::Mms]);
    }
    if has("whatsapp:") {
        channels.push(Channel::Whatsapp);
        content.push(MessageType::Location);
    }
    if has("rcs:") {
        channels.push(Channel::Rcs);
    }
    let only_whatsapp = channels == [Channel::Whatsapp];
    Capabilities {
        content,
        max_text: send::MAX_TEXT,
        max_media: if only_whatsapp { 1 } else { send::MAX_MEDIA },
        max_media_bytes: if only_whatsapp { 16 << 20 } else { 5 << 20 },
        media_types: vec!["image/*", "audio/*", "video/*", "text/*", "application/*"],
        delivery_receipts: true,
        read_receipts: channels.contains(&Channel::Whatsapp) || channels.contains(&Channel::Rcs),
        service_window: channels.iter().copied().filter(|c| *c == Channel::Whatsapp).collect(),
        echoes_reference: true,
        look_up: true,
        handles_stop: true,
        typing: channels.iter().copied().filter(|channel| *channel == Channel::Whatsapp).collect(),
        channels,
        ..Capabilities::NONE
    }
}

#[async_trait]
impl Carrier for Twilio {
    fn name(&self) -> CarrierName {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn routing_keys(&self) -> Vec<String> {
        let Settings { account_sid, numbers, messaging_service_sid, .. } = &self.settings;
        if account_sid.is_empty() || numbers.is_empty() {
            return Vec::new();
        }
        let senders = numbers.iter().chain(messaging_service_sid);
        senders.map(|sender| params::tenant_key(account_sid, sender)).collect()
    }

    fn senders(&self) -> Vec<(Channel, Address)> {
        address::senders(&self.settings)
    }

    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal> {
        signature::verify(&self.settings, request)
    }

    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed> {
        webhook::parse(&self.settings, request)
    }

    fn reply(&self, outcome: Outcome, events: &[CarrierEvent]) -> WebhookReply {
        webhook::reply(outcome, events)
    }

    fn refuse(&self, refusal: &Refusal) -> WebhookReply {
        WebhookReply::empty(if *refusal == Refusal::Method { 405 } else { 403 })
    }

    fn request(&self, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
        send::request(&self.settings, message)
    }

    fn outcome(&self, _message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
        send::outcome(response)
    }

    async fn look_up(&self, http: &dyn HttpClient, query: &LookUp) -> Result<Option<Found>, SendError> {
        look_up::look_up(&self.settings, http, query).await.map(Some)
    }

    async fn show(&self, http: &dyn HttpClient, presence: &Presence) -> Result<bool, SendError> {
        // There is no mark alone: the indicator marks as read, too.
        if presence.channel != Channel::Whatsapp || !presence.typing {
            return Ok(false);
        }
        send::shown(&http.execute(send::show(&self.settings, presence)?).await?)
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        let response = http.execute(account::check_request(&self.settings)).await?;
        Ok(account::health(&response))
    }
}
