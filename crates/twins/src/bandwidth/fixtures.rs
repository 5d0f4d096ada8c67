//! What people do, and what Bandwidth reports: the fixtures of this twin.

use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use serde_json::{Value, json};

use super::callbacks::{Slot, status_event};
use super::media::File;
use super::request::is_e164;
use super::{APPLICATION, Bandwidth, NUMBER, codes, time};
use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Direction, Receipt, Record};
use crate::samples;

/// The layout that phones put beside a photo.
const LAYOUT: &[u8] = b"<smil><body><par dur=\"5000ms\"><img src=\"photo.png\"/></par></body></smil>";

/// Builds the callback of a fixture.
pub(super) fn play(twin: &Bandwidth, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let said = |state, words| status(twin, params, Receipt::new(state), words);
    match event {
        "status_sending" => said("sending", "Message is sending to carrier"),
        "status_sent" => said("sent", "Message sent"),
        "status_delivered" => said("delivered", params.text("description")),
        "status_read" => said("read", "Message read"),
        "status_unknown" => failed(twin, params, 9902),
        "status_failed" => failed(twin, params, params.number("code", 4_000..=9_999, "an error code")?),
        "batch" => batch(twin, event, params),
        _ => {
            let (id, written) = message(twin, event, params)?;
            let forged = event == "bad_signature";
            if !forged && event != "echo" && event != "unknown" {
                remember(twin, &id, params);
            }
            Ok(twin.callback(event, id, Slot::Inbound, &[written], forged))
        }
    }
}

const fn wrong(param: &'static str, expected: &'static str) -> TriggerError {
    TriggerError::WrongValue { param, expected }
}

/// Several messages of one person.
fn batch(twin: &Bandwidth, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let count = params.number("count", 1..=50, "1 to 50")?;
    let (mut events, mut first) = (Vec::new(), None);
    for number in 1..=count {
        let (id, mut written) = message(twin, event, params)?;
        written["message"]["text"] = json!(format!("message {number} of {count}"));
        remember(twin, &id, params);
        first.get_or_insert(id);
        events.push(written);
    }
    Ok(twin.callback(event, first.unwrap_or_default(), Slot::Inbound, &events, false))
}

/// An event about something that a person did, with the id of their message.
fn message(twin: &Bandwidth, event: &str, params: &Params) -> Result<(String, Value), TriggerError> {
    let (from, owner) = (params.text("from"), params.text("to"));
    let is_short_code = event == "short_code" && from.bytes().all(|byte| byte.is_ascii_digit());
    if !is_e164(from) && !is_short_code {
        return Err(wrong("from", "a phone number like +15550001001"));
    }
    let (id, now) = (twin.message_id(), time(twin.desk.now()));
    let mut message = json!({
        "id": id,
        "owner": owner,
        "applicationId": APPLICATION,
        "time": now,
        "segmentCount": 1,
        "direction": "in",
        "to": [owner],
        "from": from,
    });
    add_content(twin, event, params, &id, &mut message)?;
    let (kind, description) = match event {
        "rbm_button" => ("suggestion-response", "Incoming suggestion response"),
        "rbm_location" => ("requested-location-response", "Incoming location"),
        "unknown" => (params.text("type"), "Incoming message received"),
        _ => ("message-received", "Incoming message received"),
    };
    let written =
        json!({ "type": kind, "time": now, "description": description, "to": owner, "message": message });
    Ok((id, written))
}

fn add_content(
    twin: &Bandwidth,
    event: &str,
    params: &Params,
    id: &str,
    message: &mut Value,
) -> Result<(), TriggerError> {
    let text = params.text("text");
    if event.starts_with("rbm_") {
        message["channel"] = json!("RBM");
    }
    match event {
        "rbm_text" => message["content"] = json!({ "text": text }),
        "rbm_file" => message["content"] = json!({ "media": { "fileUrl": photo(twin, id) } }),
        "rbm_button" => message["suggestionResponse"] = button(twin, params),
        "rbm_location" => message["locationResponse"] = place(params)?,
        "mms" => {
            message["text"] = json!(text);
            message["media"] =
                json!([keep(twin, id, "0/smil.xml", "application/smil", LAYOUT), photo(twin, id)]);
        }
        "group" => {
            let members: Vec<&str> = params.text("members").split(',').map(str::trim).collect();
            if !members.iter().all(|member| is_e164(member)) {
                return Err(wrong("members", "phone numbers with commas between"));
            }
            message["text"] = json!(text);
            message["to"] = json!([&[params.text("to")], &members[..]].concat());
        }
        _ => {
            message["text"] = json!(text);
            message["segmentCount"] = json!(crate::segments::count(text));
            if event == "echo" {
                message["direction"] = json!("out");
            }
        }
    }
    Ok(())
}

