//! Bandwidth: SMS, picture messages and RCS ("RBM") over the Messaging API v2.
//!
//! | what      | how Bandwidth does it                                                        |
//! |-----------|------------------------------------------------------------------------------|
//! | receive   | `POST` of a JSON array of events; one URL for inbound, one for statuses       |
//! | prove     | no signature: HTTP Basic with callback credentials, plus our secret path      |
//! | route     | `applicationId` and `owner` (our number in both directions)                   |
//! | answer    | 2xx within 10 s, else repeated for 24 h; at least once, in no order           |
//! | send      | `POST /users/{account}/messages`; `202` means queued                          |
//! | status    | events per recipient; `tag` brings our reference back                         |
//! | media     | inbound media need our API credential, and only at exactly our account's URL  |
//! | unsure    | list by sender, recipient and time: no tag, no text, so only a lone hit counts |
//! | limits    | 2,048 characters (Bandwidth splits), 10 recipients, 1 message/s by default    |
//! | stop      | nothing on long and short codes; toll-free networks act by themselves         |
//!
//! Two errors need care: `9902` is no failure (the receipt timed out, the message may well
//! have arrived), and `4775` is a withdrawal of consent.
//!
//! # Set-up
//!
//! 1. In the dashboard: an application of the type Messaging V2, its location, and our numbers in
//!    it. Its UUID and the numbers go into `applications`.
//! 2. Callback URLs of the application: inbound `https://<host>/webhooks/bandwidth/inbound/<token>`
//!    and status `https://<host>/webhooks/bandwidth/status/<token>`, with the secret of
//!    `path_token` at the end. Ports 80, 443 and from 1024 on.
//! 3. Give both URLs callback credentials (`InboundCallbackCreds`, `OutboundCallbackCreds`); they
//!    go into `inbound_credentials` and `status_credentials`. There is no other proof.
//! 4. Ask for the callback types message-delivered, message-failed and message-sending.
//! 5. A user of the API (or a token with its secret) becomes `api_user` and `api_password`; it
//!    must be allowed to send, and to list messages, or a lost answer cannot be looked up. Client
//!    credentials of the newer kind go into `oauth` instead: the gateway is issued a token with
//!    them, and another one when that is refused.
//!
//! # What is verified
//!
//! The secret segment of the path, then exactly one `Authorization` header of HTTP Basic with
//! padded base64 of UTF-8, split at the first colon; user and password are both compared, and
//! every configured pair, before an answer is given. Nothing covers the body and nothing is dated:
//! TLS and the secrecy of both are all there is, and doubles are recognised by id, kind and
//! recipient. `401` asks for the password, in case the first request comes without.
//!
//! # Known doubts
//!
//! - Whether Bandwidth waits for the 401 before it presents credentials; from which addresses it
//!   calls.
//! - Error codes after 2023; limits of picture messages by network; the rate of toll-free numbers.
//! - Whether text parts of a picture message may hold its words.

mod case;
mod errors;
mod look_up;
mod send;
mod session;
mod status;
mod webhook;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, CarrierPlugin, Found, Health, LookUp, OutboundMessage,
    Parsed, SettingsError,
};
use omni_core::event::{Channel, MessageType};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::secret::Secret;
use omni_core::webhook::{Malformed, Proof, Refusal, WebhookReply, WebhookRequest};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::shared::basic_auth::{self, Credential};
use crate::shared::{path, people, settings};
use session::Session;

const NAME: CarrierName = CarrierName("bandwidth");

/// How the registry builds Bandwidth connections.
pub const PLUGIN: CarrierPlugin = CarrierPlugin {
    name: NAME,
    starter: include_str!("starter.toml"),
    build: |settings| {
        let settings = Settings::read(settings)?;
        Ok(Arc::new(Bandwidth { capabilities: capabilities(), session: Session::default(), settings }))
    },
    case_settings: case::settings,
};

/// The settings of a Bandwidth connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The account's number at Bandwidth; part of every API path.
    account_id: String,
    /// Our numbers, short codes and RCS agents, by application id. Events of others are not
    /// ours.
    applications: BTreeMap<String, Vec<String>>,
    /// User of the API (or API token).
    #[serde(default)]
    api_user: String,
    /// Its password (or token secret).
    #[serde(default)]
    api_password: Secret,
    /// Client credentials (OAuth 2.0) instead of user and password.
    #[serde(default)]
    oauth: Option<OAuth>,
    /// What Bandwidth presents at the inbound URL; several while changing.
    inbound_credentials: Vec<Credential>,
    /// What it presents at the status URL (a path with the segment `status`); the inbound
    /// ones if absent.
    #[serde(default)]
    status_credentials: Option<Vec<Credential>>,
    /// An unguessable segment that callback paths must hold.
    #[serde(default)]
    path_token: Option<Secret>,
    /// The region of numbers without country code.
    #[serde(default = "united_states")]
    default_region: String,
    /// The API's root, up to and without `/users`.
    #[serde(default = "live_api")]
    base_url: Url,
    /// All our senders, as in events.
    #[serde(skip)]
    own: HashSet<Address>,
}

/// What it takes to be issued a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// The client's id.
    client_id: String,
    /// The client's secret.
    client_secret: Secret,
    /// Where tokens are issued.
    #[serde(default = "live_token_url")]
    token_url: Url,
}

fn live_token_url() -> Url {
    Url::parse("https://api.bandwidth.com/api/v1/oauth2/token").expect("a URL")
}

