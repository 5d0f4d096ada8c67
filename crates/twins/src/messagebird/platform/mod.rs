//! `{region}.platform.bird.com`: SMS and WhatsApp since 2026.

pub(super) mod fixtures;
mod request;
mod resource;
mod shapes;

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use omni_core::time::Timestamp;
use serde_json::{Map, Value, json};

use self::request::{Submission, no_recipient};
use super::api::{Answer, Incoming, Query, answered, json, json_bytes, text};
use super::errors::{ApiError, Dialect};
use super::failures::{OPTED_OUT, SUPPRESSED, UNKNOWN_SUBSCRIBER, WINDOW};
use super::idempotency::Begun;
use super::{MessageBird, api_name};
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate};
use crate::twin::{Order, take};

pub(super) use self::resource::{event, new_id};

/// What carries a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Sms,
    Whatsapp,
}

impl Channel {
    fn of(record: &Record) -> Self {
        if record.id.starts_with("wam_") { Self::Whatsapp } else { Self::Sms }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
        }
    }

    const fn id_prefix(self) -> &'static str {
        match self {
            Self::Sms => "sms_",
            Self::Whatsapp => "wam_",
        }
    }
}

impl MessageBird {
    /// Whether the platform lets nothing pass from our number to this person.
    fn is_suppressed(&self, person: &str, number: &str) -> bool {
        self.suppressed.lock().get(&format!("{person} {number}")).is_some()
    }

    /// Suppresses a pair, or lifts that.
    fn suppress(&self, person: &str, number: &str, suppressed: bool) {
        let pair = format!("{person} {number}");
        let mut pairs = self.suppressed.lock();
        if suppressed {
            pairs.insert(&pair, ());
        } else {
            pairs.remove(&pair);
        }
    }
}

pub(super) async fn create_sms(call: Incoming) -> Response {
    answered(&call, submit(&call, Channel::Sms).await)
}

pub(super) async fn create_whatsapp(call: Incoming) -> Response {
    answered(&call, submit(&call, Channel::Whatsapp).await)
}

async fn submit(call: &Incoming, channel: Channel) -> Answer {
    let twin = call.admit(Dialect::Platform).await?;
    let key = call.headers.get("idempotency-key").map(|key| key.to_str().unwrap_or_default());
    let mut under_way = match twin.sends.begin(key, channel.word(), &call.body, twin.desk.now())? {
        Begun::First(under_way) => under_way,
        Begun::Again(answer) => return Ok(replayed(answer)),
    };
    let submission = Submission::read(channel, call.object(Dialect::Platform)?)?;
    let fate = fate(&submission.to);
    if fate == Fate::Refused {
        return Err(no_recipient(channel));
    }
    twin.desk.strike(fate).map_err(|strike| ApiError::struck(Dialect::Platform, strike))?;
    let way = way(twin, channel, &submission, fate);
    let id = new_id(twin, channel.id_prefix());
    let mut record = Record::new(id, Direction::Outbound, "accepted", twin.desk.now());
    record.api = api_name::PLATFORM;
    (record.to, record.from) = (submission.to, submission.from);
    (record.content, record.client_reference) = (submission.content, submission.reference);
    let answer = Bytes::from(resource::message(&record).to_string());
    under_way.taken(&answer);
    take(twin, Order { record, way, manner: Manner::from(fate), due_in: Duration::ZERO }, &call.cord).await;
    Ok(json_bytes(StatusCode::ACCEPTED, answer))
}

/// The first answer again.
fn replayed(answer: Bytes) -> Response {
    const REPLAY: HeaderName = HeaderName::from_static("idempotency-replay");
    let mut response = json_bytes(StatusCode::ACCEPTED, answer);
    response.headers_mut().insert(REPLAY, HeaderValue::from_static("true"));
    response
}

/// The states after acceptance; the platform reports acceptance itself, too.
fn way(twin: &MessageBird, channel: Channel, submission: &Submission, fate: Fate) -> Vec<Receipt> {
    const ACCEPTED: Receipt = Receipt::new("accepted");
    const SENT: Receipt = Receipt::new("sent");
    const DELIVERED: Receipt = Receipt::new("delivered");
    let is_whatsapp = channel == Channel::Whatsapp;
    if is_whatsapp
        && !submission.is_template
        && (fate == Fate::OutsideWindow || !twin.window_is_open(&submission.to))
    {
        return vec![ACCEPTED, Receipt::failed("rejected", WINDOW)];
    }
    if !is_whatsapp && twin.is_suppressed(&submission.to, &submission.from) {
        return vec![ACCEPTED, Receipt::failed("rejected", SUPPRESSED)];
    }
    let undelivered = if is_whatsapp { "failed" } else { "undelivered" };
    match fate {
        Fate::OptedOut => vec![ACCEPTED, Receipt::failed("rejected", OPTED_OUT)],
        Fate::Undeliverable => vec![ACCEPTED, SENT, Receipt::failed(undelivered, UNKNOWN_SUBSCRIBER)],
        Fate::NeverRead => vec![ACCEPTED, SENT, DELIVERED],
        _ if !is_whatsapp => vec![ACCEPTED, SENT, DELIVERED],
        Fate::Read
        | Fate::Refused
        | Fate::TooMany
        | Fate::Flaky
        | Fate::NoAnswer
        | Fate::CallbackFirst
        | Fate::CallbacksTwice
        | Fate::OutsideWindow
        | Fate::BadSignature => vec![ACCEPTED, SENT, DELIVERED, Receipt::new("read")],
    }
}

