//! Writing into a chat as our bot.

mod event;

use omni_core::carrier::{Accepted, Capabilities, OutboundMessage};
use omni_core::event::{Channel, MessageType, ReportedState};
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::errors::ApiError;
use super::session::Session;
use super::{Settings, look_up};
use crate::shared::json;

/// Largest text of a message, in bytes.
const LONGEST_TEXT: usize = 16 * 1_024;

/// Largest file of an upload, in bytes (`upload_file`: 10 MB).
pub(super) const LARGEST_FILE: u64 = 10 * 1_024 * 1_024;

/// Most buttons of a card, and most cards of a message.
const MAX_BUTTONS: usize = 13;
const MAX_CARDS: usize = 10;

pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        channels: vec![Channel::Chat],
        content: vec![
            MessageType::Text,
            MessageType::Media,
            MessageType::Interactive,
            MessageType::Location,
            MessageType::Custom,
        ],
        // Of the widest characters, so that every part of a split text fits.
        max_text: LONGEST_TEXT / 4,
        max_media: MAX_CARDS,
        max_media_bytes: LARGEST_FILE,
        media_types: vec!["image/*", "video/*", "audio/*", "application/*", "text/*"],
        max_buttons: MAX_BUTTONS,
        max_list_entries: MAX_BUTTONS,
        read_receipts: true,
        echoes_reference: true,
        look_up: true,
        uploads: true,
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
    let mut event = event::of(settings, &message.content)?;
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
pub(super) fn accepted(chat: &str, event: &str) -> Accepted {
    Accepted { state: ReportedState::Sent, ..Accepted::with_id(format!("{chat}/{event}")) }
}

/// Sends. A person's chat lives as long as they do, so where we do not know it we ask for it,
/// and begin one only with somebody who has none.
pub(super) async fn send(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    message: &OutboundMessage,
) -> Result<Accepted, SendError> {
    // What cannot be said is refused before anybody is asked anything.
    call(settings, message)?;
    let chat = match (&message.conversation_ref, message.to.expose().strip_prefix("lc:")) {
        (None, Some(person)) => known_chat(settings, session, http, person).await?,
        _ => None,
    };
    match chat {
        Some(chat) => {
            let message = OutboundMessage { conversation_ref: Some(chat), ..message.clone() };
            write(settings, session, http, &message).await
        }
        None => write(settings, session, http, message).await,
    }
}

/// The person's last chat. A token that may not ask (`customers:ro`) knows none.
async fn known_chat(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    person: &str,
) -> Result<Option<String>, SendError> {
    match look_up::chats_of(settings, session, http, person).await {
        Ok(mut chats) => Ok(chats.pop()),
        Err(SendError::Ambiguous(why)) => Err(SendError::NotSent(format!("no chat was found: {why}"))),
        Err(error) => match error.class() {
            ErrorClass::Permission | ErrorClass::BadRequest | ErrorClass::Rejected => Ok(None),
            _ => Err(error),
        },
    }
}

/// Writes into a chat; one that sleeps is woken once, which wrote nothing yet.
async fn write(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    message: &OutboundMessage,
) -> Result<Accepted, SendError> {
    let (action, body) = call(settings, message)?;
    let response = session.ask(settings, http, action, &body).await?;
    let chat = match &message.conversation_ref {
        Some(chat) if sleeps(&response) => chat,
        _ => return outcome(message, &response),
    };
    match resume(settings, session, http, chat).await {
        Err(error) if !may_be_awake(&error) => Err(error),
        resumed => {
            let response = session.ask(settings, http, action, &body).await?;
            if sleeps(&response) {
                resumed?;
            }
            outcome(message, &response)
        }
    }
}

fn sleeps(response: &HttpResponse) -> bool {
    !response.is_success() && ApiError::of(response).kind == "chat_inactive"
}

/// A chat cannot be resumed if the visitor has just begun its next thread: then the message
/// has a place to go to. What LiveChat says then is not documented, so one more try tells.
fn may_be_awake(error: &SendError) -> bool {
    matches!(error.class(), ErrorClass::BadRequest | ErrorClass::Rejected)
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
