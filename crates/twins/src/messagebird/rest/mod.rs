//! `rest.messagebird.com`: SMS and MMS.
//!
//! One request may have fifty recipients, who share its id; each has a record of its own,
//! and those after the first have `{id}/{n}` as theirs.

pub(super) mod fixtures;
mod report;
mod request;
mod resource;

use std::sync::Arc;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use self::request::{Kind, Submission};
use super::api::{Answer, Incoming, answered, json, phone_number};
use super::errors::{ApiError, Dialect};
use super::failures::{OPTED_OUT, UNKNOWN_SUBSCRIBER};
use super::{MessageBird, api_name, bare};
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate};
use crate::twin::{Order, take};

pub(super) use self::report::report;

/// The id of the message that a record belongs to.
fn message_id(record: &Record) -> &str {
    record.id.split('/').next().unwrap_or_default()
}

impl MessageBird {
    /// A message's records, one for each recipient.
    fn records(&self, id: &str) -> Vec<Arc<Record>> {
        let first =
            self.desk.log.get(id).filter(|record| matches!(record.api, api_name::SMS | api_name::MMS));
        let Some(first) = first else { return Vec::new() };
        let others = (1..).map_while(|n| self.desk.log.get(&format!("{id}/{n}")));
        std::iter::once(first).chain(others).collect()
    }

    fn shown(&self, id: &str) -> Result<Value, ApiError> {
        let records = self.records(id);
        let records: Vec<&Record> = records.iter().map(|record| &**record).collect();
        if records.is_empty() {
            return Err(ApiError::rest(20, "message not found", None));
        }
        Ok(resource::message(self, &records))
    }
}

pub(super) async fn create_sms(call: Incoming) -> Response {
    answered(&call, submit(&call, Kind::Sms).await)
}

pub(super) async fn create_mms(call: Incoming) -> Response {
    answered(&call, submit(&call, Kind::Mms).await)
}

async fn submit(call: &Incoming, kind: Kind) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let now = twin.desk.now();
    let submission = Submission::read(kind, call.object(Dialect::Rest)?, now)?;
    for recipient in &submission.recipients {
        let fate = fate(recipient);
        if fate == Fate::Refused {
            return Err(ApiError::rest(9, "no (correct) recipients found", Some("recipients")));
        }
        twin.desk.strike(fate).map_err(|strike| ApiError::struck(Dialect::Rest, strike))?;
    }
    let id = twin.desk.ids.hex();
    let orders: Vec<Order> = (0..)
        .zip(&submission.recipients)
        .map(|(n, to)| {
            let id = if n == 0 { id.clone() } else { format!("{id}/{n}") };
            order(kind, &submission, id, to, now)
        })
        .collect();
    let records: Vec<&Record> = orders.iter().map(|order| &order.record).collect();
    let answer = json(StatusCode::CREATED, &resource::message(twin, &records));
    for order in orders {
        take(twin, order, &call.cord).await;
    }
    Ok(answer)
}

fn order(kind: Kind, submission: &Submission, id: String, to: &str, now: Timestamp) -> Order {
    let due_in = submission.due_in;
    let first = if due_in.is_zero() { "sent" } else { "scheduled" };
    let mut record = Record::new(id, Direction::Outbound, first, now);
    record.api = if kind == Kind::Sms { api_name::SMS } else { api_name::MMS };
    record.from.clone_from(&submission.originator);
    to.clone_into(&mut record.to);
    record.content = submission.content.clone();
    record.client_reference.clone_from(&submission.reference);
    record.callback_url.clone_from(&submission.report_url);
    let fate = fate(to);
    Order { record, way: way(fate), manner: Manner::from(fate), due_in }
}

/// The states after acceptance.
fn way(fate: Fate) -> Vec<Receipt> {
    const SENT: Receipt = Receipt::new("sent");
    match fate {
        Fate::Undeliverable => vec![SENT, Receipt::failed("delivery_failed", UNKNOWN_SUBSCRIBER)],
        Fate::OptedOut => vec![Receipt::failed("delivery_failed", OPTED_OUT)],
        Fate::Read
        | Fate::NeverRead
        | Fate::Refused
        | Fate::TooMany
        | Fate::Flaky
        | Fate::NoAnswer
        | Fate::CallbackFirst
        | Fate::CallbacksTwice
        | Fate::OutsideWindow
        | Fate::BadSignature => vec![SENT, Receipt::new("delivered")],
    }
}