pub(super) async fn list_sms(call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Platform).await?;
    page(twin, Channel::Sms, &call.query)
}

pub(super) async fn list_whatsapp(call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Platform).await?;
    page(twin, Channel::Whatsapp, &call.query)
}

/// Newest first: `to`, `from`, `direction`, `status`, `created_after`, `limit` up to 100, and
/// `starting_after` with the `next_cursor` of the page before.
fn page(twin: &MessageBird, channel: Channel, query: &Query) -> Answer {
    let after = match query.get("created_after") {
        None => None,
        Some(text) => Some(
            Timestamp::parse(text)
                .map_err(|_| ApiError::invalid("created_after", "`created_after` is not RFC 3339."))?,
        ),
    };
    let wanted = |name: &str, is: &str| query.get(name).is_none_or(|value| value == is);
    let fits = |record: &Record| {
        let inbound = record.direction == Direction::Inbound;
        record.api == api_name::PLATFORM
            && Channel::of(record) == channel
            && wanted("to", &record.to)
            && wanted("from", &record.from)
            && wanted("direction", if inbound { "inbound" } else { "outbound" })
            && wanted("status", record.current().state)
            && after.is_none_or(|after| record.at > after)
    };
    let found = twin.desk.log.all(fits);
    let (cursor, limit) = (query.get("starting_after"), query.number("limit", 20).clamp(1, 100));
    let seen =
        cursor.map_or(Some(0), |id| found.iter().rev().position(|record| record.id == id).map(|at| at + 1));
    let seen = seen.ok_or_else(|| ApiError::invalid("starting_after", "`starting_after` is no cursor."))?;
    let shown: Vec<_> = found.iter().rev().skip(seen).take(limit).collect();
    let last = shown.last().filter(|_| found.len() > seen.saturating_add(limit));
    let data: Vec<Value> = shown.iter().map(|record| resource::message(record)).collect();
    let next = last.map(|record| record.id.as_str());
    Ok(json(StatusCode::OK, &json!({ "data": data, "next_cursor": next })))
}

pub(super) async fn show(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Platform).await?;
    let record = twin.desk.log.get(&id).filter(|record| record.api == api_name::PLATFORM);
    let record = record.ok_or_else(|| ApiError::not_found(Dialect::Platform))?;
    Ok(json(StatusCode::OK, &resource::message(&record)))
}

/// Places a reaction on a message that somebody sent us: one emoji, of up to 64 code points.
pub(super) async fn react(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Platform).await?;
    received(twin, &id)?;
    let body = call.object(Dialect::Platform)?;
    let emoji = text(&body, "emoji").filter(|emoji| emoji.chars().count() <= 64);
    let emoji = emoji.ok_or_else(|| ApiError::invalid("emoji", "`emoji` must be one emoji."))?;
    let accepted = json!({ "id": new_id(twin, "war_"), "emoji": emoji });
    Ok(json(StatusCode::ACCEPTED, &accepted))
}

/// Takes the reaction back.
pub(super) async fn unreact(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Platform).await?;
    received(twin, &id)?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Marks what somebody sent us as read, and perhaps shows them that an answer is being
/// written. An absent body asks for the mark alone.
pub(super) async fn read(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Platform).await?;
    received(twin, &id)?;
    let body = if call.body.is_empty() { Map::new() } else { call.object(Dialect::Platform)? };
    let typing = match body.get("typing_indicator") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(typing)) => *typing,
        Some(_) => return Err(ApiError::invalid("typing_indicator", "`typing_indicator` is a boolean.")),
    };
    Ok(json(StatusCode::ACCEPTED, &json!({ "typing_indicator": typing })))
}

/// Whether a person sent us this message on WhatsApp; one of ours is refused in another way.
fn received(twin: &MessageBird, id: &str) -> Result<(), ApiError> {
    let record = twin.desk.log.get(id);
    let record =
        record.filter(|record| record.api == api_name::PLATFORM && Channel::of(record) == Channel::Whatsapp);
    match record.map(|record| record.direction) {
        Some(Direction::Inbound) => Ok(()),
        Some(Direction::Outbound) => {
            Err(ApiError::invalid("message_id", "The message was not sent by a contact."))
        }
        None => Err(ApiError::not_found(Dialect::Platform)),
    }
}
