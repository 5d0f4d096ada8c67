//! SendGrid: e-mail, in (Inbound Parse) and out (Mail Send v3).
//!
//! | what    | how SendGrid does it                                                              |
//! |---------|------------------------------------------------------------------------------------|
//! | receive | Inbound Parse: `POST` of a multipart form, or of the whole MIME message in one field |
//! | events  | Event Webhook: `POST` of a JSON array: delivery, opens, consent                    |
//! | prove   | ECDSA P-256 over timestamp and raw body; Inbound Parse is often unsigned, then only |
//! |         | our secret path proves anything                                                    |
//! | route   | the envelope's recipients: `To` and `Cc` can lie, and `Bcc` shows nowhere else      |
//! | answer  | any 2xx; 5xx is repeated for up to three days                                      |
//! | media   | in inside the request; out as links, or attached from `data:` addresses            |
//! | send    | `POST /v3/mail/send`; `202` and an id in `X-Message-Id`; no idempotency key         |
//! | status  | events carry our custom argument back and the id as prefix of `sg_message_id`      |
//! | limits  | 30 MB in all, 10,000 bytes of custom arguments                                     |
//!
//! Attachments are named, not carried: their bytes stay in the journalled request, each
//! under its field's name. Media of ours that are web addresses are sent as links, because
//! SendGrid fetches nothing; `data:` addresses become attachments. Deliberately absent:
//! webhooks protected by OAuth, whose tokens SendGrid would fetch from an authorization
//! server of ours.
//!
//! # Set-up
//!
//! 1. An API key with `mail.send` becomes `api_key`; the sender's domain is authenticated at
//!    SendGrid (else a send is answered with 403), one of its addresses becomes `from`.
//! 2. Inbound: the MX record of a (sub)domain points at `mx.sendgrid.net`, priority 10; the
//!    domain goes into `domains`. Under Inbound Parse its URL becomes
//!    `https://<host>/webhooks/sendgrid/inbound`. One URL per host; redirects are not followed.
//! 3. Sign inbound mail: a webhook security policy with `signature.enabled`, attached to the
//!    Parse setting; its public key goes into `public_keys`. Without one set `path_token`, end
//!    the URL with it, and choose `inbound_signature`.
//! 4. Events: under Event Webhook the URL `https://<host>/webhooks/sendgrid/events`, all events,
//!    with the signature enabled; its public key goes into `public_keys`, too.
//! 5. Answers find their conversation if `reply_to` is an address of an inbound domain.
//!
//! # What is verified
//!
//! Events always, inbound mail unless told otherwise: ECDSA over the timestamp header and the raw
//! body, which is never normalised (bodies usually end in CRLF). Signatures are DER; the 64-byte
//! form is refused, both halves of the curve are accepted. The signed time may lie 26 hours back,
//! because a repetition may carry its first one, and 5 minutes ahead. With `path_secret_only`
//! nothing but the secret path proves where mail comes from: SPF and DKIM results are about the
//! mail, not about who calls.
//!
//! # Known doubts
//!
//! - Names of the headers and the signed bytes of Inbound Parse: assumed equal to the Event
//!   Webhook's, and settings.
//! - Whether the raw field is called `email` or `rawEmail`: both are read.
//! - Which time a repeated event carries, and whether a 4xx ends the repetitions of Parse.
//! - The rate limit of sending, and whether our own `Message-ID` always survives.

mod content;
mod errors;
mod events;
mod inbound;
mod mail;
mod mailbox;
mod mime;
mod quote;
mod send;
mod signature;

use std::sync::Arc;

use async_trait::async_trait;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, CarrierPlugin, Health, OutboundMessage, Parsed,
    SettingsError,
};
use omni_core::event::{Channel, MessageType};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::secret::Secret;
use omni_core::webhook::{Malformed, Proof, Refusal, WebhookRequest};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::shared::{path, settings};

const NAME: CarrierName = CarrierName("sendgrid");

/// How the registry builds SendGrid connections.
pub const PLUGIN: CarrierPlugin = CarrierPlugin {
    name: NAME,
    starter: include_str!("starter.toml"),
    build: |settings| {
        let settings: Settings = settings::read(settings)?;
        let keys = signature::Keys::read(&settings.public_keys).ok_or_else(|| {
            SettingsError::new("public_keys", "not a P-256 public key: copy it from SendGrid, base64 or PEM")
        })?;
        Ok(Arc::new(SendGrid { capabilities: capabilities(), keys, settings }))
    },
    case_settings,
};

/// The settings of a SendGrid connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The API key (`SG.…`) with the right `mail.send`.
    #[serde(default)]
    api_key: Secret,
    /// The domains whose mail is ours; empty takes everything that verifies.
    #[serde(default)]
    domains: Vec<String>,
    /// Public keys of the Event Webhook and of the Parse security policy, base64 or PEM;
    /// several while changing.
    #[serde(default)]
    public_keys: Vec<String>,
    /// Whether inbound mail must be signed.
    #[serde(default)]
    inbound_signature: InboundSignature,
    /// An unguessable segment that callback paths must hold.
    #[serde(default)]
    path_token: Option<Secret>,
    /// The header of the signature.
    #[serde(default = "signature_header")]
    signature_header: String,
    /// The header of the signed time.
    #[serde(default = "timestamp_header")]
    timestamp_header: String,
    /// How old a signed timestamp may be, in seconds. Long: a repetition a day later may
    /// carry the old one, and events are recognised by their id anyway.
    #[serde(default = "twenty_six_hours")]
    tolerance_past_s: u64,
    /// How far ahead it may be, in seconds.
    #[serde(default = "five_minutes")]
    tolerance_future_s: u64,
    /// The address that sends; its domain is verified at SendGrid.
    #[serde(default)]
    from: Option<String>,
    /// The sender's name that people see.
    #[serde(default)]
    from_name: Option<String>,
    /// Where answers go, if not to the sender; a conversation's token is added behind a plus.
    #[serde(default)]
    reply_to: Option<String>,
    /// The subject of messages, which bring none of their own.
    #[serde(default = "subject")]
    subject: String,
    /// The API's root (`https://api.eu.sendgrid.com` for the EU).
    #[serde(default = "live_api")]
    base_url: Url,
}

