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
//! | media     | in by address on `api.twilio.com`, which asks for our credentials; out by address     |
//! | send      | `POST …/Messages.json` as a form; `201` with a `sid`                                |
//! | log in    | Basic by auth token or API key, or a bearer token of an OAuth app, issued for an hour |
//! | reference | our id as `m=` in the query of the status URL: signed, so it comes back unchanged   |
//! | status    | queued, sent, delivered, read, undelivered, failed, canceled; duplicated, unordered |
//! | look up   | the list of messages to the recipient; bodies are compared, doubt is no answer       |
//! | stop      | Twilio answers STOP, START and HELP itself, and blocks (21610) until START          |
//! | expiry    | `ValidityPeriod`, counted from when the message was made; else ten hours           |
//! | limits    | text 1,600; ten media on MMS, one on WhatsApp; templates by Content SID             |
//! | choices   | WhatsApp and RCS by the Content API: stored once, then named with the values          |
//!
//! Written against Twilio's API description of April 2026 and its documentation of that
//! year. Deliberately absent: TwiML replies (an answer by the API has an id and receipts),
//! scheduling at Twilio (ours is the same for all carriers), having templates approved, forms
//! (WhatsApp wants a template for them), the question for a place, reactions and quoted answers
//! (the API has none), and Event Streams (its JSON verifies, and is set aside as unreadable).
//! Whether sound is a voice note is not ours to say either: WhatsApp judges by the file.
//!
//! # Buttons, lists, links, products
//!
//! Twilio takes them only as content that is stored there first. What is stored is only the form
//! ("three replies") under the name `omni_` and a digest of it; the words follow as variables.
//! Where Twilio takes none, they stand in the form: a link's title over one link, its host, the
//! small text below a card, a catalogue's thumbnail. So an account gets a few dozen entries, and
//! one more for each of those, and a restart finds them by name instead of making them again.
//! They need no approval, and therefore show only within the 24 hours on WhatsApp: three replies
//! or one link, ten entries of a list. Whatever goes wrong before the message's own request counts
//! as not sent. An entry that somebody deletes is made anew when it is needed.
//!
//! [`Carrier::request`] asks nobody, so before an entry is known it puts the name where the
//! `HX…` belongs; [`Carrier::send`] finds or makes it first.
//!
//! Twilio's own parameters go as custom content by their own names (`ContentSid`, `ShortenUrls`,
//! `FallbackFrom`, …), or `types` with a definition as the Content API takes it (carousels). Such
//! a definition is stored as it is: put what varies into `ContentVariables`.
//!
//! # Set-up
//!
//! 1. In Twilio's console: `account_sid` and the auth token (a sub-account has its own of both).
//!    An API key (`SK…`) to send with can be revoked without touching the verification; so can
//!    an OAuth app (`OQ…`), whose client credentials go into `oauth`: the gateway is issued a
//!    token with them and uses it until it is refused.
//! 2. Point the number (`SmsUrl`), the messaging service (`InboundRequestUrl`) or the WhatsApp
//!    sender (`callback_url`) at `https://<host>/webhooks/twilio`, method `POST`. Write it exactly
//!    as the gateway is reached from outside: scheme, port, path and query are signed.
//! 3. Put connection overrides behind that URL, `#rc=5&rp=all&ct=2000&rt=5000&tt=14000`: without
//!    them Twilio tries once more on a connect time-out only, and our 5xx loses the message. The
//!    gateway adds them to status URLs by itself.
//! 4. List the senders in `numbers` as Twilio writes them, or name the messaging service.
//! 5. Templates are made in Twilio's Content editor and approved there; messages name their `HX…`,
//!    and all their variables are `templateParams`, those of headers and buttons, too.
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
//! - Names of list picks (`ListId`, `ListTitle`), how long a reply may quote, the longest status
//!   URL.
//! - Whether WhatsApp's reactions and edits ever come through Twilio: they are read as
//!   unsupported. Carts are read as Twilio's page on catalogues has them.
//! - Whether WhatsApp shows an unapproved card with two or three replies: Twilio's page says both.
//!   Whether a variable at the end of a link is taken within the 24 hours: the page on links says
//!   so, the one on cards only for templates and RCS.
//! - What Twilio makes of media above five megabytes on RCS, and of files other than pictures above
//!   half a megabyte by MMS: they are sent.

mod account;
mod address;
mod catalog;
mod choices;
mod consent;
mod custom;
mod errors;
mod inbound;
mod library;
mod look_up;
mod media;
mod params;
mod rich;
mod send;
mod session;
mod settings;
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
use omni_core::webhook::{Malformed, Outcome, Proof, Refusal, WebhookReply, WebhookRequest};
use serde_json::{Value, json};

use library::Library;
use session::Session;

