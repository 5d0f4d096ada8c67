//! Messages as the API shows them.

use omni_core::time::Timestamp;
use serde_json::{Value, json};

use crate::messagebird::failures::failure;
use crate::messagebird::length::{Encoding, Length, measure};
use crate::messagebird::{MessageBird, api_name, bare, datetime};
use crate::record::{Direction, Record};

/// A message with its recipients: records that share everything but those.
pub(super) fn message(twin: &MessageBird, records: &[&Record]) -> Value {
    let Some(first) = records.first() else { return Value::Null };
    let inbound = first.direction == Direction::Inbound;
    let path = if first.api == api_name::MMS { "mms" } else { "messages" };
    let mut message = json!({
        "id": first.id,
        "href": format!("{}/{path}/{}", twin.desk.base_url, first.id),
        "direction": if inbound { "mo" } else { "mt" },
        "type": "sms",
        "originator": bare(&first.from),
        "body": body(first),
        "reference": first.client_reference,
        "validity": null,
        "gateway": 10,
        "typeDetails": {},
        "datacoding": coding(length(first)),
        "mclass": 1,
        "scheduledDatetime": null,
        "createdDatetime": datetime(first.at),
        "recipients": recipients(records),
    });
    for name in ["type", "validity", "scheduledDatetime", "subject", "mediaUrls"] {
        if let Some(given) = first.content.get(name) {
            message[name] = given.clone();
        }
    }
    message
}

fn recipients(records: &[&Record]) -> Value {
    let in_state =
        |states: &[&str]| records.iter().filter(|record| states.contains(&record.current().state)).count();
    json!({
        "totalCount": records.len(),
        "totalSentCount": records.len().saturating_sub(in_state(&["scheduled"])),
        "totalDeliveredCount": in_state(&["delivered"]),
        "totalDeliveryFailedCount": in_state(&["delivery_failed", "expired"]),
        "items": records.iter().map(|record| item(record)).collect::<Vec<_>>(),
    })
}

fn item(record: &Record) -> Value {
    let current = record.current();
    let length = length(record);
    let mut item = json!({
        "recipient": bare(&record.to).parse::<u64>().unwrap_or_default(),
        "recipientCountry": null,
        "recipientOperator": "",
        "status": current.state,
        "statusDatetime": datetime(record.updated_at()),
        "messageLength": length.places,
        "messagePartCount": length.parts,
    });
    if let Some(number) = current.error {
        item["statusReason"] = failure(number).reason.into();
        item["statusErrorCode"] = number.into();
    } else if current.state == "delivered" {
        item["statusReason"] = "successfully delivered".into();
        item["price"] = json!({ "amount": price(length.parts), "currency": "EUR" });
    }
    item
}

/// The text of a message.
pub(super) fn body(record: &Record) -> &str {
    record.content.get("body").and_then(Value::as_str).unwrap_or_default()
}

/// The length of a message's text.
pub(super) fn length(record: &Record) -> Length {
    measure(body(record))
}

/// The price of so many parts, in euros.
pub(super) fn price(parts: usize) -> f64 {
    let tenths_of_a_cent = u32::try_from(parts).unwrap_or(u32::MAX).saturating_mul(45);
    f64::from(tenths_of_a_cent) / 1_000.0
}

fn coding(length: Length) -> &'static str {
    if length.encoding == Encoding::Gsm7 { "plain" } else { "unicode" }
}

/// Whether a message was made within a span.
pub(super) fn is_within(record: &Record, from: Option<Timestamp>, until: Option<Timestamp>) -> bool {
    from.is_none_or(|from| record.at >= from) && until.is_none_or(|until| record.at <= until)
}
