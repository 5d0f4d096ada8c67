//! Writing into chats: `send_event`, `start_chat`, `resume_chat`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::api::{Answer, text};
use super::chats::{Chat, Written, fate_of};
use super::errors::ApiError;
use super::{LiveChat, event};
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::Fate;
use crate::server::Cord;
use crate::twin::{Order, take};

/// Chat and event ids of what was written.
struct Posted {
    chat: Chat,
    events: Vec<String>,
}

/// Writes into the running thread; a chat without one is inactive.
pub(super) async fn send_event(
    twin: &Arc<LiveChat>,
    caller: &str,
    body: &Map<String, Value>,
    cord: &Cord,
) -> Answer {
    let chat = twin.known(text(body, "chat_id")?)?;
    let content = event::read(twin, body.get("event"))?;
    let to_last = body.get("attach_to_last_thread").and_then(Value::as_bool).unwrap_or_default();
    twin.must_be_present(&chat, caller)?;
    if chat.active().is_none() && !to_last {
        return Err(ApiError::new("chat_inactive", "Chat is inactive"));
    }
    let fate = strike(twin, &chat.customer.id)?;
    let now = twin.desk.now();
    let written = Written { author: Some(caller.to_owned()), content };
    let (event, chat) = twin.change(&chat.id, |chat| {
        let event = chat.write(now, written);
        event.ok_or_else(|| ApiError::new("chat_inactive", "Chat has no thread"))
    })?;
    let answer = json!({ "event_id": event });
    post(twin, Posted { chat, events: vec![event] }, caller, fate, cord).await;
    Ok(answer)
}

/// Begins a chat with a visitor.
pub(super) async fn start_chat(
    twin: &Arc<LiveChat>,
    caller: &str,
    body: &Map<String, Value>,
    cord: &Cord,
) -> Answer {
    let given = body.get("chat").unwrap_or(&Value::Null);
    let users = given.get("users").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let visitor = users.iter().find(|user| user["type"] == "customer").and_then(|user| user["id"].as_str());
    let visitor = visitor.and_then(|id| twin.visitor(id));
    let visitor = visitor.ok_or_else(|| ApiError::validation("`chat.users` must hold a customer's id"))?;
    let events = events(twin, caller, given)?;
    let fate = strike(twin, &visitor.id)?;
    let mut chat = twin.new_chat(visitor, vec![caller.to_owned()]);
    let events = chat.begin(twin.short_id(), twin.desk.now(), events);
    if body.get("active").and_then(Value::as_bool) == Some(false) {
        chat.end();
    }
    twin.chats.keep(&chat);
    let thread = chat.threads.last().map(|thread| thread.id.clone());
    let answer = json!({ "chat_id": chat.id, "thread_id": thread, "event_ids": events });
    post(twin, Posted { chat, events }, caller, fate, cord).await;
    Ok(answer)
}

/// Begins a new thread in a chat that slept.
pub(super) async fn resume_chat(
    twin: &Arc<LiveChat>,
    caller: &str,
    body: &Map<String, Value>,
    cord: &Cord,
) -> Answer {
    let given = body.get("chat").unwrap_or(&Value::Null);
    let id = given.get("id").and_then(Value::as_str).unwrap_or_default();
    let chat = twin.known(id)?;
    let events = events(twin, caller, given)?;
    if chat.active().is_some() {
        return Err(ApiError::validation("the chat has an active thread"));
    }
    let fate = if events.is_empty() { fate_of(&chat.customer.id) } else { strike(twin, &chat.customer.id)? };
    let (thread, now) = (twin.short_id(), twin.desk.now());
    let (events, chat) = twin.change(id, |chat| {
        if chat.active().is_some() {
            return Err(ApiError::validation("the chat has an active thread"));
        }
        if !chat.agents.iter().any(|agent| agent == caller) {
            chat.agents.push(caller.to_owned());
        }
        Ok(chat.begin(thread.clone(), now, events))
    })?;
    let answer = json!({ "thread_id": thread, "event_ids": events });
    post(twin, Posted { chat, events }, caller, fate, cord).await;
    Ok(answer)
}

/// The events that come with a thread.
fn events(twin: &LiveChat, caller: &str, chat: &Value) -> Result<Vec<Written>, ApiError> {
    let given =
        chat.pointer("/thread/events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    given
        .iter()
        .map(|given| {
            Ok(Written { author: Some(caller.to_owned()), content: event::read(twin, Some(given))? })
        })
        .collect()
}

/// What the reserved customers do to a valid send.
fn strike(twin: &LiveChat, customer: &str) -> Result<Fate, ApiError> {
    let fate = fate_of(customer);
    if fate == Fate::Refused {
        return Err(ApiError::validation("the event was refused"));
    }
    twin.desk.strike(fate)?;
    Ok(fate)
}

/// Remembers what was written and starts its webhooks. Further events of a new thread come
/// in the same webhook as the first.
async fn post(twin: &Arc<LiveChat>, posted: Posted, caller: &str, fate: Fate, cord: &Cord) {
    let Posted { chat, events } = posted;
    let content = events.first().and_then(|id| Some((id, chat.event(id)?)));
    let Some((id, content)) = content else {
        if let Some(thread) = chat.threads.last() {
            twin.announce(vec![twin.incoming_chat("resumed", &chat, thread, Some(caller))]);
        }
        return;
    };
    let mut record = Record::new(id.clone(), Direction::Outbound, "accepted", twin.desk.now());
    (record.from, record.to) = (caller.to_owned(), chat.customer.id.clone());
    record.client_reference = content["custom_id"].as_str().map(str::to_owned);
    let way = way(content, fate);
    record.content = without_addressing(content);
    if way.contains(&DEACTIVATED) {
        // The visitor has just left; the thread is over before they could read it.
        twin.chats.change(&chat.id, |chat| Ok::<_, ApiError>(chat.end()));
    }
    take(twin, Order { record, way, manner: Manner::from(fate), due_in: Duration::ZERO }, cord).await;
}

fn without_addressing(event: &Value) -> Value {
    let mut content = event.clone();
    if let Some(members) = content.as_object_mut() {
        for name in ["id", "author_id", "created_at", "custom_id"] {
            members.remove(name);
        }
    }
    content
}

const DEACTIVATED: Receipt = Receipt::new("deactivated");

/// The states after acceptance. LiveChat knows no delivery: what it took is in the chat.
fn way(event: &Value, fate: Fate) -> Vec<Receipt> {
    const SENT: Receipt = Receipt::new("sent");
    if event["visibility"] == "agents" {
        return vec![SENT];
    }
    match fate {
        Fate::Undeliverable => vec![SENT, DEACTIVATED],
        Fate::NeverRead => vec![SENT],
        Fate::Read
        | Fate::Refused
        | Fate::TooMany
        | Fate::Flaky
        | Fate::NoAnswer
        | Fate::CallbackFirst
        | Fate::CallbacksTwice
        | Fate::OptedOut
        | Fate::OutsideWindow
        | Fate::BadSignature => vec![SENT, Receipt::new("seen")],
    }
}
