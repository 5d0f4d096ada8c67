//! Writing into a chat as our bot.

use omni_core::carrier::{Accepted, Capabilities, Found, Health, LookUp, OutboundMessage, Presence};
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia};
use omni_core::event::{Channel, Location, MessageType, ReportedState};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::Settings;
use super::errors::ApiError;
use super::session::Session;
use super::webhook::is_on_cdn;
use crate::shared::{json, words};

/// Largest text of a message, in bytes.
const LONGEST_TEXT: usize = 16 * 1_024;

/// Most buttons of a card, and most cards of a message.
const MAX_BUTTONS: usize = 13;
const MAX_CARDS: usize = 10;

pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        channels: vec![Channel::Chat],
        content: vec![MessageType::Text, MessageType::Media, MessageType::Interactive, MessageType::Location],
        // Of the widest characters, so that every part of a split text fits.
        max_text: LONGEST_TEXT / 4,
        max_media: MAX_CARDS,
        max_media_bytes: 10 * 1_024 * 1_024,
        media_types: vec!["image/*", "video/*", "audio/*", "application/*", "text/*"],
        max_buttons: MAX_BUTTONS,
        max_list_entries: MAX_BUTTONS,
        read_receipts: true,
        echoes_reference: true,
        look_up: true,
        read_marks: vec![Channel::Chat],
        typing: vec![Channel::Chat],
        ..Capabilities::NONE
    }
}

/// Into the chat that the message belongs to; without one, a new chat with the person.
pub(super) fn request(
    settings: &Settings,
    session: &Session,
    message: &OutboundMessage,
) -> Result<HttpRequest, SendError> {
    let (action, body) = call(settings, message)?;
    session.call(settings, action, &body)
}

/// The action and its body.
fn call(settings: &Settings, message: &OutboundMessage) -> Result<(&'static str, Value), SendError> {
    let mut event = event(settings, &message.content)?;
    event["visibility"] = json!("all");
    event["custom_id"] = json!(message.client_ref);
    if let Some(chat) = &message.conversation_ref {
        return Ok(("send_event", json!({ "chat_id": chat, "event": event })));
    }
    let customer = message.to.expose().strip_prefix("lc:");
    let customer =
        customer.ok_or(SendError::Unsupported("a chat begins with a customer of LiveChat only"))?;
    let chat = json!({ "users": [{ "id": customer, "type": "customer" }], "thread": { "events": [event] } });
    Ok(("start_chat", json!({ "chat": chat, "active": true })))
}

fn event(settings: &Settings, content: &OutboundContent) -> Result<Value, SendError> {
    match content {
        OutboundContent::Text { text } => text_event(text),
        OutboundContent::Media { media, text } => media_event(settings, media, text.as_deref()),
        OutboundContent::Interactive(Interactive { text, header, footer, buttons, .. }) => {
            choices(text, header.as_deref(), footer.as_deref(), buttons)
        }
        OutboundContent::Location { location } => text_event(&in_words(location)),
        _ => Err(SendError::Unsupported("LiveChat has no templates, reactions or contact cards")),
    }
}

fn text_event(text: &str) -> Result<Value, SendError> {
    Ok(json!({ "type": "message", "text": fitting(text)? }))
}

/// The text if it fits: a longer one is split before it comes here, never cut.
fn fitting(text: &str) -> Result<&str, SendError> {
    if text.len() > LONGEST_TEXT {
        return Err(SendError::Unsupported("the text is longer than 16 KB"));
    }
    Ok(text)
}

