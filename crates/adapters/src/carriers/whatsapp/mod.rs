//! WhatsApp, straight from Meta: the Cloud API.
//!
//! | what      | how WhatsApp does it                                                              |
//! |-----------|-----------------------------------------------------------------------------------|
//! | set up    | `GET` with `hub.mode`, `hub.challenge`, `hub.verify_token`; answered verbatim       |
//! | receive   | `POST` of JSON, up to 3 MB and 1,000 updates of several numbers in one request      |
//! | prove     | `X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256 of the raw body with the app secret |
//! | answer    | `200`; anything else brings the same bytes back for days                            |
//! | who       | a phone number, or a business-scoped user id (`bsuid:…`) where the person hides it  |
//! | whose     | `metadata.phone_number_id`; for news of the business account its WABA id            |
//! | media     | in by id, for 7 days, fetched with the token; out by link, or by id after an upload |
//! | send      | `POST /{version}/{phone_number_id}/messages` with a bearer token; `200` with an id  |
//! | reference | `biz_opaque_callback_data`, handed back in every status                             |
//! | status    | the same webhook: sent, delivered, read, played, failed; duplicated and unordered   |
//! | repeat    | no idempotency key and no look-up: only a status settles an ambiguous send          |
//! | window    | free-form within 24 hours of the person's last message, else a template             |
//! | limits    | text 4,096; caption 1,024; one medium; 3 buttons or 10 list entries                 |
//! | rates     | 80 messages a second per number; one in six seconds to the same person              |
//!
//! The signature holds no time, so there is no replay window: doubles are found by message
//! id, and by (message, status) for statuses.
//!
//! Written against Meta's documentation as of autumn 2026. Deliberately absent: uploads (media
//! goes by link, or by the id of an earlier upload), flows and product messages, and template
//! parameters outside a template's body.
//!
//! # Set-up
//!
//! 1. At Meta: an app with the product WhatsApp, and a business account (WABA) with the number.
//! 2. A system user's token with `whatsapp_business_messaging` becomes `access_token`, the id of
//!    the number (not the number) `phone_number_id`, the app's secret the one of `app_secrets`.
//! 3. Choose a `verify_token`, start the gateway, and set the callback URL
//!    `https://<host>/webhooks/whatsapp` with that token: Meta calls it at once and wants its
//!    challenge back. The certificate must be publicly trusted.
//! 4. Subscribe the app to the WABA (`POST /{WABA}/subscribed_apps`) and to the field `messages`;
//!    `smb_message_echoes`, `user_preferences`, `account_update` and the template fields are
//!    read, too.
//! 5. A number or a WABA may have a callback URL of its own (`override_callback_uri`, at most 200
//!    characters): number before WABA before app.
//!
//! To replace the app's secret put the new one first, keep the old one until Meta uses the new.
//!
//! # What is verified
//!
//! Every `POST`: the HMAC over the raw body, before a byte of it is parsed; Meta escapes what is
//! not ASCII, so a body that was decoded and written again does not verify. The older SHA-1
//! header proves nothing. The set-up `GET`: the verify token, compared in constant time. Neither
//! covers the URL or the time: a repetition is recognised by the ids in it.
//!
//! # Known doubts
//!
//! - How long Meta repeats a callback (36 hours or 7 days) and whether after 4xx: its pages
//!   contradict each other.
//! - Field names of parent user ids in statuses, and in which countries phone numbers are
//!   withheld already: every phone field counts as optional.
//! - Prices from October 2026 on: only what a status says is passed on.

mod account;
mod errors;
mod message;
mod person;
mod send;
mod shape;
mod signature;
mod status;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, CarrierPlugin, Health, OutboundMessage, Parsed, Presence,
    SettingsError,
};
use omni_core::event::{Channel, MessageType};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::secret::Secret;
use omni_core::webhook::{Malformed, Proof, Refusal, WebhookReply, WebhookRequest};
use serde::Deserialize;
use serde_json::{Value, json};

/// How this carrier is called in configuration, URLs and metrics.
pub const NAME: CarrierName = CarrierName("whatsapp");

/// What the registry needs to know.
pub const PLUGIN: CarrierPlugin =
    CarrierPlugin { name: NAME, starter: include_str!("starter.toml"), build, case_settings };

