//! Handing messages over: which API of the account carries this one, and what it answered.

mod bird;
mod conversations;
mod custom;
mod limits;
mod platform;
mod rest;
mod sections;

use omni_core::carrier::{Accepted, Capabilities, Found, Health, LookUp, OutboundMessage, Presence};
use omni_core::content::{Button, OutboundMedia, Template};
use omni_core::event::{Channel, MessageType, ReportedState};
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::account::{Account, ChannelRoute, Generation};
use super::{errors, status};
use crate::shared::json::{self, object};

/// Most reply buttons that WhatsApp shows; more become a list.
const MAX_BUTTONS: usize = 3;

/// Which API takes a message.
enum Api<'a> {
    /// SMS and MMS of the first generation.
    Rest,
    /// Conversations, with the channel that sends.
    Conversations(&'a ChannelRoute),
    /// Channels, with the channel that sends.
    Bird(&'a ChannelRoute),
    /// The platform.
    Platform,
}

fn api<'a>(account: &'a Account, message: &OutboundMessage) -> Result<Api<'a>, SendError> {
    let route = || {
        let found = account.channel_from(message.channel, &message.from);
        found.ok_or(SendError::Unsupported("no channel of the account has this sender"))
    };
    let is_text = matches!(message.channel, Channel::Sms | Channel::Mms);
    Ok(match account.generation() {
        Generation::Rest if is_text && account.numbers.contains(&message.from) => Api::Rest,
        Generation::Rest => Api::Conversations(route()?),
        Generation::Bird => Api::Bird(route()?),
        Generation::Platform => Api::Platform,
    })
}

/// The request that hands `message` over.
pub(super) fn request(account: &Account, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    match api(account, message)? {
        Api::Rest => rest::request(account, message),
        Api::Conversations(route) => conversations::request(account, route, message),
        Api::Bird(route) => bird::request(account, route, message),
        Api::Platform => platform::request(account, message),
    }
}

/// What the answer means.
pub(super) fn outcome(
    account: &Account,
    message: &OutboundMessage,
    response: &HttpResponse,
) -> Result<Accepted, SendError> {
    match api(account, message)? {
        Api::Rest => rest::outcome(message, response),
        Api::Conversations(_) => taken(response, status::conversations),
        Api::Bird(_) => taken(response, status::bird),
        Api::Platform => platform::outcome(message, response),
    }
}

/// What became of an ambiguous attempt. Conversations and Channels have no list to look in
/// by our reference; their status callbacks carry it.
pub(super) async fn look_up(
    account: &Account,
    http: &dyn HttpClient,
    query: &LookUp,
) -> Result<Option<Found>, SendError> {
    match account.generation() {
        Generation::Rest if account.numbers.contains(&query.from) => {
            let response = http.execute(rest::look_up(account, query)).await?;
            rest::found(query, &response).map(Some)
        }
        Generation::Platform => {
            for list in platform::LISTS {
                let response = http.execute(platform::look_up(account, list, query)?).await?;
                if let found @ Found::Taken(_) = platform::found(query, &response)? {
                    return Ok(Some(found));
                }
            }
            Ok(Some(Found::NotTaken))
        }
        Generation::Rest | Generation::Bird => Ok(None),
    }
}

/// Marks a message of a person as read, and perhaps shows that somebody writes an answer. Only
/// the platform offers that, for WhatsApp.
pub(super) async fn show(
    account: &Account,
    http: &dyn HttpClient,
    presence: &Presence,
) -> Result<bool, SendError> {
    if account.generation() != Generation::Platform || presence.channel != Channel::Whatsapp {
        return Ok(false);
    }
    let response = http.execute(platform::show(account, presence)?).await?;
    if response.is_success() { Ok(true) } else { Err(errors::platform_refusal(&response)) }
}

/// Asks whether the key works; sends nothing to anybody.
pub(super) async fn check(account: &Account, http: &dyn HttpClient) -> Result<Health, SendError> {
    let request = match account.generation() {
        Generation::Rest => rest::check(account),
        Generation::Bird => bird::check(account)?,
        Generation::Platform => platform::check(account)?,
    };
    let response = http.execute(request).await?;
    let detail = match response.status {
        200..=299 => "MessageBird accepts the key.".to_owned(),
        401 | 403 => "MessageBird refuses the key; set access_key to a living one.".to_owned(),
        status => format!("MessageBird answered {status}; the key could not be checked."),
    };
    Ok(Health { ok: response.is_success(), detail })
}

