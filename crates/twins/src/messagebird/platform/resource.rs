//! Messages and events as the platform writes them.

use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::Channel;
use crate::callbacks::Callback;
use crate::messagebird::callbacks::Draft;
use crate::messagebird::failures::failure;
use crate::messagebird::{Generation, MessageBird, millis};
use crate::record::{Direction, Receipt, Record};
use crate::segments::{Encoding, measure};

/// The digits of ids: Crockford's base 32, in small letters.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new id: `sms_` or `wam_` and 26 digits.
pub(in crate::messagebird) fn new_id(twin: &MessageBird, prefix: &str) -> String {
    let mut number = u128::from_be_bytes(twin.desk.ids.bytes());
    let mut digits = [b'0'; 26];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 32) as usize];
        number /= 32;
    }
    let digits = digits.iter().map(|digit| char::from(*digit));
    prefix.chars().chain(digits).collect()
}

/// The text of an SMS.
fn words(record: &Record) -> &str {
    record.content.get("text").and_then(Value::as_str).unwrap_or_default()
}

fn segments(text: &str) -> Value {
    let length = measure(text);
    let encoding = if length.encoding == Encoding::Gsm7 { "GSM_7BIT" } else { "UCS2" };
    json!({ "count": length.segments, "encoding": encoding, "characters": text.chars().count() })
}

/// What an SMS made from a template would name.
const OF_TEMPLATES: [&str; 5] = [
    "requested_language",
    "resolved_language",
    "template_id",
    "template_version_id",
    "template_content_hash",
];

/// A message as the API shows it.
pub(super) fn message(record: &Record) -> Value {
    let current = record.current();
    let channel = Channel::of(record);
    let address = |text: &str| if channel == Channel::Sms { json!(text) } else { party(text) };
    let mut message = json!({
        "id": record.id,
        // Reading moves `read_at` alone.
        "status": if current.state == "read" { "delivered" } else { current.state },
        "direction": direction(record),
        "to": address(&record.to),
        "from": address(&record.from),
        "tags": null,
        "metadata": null,
        "last_error": error(channel, current, record.updated_at()),
        "created_at": millis(record.at),
    });
    let times = [("sent_at", "sent"), ("delivered_at", "delivered"), ("read_at", "read")];
    let times = if channel == Channel::Sms { &times[..2] } else { &times[..] };
    for (name, state) in times {
        let step = record.history().into_iter().find(|(receipt, _)| receipt.state == *state);
        message[*name] = step.map(|(_, at)| millis(at)).into();
    }
    if let Some(content) = record.content.as_object() {
        for (name, value) in content {
            message[name] = value.clone();
        }
    }
    if channel == Channel::Sms {
        message["segments"] = segments(words(record));
        for name in OF_TEMPLATES {
            message[name] = Value::Null;
        }
    }
    message
}

fn direction(record: &Record) -> &'static str {
    match record.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

/// Why it failed; the network's own number has another name on each channel.
fn error(channel: Channel, receipt: Receipt, happened: Timestamp) -> Value {
    let Some(number) = receipt.error else { return Value::Null };
    let failure = failure(number);
    json!({
        "code": failure.platform,
        "description": failure.reason,
        (if channel == Channel::Sms { "carrier_error_code" } else { "meta_error_code" }): number.to_string(),
        "occurred_at": millis(happened),
    })
}

/// What every event about a message has.
pub(super) fn data(twin: &MessageBird, record: &Record) -> Value {
    let workspace = &twin.account.platform_workspace;
    let label = |name: &str| record.content.get(name).cloned().unwrap_or(Value::Null);
    let mut data = match Channel::of(record) {
        Channel::Sms => json!({
            "sms_id": record.id,
            "workspace_id": workspace,
            "to": record.to,
            "from": record.from,
            "tags": label("tags"),
            "metadata": label("metadata"),
            "text": words(record),
            "segments": segments(words(record)),
            "carrier": "Sandbox Mobile",
            "mcc_mnc": "310260",
            "country_code": "US",
        }),
        Channel::Whatsapp => json!({
            "whatsapp_id": record.id,
            "workspace_id": workspace,
            "direction": direction(record),
            "from": party(&record.from),
            "to": party(&record.to),
            "tags": label("tags"),
            "metadata": label("metadata"),
        }),
    };
    if Channel::of(record) == Channel::Sms {
        for name in OF_TEMPLATES {
            data[name] = Value::Null;
        }
    }
    data
}

/// Somebody on WhatsApp, by number or by user id.
fn party(address: &str) -> Value {
    if address.starts_with('+') { json!({ "phone_number": address }) } else { json!({ "bsuid": address }) }
}

/// An event's body.
pub(super) fn envelope(kind: &str, at: Timestamp, data: &Value) -> Value {
    json!({ "type": kind, "timestamp": millis(at), "data": data })
}

/// The event of one step.
pub(in crate::messagebird) fn event(
    twin: &MessageBird,
    record: &Record,
    receipt: Receipt,
    happened: Timestamp,
    forged: bool,
) -> Callback {
    let channel = Channel::of(record);
    let mut data = data(twin, record);
    if receipt.error.is_some() {
        data["error"] = error(channel, receipt, happened);
    }
    if channel == Channel::Sms && receipt.state == "delivered" {
        data["cost"] = cost(measure(words(record)).segments);
    }
    let body = envelope(&format!("{}.{}", channel.word(), receipt.state), happened, &data);
    let draft = Draft::json(receipt.state, record.id.clone(), None, &body);
    twin.signed(Generation::Platform, draft.forged(forged))
}

/// 0.0099 USD a part, of which 0.002 go to the network.
fn cost(parts: usize) -> Value {
    let dollars = |hundred_thousandths: usize| {
        let all = parts.saturating_mul(hundred_thousandths);
        format!("{}.{:05}", all / 100_000, all % 100_000)
    };
    json!({
        "amount": dollars(990),
        "currency_code": "USD",
        "transaction_amount": dollars(790),
        "passthrough_amount": dollars(200),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_decimal_texts() {
        let cost = cost(12);
        assert_eq!(
            (cost["amount"].as_str(), cost["passthrough_amount"].as_str()),
            (Some("0.11880"), Some("0.02400"))
        );
    }
}