/// A place has no kind of its own here.
fn in_words(location: &Location) -> String {
    let point = format!("{}, {}", location.lat, location.lon);
    let lines = [location.name.as_deref(), location.address.as_deref(), Some(&point)];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// A file that LiveChat serves itself goes as a file; anything else as cards that show or
/// open it, because files from other places are refused.
fn media_event(settings: &Settings, media: &[OutboundMedia], text: Option<&str>) -> Result<Value, SendError> {
    fitting(text.unwrap_or_default())?;
    let mut urls = Vec::with_capacity(media.len());
    for medium in media {
        urls.push(medium.url.as_deref().ok_or(SendError::Unsupported("media must have a URL here"))?);
    }
    match urls.as_slice() {
        [] => Err(SendError::Unsupported("media without any medium")),
        [one] if text.is_none() && is_on_cdn(settings, one) => Ok(json!({ "type": "file", "url": one })),
        _ if urls.len() > MAX_CARDS => Err(SendError::Unsupported("more than ten media")),
        _ => {
            let cards = media.iter().zip(&urls).enumerate();
            let cards: Vec<Value> =
                cards.map(|(at, (medium, url))| card(medium, url, text.filter(|_| at == 0))).collect();
            Ok(json!({ "type": "rich_message", "template_id": "cards", "elements": cards }))
        }
    }
}

fn card(medium: &OutboundMedia, url: &str, title: Option<&str>) -> Value {
    let name = medium.filename.as_deref().unwrap_or("Open");
    let mut card = json!({
        "title": title.unwrap_or(name),
        "buttons": [{ "type": "url", "text": name, "value": url, "postback_id": "open", "user_ids": [] }],
    });
    if medium.kind() == "image" {
        card["image"] = json!({ "url": url });
    }
    card
}

/// Answers to press. With a link among them it must be a card; else they are quick replies.
fn choices(
    text: &str,
    header: Option<&str>,
    footer: Option<&str>,
    buttons: &[Button],
) -> Result<Value, SendError> {
    if buttons.len() > MAX_BUTTONS {
        return Err(SendError::Unsupported("more than 13 buttons"));
    }
    fitting(text)?;
    let has_link = buttons.iter().any(|button| button.url.is_some());
    let buttons: Vec<Value> = buttons.iter().map(button).collect();
    let lines = |parts: &[Option<&str>]| parts.iter().copied().flatten().collect::<Vec<_>>().join("\n");
    if has_link {
        let (title, subtitle) = match header {
            Some(header) => (header.to_owned(), lines(&[Some(text), footer])),
            None => (text.to_owned(), footer.unwrap_or_default().to_owned()),
        };
        let card = json!({ "title": title, "subtitle": subtitle, "buttons": buttons });
        return Ok(json!({ "type": "rich_message", "template_id": "cards", "elements": [card] }));
    }
    let title = lines(&[header, Some(text), footer]);
    fitting(&title)?;
    let element = json!({ "title": title, "buttons": buttons });
    Ok(json!({ "type": "rich_message", "template_id": "quick_replies", "elements": [element] }))
}

fn button(button: &Button) -> Value {
    let (kind, value) = match &button.url {
        Some(url) => ("url", url),
        None => ("message", &button.title),
    };
    json!({ "type": kind, "text": button.title, "value": value, "postback_id": button.id, "user_ids": [] })
}

/// `{event_id}` of a chat that we named, or `{chat_id, event_ids}` of a new one.
pub(super) fn outcome(message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
    if !response.is_success() {
        return Err(ApiError::of(response).into_send_error(response));
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let event = json::text(&body["event_id"]).or(json::text(&body["event_ids"][0]));
    let chat = message.conversation_ref.as_deref().or(json::text(&body["chat_id"]));
    let (Some(event), Some(chat)) = (event, chat) else {
        return Err(SendError::Ambiguous("the carrier's answer names no event".into()));
    };
    Ok(accepted(chat, event))
}

/// LiveChat reports no delivery: what it took is in the chat.
fn accepted(chat: &str, event: &str) -> Accepted {
    Accepted { state: ReportedState::Sent, ..Accepted::with_id(format!("{chat}/{event}")) }
}

/// Sends; a chat that sleeps is woken once, which wrote nothing yet.
pub(super) async fn send(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    message: &OutboundMessage,
) -> Result<Accepted, SendError> {
    let (action, body) = call(settings, message)?;
    let response = session.ask(settings, http, action, &body).await?;
    match &message.conversation_ref {
        Some(chat) if !response.is_success() && ApiError::of(&response).kind == "chat_inactive" => {
            resume(settings, session, http, chat).await?;
            outcome(message, &session.ask(settings, http, action, &body).await?)
        }
        _ => outcome(message, &response),
    }
}

/// Opens a new thread in a chat that slept. If the answer is lost the message is still
/// surely not sent: it comes after.
async fn resume(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    chat: &str,
) -> Result<(), SendError> {
    let body = json!({ "chat": { "id": chat }, "active": true });
    let resumed = match session.ask(settings, http, "resume_chat", &body).await {
        Ok(response) if response.is_success() => Ok(()),
        Ok(response) => Err(ApiError::of(&response).into_send_error(&response)),
        Err(error) => Err(error),
    };
    resumed.map_err(|error| match error {
        SendError::Ambiguous(why) => SendError::NotSent(format!("the chat was not resumed: {why}")),
        other => other,
    })
}

/// Looks for our `custom_id` in the chat's last threads. Without the chat there is nothing
/// to look in.
pub(super) async fn look_up(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    query: &LookUp,
) -> Result<Option<Found>, SendError> {
    let Some(chat) = &query.conversation_ref else { return Ok(Some(Found::Unclear)) };
    let body = json!({ "chat_id": chat, "sort_order": "desc", "limit": 3 });
    let response = session.ask(settings, http, "list_threads", &body).await?;
    if !response.is_success() {
        return Err(ApiError::of(&response).into_send_error(&response));
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let Some(threads) = body["threads"].as_array() else { return Ok(Some(Found::Unclear)) };
    let mut events = threads.iter().flat_map(|thread| json::items(&thread["events"]));
    let ours = events.find(|event| event["custom_id"] == query.client_ref.as_str());
    let id = ours.and_then(|event| json::text(&event["id"]));
    Ok(Some(id.map_or(Found::NotTaken, |id| Found::Taken(accepted(chat, id)))))
}

/// Marks a chat as seen up to a time; with `typing`, shows that an answer is being written.
pub(super) async fn show(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    presence: &Presence,
) -> Result<bool, SendError> {
    let Some(chat) = &presence.conversation_ref else { return Ok(false) };
    let seen = json!({ "chat_id": chat, "seen_up_to": presence.read_up_to.to_string() });
    let typing = json!({ "chat_id": chat, "is_typing": true, "visibility": "all" });
    let mut calls = vec![("mark_events_as_seen", seen)];
    if presence.typing {
        calls.push(("send_typing_indicator", typing));
    }
    for (action, body) in calls {
        let response = session.ask(settings, http, action, &body).await?;
        if !response.is_success() {
            return Err(ApiError::of(&response).into_send_error(&response));
        }
    }
    Ok(true)
}

/// Lists one chat: allowed to whoever may send.
pub(super) async fn check(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
) -> Result<Health, SendError> {
    let response = session.ask(settings, http, "list_chats", &json!({ "limit": 1 })).await?;
    let detail = if response.is_success() {
        "LiveChat accepts the credentials.".to_owned()
    } else {
        let kind = words::masked(&ApiError::of(&response).kind);
        format!("LiveChat answered {} {kind}; look at the credentials and their scopes.", response.status)
    };
    Ok(Health { ok: response.is_success(), detail })
}
