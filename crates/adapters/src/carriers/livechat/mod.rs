//! LiveChat (Text platform): visitors of a web site talk with our bot.
//!
//! | what    | how LiveChat does it                                                         |
//! |---------|------------------------------------------------------------------------------|
//! | receive | `POST` JSON `{webhook_id, secret_key, action, organization_id, payload}`       |
//! | prove   | only by `secret_key` inside the body, which belongs to its `webhook_id`        |
//! | answer  | `200`; `401` if the body cannot be read, because then nothing proves it        |
//! | media   | in by address on its own CDN; out as a file of that CDN (`upload_file`), else as cards |
//! | send    | `POST /v3.6/agent/action/send_event`; a chat that slept is resumed once; one that we do not know is asked for (`get_customer`), and begun (`start_chat`) if there is none |
//! | status  | our own event comes back with our `custom_id`: sent; `events_marked_as_seen`: read |
//! | settle  | `list_threads` shows our `custom_id`, or 20 s after the attempt still does not; a new chat is looked for among the person's |
//! | limits  | 16 KB of text; uploads of 10 MB; ten cards, 13 buttons; no receipts of delivery |
//!
//! A chat lives as long as the relation to the customer; its threads are the sessions. The
//! customer's id is the stable address (`lc:{uuid}`); names, e-mail addresses and phone
//! numbers in their profile are claims that nobody checked.
//!
//! A remark for agents only (`visibility: agents`) becomes a note whoever wrote it and
//! whatever it holds: no path leads from it to the customer. Where visibility is missing,
//! only a customer's own event counts as public.
//!
//! One send writes one event. So an upload goes as a file where it stands alone, and several
//! media, media from other places, and a file with words go as cards that show or open them.
//! Choices are quick replies; with a link, or under a picture, they are a card. There are no
//! lists: each entry becomes a button, its section and description stand in the words. A place
//! is written out. Events in LiveChat's own words (`form`, `rich_message` with products, `custom`
//! and the like) go as they come, but they are always public and always carry our `custom_id`.
//!
//! Who takes a chat over is LiveChat's own routing, or a queue of the gateway's: an agent who
//! joins or answers is told (`participant_joined`, `echo`), and nothing here calls
//! `transfer_chat` or lets our bot back in.
//!
//! Written against the public documentation of webhooks, agent chat and configuration API
//! v3.6. The version is a setting.
//!
//! Deliberately absent: templates, reactions, contact cards, catalogues and questions for a
//! place, which chats do not have; `system_message` events, which would speak as the platform;
//! the customer chat API (LiveChat as the desk of other channels: that takes somebody who carries
//! agents' answers from one conversation into another, which is no carrier's work); the app
//! life-cycle callbacks (they carry no secret, so they prove nothing and are refused); and
//! visitors' IP addresses and page views (personal data that nobody here needs).
//!
//! # Set-up
//!
//! 1. In the developer console: an app with the scopes `chats--access:rw`, `agents-bot--my:rw`,
//!    `customers:rw` and `webhooks.configuration:rw`.
//! 2. A bot (`create_bot` of the configuration API) with its groups. Its id goes into
//!    `bot_agent_ids`, its id and secret with the app's client id into `bot`, ours into
//!    `organization_id`; the gateway issues the daily token itself. A personal access token works,
//!    too (`account_id`).
//! 3. `register_webhook` for each action that is wanted (`incoming_chat`, `incoming_event`,
//!    `event_updated`, `chat_deactivated`, `chat_transferred`, `user_added_to_chat`,
//!    `user_removed_from_chat`, `events_marked_as_seen`, `incoming_rich_message_postback`), each
//!    with a `secret_key` of our choice and the URL `https://<host>/webhooks/livechat/<token>`,
//!    whose last segment is `path_token`, and with `"additional_data": ["chat_presence_user_ids"]`:
//!    without it nobody can tell to whom an agent's answer went, and the bot would talk over
//!    them. Each answer's id goes into `webhook_secrets` with its secret. It takes up to two
//!    minutes to work.
//! 4. Enable the webhooks of the license, then set the bot's routing status to accepting chats:
//!    first the bot, then its webhooks, then the status.
//!
//! A webhook cannot be edited: register the new one, list both secrets, unregister the old one.
//!
//! A personal access token with the scope `webhooks.configuration:rw` beside the bot (or instead
//! of it, with `client_id`) lets the check of the credentials say which webhook is missing, comes
//! with a secret that we do not know or to an address without `path_token`; with `webhooks.state:ro`
//! and `agents-bot--all:ro`, whether they are disabled, and whether the bot takes no chats. A bot's
//! token may ask none of this.
//!
//! # What is verified
//!
//! The last segment of the path, then the `secret_key` in the body against the secrets of its
//! `webhook_id`. So the body is read before anything is proven: at most 1 MiB, nested at most 128
//! deep, a member named twice is refused, and nothing else in it counts. A body that cannot be
//! read proves nothing. Neither time nor content is covered: doubles are recognised by ids, and
//! where an action has none, by an equal payload on the same day. The secret is blanked before a
//! request is kept.
//!
//! # Known doubts
//!
//! - How often a callback is repeated (three times within a minute, or ten times in six hours):
//!   after an outage of minutes chats must be compared by hand.
//! - HTTP statuses of errors, so the type decides; source addresses.
//! - Rate limits, of which only `too_many_requests` is known: `rate_per_sender = 10` is a careful
//!   beginning.
//! - Whether one press on a button of the kind `message` comes twice, as a message with a postback
//!   and as `incoming_rich_message_postback`: each is taken for an answer.
//! - Which of several chats of one person is the living one: the last that is listed is taken.

