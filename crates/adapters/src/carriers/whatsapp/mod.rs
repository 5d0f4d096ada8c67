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
//! | upload    | `POST /{phone_number_id}/media`, a form; the id is the number's own, for 30 days    |
//! | send      | `POST /{version}/{phone_number_id}/messages` with a bearer token; `200` with an id  |
//! | reference | `biz_opaque_callback_data`, handed back in every status                             |
//! | status    | the same webhook: sent, delivered, read, played, failed; duplicated and unordered   |
//! | repeat    | no idempotency key and no look-up: only a status settles an ambiguous send          |
//! | window    | free-form within 24 hours of the person's last message, else a template             |
//! | limits    | text 4,096; caption 1,024; 3 buttons, 10 list entries, 30 products                  |
//! | sizes     | picture 5 MB; sticker 100 KB, animated 500 KB; sound and film 16 MB; document 100 MB |
//! | rates     | 80 messages a second per number; one in six seconds to the same person              |
//!
//! The signature holds no time, so there is no replay window: doubles are found by message
//! id, and by (message, status) for statuses.
//!
//! Templates take values for header, body and buttons; what Meta calls flows are forms here.
//! Addresses, carousels, permission to call and what else has no word of ours go as `custom`
//! content, `{"type": "interactive", "interactive": {…}}`, which may also bring a
//! `recipient_identity_key_hash`; recipient, quoted message and reference stay the adapter's.
//!
//! Written against Meta's documentation as of autumn 2026. Deliberately absent: fetching media
//! that people sent, administration (templates, forms, catalogues and blocked users are managed
//! at Meta), calls, and the name of the variable in a template's header of words: such headers
//! work where they are positional.
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
//!    `smb_message_echoes`, `user_preferences`, `account_update`, `account_alerts`,
//!    `account_review_update`, `business_capability_update`, `security`, `flows`, and the fields
//!    of templates and of the number's name and quality are read, too.
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
//! - The label of a form's button: 20 characters on Meta's older page, 30 "advised" in its
//!   description of the API; 30 is what is refused here.
//! - Uploads of other documents than PDF, text and Office files: one page of Meta's takes any
//!   type, its API has refused others. They are passed on, and Meta decides.
//! - Prices from October 2026 on: only what a status says is passed on.

mod account;
mod changes;
mod errors;
mod message;
mod news;
mod person;
mod send;
mod shape;
mod signature;
mod status;
#[cfg(test)]
mod tests;
mod upload;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, CarrierPlugin, Health, OutboundMessage, Parsed, Presence,
    SettingsError, Upload,
};
use omni_core::content::OutboundMedia;
use omni_core::event::Channel;
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
    /// Send Meta's `appsecret_proof` with every call: needed where the app demands it ("require
    /// app secret"). The newest of `app_secrets` makes it.
    #[serde(default)]
    pub appsecret_proof: bool,
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
    Ok(Arc::new(WhatsApp { settings, capabilities: send::capabilities() }))
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

    async fn upload(&self, http: &dyn HttpClient, file: &Upload) -> Result<OutboundMedia, SendError> {
        upload::outcome(file, &http.execute(upload::request(&self.settings, file)?).await?)
    }

    async fn show(&self, http: &dyn HttpClient, presence: &Presence) -> Result<bool, SendError> {
        send::shown(&http.execute(send::show(&self.settings, presence)?).await?)
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        let response = http.execute(account::check_request(&self.settings)).await?;
        Ok(account::health(&self.settings, &response))
    }
}