/// What a connection of this account can carry.
pub(super) fn capabilities(account: &Account) -> Capabilities {
    let mut channels: Vec<Channel> = Vec::new();
    for (channel, _) in account.senders() {
        let also_mms = channel == Channel::Sms && account.generation() == Generation::Rest;
        let reached = [Some(channel), also_mms.then_some(Channel::Mms)];
        channels.extend(reached.into_iter().flatten());
    }
    channels.sort_unstable();
    channels.dedup();
    let base = Capabilities {
        service_window: channels.iter().copied().filter(|c| *c == Channel::Whatsapp).collect(),
        read_receipts: channels.contains(&Channel::Whatsapp),
        channels,
        delivery_receipts: true,
        echoes_reference: true,
        max_buttons: MAX_BUTTONS,
        max_list_entries: 10,
        media_types: vec!["image/*", "video/*", "audio/*", "application/*", "text/*"],
        ..Capabilities::NONE
    };
    match account.generation() {
        Generation::Rest => rest::capabilities(account, base),
        Generation::Bird => bird::capabilities(base),
        Generation::Platform => platform::capabilities(base),
    }
}

/// `Authorization` of the first two generations.
fn access_key(account: &Account) -> String {
    format!("AccessKey {}", account.settings.access_key.expose())
}

/// The API's address: configured, or the generation's own.
fn base<'a>(configured: Option<&'a String>, own: &'a str) -> &'a str {
    configured.map_or(own, |url| url.trim_end_matches('/'))
}

/// An address as the carrier wants it: names and WhatsApp's own ids without our prefix.
fn dialled(address: &omni_core::address::Address) -> &str {
    let text = address.expose();
    text.strip_prefix("alpha:").or(text.strip_prefix("bsuid:")).unwrap_or(text)
}

/// Where the carrier fetches a medium.
fn url(media: &OutboundMedia) -> Result<&str, SendError> {
    media.url.as_deref().ok_or(SendError::Unsupported("media must have a URL here"))
}

/// The only medium of a message, where the API takes one.
fn only(media: &[OutboundMedia]) -> Result<&OutboundMedia, SendError> {
    match media {
        [one] => Ok(one),
        _ => Err(SendError::Unsupported("one medium per message here")),
    }
}

/// Whether choices become a list: wished for, in sections, or too many for buttons.
fn is_list(buttons: &[Button], list_label: Option<&String>) -> bool {
    let has_sections = buttons.iter().any(|button| button.section.is_some());
    list_label.is_some() || has_sections || buttons.len() > MAX_BUTTONS
}

/// The answer of Conversations and Channels: the message's id, and its state in words that
/// `state_of` knows.
fn taken(
    response: &HttpResponse,
    state_of: impl Fn(&str) -> Option<ReportedState>,
) -> Result<Accepted, SendError> {
    if !response.is_success() {
        return Err(errors::refusal(response));
    }
    let body: Value = serde_json::from_slice(&response.body).map_err(|_| unreadable(response))?;
    let id = json::id(&body["id"]).ok_or_else(|| unreadable(response))?;
    let word = body["status"].as_str().unwrap_or("accepted");
    match state_of(word).unwrap_or(ReportedState::Queued) {
        ReportedState::Failed => Err(refused_at_once(word)),
        state => Ok(Accepted { state, ..Accepted::with_id(id) }),
    }
}

/// The answer came, but not in a form that says whether the message was taken.
fn unreadable(response: &HttpResponse) -> SendError {
    SendError::Ambiguous(format!(
        "the carrier answered {} with a body that names no message",
        response.status
    ))
}

/// The API took the request and in the same breath refused the message.
fn refused_at_once(word: &str) -> SendError {
    SendError::rejected(ErrorClass::Rejected, word, "the carrier refused the message at once")
}

/// What all three generations can do, each on some channel.
fn common_content() -> Vec<MessageType> {
    vec![
        MessageType::Text,
        MessageType::Media,
        MessageType::Template,
        MessageType::Interactive,
        MessageType::Location,
        MessageType::Custom,
    ]
}

/// How the platform names a template: by its id, which begins with `id_prefix`, or its slug.
fn reference(template: &Template, id_prefix: &str) -> Map<String, Value> {
    let by = if template.template_id.starts_with(id_prefix) { "id" } else { "slug" };
    let mut reference = object(json!({ by: template.template_id }));
    if let Some(language) = &template.language {
        reference.insert("language".into(), json!(language));
    }
    reference
}
