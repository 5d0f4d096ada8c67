//! Messages and events as the platform writes them.

use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::Channel;
use crate::callbacks::Callback;
use crate::messagebird::callbacks::Draft;
use crate::messagebird::failures::failure;
use crate::messagebird::length::measure;
use crate::messagebird::{Generation, MessageBird, millis};
use crate::record::{Direction, Receipt, Record};

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
    json!({ "count": length.parts, "encoding": length.encoding, "characters": text.chars().count() })
}

/// A message as the API shows it.
pub(super) fn message(record: &Record) -> Value {
    let current = record.current();
    let inbound = record.direction == Direction::Inbound;
    let mut message = json!({
        "id": record.id,
        "status": current.state,
        "direction": if inbound { "inbound" } else { "outbound" },
        "to": record.to,
        "from": record.from,
        "tags": null,
        "metadata": null,
        "error": error(current, record.updated_at()),
        "created_at": millis(record.at),
        "updated_at": millis(record.updated_at()),
    });
    if let Some(content) = record.content.as_object() {
        for (name, value) in content {
            message[name] = value.clone();
        }
    }
    if Channel::of(record) == Channel::Sms {
        message["segments"] = segments(words(record));
    }
    message
}

fn error(receipt: Receipt, happened: Timestamp) -> Value {
    let Some(number) = receipt.error else { return Value::Null };
    let failure = failure(number);
    json!({
        "code": failure.platform,
        "description": failure.reason,
        "carrier_error_code": number.to_string(),
        "occurred_at": millis(happened),
    })
}

/// What every event about a message has.
pub(super) fn data(twin: &MessageBird, record: &Record) -> Value {
    let workspace = &twin.account.platform_workspace;
    let label = |name: &str| record.content.get(name).cloned().unwrap_or(Value::Null);
    match Channel::of(record) {
        Channel::Sms => json!({
            "sms_id": record.id,
            "workspace_id": workspace,
            "to": record.to,
            "from": record.from,
            "tags": label("tags"),
            "metadata": label("metadata"),
            "template_id": null,
            "text": words(record),
            "segments": segments(words(record)),
            "carrier": "Sandbox Mobile",
            "mcc_mnc": "310260",
            "country_code": "US",
        }),
        Channel::Whatsapp => json!({
            "whatsapp_id": record.id,
            "workspace_id": workspace,
            "direction": if record.direction == Direction::Inbound { "inbound" } else { "outbound" },
            "from": party(&record.from),
            "to": party(&record.to),
            "tags": label("tags"),
            "metadata": label("metadata"),
        }),
    }
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
        data["error"] = error(receipt, happened);
    }
    if channel == Channel::Sms && receipt.state == "delivered" {
        data["cost"] = cost(measure(words(record)).parts);
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