/// One page, newest first: `recipient`, `originator`, `direction`, `status`, `from` and
/// `until` (both inclusive), `limit` up to 200, `offset`.
pub(super) async fn list(call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let query = &call.query;
    let moment = |name: &'static str| match query.get(name) {
        None => Ok(None),
        Some(text) => Timestamp::parse(text)
            .map(Some)
            .map_err(|_| ApiError::rest(10, format!("{name} is not RFC 3339"), Some(name))),
    };
    let (from, until) = (moment("from")?, moment("until")?);
    let wanted = |name: &str, is: &str| query.get(name).is_none_or(|value| bare(value) == bare(is));
    let fits = |record: &Record| {
        matches!(record.api, api_name::SMS | api_name::MMS)
            && wanted("recipient", &record.to)
            && wanted("originator", &record.from)
            && wanted("direction", if record.direction == Direction::Inbound { "mo" } else { "mt" })
            && wanted("status", record.current().state)
            && resource::is_within(record, from, until)
    };
    let found = twin.desk.log.all(fits);
    let (offset, limit) = (query.number("offset", 0), query.number("limit", 20).clamp(1, 200));
    let mut ids: Vec<&str> = found.iter().rev().map(|record| message_id(record)).collect();
    ids.dedup();
    let items: Vec<Value> =
        ids.iter().skip(offset).take(limit).filter_map(|id| twin.shown(id).ok()).collect();
    Ok(json(
        StatusCode::OK,
        &json!({
            "offset": offset,
            "limit": limit,
            "count": items.len(),
            "totalCount": ids.len(),
            "links": { "first": null, "previous": null, "next": null, "last": null },
            "items": items,
        }),
    ))
}

pub(super) async fn show(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    Ok(json(StatusCode::OK, &twin.shown(&id)?))
}

/// Takes a scheduled message back.
pub(super) async fn cancel(Path(id): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let now = twin.desk.now();
    let withdrawn: Vec<bool> = twin
        .records(&id)
        .iter()
        .map(|record| record.withdraw("scheduled", Receipt::new("canceled"), now))
        .collect();
    if withdrawn.contains(&true) {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(ApiError::rest(20, "message not found", None))
    }
}

pub(super) async fn balance(call: Incoming) -> Answer {
    call.admit(Dialect::Rest).await?;
    Ok(json(StatusCode::OK, &json!({ "payment": "prepaid", "type": "euros", "amount": 100 })))
}

/// What the number is, by its form alone.
pub(super) async fn lookup(Path(number): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let number = known_number(&number)?;
    let shown = json!({
        "href": format!("{}/lookup/{}", twin.desk.base_url, bare(&number)),
        "phoneNumber": bare(&number).parse::<u64>().unwrap_or_default(),
        "type": "mobile",
        "formats": { "e164": number },
        "hlr": null,
    });
    Ok(json(StatusCode::OK, &shown))
}

/// Whether the number's network knows it: `…2002` is unknown there.
pub(super) async fn network_lookup(Path(number): Path<String>, call: Incoming) -> Answer {
    let twin = call.admit(Dialect::Rest).await?;
    let number = known_number(&number)?;
    let state = if fate(&number) == Fate::Undeliverable { "unknown" } else { "active" };
    let when = super::datetime(twin.desk.now());
    let shown = json!({
        "id": twin.desk.ids.hex(),
        "msisdn": bare(&number).parse::<u64>().unwrap_or_default(),
        "network": 310_260,
        "reference": null,
        "status": state,
        "createdDatetime": when,
        "statusDatetime": when,
    });
    Ok(json(StatusCode::OK, &shown))
}

fn known_number(text: &str) -> Result<String, ApiError> {
    let number = phone_number(text).filter(|number| fate(number) != Fate::Refused);
    number.ok_or_else(|| ApiError::rest(21, "Bad request (phone number: Unknown format)", None))
}
