//! What people do, and what Inteliquent reports: the fixtures of this twin.

use std::sync::Arc;

use serde_json::{Value, json};

use super::callbacks::{receipt_of, smpp};
use super::{Inteliquent, NUMBER, e164};
use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Direction, Receipt, Record};

/// Builds the callback of a fixture.
pub(super) fn play(
    twin: &Inteliquent,
    event: &'static str,
    params: &Params,
) -> Result<Callback, TriggerError> {
    let (id, body) = match event {
        "receipt_delivered" => report(twin, event, params, Receipt::new("delivered"))?,
        "receipt_confirmed" => report(twin, event, params, Receipt::new("delivered"))?,
        "receipt_enroute" => report(twin, event, params, Receipt::new("enroute"))?,
        "receipt_expired" => report(twin, event, params, Receipt::new("expired"))?,
        "receipt_rejected" => report(twin, event, params, Receipt::new("rejected"))?,
        "receipt_unknown" => report(twin, event, params, Receipt::new("unknown"))?,
        "receipt_failed" => {
            let code = params.number("code", 0..=999, "a number of three digits")?;
            report(twin, event, params, Receipt::failed("undelivered", code))?
        }
        "sinch_report" => report(twin, event, params, sinch_state(params))?,
        _ => message(twin, event, params)?,
    };
    let callback = twin.callback(event, id, &body, event == "bad_signature");
    callback.ok_or(TriggerError::Undelivered { reason: "no webhook is configured" })
}

const fn wrong(param: &'static str, expected: &'static str) -> TriggerError {
    TriggerError::WrongValue { param, expected }
}

/// Whether this is ten or eleven digits, with or without plus.
fn is_written_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    matches!(digits.len(), 10 | 11) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a person writes, with its id.
fn message(twin: &Inteliquent, event: &str, params: &Params) -> Result<(String, Value), TriggerError> {
    let (from, to, text) = (params.text("from"), params.text("to"), params.text("text"));
    let is_short_code = event == "short_code" && from.bytes().all(|byte| byte.is_ascii_digit());
    if !is_written_number(from) && !is_short_code {
        return Err(wrong("from", "a phone number like 15550001001"));
    }
    let id = twin.uuid();
    let mut body =
        json!({ "referenceId": id, "from": from, "to": [to], "text": text, "deliveryReceipt": false });
    match event {
        "mms" => body["mediaUrls"] = json!([file_url(twin, "0.smil"), file_url(twin, "photo.png")]),
        "group" => body["to"] = members(params)?,
        "no_reference" => drop(body.as_object_mut().and_then(|body| body.remove("referenceId"))),
        "alias" => {
            body = json!({ "messageId": id, "from": from, "to": [to], "body": text, "attachments": [] });
        }
        "sinch_text" => body = sinch(twin, "mo_text", &id, params),
        "sinch_binary" => {
            body = sinch(twin, "mo_binary", &id, params);
            body["body"] = json!("AQID");
            body["udh"] = json!("050003010101");
        }
        _ => {}
    }
    if event != "bad_signature" {
        remember(twin, &id, params);
    }
    Ok((id, body))
}

fn members(params: &Params) -> Result<Value, TriggerError> {
    let others: Vec<&str> = params.text("members").split(',').map(str::trim).collect();
    if !others.iter().all(|member| is_written_number(member)) {
        return Err(wrong("members", "phone numbers with commas between"));
    }
    Ok(json!([&[params.text("to")], &others[..]].concat()))
}

/// Media are public at the real carrier; no type is given.
fn file_url(twin: &Inteliquent, name: &str) -> String {
    format!("{}/media/{name}", twin.desk.base_url)
}

fn sinch(twin: &Inteliquent, kind: &str, id: &str, params: &Params) -> Value {
    json!({
        "type": kind,
        "id": id,
        "from": params.text("from"),
        "to": params.text("to"),
        "body": params.text("text"),
        "operator_id": "310260",
        "received_at": twin.desk.now().to_string(),
    })
}

/// The search shows what people wrote, too.
fn remember(twin: &Inteliquent, id: &str, params: &Params) {
    let mut record = Record::new(id.to_owned(), Direction::Inbound, "received", twin.desk.now());
    record.from = e164(params.text("from"));
    record.to = e164(params.text("to"));
    record.content = json!({ "text": params.text("text") });
    twin.desk.log.push(&Arc::new(record));
}

fn sinch_state(params: &Params) -> Receipt {
    Receipt::new(match params.text("status") {
        "Delivered" => "delivered",
        "Failed" => "undelivered",
        "Rejected" => "rejected",
        "Expired" => "expired",
        _ => "unknown",
    })
}

/// The receipt of a message that was sent to the twin, or of one that nobody knows.
fn report(
    twin: &Inteliquent,
    event: &str,
    params: &Params,
    receipt: Receipt,
) -> Result<(String, Value), TriggerError> {
    let now = twin.desk.now();
    let record = meant(twin, params)?;
    record.advance(usize::MAX, receipt, now);
    let mut body = receipt_of(&record);
    match event {
        "receipt_delivered" => {}
        "receipt_rejected" => {
            body["status"] = json!("REJECTED");
            body["reason"] = json!(params.text("reason"));
        }
        "sinch_report" => {
            let code = params.number("code", 0..=9_999, "a number")?;
            body = json!({
                "type": "recipient_delivery_report_sms",
                "batch_id": record.wire_id(),
                "recipient": record.to.trim_start_matches('+'),
                "status": params.text("status"),
                "code": code,
                "at": now.to_string(),
            });
        }
        _ => body["text"] = json!(smpp(&record, receipt, now)),
    }
    Ok((record.wire_id().to_owned(), body))
}

fn meant(twin: &Inteliquent, params: &Params) -> Result<Arc<Record>, TriggerError> {
    let is_sent = |record: &Record| record.direction == Direction::Outbound;
    let known = match params.given("message") {
        Some(id) => twin.desk.log.get(id),
        None => twin.desk.log.newest(is_sent),
    };
    if let Some(record) = known {
        return Ok(record);
    }
    let to = params.text("from");
    if !is_written_number(to) {
        return Err(wrong("from", "a phone number like 15550001001"));
    }
    let id = params.given("message").map_or_else(|| twin.uuid(), str::to_owned);
    let mut record = Record::new(id, Direction::Outbound, "accepted", twin.desk.now());
    (record.from, record.to) = (e164(NUMBER), e164(to));
    Ok(Arc::new(record))
}