/// The settings of one WhatsApp number.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Meta's id of the number (digits; not the number itself). Empty: take events for any
    /// number, and send nothing.
    pub phone_number_id: String,
    /// A system user's token with `whatsapp_business_messaging`.
    pub access_token: Secret,
    /// The secrets of the Meta app, newest first. Two or more while one is being replaced.
    pub app_secrets: Vec<Secret>,
    /// What Meta must present when the callback URL is set up; our own choice.
    pub verify_token: Secret,
    /// Meta's id of the business account (WABA), to receive news about it.
    #[serde(default)]
    pub business_account_id: Option<String>,
    /// The number as people see it (E.164): the name of this sender, in the API and in the
    /// console. Without it the sender is called `wa:<phone_number_id>`.
    #[serde(default)]
    pub display_number: Option<String>,
    /// The Graph API's version.
    #[serde(default = "default_version")]
    pub api_version: String,
    /// The Graph API; a sandbox or a test points it at itself.
    #[serde(default = "default_base_url")]
    pub base_url: String,
    /// The language of templates that are sent without one.
    #[serde(default = "default_language")]
    pub default_language: String,
}

fn default_version() -> String {
    "v23.0".into()
}

fn default_base_url() -> String {
    "https://graph.facebook.com".into()
}

fn default_language() -> String {
    "en_US".into()
}

impl Settings {
    /// What serde cannot say: nothing that must keep a secret may be empty.
    fn check(&self) -> Result<(), SettingsError> {
        if self.app_secrets.is_empty() || self.app_secrets.iter().any(Secret::is_empty) {
            return Err(SettingsError::new(
                "app_secrets",
                "needs at least one secret, and none may be empty",
            ));
        }
        if self.verify_token.is_empty() {
            return Err(SettingsError::new("verify_token", "must not be empty"));
        }
        if self.access_token.is_empty() {
            return Err(SettingsError::new("access_token", "must not be empty"));
        }
        match url::Url::parse(&self.base_url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
            _ => Err(SettingsError::new("base_url", "must be an http or https URL")),
        }
    }
}

/// One WhatsApp number.
struct WhatsApp {
    settings: Settings,
    capabilities: Capabilities,
}

fn build(settings: Value) -> Result<Arc<dyn Carrier>, SettingsError> {
    let settings: Settings = crate::shared::settings::read(settings)?;
    settings.check()?;
    Ok(Arc::new(WhatsApp { settings, capabilities: capabilities() }))
}

/// A case's `secrets` are app secrets, and for a handshake the verify token.
fn case_settings(case: &Value) -> Value {
    let secrets = crate::shared::settings::case_secrets(case);
    json!({
        "phone_number_id": "",
        "access_token": "conformance cases send nothing",
        "verify_token": secrets[0].clone(),
        "app_secrets": secrets,
    })
}

fn capabilities() -> Capabilities {
    Capabilities {
        channels: vec![Channel::Whatsapp],
        content: vec![
            MessageType::Text,
            MessageType::Media,
            MessageType::Template,
            MessageType::Interactive,
            MessageType::Location,
            MessageType::Reaction,
            MessageType::Contacts,
        ],
        max_text: send::MAX_TEXT,
        max_media: 1,
        max_media_bytes: 100 << 20,
        media_types: shape::MEDIA_TYPES.to_vec(),
        max_buttons: shape::MAX_BUTTONS,
        max_list_entries: shape::MAX_ROWS,
        delivery_receipts: true,
        read_receipts: true,
        read_marks: vec![Channel::Whatsapp],
        typing: vec![Channel::Whatsapp],
        service_window: vec![Channel::Whatsapp],
        echoes_reference: true,
        ..Capabilities::NONE
    }
}

#[async_trait]
impl Carrier for WhatsApp {
    fn name(&self) -> CarrierName {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn routing_keys(&self) -> Vec<String> {
        if self.settings.phone_number_id.is_empty() {
            return Vec::new();
        }
        let account = self.settings.business_account_id.iter().filter(|id| !id.is_empty());
        std::iter::once(&self.settings.phone_number_id)
            .chain(account)
            .map(|id| format!("{NAME}:{id}"))
            .collect()
    }

    fn senders(&self) -> Vec<(Channel, Address)> {
        if self.settings.phone_number_id.is_empty() {
            return Vec::new();
        }
        // Meta's id sends, whatever we call the number; without one it must have some name.
        let display = self.settings.display_number.as_deref().and_then(person::address);
        let address =
            display.unwrap_or_else(|| Address::new(format!("wa:{}", self.settings.phone_number_id)));
        vec![(Channel::Whatsapp, address)]
    }

    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal> {
        signature::verify(&self.settings.app_secrets, request)
    }

    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed> {
        webhook::parse(&request.body)
    }

    fn handshake(&self, request: &WebhookRequest) -> Option<WebhookReply> {
        signature::handshake(&self.settings.verify_token, request)
    }

    fn request(&self, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
        send::request(&self.settings, message)
    }

    fn outcome(&self, message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
        send::outcome(message, response)
    }

    async fn show(&self, http: &dyn HttpClient, presence: &Presence) -> Result<bool, SendError> {
        send::shown(&http.execute(send::show(&self.settings, presence)?).await?)
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        let response = http.execute(account::check_request(&self.settings)).await?;
        Ok(account::health(&self.settings, &response))
    }
}
