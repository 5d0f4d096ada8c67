//! `GET /messages`: the record that settles what became of a send, without tag and text.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use omni_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::errors::ApiError;
use super::{ACCOUNT, Bandwidth, api, time};
use crate::record::{Direction, Record};

/// One message of the list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    message_id: &'a str,
    account_id: &'static str,
    source_tn: &'a str,
    destination_tn: &'a str,
    message_status: &'static str,
    message_direction: &'static str,
    message_type: &'static str,
    segment_count: usize,
    error_code: u32,
    receive_time: String,
    carrier_name: Option<&'static str>,
    message_length: usize,
    attachment_count: usize,
    recipient_count: usize,
}

impl<'a> Item<'a> {
    fn of(record: &'a Record) -> Self {
        let current = record.current();
        let content = Content(&record.content);
        let inbound = record.direction == Direction::Inbound;
        Self {
            message_id: record.wire_id(),
            account_id: ACCOUNT,
            source_tn: &record.from,
            destination_tn: &record.to,
            message_status: status(current.state),
            message_direction: if inbound { "INBOUND" } else { "OUTBOUND" },
            message_type: content.kind(),
            segment_count: content.segments(),
            error_code: current.error.unwrap_or(0),
            receive_time: time(record.at),
            carrier_name: None,
            message_length: content.text().chars().count(),
            attachment_count: content.media().len(),
            recipient_count: content.recipients().map_or(1, <[Value]>::len),
        }
    }
}

/// Our word for a message's state as the list says it.
fn status(state: &str) -> &'static str {
    match state {
        "received" => "RECEIVED",
        "sending" => "SENDING",
        "sent" => "SENT",
        "delivered" | "read" => "DELIVERED",
        "failed" => "FAILED",
        _ => "QUEUED",
    }
}

/// What a record says about its message.
pub(super) struct Content<'a>(pub(super) &'a Value);

impl<'a> Content<'a> {
    pub(super) fn text(&self) -> &'a str {
        self.0.get("text").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn media(&self) -> &'a [Value] {
        self.0.get("media").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// All members, if it is a group.
    pub(super) fn recipients(&self) -> Option<&'a [Value]> {
        self.0.get("to").and_then(Value::as_array).map(Vec::as_slice)
    }

    /// `SMS`, `MMS` or `RBM`, where the message was sent by channel.
    pub(super) fn channel(&self) -> Option<&'a str> {
        self.0.get("channel").and_then(Value::as_str)
    }

    fn kind(&self) -> &'static str {
        match self.channel() {
            Some("RBM") => "rcs",
            _ if self.is_mms() => "mms",
            _ => "sms",
        }
    }

    fn is_mms(&self) -> bool {
        self.channel() == Some("MMS") || !self.media().is_empty() || self.recipients().is_some()
    }

    /// Only SMS is counted in parts.
    pub(super) fn segments(&self) -> usize {
        if self.kind() == "sms" { crate::segments::count(self.text()) } else { 1 }
    }
}

/// What is asked for.
struct Query(Vec<(String, String)>);

impl Query {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let at =
            Timestamp::parse(text).map_err(|_| ApiError::bad_query("A date is not in ISO 8601 format"))?;
        Ok(Some(at))
    }

    fn number(&self, name: &str, default: usize) -> Result<usize, ApiError> {
        let number = self.get(name).map_or(Ok(default), str::parse);
        number.map_err(|_| ApiError::bad_query("A parameter is not a number"))
    }

    /// A comma-separated list of numbers, or a part of one.
    fn fits_number(&self, name: &str, number: &str) -> bool {
        self.get(name).is_none_or(|wanted| {
            wanted.split(',').any(|wanted| wanted == number || wanted.len() >= 5 && number.contains(wanted))
        })
    }

    fn fits_word(&self, name: &str, word: &str) -> bool {
        self.get(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(word))
    }
}

