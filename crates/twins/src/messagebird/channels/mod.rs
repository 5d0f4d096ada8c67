//! `api.bird.com`: the Channels API, with a channel for SMS and one for WhatsApp.
//!
//! Which failure says that somebody opted out or is outside WhatsApp's window is not
//! published; the twin says it with a general code and, as its source, the network's.

mod content;
pub(super) mod fixtures;
mod shapes;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use self::content::Submission;
use super::api::{Answer, Incoming, answered, json};
use super::callbacks::Draft;
use super::errors::{ApiError, Dialect};
use super::failures::{OPTED_OUT, UNKNOWN_SUBSCRIBER, WINDOW, failure};
use super::{Generation, MessageBird, SMS_NUMBER, WHATSAPP_NUMBER, api_name, millis, uuid};
use crate::callbacks::Callback;
use crate::dice::secret;
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate};
use crate::twin::{Order, take};

/// What a channel carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Platform {
    Sms,
    Whatsapp,
}

impl Platform {
    /// By our number on it.
    fn of(number: &str) -> Self {
        if number == WHATSAPP_NUMBER { Self::Whatsapp } else { Self::Sms }
    }

    const fn number(self) -> &'static str {
        match self {
            Self::Sms => SMS_NUMBER,
            Self::Whatsapp => WHATSAPP_NUMBER,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
        }
    }

    fn channel(self, twin: &MessageBird) -> &str {
        match self {
            Self::Sms => &twin.account.sms_channel,
            Self::Whatsapp => &twin.account.whatsapp_channel,
        }
    }
}

/// Faults, the key, and whether workspace and channel exist.
async fn admit_to<'a>(
    call: &'a Incoming,
    (workspace, channel): &(String, String),
) -> Result<(&'a Arc<MessageBird>, Platform), ApiError> {
    let twin = call.admit(Dialect::Bird).await?;
    let found = [Platform::Sms, Platform::Whatsapp]
        .into_iter()
        .find(|platform| *workspace == twin.account.workspace && channel == platform.channel(twin));
    Ok((twin, found.ok_or_else(|| ApiError::not_found(Dialect::Bird))?))
}

pub(super) async fn create(Path(place): Path<(String, String)>, call: Incoming) -> Response {
    answered(&call, submit(&call, &place).await)
}

async fn submit(call: &Incoming, place: &(String, String)) -> Answer {
    let (twin, platform) = admit_to(call, place).await?;
    let submission = Submission::read(platform, call.object(Dialect::Bird)?)?;
    let fate = fate(&submission.to);
    if fate == Fate::Refused {
        return Err(ApiError::bird(422, "InvalidReceiver", "the receiver cannot be reached on this channel"));
    }
    twin.desk.strike(fate).map_err(|strike| ApiError::struck(Dialect::Bird, strike))?;
    let way = way(twin, platform, &submission, fate);
    let id = uuid(&twin.desk.ids.hex());
    let mut record = Record::new(id, Direction::Outbound, "accepted", twin.desk.now());
    record.api = api_name::CHANNELS;
    (record.from, record.to) = (platform.number().to_owned(), submission.to);
    record.content = submission.content;
    (record.client_reference, record.callback_url) = (submission.reference, submission.notification_url);
    let answer = json(StatusCode::ACCEPTED, &message(twin, &record, record.current(), record.at));
    take(twin, Order { record, way, manner: Manner::from(fate), due_in: Duration::ZERO }, &call.cord).await;
    Ok(answer)
}

