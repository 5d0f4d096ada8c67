//! `{region}.platform.bird.com`: SMS and WhatsApp since 2026.

pub(super) mod fixtures;
mod request;
mod resource;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use self::request::{Submission, no_recipient};
use super::api::{Answer, App, Query, answered, json, json_bytes, object, text};
use super::errors::{ApiError, Dialect};
use super::failures::{OPTED_OUT, SUPPRESSED, UNKNOWN_SUBSCRIBER, WINDOW};
use super::idempotency::Begun;
use super::{MessageBird, api_name};
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate};
use crate::server::Cord;
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

pub(super) async fn create_sms(
    State(twin): App,
    ConnectInfo(cord): ConnectInfo<Cord>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&twin, submit(&twin, Channel::Sms, &cord, &headers, &body).await)
}

pub(super) async fn create_whatsapp(
    State(twin): App,
    ConnectInfo(cord): ConnectInfo<Cord>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&twin, submit(&twin, Channel::Whatsapp, &cord, &headers, &body).await)
}

async fn submit(
    twin: &Arc<MessageBird>,
    channel: Channel,
    cord: &Cord,
    headers: &HeaderMap,
    body: &Bytes,
) -> Answer {
    twin.admit(Dialect::Platform, headers).await?;
    let key = headers.get("idempotency-key").map(|key| key.to_str().unwrap_or_default());
    let mut under_way = match twin.sends.begin(key, channel.word(), body, twin.desk.now())? {
        Begun::First(under_way) => under_way,
        Begun::Again(answer) => return Ok(replayed(answer)),
    };
    let submission = Submission::read(channel, object(Dialect::Platform, body)?)?;
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
    take(twin, Order { record, way, manner: Manner::from(fate), due_in: Duration::ZERO }, cord).await;
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

pub(super) async fn list_sms(State(twin): App, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    twin.admit(Dialect::Platform, &headers).await?;
    page(&twin, Channel::Sms, &Query::read(query.as_deref()))
}

pub(super) async fn list_whatsapp(State(twin): App, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    twin.admit(Dialect::Platform, &headers).await?;
    page(&twin, Channel::Whatsapp, &Query::read(query.as_deref()))
}

/// Newest first: `to`, `from`, `direction`, `status`, `created_after`, `limit` up to 100.
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
    let limit = query.number("limit", 20).clamp(1, 100);
    let data: Vec<Value> = found.iter().rev().take(limit).map(|record| resource::message(record)).collect();
    Ok(json(StatusCode::OK, &json!({ "data": data, "has_more": found.len() > limit })))
}

pub(super) async fn show(State(twin): App, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(Dialect::Platform, &headers).await?;
    let record = twin.desk.log.get(&id).filter(|record| record.api == api_name::PLATFORM);
    let record = record.ok_or_else(|| ApiError::not_found(Dialect::Platform))?;
    Ok(json(StatusCode::OK, &resource::message(&record)))
}

/// Places a reaction on a message that somebody sent us.
pub(super) async fn react(
    State(twin): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    twin.admit(Dialect::Platform, &headers).await?;
    received(&twin, &id)?;
    let body = object(Dialect::Platform, &body)?;
    let emoji = text(&body, "emoji").ok_or_else(|| ApiError::invalid("emoji", "`emoji` is required."))?;
    Ok(json(StatusCode::OK, &json!({ "emoji": emoji, "status": "accepted" })))
}

/// Takes the reaction back.
pub(super) async fn unreact(State(twin): App, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(Dialect::Platform, &headers).await?;
    received(&twin, &id)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn received(twin: &MessageBird, id: &str) -> Result<(), ApiError> {
    let is_known = |record: Arc<Record>| {
        record.api == api_name::PLATFORM
            && record.direction == Direction::Inbound
            && Channel::of(&record) == Channel::Whatsapp
    };
    let known = twin.desk.log.get(id).is_some_and(is_known);
    if known { Ok(()) } else { Err(ApiError::not_found(Dialect::Platform)) }
}
