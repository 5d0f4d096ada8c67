//! Finding out whether Bandwidth took a message whose answer we never saw.
//!
//! The list shows neither tag nor text, only who, to whom and when: a single message of that
//! time is ours; several cannot be told apart. One that Bandwidth received before the attempt
//! began may be the message before ours, so it proves nothing by itself. The list also finds
//! numbers that only begin like the one asked for, so what comes back is compared whole, and it
//! comes in pages, newest first: where there are more, the absence on the first means nothing.

use std::time::Duration;

use omni_core::carrier::{Accepted, Found, LookUp};
use omni_core::event::ReportedState;
use omni_core::failure::SendError;
use omni_core::http::{HttpRequest, HttpResponse};
use omni_core::time::Timestamp;
use serde_json::Value;

use super::sender::on_the_wire;
use super::{Settings, errors};
use crate::shared::loose::{self, Object};
use crate::shared::{answer, form};

/// How far apart our clock and Bandwidth's may be.
const SKEW: Duration = Duration::from_secs(5);
/// How long an attempt may take to reach Bandwidth.
const WINDOW: Duration = Duration::from_secs(120);
/// The list may lag: an empty one proves nothing before this.
const LAG: Duration = Duration::from_secs(60);

pub(super) fn request(settings: &Settings, query: &LookUp) -> HttpRequest {
    let (from, to) = ((query.since - SKEW).to_string(), (query.since + WINDOW).to_string());
    let filter = form::encode([
        ("sourceTn", on_the_wire(&query.from)),
        ("destinationTn", query.to.expose()),
        ("messageDirection", "OUTBOUND"),
        ("fromDateTime", from.as_str()),
        ("toDateTime", to.as_str()),
        ("limit", "100"),
    ]);
    HttpRequest::new("GET", settings.url(&format!("messages?{filter}"))).header("accept", "application/json")
}

pub(super) fn read(response: &HttpResponse, query: &LookUp) -> Result<Found, SendError> {
    if !response.is_success() {
        let class = answer::class_of(response.status);
        return Err(answer::refused(response, class, "", "the list of messages is not available"));
    }
    let Ok(body) = serde_json::from_slice::<Object>(&response.body) else { return Ok(Found::Unclear) };
    let Some(listed) = body.get("messages").and_then(Value::as_array) else { return Ok(Found::Unclear) };
    if has_more(&body) {
        return Ok(Found::Unclear);
    }
    let candidates: Vec<_> =
        listed.iter().filter_map(Value::as_object).filter(|item| may_be_ours(item, query)).collect();
    match candidates.as_slice() {
        [] if answer::server_time(response).is_some_and(|now| now >= query.since + LAG) => {
            Ok(Found::NotTaken)
        }
        [only] if received(only).is_some_and(|at| answer::not_before(at, query.since)) => {
            match loose::word(only, "messageId") {
                Some(id) => Ok(Found::Taken(Accepted {
                    state: state_of(only),
                    segments: loose::count(only, "segmentCount"),
                    ..Accepted::with_id(id)
                })),
                None => Ok(Found::Unclear),
            }
        }
        _ => Ok(Found::Unclear),
    }
}

/// Whether the list goes on on another page.
fn has_more(body: &Object) -> bool {
    let pages = loose::object(body, "pageInfo");
    pages.is_some_and(|pages| {
        ["nextPage", "nextPageToken"].iter().any(|key| loose::word(pages, key).is_some())
    })
}

fn received(item: &Object) -> Option<Timestamp> {
    Timestamp::parse(item.get("receiveTime")?.as_str()?).ok()
}

fn may_be_ours(item: &Object, query: &LookUp) -> bool {
    let is_or_absent =
        |key: &str, expect: &str| loose::word(item, key).is_none_or(|word| word.eq_ignore_ascii_case(expect));
    let in_time = |at: Timestamp| at >= query.since - SKEW && at <= query.since + WINDOW;
    is_or_absent("messageDirection", "OUTBOUND")
        && is_or_absent("sourceTn", on_the_wire(&query.from))
        && is_or_absent("destinationTn", query.to.expose())
        && received(item).is_none_or(in_time)
}

/// The list's words for a status; one that we do not know says only that it was taken.
fn state_of(item: &Object) -> ReportedState {
    let code = loose::word(item, "errorCode").unwrap_or_default();
    let status = loose::word(item, "messageStatus").unwrap_or_default();
    match status.to_ascii_uppercase().as_str() {
        "SENDING" | "SENT" => ReportedState::Sent,
        "DELIVERED" => ReportedState::Delivered,
        "DLR_EXPIRED" => ReportedState::Unknown,
        "FAILED" | "UNDELIVERED" if errors::is_receipt_timeout(&code) => ReportedState::Unknown,
        "FAILED" | "UNDELIVERED" => ReportedState::Failed,
        _ => ReportedState::Queued,
    }
}