/// The states after acceptance.
fn way(twin: &MessageBird, platform: Platform, submission: &Submission, fate: Fate) -> Vec<Receipt> {
    const SENT: Receipt = Receipt::new("sent");
    const DELIVERED: Receipt = Receipt::new("delivered");
    let is_template = submission.content.get("template").is_some();
    let is_whatsapp = platform == Platform::Whatsapp;
    if is_whatsapp && !is_template && (fate == Fate::OutsideWindow || !twin.window_is_open(&submission.to)) {
        return vec![Receipt::failed("sending_failed", WINDOW)];
    }
    match fate {
        Fate::OptedOut => vec![Receipt::failed("delivery_failed", OPTED_OUT)],
        Fate::Undeliverable => vec![SENT, Receipt::failed("delivery_failed", UNKNOWN_SUBSCRIBER)],
        Fate::NeverRead => vec![SENT, DELIVERED],
        _ if !is_whatsapp => vec![SENT, DELIVERED],
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

/// A message in state `receipt` since `updated`.
fn message(twin: &MessageBird, record: &Record, receipt: Receipt, updated: Timestamp) -> Value {
    let platform =
        Platform::of(if record.direction == Direction::Inbound { &record.to } else { &record.from });
    let connector = json!({ "id": twin.account.connector, "identifierValue": "" });
    let person = if record.direction == Direction::Inbound { &record.from } else { &record.to };
    let contact = contact(twin, person);
    let (sender, receiver, direction) = match record.direction {
        Direction::Inbound => (json!({ "contact": contact }), json!({ "connector": connector }), "incoming"),
        Direction::Outbound => {
            (json!({ "connector": connector }), json!({ "contacts": [contact] }), "outgoing")
        }
    };
    let mut message = json!({
        "id": record.id,
        "channelId": platform.channel(twin),
        "sender": sender,
        "receiver": receiver,
        "reference": record.client_reference.as_deref().unwrap_or_default(),
        "parts": [{ "platformReference": secret(twin.desk.seed, &format!("messagebird/part/{}", record.id), 32) }],
        "status": receipt.state,
        "reason": "",
        "direction": direction,
        "lastStatusAt": millis(updated),
        "createdAt": millis(record.at),
        "updatedAt": millis(updated),
    });
    for name in ["body", "template", "replyTo"] {
        if let Some(given) = record.content.get(name) {
            message[name] = given.clone();
        }
    }
    if let Some(number) = receipt.error {
        let failure = failure(number);
        message["reason"] = failure.reason.into();
        let source = match (platform, number) {
            (Platform::Whatsapp, WINDOW) => json!({ "name": "whatsapp-meta", "code": "131047" }),
            _ => json!({ "name": "sms-messagebird", "code": number.to_string() }),
        };
        message["failure"] =
            json!({ "code": failure.channels, "description": failure.reason, "source": source });
    }
    message
}

fn contact(twin: &MessageBird, person: &str) -> Value {
    let id = uuid(&secret(twin.desk.seed, &format!("messagebird/contact/{person}"), 32));
    let key = if person.starts_with('+') { "phonenumber" } else { "whatsappbsuid" };
    json!({ "id": id, "identifierKey": key, "identifierValue": person })
}

/// The notification of one step, to the message's own URL or to the subscription's.
pub(super) fn outbound(
    twin: &MessageBird,
    record: &Record,
    receipt: Receipt,
    happened: Timestamp,
    forged: bool,
) -> Callback {
    let event = format!("{}.outbound", Platform::of(&record.from).word());
    let body = notification(&event, &message(twin, record, receipt, happened));
    let draft = Draft::json(receipt.state, record.id.clone(), record.callback_url.as_deref(), &body);
    twin.signed(Generation::Bird, draft.forged(forged))
}

fn notification(event: &str, payload: &Value) -> Value {
    json!({ "service": "channels", "event": event, "payload": payload })
}

/// The channel's messages, newest first: `limit` up to 100, `reference`.
pub(super) async fn list(Path(place): Path<(String, String)>, call: Incoming) -> Answer {
    let (twin, platform) = admit_to(&call, &place).await?;
    let query = &call.query;
    let reference = query.get("reference");
    let fits = |record: &Record| {
        record.api == api_name::CHANNELS
            && [&record.from, &record.to].into_iter().any(|number| number == platform.number())
            && reference.is_none_or(|reference| record.client_reference.as_deref() == Some(reference))
    };
    let found = twin.desk.log.all(fits);
    let shown = found.iter().rev().take(query.number("limit", 20).clamp(1, 100));
    let results: Vec<Value> = shown.map(|record| as_it_is(twin, record)).collect();
    Ok(json(StatusCode::OK, &json!({ "results": results, "nextPageToken": null })))
}

fn as_it_is(twin: &MessageBird, record: &Record) -> Value {
    message(twin, record, record.current(), record.updated_at())
}

pub(super) async fn show(
    Path((workspace, channel, id)): Path<(String, String, String)>,
    call: Incoming,
) -> Answer {
    let (twin, _) = admit_to(&call, &(workspace, channel)).await?;
    let record = twin.desk.log.get(&id).filter(|record| record.api == api_name::CHANNELS);
    let record = record.ok_or_else(|| ApiError::not_found(Dialect::Bird))?;
    Ok(json(StatusCode::OK, &as_it_is(twin, &record)))
}

pub(super) async fn show_channel(Path(place): Path<(String, String)>, call: Incoming) -> Answer {
    let (twin, platform) = admit_to(&call, &place).await?;
    let shown = json!({
        "id": platform.channel(twin),
        "name": format!("Acme Travel {}", platform.word()),
        "platformId": platform.word(),
        "connectorId": twin.account.connector,
        "identifier": platform.number(),
        "status": "active",
    });
    Ok(json(StatusCode::OK, &shown))
}
