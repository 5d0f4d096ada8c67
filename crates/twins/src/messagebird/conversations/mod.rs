//! `conversations.messagebird.com`: WhatsApp, with the keys of the first generation.

mod content;
pub(super) mod fixtures;
mod resource;
mod shapes;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use omni_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::api::{Answer, Incoming, answered, is_web_url, json, text, whatsapp_recipient};
use super::callbacks::Draft;
use super::errors::{ApiError, Dialect};
use super::failures::{OPTED_OUT, UNKNOWN_SUBSCRIBER, WINDOW};
use super::{Generation, MessageBird, WHATSAPP_NUMBER, api_name};
use crate::callbacks::Callback;
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate};
use crate::twin::{Order, take};

pub(super) use self::resource::Conversation;

/// The three calls that send.
enum WayIn {
    /// To a person, whatever the conversation.
    Send,
    /// The same, answered with the conversation.
    Start,
    /// Into a conversation.
    Reply(String),
}

pub(super) async fn send(call: Incoming) -> Response {
    answered(&call, submit(&call, WayIn::Send).await)
}

pub(super) async fn start(call: Incoming) -> Response {
    answered(&call, submit(&call, WayIn::Start).await)
}

pub(super) async fn reply(Path(id): Path<String>, call: Incoming) -> Response {
    answered(&call, submit(&call, WayIn::Reply(id)).await)
}

async fn submit(call: &Incoming, way_in: WayIn) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let body = call.object(Dialect::Rest)?;
    let to = recipient(twin, &way_in, &body)?;
    let submission = Submission::read(twin, &way_in, body)?;
    let fate = fate(&to);
    if fate == Fate::Refused {
        return Err(ApiError::rest(21, "to is not a recipient on this channel", Some("to")));
    }
    twin.desk.strike(fate).map_err(|strike| ApiError::struck(Dialect::Rest, strike))?;
    let conversation = twin.conversation_with(&to);
    let way = way(twin, &submission.content, &to, fate);
    let mut record = Record::new(twin.desk.ids.hex(), Direction::Outbound, "accepted", twin.desk.now());
    record.api = api_name::CONVERSATIONS;
    (record.from, record.to) = (WHATSAPP_NUMBER.to_owned(), to);
    record.content = submission.content;
    record.content["conversationId"] = conversation.id.as_str().into();
    (record.client_reference, record.callback_url) = (submission.reference, submission.report_url);
    let answer = match way_in {
        WayIn::Send => json(StatusCode::ACCEPTED, &accepted(twin, &record)),
        WayIn::Start => json(StatusCode::CREATED, &resource::conversation(twin, &conversation)),
        WayIn::Reply(_) => json(StatusCode::CREATED, &resource::as_it_is(twin, &record)),
    };
    take(twin, Order { record, way, manner: Manner::from(fate), due_in: Duration::ZERO }, &call.cord).await;
    Ok(answer)
}

fn recipient(twin: &MessageBird, way_in: &WayIn, body: &Map<String, Value>) -> Result<String, ApiError> {
    match way_in {
        WayIn::Send | WayIn::Start => {
            let to = text(body, "to").ok_or_else(|| ApiError::rest(9, "to is required", Some("to")))?;
            whatsapp_recipient(to).ok_or_else(|| ApiError::rest(10, "to is not a phone number", Some("to")))
        }
        WayIn::Reply(id) => Ok(known(twin, id)?.person),
    }
}

fn known(twin: &MessageBird, id: &str) -> Result<Conversation, ApiError> {
    twin.conversation(id).ok_or_else(|| ApiError::rest(20, "conversation not found", None))
}

struct Submission {
    /// Everything but the addressing.
    content: Value,
    reference: Option<String>,
    report_url: Option<String>,
}

impl Submission {
    fn read(twin: &MessageBird, way_in: &WayIn, mut body: Map<String, Value>) -> Result<Self, ApiError> {
        let parameter = if matches!(way_in, WayIn::Send) { "from" } else { "channelId" };
        let channel = text(&body, parameter);
        // A reply goes over the conversation's last channel, if it names none.
        let is_ours =
            channel.map_or(matches!(way_in, WayIn::Reply(_)), |id| id == twin.account.conversations_channel);
        if !is_ours {
            return Err(ApiError::rest(20, "channel not found", Some(parameter)));
        }
        let kind = text(&body, "type").ok_or_else(|| ApiError::rest(9, "type is required", Some("type")))?;
        let content = body.get("content").and_then(Value::as_object);
        let content = content.ok_or_else(|| ApiError::rest(9, "content is required", Some("content")))?;
        content::check(kind, content)?;
        let report_url = text(&body, "reportUrl").map(str::to_owned);
        if report_url.as_deref().is_some_and(|url| !is_web_url(url)) {
            return Err(ApiError::rest(10, "reportUrl is not a valid URL", Some("reportUrl")));
        }
        let source = body.get("source").and_then(|source| source.get("ref")).and_then(Value::as_str);
        let reference = source.or(text(&body, "trackId")).map(str::to_owned);
        for name in ["to", "from", "channelId", "reportUrl"] {
            body.remove(name);
        }
        Ok(Self { content: Value::Object(body), reference, report_url })
    }
}