fn united_states() -> String {
    "US".into()
}

fn live_api() -> Url {
    Url::parse("https://messaging.bandwidth.com/api/v2").expect("a URL")
}

impl Settings {
    /// Reads the table, and our numbers as events name them.
    fn read(table: Value) -> Result<Self, SettingsError> {
        let mut settings: Self = settings::read(table)?;
        let region = settings.default_region.clone();
        for raw in settings.applications.values_mut().flatten() {
            let number = people::number(raw, &region);
            *raw = number.expose().to_owned();
            settings.own.insert(number);
        }
        Ok(settings)
    }

    /// A path below our account at the API.
    fn url(&self, rest: &str) -> String {
        let root = self.base_url.as_str().trim_end_matches('/');
        format!("{root}/users/{}/{rest}", crate::shared::form::segment(&self.account_id))
    }

    /// One of our senders as Bandwidth writes it, as we store it.
    fn number(&self, raw: &str) -> Address {
        people::number(raw, &self.default_region)
    }

    fn tenant_key(&self, application: &str, owner: &str) -> String {
        format!("bandwidth:{application}:{}", self.number(owner).expose())
    }

    /// The application that a sender of ours belongs to.
    fn application_of(&self, sender: &Address) -> Option<&str> {
        let mut applications = self.applications.iter();
        let (id, _) = applications.find(|(_, numbers)| numbers.iter().any(|own| own == sender.expose()))?;
        Some(id)
    }
}

/// A Bandwidth connection.
struct Bandwidth {
    settings: Settings,
    session: Session,
    capabilities: Capabilities,
}

fn capabilities() -> Capabilities {
    Capabilities {
        channels: vec![Channel::Sms, Channel::Mms, Channel::Rcs],
        content: vec![MessageType::Text, MessageType::Media, MessageType::Interactive],
        max_text: send::MAX_TEXT,
        max_media: send::MAX_MEDIA,
        max_media_bytes: 3_500_000,
        media_types: vec!["image/*", "video/*", "audio/*", "application/pdf", "text/vcard", "text/calendar"],
        max_buttons: send::MAX_SUGGESTIONS,
        delivery_receipts: true,
        read_receipts: true,
        echoes_reference: true,
        look_up: true,
        ..Capabilities::NONE
    }
}

#[async_trait]
impl Carrier for Bandwidth {
    fn name(&self) -> CarrierName {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn routing_keys(&self) -> Vec<String> {
        let keys = |(id, numbers): (&String, &Vec<String>)| {
            numbers.iter().map(|own| format!("bandwidth:{id}:{own}")).collect::<Vec<_>>()
        };
        self.settings.applications.iter().flat_map(keys).collect()
    }

    fn senders(&self) -> Vec<(Channel, Address)> {
        // What is no number is the name of an RCS agent.
        let channel = |address: &Address| {
            if address.is_phone() || address.is_short_code() { Channel::Sms } else { Channel::Rcs }
        };
        let own = self.settings.applications.values().flatten().map(|own| Address::from(own.as_str()));
        own.map(|address| (channel(&address), address)).collect()
    }

    fn accepts_path(&self, rest: &str) -> bool {
        matches!(rest, "inbound" | "status")
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
        let inbound = &self.settings.inbound_credentials;
        let status = self.settings.status_credentials.as_ref().unwrap_or(inbound);
        let credentials = if path::has_segment(request, "status") { status } else { inbound };
        basic_auth::verify(request, credentials)?;
        Ok(Proof::default())
    }

    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed> {
        webhook::parse(&self.settings, &request.body)
    }

    fn refuse(&self, refusal: &Refusal) -> WebhookReply {
        match refusal {
            // Bandwidth may send its first request without credentials and expect this.
            Refusal::Unverified(_) | Refusal::Replayed(_) => WebhookReply {
                headers: vec![("www-authenticate", r#"Basic realm="omniservice", charset="UTF-8""#.into())],
                ..WebhookReply::empty(401)
            },
            Refusal::Forbidden(_) => WebhookReply::empty(403),
            Refusal::Method => WebhookReply::empty(405),
        }
    }

    fn request(&self, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
        self.session.authorize(&self.settings, send::request(&self.settings, message)?)
    }

    fn outcome(&self, _: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
        send::outcome(response)
    }

    async fn send(&self, http: &dyn HttpClient, message: &OutboundMessage) -> Result<Accepted, SendError> {
        let request = send::request(&self.settings, message)?;
        send::outcome(&self.session.ask(&self.settings, http, request).await?)
    }

    async fn look_up(&self, http: &dyn HttpClient, query: &LookUp) -> Result<Option<Found>, SendError> {
        let request = look_up::request(&self.settings, query);
        let response = self.session.ask(&self.settings, http, request).await?;
        look_up::read(&response, query).map(Some)
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        let request = HttpRequest::new("GET", self.settings.url("messages?limit=1"));
        let response = self.session.ask(&self.settings, http, request).await?;
        let detail = match response.status {
            200 => "Bandwidth accepts the API credential",
            401 => "Bandwidth refuses the API credential: check api_user and api_password, or oauth",
            403 => {
                "the API credential may not list messages of this account: check account_id and its rights"
            }
            _ if response.is_success() => "Bandwidth accepts the API credential",
            status => return Ok(Health { ok: false, detail: format!("Bandwidth answered {status}") }),
        };
        Ok(Health { ok: response.is_success(), detail: detail.into() })
    }
}

#[cfg(test)]
mod tests;