/// How this carrier is called in configuration, URLs and metrics.
pub const NAME: CarrierName = CarrierName("twilio");

/// What the registry needs to know.
pub const PLUGIN: CarrierPlugin =
    CarrierPlugin { name: NAME, starter: include_str!("starter.toml"), build, case_settings };

pub use settings::{OAuth, Settings};

/// One Twilio account and its senders.
struct Twilio {
    settings: Settings,
    session: Session,
    library: Library,
    capabilities: Capabilities,
}

fn build(settings: Value) -> Result<Arc<dyn Carrier>, SettingsError> {
    let settings: Settings = crate::shared::settings::read(settings)?;
    settings.check()?;
    let capabilities = capabilities(&settings);
    Ok(Arc::new(Twilio { settings, session: Session::default(), library: Library::default(), capabilities }))
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
    let mut content = vec![MessageType::Text, MessageType::Media, MessageType::Template, MessageType::Custom];
    if has_phone {
        channels.extend([Channel::Sms, Channel::Mms]);
    }
    if has("whatsapp:") {
        channels.push(Channel::Whatsapp);
        content.extend([MessageType::Location, MessageType::Products]);
    }
    if has("rcs:") {
        channels.push(Channel::Rcs);
    }
    let (whatsapp, rcs) = (channels.contains(&Channel::Whatsapp), channels.contains(&Channel::Rcs));
    if whatsapp || rcs {
        content.push(MessageType::Interactive);
    }
    let only_whatsapp = channels == [Channel::Whatsapp];
    Capabilities {
        content,
        max_text: send::MAX_TEXT,
        max_media: if only_whatsapp { 1 } else { media::MAX_MEDIA },
        max_media_bytes: if whatsapp { media::MAX_WHATSAPP_BYTES } else { media::MAX_BYTES },
        max_buttons: match (rcs, whatsapp) {
            (true, _) => choices::MAX_SUGGESTIONS,
            (false, true) => choices::MAX_REPLIES,
            (false, false) => 0,
        },
        max_list_entries: if whatsapp { choices::MAX_ENTRIES } else { 0 },
        media_types: vec!["image/*", "audio/*", "video/*", "text/*", "application/*"],
        delivery_receipts: true,
        read_receipts: whatsapp || rcs,
        service_window: channels.iter().copied().filter(|c| *c == Channel::Whatsapp).collect(),
        echoes_reference: true,
        look_up: true,
        handles_stop: true,
        typing: channels.iter().copied().filter(|channel| *channel == Channel::Whatsapp).collect(),
        channels,
        ..Capabilities::NONE
    }
}

impl Twilio {
    /// Sees to it that Twilio has the message's definition, then asks it to send.
    async fn hand_over(&self, http: &dyn HttpClient, draft: &send::Draft) -> Result<HttpResponse, SendError> {
        let (settings, session) = (&self.settings, &self.session);
        let sid = match &draft.definition {
            Some(definition) => Some(self.library.sid(settings, session, http, definition).await?),
            None => None,
        };
        session.ask(settings, http, draft.request(settings, sid.as_deref())).await
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
        let draft = send::draft(&self.settings, message)?;
        let sid = draft.definition.as_ref().and_then(|definition| self.library.remembered(definition));
        self.session.authorize(&self.settings, draft.request(&self.settings, sid.as_deref()))
    }

    fn outcome(&self, _message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
        send::outcome(response)
    }

    async fn send(&self, http: &dyn HttpClient, message: &OutboundMessage) -> Result<Accepted, SendError> {
        let draft = send::draft(&self.settings, message)?;
        let response = self.hand_over(http, &draft).await?;
        if let Some(definition) = draft.definition.as_ref().filter(|_| send::content_is_gone(&response)) {
            // Refused, so not sent: what somebody deleted at Twilio is made anew, once.
            self.library.forget(definition);
            return send::outcome(&self.hand_over(http, &draft).await?);
        }
        send::outcome(&response)
    }

    async fn look_up(&self, http: &dyn HttpClient, query: &LookUp) -> Result<Option<Found>, SendError> {
        look_up::look_up(&self.settings, &self.session, http, query).await.map(Some)
    }

    async fn show(&self, http: &dyn HttpClient, presence: &Presence) -> Result<bool, SendError> {
        // There is no mark alone: the indicator marks as read, too.
        if presence.channel != Channel::Whatsapp || !presence.typing {
            return Ok(false);
        }
        let request = send::show(&self.settings, presence);
        send::shown(&self.session.ask(&self.settings, http, request).await?)
    }

    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        let request = account::check_request(&self.settings);
        match self.session.ask(&self.settings, http, request).await {
            Ok(response) => Ok(account::health(&response)),
            Err(error) => account::unasked(error),
        }
    }
}