/// One page, newest first unless `sort` says otherwise; `limit` is 100 if it is not given.
pub(super) fn page(twin: &Bandwidth, query: &str) -> Result<Response, ApiError> {
    let query = Query(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect());
    if query.0.is_empty() {
        return Err(ApiError::bad_query("At least one query parameter is required"));
    }
    let (from, until) = (query.time("fromDateTime")?, query.time("toDateTime")?);
    let (limit, start) = (query.number("limit", 100)?, start(&query)?);
    if limit == 0 || start.saturating_add(limit) > 10_000 {
        return Err(ApiError::bad_query("The sum of limit and after cannot be more than 10000"));
    }
    let mut found = twin.desk.log.all(|record| {
        let item = Item::of(record);
        query.get("messageId").is_none_or(|id| id == item.message_id)
            && query.fits_number("sourceTn", item.source_tn)
            && query.fits_number("destinationTn", item.destination_tn)
            && query.fits_word("messageStatus", item.message_status)
            && query.fits_word("messageDirection", item.message_direction)
            && query.fits_word("messageType", item.message_type)
            && query.get("errorCode").is_none_or(|code| code == item.error_code.to_string())
            && from.is_none_or(|from| record.at >= from)
            && until.is_none_or(|until| record.at <= until)
    });
    if !query.get("sort").is_some_and(|sort| sort.ends_with(":asc")) {
        found.reverse();
    }
    let shown: Vec<_> = found.iter().skip(start).take(limit).map(|record| Item::of(record)).collect();
    let next = start.saturating_add(limit);
    let page_info = page_info(
        (next < found.len()).then_some(next),
        (start > 0).then(|| start.saturating_sub(limit)),
        &format!("{}/users/{ACCOUNT}/messages", twin.api()),
    );
    let body = json!({ "totalCount": found.len(), "pageInfo": page_info, "messages": shown });
    Ok(api::json(StatusCode::OK, &body))
}

/// The place that a page token stands for.
fn start(query: &Query) -> Result<usize, ApiError> {
    let Some(token) = query.get("pageToken") else { return Ok(0) };
    let place = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    place
        .and_then(|place| place.parse().ok())
        .ok_or_else(|| ApiError::bad_query("The page token is not valid"))
}

fn page_info(next: Option<usize>, previous: Option<usize>, url: &str) -> Value {
    let token = |place: usize| URL_SAFE_NO_PAD.encode(place.to_string());
    let link = |place: Option<usize>| place.map(|place| format!("{url}?pageToken={}", token(place)));
    json!({
        "prevPage": link(previous),
        "nextPage": link(next),
        "prevPageToken": previous.map(token),
        "nextPageToken": next.map(token),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_segments() {
        let long = "a".repeat(161);
        let cases = [
            ("a text", json!({ "text": "hi" }), ("sms", 1)),
            ("a long text", json!({ "text": long }), ("sms", 2)),
            ("a photo", json!({ "text": long, "media": ["https://x.example/a"] }), ("mms", 1)),
            ("a group", json!({ "text": "hi", "to": ["+15550001001", "+15550001002"] }), ("mms", 1)),
            ("RCS", json!({ "text": "hi", "channel": "RBM" }), ("rcs", 1)),
            ("a long text by channel", json!({ "text": long, "channel": "SMS" }), ("sms", 2)),
            ("MMS by channel", json!({ "text": long, "channel": "MMS" }), ("mms", 1)),
        ];
        for (name, content, expect) in cases {
            let content = Content(&content);
            assert_eq!((content.kind(), content.segments()), expect, "{name}");
        }
    }

    #[test]
    fn numbers_by_list_and_by_part() {
        let query = |text: &str| Query(vec![("sourceTn".into(), text.into())]);
        let number = "+15550100011";
        for (wanted, expect) in [
            ("+15550100011", true),
            ("+15550100012,+15550100011", true),
            ("+1555", true),
            ("0011", false),
            ("+15550100012", false),
        ] {
            assert_eq!(query(wanted).fits_number("sourceTn", number), expect, "{wanted}");
        }
    }
}
