//! SendGrid: e-mail, in (Inbound Parse) and out (Mail Send v3).
//!
//! | what    | how SendGrid does it                                                              |
//! |---------|------------------------------------------------------------------------------------|
//! | receive | Inbound Parse: `POST` of a multipart form, or of the whole MIME message in one field |
//! | events  | Event Webhook: `POST` of a JSON array: delivery, opens, consent                    |
//! | prove   | ECDSA P-256 over timestamp and raw body, a bearer token of ours (OAuth), or both;   |
//! |         | Inbound Parse is often unsigned, then only our secret path proves anything          |
//! | route   | the envelope's recipients: `To` and `Cc` can lie, and `Bcc` shows nowhere else      |
//! | answer  | any 2xx; 5xx is repeated for up to three days                                      |
//! | media   | in inside the request; out as links, or attached from `data:` addresses            |
//! | send    | `POST /v3/mail/send`; `202` and an id in `X-Message-Id`; no idempotency key         |
//! | content | words, media, dynamic templates, choices as a list, mails with subject, copies and  |
//! |         | files, and mails in SendGrid's own shape                                            |
//! | status  | events carry our custom argument back and the id as prefix of `sg_message_id`      |
//! | limits  | 30 MB in all, 1,000 recipients, 10,000 bytes of custom arguments                   |
//!
//! Attachments are named, not carried: their bytes stay in the journalled request, each
//! under its field's name. Media of ours that are web addresses are sent as links, because
//! SendGrid fetches nothing; `data:` addresses become attachments, or stand inline where the
//! HTML shows them as `cid:<file name>`. Without a subject of its own a mail has the
//! connection's, behind `Re:` if it answers.
//!
//! Raw mails of more parts, headers or messages within messages than people send are not taken
//! apart: they arrive with subject and sender, and their bytes stay in the journal.
//!
//! An automatic answer says so (`Auto-Submitted`), so that no other machine answers it.
//!
//! Copies (`cc`, `bcc`) have events of their own: they are noted, but only what happens to the
//! mail itself changes where it stands.
//!
//! In its own shape (`custom`) a mail is merged into ours: recipients, sender, our reference
//! and the headers that hold the thread together stay ours, whatever the object says.
//! `dynamic_template_data` may stand in it as it would in the personalization, nested.
//!
//! Deliberately absent: places, reactions and forms, for which mail has no form; headers and
//! buttons of templates, which a dynamic template has among its values; uploads, because
//! SendGrid keeps no files; scheduling by SendGrid and its cancelling, because messages wait
//! with us; reading suppression lists, because `dropped` and the consent events tell as much.
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
//! 5. OAuth, beside signatures or instead of them: the security policy and the Event Webhook get
//!    `client_id`, `client_secret` and the token URL
//!    `https://<host>/webhooks/sendgrid/<connection>/oauth/token`; the same two go into `oauth`.
//!    While it is being set up, `mode = "if_present"`. To replace the secret: the old one moves
//!    to `previous_client_secret`, SendGrid gets the new one, then the old one goes.
//! 6. Answers find their conversation if `reply_to` is an address of an inbound domain.
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
//! With `oauth` every callback must show a token of our own token endpoint as well, in an
//! `Authorization` header. A token is a keyed digest of its end, checked against the time of
//! receipt: nothing is stored, and every node takes it. Token requests are answered and not
//! kept.
//!
//! # Known doubts
//!
//! - Names of the headers and the signed bytes of Inbound Parse: assumed equal to the Event
//!   Webhook's, and settings.
//! - Whether the raw field is called `email` or `rawEmail`: both are read.
//! - Which time a repeated event carries, and whether a 4xx ends the repetitions of Parse.
//! - How SendGrid authenticates at the token URL (form or Basic: both are taken), how long it
//!   keeps a token, and whether it fetches a new one after a 401: tokens are taken for five
//!   minutes after their end.
//! - The rate limit of sending, and whether our own `Message-ID` always survives.

mod account;
mod attach;
mod body;
mod content;
mod custom;
mod errors;
mod events;
mod inbound;
mod mail;
mod mailbox;
mod mime;
mod mime_limits;
mod oauth;
mod quote;
mod recipients;
mod send;
mod signature;
mod token;

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
use omni_core::webhook::{Malformed, Proof, Refusal, WebhookReply, WebhookRequest};
use serde_json::{Value, json};

pub use self::account::{BearerMode, EventSignature, InboundSignature, Oauth, Settings};
use self::signature::Instead;
use crate::shared::{path, settings};

const NAME: CarrierName = CarrierName("sendgrid");

/// How the registry builds SendGrid connections.
pub const PLUGIN: CarrierPlugin = CarrierPlugin {
    name: NAME,
    starter: include_str!("starter.toml"),
    build: |settings| {
        let settings: Settings = settings::read(settings)?;
        settings.check()?;
        let keys = signature::Keys::read(&settings.public_keys).ok_or_else(|| {
            SettingsError::new("public_keys", "not a P-256 public key: copy it from SendGrid, base64 or PEM")
        })?;
        Ok(Arc::new(SendGrid::new(settings, keys)))
    },
    case_settings,
};

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
    /// The OAuth client's secrets as a form writes them.
    written_secrets: Vec<Secret>,
}

impl SendGrid {
    fn new(settings: Settings, keys: signature::Keys) -> Self {
        let written_secrets = settings.oauth.as_ref().map(oauth::written).unwrap_or_default();
        Self { capabilities: capabilities(), keys, settings, written_secrets }
    }
}

fn capabilities() -> Capabilities {
    Capabilities {
        channels: vec![Channel::Email],
        content: vec![
            MessageType::Text,
            MessageType::Media,
            MessageType::Template,
            MessageType::Interactive,
            MessageType::Email,
            MessageType::Custom,
        ],
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
        let clients = self.settings.oauth.iter().flat_map(Oauth::secrets);
        self.settings.path_token.iter().chain(clients).chain(&self.written_secrets).collect()
    }

    fn handshake(&self, request: &WebhookRequest) -> Option<WebhookReply> {
        oauth::answer(self.settings.oauth.as_ref(), request)
    }

    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal> {
        if request.method != "POST" {
            return Err(Refusal::Method);
        }
        path::verify_token(request, self.settings.path_token.as_ref())?;
        let shown = self.settings.oauth.as_ref().map(|oauth| token::is_shown(oauth, request));
        let by_bearer = shown.transpose()?.unwrap_or_default();
        let (mode, otherwise) = match callback_of(request) {
            // The secret path does not prove events: they change what is known of our own mail.
            Callback::Events => (self.settings.event_signature.as_mode(), Instead::Nothing),
            Callback::Inbound => (self.settings.inbound_signature, Instead::Path),
        };
        let instead = if by_bearer { Instead::Bearer } else { otherwise };
        signature::verify(&self.settings, &self.keys, request, mode, instead)
    }

    fn refuse(&self, refusal: &Refusal) -> WebhookReply {
        token::refuse(refusal)
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
    for name in ["inbound_signature", "event_signature", "path_token", "oauth"] {
        if let Some(setting) = case["config"].get(name) {
            settings[name] = setting.clone();
        }
    }
    if let Some(tolerance) = case["tolerance_s"].as_u64() {
        settings["tolerance_past_s"] = json!(tolerance);
        settings["tolerance_future_s"] = json!(tolerance);
    }
    settings
}

#[cfg(test)]
mod tests;