/// Whether inbound mail must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundSignature {
    /// Always.
    #[default]
    Required,
    /// A signature must be right; without one the secret path counts.
    IfPresent,
    /// Only the secret path counts.
    PathSecretOnly,
}

fn signature_header() -> String {
    "x-twilio-email-event-webhook-signature".into()
}

fn timestamp_header() -> String {
    "x-twilio-email-event-webhook-timestamp".into()
}

const fn twenty_six_hours() -> u64 {
    26 * 3_600
}

const fn five_minutes() -> u64 {
    300
}

fn subject() -> String {
    "New message".into()
}

fn live_api() -> Url {
    Url::parse("https://api.sendgrid.com").expect("a URL")
}

impl Settings {
    fn url(&self, path: &str) -> String {
        format!("{}/v3/{path}", self.base_url.as_str().trim_end_matches('/'))
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.api_key.expose())
    }

    /// Whether mail for a host is ours; everything is if no domain is configured.
    fn owns_host(&self, host: &str) -> bool {
        self.domains.is_empty() || self.domains.iter().any(|domain| domain.eq_ignore_ascii_case(host))
    }
}

/// Which of the two callbacks a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callback {
    Inbound,
    Events,
}

fn callback_of(request: &WebhookRequest) -> Callback {
    if path::has_segment(request, "events") {
        Callback::Events
    } else if path::has_segment(request, "inbound") || request.media_type() == "multipart/form-data" {
        Callback::Inbound
    } else {
        Callback::Events
    }
}

/// A SendGrid connection.
struct SendGrid {
    settings: Settings,
    keys: signature::Keys,
    capabilities: Capabilities,
}

fn capabilities() -> Capabilities {
    Capabilities {
        channels: vec![Channel::Email],
        content: vec![MessageType::Text, MessageType::Media, MessageType::Template, MessageType::Interactive],
        max_text: 1_000_000,
        max_media: 20,
        max_media_bytes: 20_000_000,
        media_types: vec!["image/*", "video/*", "audio/*", "application/*", "text/*"],
        max_buttons: 10,
        max_list_entries: 10,
        delivery_receipts: true,
        echoes_reference: true,
        ..Capabilities::NONE
    }
}

#[async_trait]
impl Carrier for SendGrid {
    fn name(&self) -> CarrierName {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn routing_keys(&self) -> Vec<String> {
        self.settings.domains.iter().map(|domain| inbound::tenant_key(domain)).collect()
    }

    fn senders(&self) -> Vec<(Channel, Address)> {
        self.settings.from.iter().filter_map(|from| Some((Channel::Email, mailbox::address(from)?))).collect()
    }

    fn accepts_path(&self, rest: &str) -> bool {
        matches!(rest, "inbound" | "events")
            || self.settings.path_token.as_ref().is_some_and(|token| token.matches(rest.as_bytes()))
    }

    fn secrets_in_callbacks(&self) -> Vec<&Secret> {
        self.settings.path_token.iter().collect()
    }

    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal> {
        if request.method != "POST" {
            return Err(Refusal::Method);
        }
        path::verify_token(request, self.settings.path_token.as_ref())?;
        let mode = match callback_of(request) {
            Callback::Events => InboundSignature::Required,
            Callback::Inbound => self.settings.inbound_signature,
        };
        signature::verify(&self.settings, &self.keys, request, mode)
    }

    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed> {
        match callback_of(request) {
            Callback::Events => events::parse(&request.body),
            Callback::Inbound => inbound::parse(&self.settings, request),
        }
    }

    fn request(&self, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
        send::request(&self.settings, message)
    }

    fn outcome(&self, _: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
        send::outcome(response)
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        let request = HttpRequest::new("GET", self.settings.url("scopes"))
            .header("authorization", self.settings.authorization());
        Ok(send::health(&http.execute(request).await?))
    }
}

/// Reads a conformance case: `secrets` are public keys; the domains are its own, else those
/// among the `senders` that its file names.
fn case_settings(case: &Value) -> Value {
    let senders = case["senders"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = senders.iter().filter_map(|key| key.as_str()?.strip_prefix("email:"));
    let domains = case["config"]["domains"].as_array().cloned();
    let mut settings = json!({
        "public_keys": case["secrets"].as_array().cloned().unwrap_or_default(),
        "domains": domains.unwrap_or_else(|| named.map(Value::from).collect()),
    });
    if let Some(tolerance) = case["tolerance_s"].as_u64() {
        settings["tolerance_past_s"] = json!(tolerance);
        settings["tolerance_future_s"] = json!(tolerance);
    }
    settings
}

#[cfg(test)]
mod tests;