mod case;
mod check;
mod errors;
mod look_up;
mod presence;
mod send;
mod session;
mod signature;
mod upload;
mod webhook;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, CarrierPlugin, Found, Health, LookUp, OutboundMessage,
    Parsed, Presence, SettingsError, Upload,
};
use omni_core::content::OutboundMedia;
use omni_core::event::Channel;
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::secret::Secret;
use omni_core::webhook::{Malformed, Proof, Refusal, WebhookReply, WebhookRequest};
use serde::Deserialize;

use session::Session;

/// As in configuration, URLs and events.
const NAME: &str = "livechat";

/// How to build a LiveChat connection.
pub const PLUGIN: CarrierPlugin = CarrierPlugin {
    name: CarrierName(NAME),
    starter: include_str!("starter.toml"),
    build: |settings| {
        let settings: Settings = crate::shared::settings::read(settings)?;
        settings.check()?;
        Ok(Arc::new(LiveChat {
            session: Session::new(&settings),
            capabilities: send::capabilities(),
            settings,
        }))
    },
    case_settings: case::settings,
};

/// The settings of a LiveChat connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Our organization; callbacks of another one are not ours.
    #[serde(default)]
    pub organization_id: Option<String>,
    /// The agent ids of our bots (32 hexadecimal digits each): what they write is ours.
    #[serde(default)]
    pub bot_agent_ids: Vec<String>,
    /// The secrets of each registered webhook, by its id; several while one is being replaced.
    #[serde(default)]
    pub webhook_secrets: BTreeMap<String, Vec<Secret>>,
    /// The last segment of the callback address, if it is meant to be unguessable.
    #[serde(default)]
    pub path_token: Option<Secret>,
    /// Whose personal access token `personal_access_token` is.
    #[serde(default)]
    pub account_id: Option<String>,
    /// A personal access token; needs `account_id`.
    #[serde(default)]
    pub personal_access_token: Secret,
    /// An OAuth or bot token (`dal:…`, `fra:…`).
    #[serde(default)]
    pub access_token: Secret,
    /// Issues bot tokens as they are needed; they live for a day.
    #[serde(default)]
    pub bot: Option<Bot>,
    /// Our application's client id (`bot` has its own). With it, and with an agent's token that
    /// has the scope `webhooks.configuration:rw`, the check of the credentials compares the
    /// registered webhooks with `webhook_secrets`.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The API's version.
    #[serde(default = "default_version")]
    pub api_version: String,
    /// Another address of the API (tests, twins).
    #[serde(default = "default_url")]
    pub base_url: String,
}

