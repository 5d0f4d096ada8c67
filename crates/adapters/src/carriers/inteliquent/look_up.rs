//! Finding out whether Inteliquent took a message whose answer we never saw: message detail
//! records of the Services API, which is another API than the Message Broker, with its own
//! credentials (API description of 2023: `/messageDetailSearch`).
//!
//! A record has neither reference nor text, only who, to whom and when. A single one of that
//! time is ours, unless it is older than the attempt: then it may be the message before. Several
//! cannot be told apart. How late records are is not known, so none
//! proves nothing, and a record without a time that can be read proves nothing either.

use std::time::Duration;

use omni_core::address::Address;
use omni_core::carrier::{Accepted, Found, LookUp};
use omni_core::event::ReportedState;
use omni_core::failure::SendError;
use omni_core::http::{HttpRequest, HttpResponse};
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::send::digits;
use super::{REGION, Services};
use crate::shared::basic_auth::Credential;
use crate::shared::loose::{self, Object};
use crate::shared::{answer, people};

/// How far apart our clock and Inteliquent's may be.
const SKEW: Duration = Duration::from_secs(5);
/// How long an attempt may take to reach Inteliquent.
const WINDOW: Duration = Duration::from_secs(120);

pub(super) fn request(services: &Services, query: &LookUp) -> HttpRequest {
    let credential = Credential { user: services.key.clone(), password: services.secret.clone() };
    let body = json!({
        "privateKey": services.private_key.expose(),
        "startDate": millis(query.since - SKEW),
        "endDate": millis(query.since + WINDOW),
        "direction": "Outbound",
        "sourceTn": digits(&query.from),
        "destinationTn": digits(&query.to),
    });
    let root = services.base_url.as_str().trim_end_matches('/');
    HttpRequest::new("POST", format!("{root}/messageDetailSearch"))
        .header("authorization", credential.header())
        .header("accept", "application/json")
        .json(&body)
}

/// As in the description's example: always with milliseconds.
fn millis(at: Timestamp) -> String {
    let text = Timestamp::from_millis(at.as_millis()).to_string();
    if text.contains('.') { text } else { text.replace('Z', ".000Z") }
}

pub(super) fn read(response: &HttpResponse, query: &LookUp) -> Result<Found, SendError> {
    if !response.is_success() {
        let class = answer::class_of(response.status);
        return Err(answer::refused(response, class, "", "message detail records are not available"));
    }
    let Ok(body) = serde_json::from_slice::<Object>(&response.body) else { return Ok(Found::Unclear) };
    let records = body.get("messageDetails").and_then(Value::as_array).map(Vec::as_slice);
    let records = records.unwrap_or_default().iter().filter_map(Value::as_object);
    let candidates: Vec<_> = records.filter(|record| may_be_ours(record, query)).collect();
    match candidates.as_slice() {
        [only] if time_of(only).is_some_and(|at| answer::not_before(at, query.since)) => {
            Ok(Found::Taken(Accepted { state: state_of(only), ..Accepted::with_id("") }))
        }
        _ => Ok(Found::Unclear),
    }
}

fn may_be_ours(record: &Object, query: &LookUp) -> bool {
    let is = |key: &str, expect: &Address| {
        loose::word(record, key).is_none_or(|raw| people::number(&raw, REGION) == *expect)
    };
    let inbound = loose::word(record, "direction").is_some_and(|word| word.eq_ignore_ascii_case("inbound"));
    let in_time = |at: Timestamp| at >= query.since - SKEW && at <= query.since + WINDOW;
    !inbound
        && is("source", &query.from)
        && is("destination", &query.to)
        && time_of(record).is_none_or(in_time)
}

fn time_of(record: &Object) -> Option<Timestamp> {
    Timestamp::parse(&loose::word(record, "timeStamp")?).ok()
}

/// The dispositions of the description.
fn state_of(record: &Object) -> ReportedState {
    let disposition = loose::word(record, "status").unwrap_or_default();
    match disposition.to_ascii_lowercase().as_str() {
        "enroute" => ReportedState::Sent,
        "successful" => ReportedState::Delivered,
        "blocked" | "failed" => ReportedState::Failed,
        _ => ReportedState::Unknown,
    }
}