fn accepted(twin: &MessageBird, record: &Record) -> Value {
    let mut answer = json!({ "id": record.id, "status": "accepted" });
    if record.content.get("fallback").is_some() {
        answer["fallback"] = json!({ "id": twin.desk.ids.hex() });
    }
    answer
}

/// The states after acceptance.
fn way(twin: &MessageBird, content: &Value, to: &str, fate: Fate) -> Vec<Receipt> {
    const SENT: Receipt = Receipt::new("sent");
    const DELIVERED: Receipt = Receipt::new("delivered");
    let is_template = content.get("type").and_then(Value::as_str) == Some("hsm");
    if !is_template && (fate == Fate::OutsideWindow || !twin.window_is_open(to)) {
        return vec![Receipt::failed("failed", WINDOW)];
    }
    match fate {
        Fate::OptedOut => vec![Receipt::failed("failed", OPTED_OUT)],
        Fate::Undeliverable => vec![SENT, Receipt::failed("failed", UNKNOWN_SUBSCRIBER)],
        Fate::NeverRead => vec![SENT, DELIVERED],
        Fate::Read
        | Fate::Refused
        | Fate::TooMany
        | Fate::Flaky
        | Fate::NoAnswer
        | Fate::CallbackFirst
        | Fate::CallbacksTwice
        | Fate::OutsideWindow
        | Fate::BadSignature => vec![SENT, DELIVERED, Receipt::new("read")],
    }
}

/// The callback of one step, to the message's own URL or to the webhook's.
pub(super) fn updated(
    twin: &MessageBird,
    record: &Record,
    receipt: Receipt,
    happened: Timestamp,
    forged: bool,
) -> Callback {
    let conversation = twin.last_conversation(&record.to);
    let message = resource::message(twin, record, receipt, happened);
    let body = resource::about_message(twin, "message.updated", &conversation, &message);
    let draft = Draft::json(receipt.state, record.id.clone(), record.callback_url.as_deref(), &body);
    twin.signed(Generation::Rest, draft.forged(forged))
}

pub(super) async fn message(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let record = twin.desk.log.get(&id).filter(|record| record.api == api_name::CONVERSATIONS);
    let record = record.ok_or_else(|| ApiError::rest(20, "message not found", None))?;
    Ok(json(StatusCode::OK, &resource::as_it_is(twin, &record)))
}

/// The messages of a conversation, newest first.
pub(super) async fn messages(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let conversation = known(twin, &id)?;
    let query = &call.query;
    let (offset, limit) = (query.number("offset", 0), query.number("limit", 10).clamp(1, 20));
    let belongs = |record: &Record| {
        let of = record.content.get("conversationId").and_then(Value::as_str);
        record.api == api_name::CONVERSATIONS && of == Some(&conversation.id)
    };
    let found = twin.desk.log.all(belongs);
    let shown = found.iter().rev().skip(offset).take(limit);
    let shown: Vec<Value> = shown.map(|record| resource::as_it_is(twin, record)).collect();
    Ok(json(StatusCode::OK, &resource::page(&shown, offset, limit, found.len())))
}

/// All conversations, newest first.
pub(super) async fn list(call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let query = &call.query;
    let (offset, limit) = (query.number("offset", 0), query.number("limit", 10).clamp(1, 20));
    let all: Vec<Conversation> = twin.conversations.lock().values().rev().cloned().collect();
    let shown = all.iter().skip(offset).take(limit);
    let shown: Vec<Value> = shown.map(|one| resource::conversation(twin, one)).collect();
    Ok(json(StatusCode::OK, &resource::page(&shown, offset, limit, all.len())))
}

pub(super) async fn show(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    Ok(json(StatusCode::OK, &resource::conversation(twin, &known(twin, &id)?)))
}

/// Archives a conversation, or brings it back; the webhook hears of it.
pub(super) async fn update(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let body = call.object(Dialect::Rest)?;
    let is_active = match text(&body, "status") {
        Some("active") => true,
        Some("archived") => false,
        _ => return Err(ApiError::rest(10, "status must be active or archived", Some("status"))),
    };
    let mut conversation = known(twin, &id)?;
    conversation.is_active = is_active;
    conversation.updated = twin.desk.now();
    twin.conversations.lock().insert(&conversation.person, conversation.clone());
    let callback = conversation_updated(twin, "conversation_updated", &conversation);
    let courier = Arc::clone(&twin.desk.courier);
    if !twin.desk.courier.spawn(async move { courier.deliver("messagebird", callback).await }) {
        twin.desk.courier.dropped("messagebird", "conversation_updated", &conversation.id);
    }
    Ok(json(StatusCode::OK, &resource::conversation(twin, &conversation)))
}

fn conversation_updated(twin: &MessageBird, what: &'static str, conversation: &Conversation) -> Callback {
    let body = resource::about_conversation(twin, "conversation.updated", conversation);
    twin.signed(Generation::Rest, Draft::json(what, conversation.id.clone(), None, &body))
}