/// What it takes to issue a bot token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bot {
    /// The bot's agent id.
    pub bot_id: String,
    /// The bot's secret, as `create_bot` answered it.
    pub bot_secret: Secret,
    /// Our application's client id.
    pub client_id: String,
}

fn default_version() -> String {
    "v3.6".into()
}

fn default_url() -> String {
    "https://api.livechatinc.com".into()
}

impl Settings {
    fn check(&self) -> Result<(), SettingsError> {
        if !self.personal_access_token.is_empty() && self.account_id.is_none() {
            return Err(SettingsError::new("account_id", "a personal access token belongs to an account_id"));
        }
        if self.bot.is_some() && self.organization_id.is_none() {
            return Err(SettingsError::new(
                "organization_id",
                "bot tokens are issued for an organization_id",
            ));
        }
        Ok(())
    }

    /// Our application, whose webhooks ours are.
    fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref().or(self.bot.as_ref().map(|bot| bot.client_id.as_str()))
    }

    /// Whether an agent id is one of our bots'.
    fn is_our_bot(&self, id: &str) -> bool {
        self.bot_agent_ids.iter().any(|bot| bot == id)
            || self.bot.as_ref().is_some_and(|bot| bot.bot_id == id)
    }
}

/// The routing key of an organization.
fn organization_key(id: &str) -> String {
    format!("{NAME}:{id}")
}

struct LiveChat {
    settings: Settings,
    session: Session,
    capabilities: Capabilities,
}

#[async_trait]
impl Carrier for LiveChat {
    fn name(&self) -> CarrierName {
        CarrierName(NAME)
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn routing_keys(&self) -> Vec<String> {
        self.settings.organization_id.iter().map(|id| organization_key(id)).collect()
    }

    fn senders(&self) -> Vec<(Channel, Address)> {
        let ours = self.settings.organization_id.iter();
        ours.map(|id| (Channel::Chat, Address::from(format!("lc:{id}")))).collect()
    }

    fn accepts_path(&self, rest: &str) -> bool {
        self.settings.path_token.as_ref().is_some_and(|token| token.matches(rest.as_bytes()))
    }

    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal> {
        signature::verify(&self.settings, request)
    }

    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed> {
        webhook::parse(&self.settings, request)
    }

    fn secrets_in_callbacks(&self) -> Vec<&Secret> {
        self.settings.path_token.iter().chain(self.settings.webhook_secrets.values().flatten()).collect()
    }

    fn journal_body(&self, request: &WebhookRequest) -> bytes::Bytes {
        signature::without_secret(&self.settings, &request.body)
    }

    fn refuse(&self, refusal: &Refusal) -> WebhookReply {
        WebhookReply::empty(match refusal {
            // A guessed address gets no hint that it was nearly right.
            Refusal::Unverified(signature::WRONG_PATH) => 404,
            Refusal::Unverified(_) | Refusal::Replayed(_) => 401,
            Refusal::Forbidden(_) => 403,
            Refusal::Method => 405,
        })
    }

    fn request(&self, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
        send::request(&self.settings, &self.session, message)
    }

    fn outcome(&self, message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
        send::outcome(message, response)
    }

    async fn send(&self, http: &dyn HttpClient, message: &OutboundMessage) -> Result<Accepted, SendError> {
        send::send(&self.settings, &self.session, http, message).await
    }

    async fn look_up(&self, http: &dyn HttpClient, query: &LookUp) -> Result<Option<Found>, SendError> {
        look_up::look_up(&self.settings, &self.session, http, query).await
    }

    async fn show(&self, http: &dyn HttpClient, presence: &Presence) -> Result<bool, SendError> {
        presence::show(&self.settings, &self.session, http, presence).await
    }

    async fn upload(&self, http: &dyn HttpClient, file: &Upload) -> Result<OutboundMedia, SendError> {
        upload::upload(&self.settings, &self.session, http, file).await
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        check::check(&self.settings, &self.session, http).await
    }
}