fn button(twin: &Bandwidth, params: &Params) -> Value {
    let paired = params.given("message").map(str::to_owned).or_else(|| {
        let is_for_them =
            |record: &Record| record.direction == Direction::Outbound && record.to == params.text("from");
        twin.desk.log.newest(is_for_them).map(|record| record.wire_id().to_owned())
    });
    let payload = base64::engine::general_purpose::STANDARD.encode(params.text("payload"));
    let mut response = json!({ "text": params.text("text"), "postbackData": payload });
    if let Some(paired) = paired {
        response["pairedMessageId"] = json!(paired);
    }
    response
}

/// Bandwidth writes degrees as texts.
fn place(params: &Params) -> Result<Value, TriggerError> {
    let degrees = |param: &'static str| {
        let text = params.text(param);
        let fits = text.parse::<f64>().is_ok_and(f64::is_finite);
        if fits { Ok(text.to_owned()) } else { Err(wrong(param, "degrees like 51.5")) }
    };
    Ok(json!({ "latitude": degrees("latitude")?, "longitude": degrees("longitude")? }))
}

fn photo(twin: &Bandwidth, id: &str) -> String {
    let sample = samples::PHOTO;
    keep(twin, id, &format!("1/{}", sample.filename), sample.mime, sample.bytes)
}

/// Puts a file where it can be fetched for two days, and gives its URL.
fn keep(twin: &Bandwidth, id: &str, name: &str, mime: &str, bytes: &'static [u8]) -> String {
    let media = format!("{id}/{name}");
    let (bytes, at) = (Bytes::from_static(bytes), twin.desk.now());
    twin.media.put(&media, File { mime: mime.to_owned(), cache_control: None, bytes, at });
    format!("{}/users/{}/media/{media}", twin.api(), super::ACCOUNT)
}

/// The list shows what people wrote, too.
fn remember(twin: &Bandwidth, id: &str, params: &Params) {
    let mut record = Record::new(id.to_owned(), Direction::Inbound, "received", twin.desk.now());
    record.from = params.text("from").to_owned();
    record.to = params.text("to").to_owned();
    record.content = json!({ "text": params.text("text") });
    twin.desk.log.push(&Arc::new(record));
}

fn failed(twin: &Bandwidth, params: &Params, code: u32) -> Result<Callback, TriggerError> {
    status(twin, params, Receipt::failed("failed", code), codes::description(code))
}

/// The status of a message that was sent to the twin, or of one that nobody knows.
fn status(
    twin: &Bandwidth,
    params: &Params,
    receipt: Receipt,
    words: &str,
) -> Result<Callback, TriggerError> {
    let is_sent = |record: &Record| record.direction == Direction::Outbound;
    let known = match params.given("message") {
        Some(id) => twin.desk.log.get(id),
        None => twin.desk.log.newest(is_sent),
    };
    let now = twin.desk.now();
    let record = match known {
        Some(record) => record,
        None => {
            let to = params.text("from");
            if !is_e164(to) {
                return Err(wrong("from", "a phone number like +15550001001"));
            }
            let id = params.given("message").map_or_else(|| twin.message_id(), str::to_owned);
            let mut record = Record::new(id, Direction::Outbound, "queued", now);
            (record.from, record.to) = (NUMBER.to_owned(), to.to_owned());
            Arc::new(record)
        }
    };
    record.advance(usize::MAX, receipt, now);
    let event = status_event(&record, receipt, now, words);
    Ok(twin.callback(receipt.state, record.wire_id().to_owned(), Slot::Status, &[event], false))
}
