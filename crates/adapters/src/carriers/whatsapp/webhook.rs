//! Meta's callbacks: the envelope, and which of its changes say something to us.
//!
//! One request holds `entry[]` (business accounts) of `changes[]` (one field of one number
//! each) of messages, statuses, echoes, preferences or errors. Every part is read on its
//! own: an odd one is set aside, and the rest goes on.

use omni_core::carrier::Parsed;
use omni_core::event::{CarrierEvent, ConsentChange};
use omni_core::time::Timestamp;
use omni_core::webhook::Malformed;
use serde_json::Value;

use super::person::{self, Contacts};
use super::{message, news, status};
use crate::shared::json;

/// Longest message id that we take; Meta's have about 150 characters.
const MAX_ID: usize = 512;

/// One change: what it is about, and whose it is.
pub(super) struct Change<'a> {
    pub(super) value: &'a Value,
    pub(super) contacts: Contacts<'a>,
    pub(super) tenant_key: String,
}

/// Reads a body. Objects other than a WhatsApp account's (one Meta app may serve pages, too)
/// and fields that we do not know hold no events.
pub(super) fn parse(body: &[u8]) -> Result<Parsed, Malformed> {
    let payload = json::parse(body)?;
    if !payload.is_object() {
        return Err(Malformed("not_an_object"));
    }
    let mut parsed = Parsed::default();
    if payload["object"] != "whatsapp_business_account" {
        return Ok(parsed);
    }
    let entries = payload["entry"].as_array().ok_or(Malformed("entry_missing"))?;
    for entry in entries {
        for change in json::items(&entry["changes"]) {
            read_change(&mut parsed, &entry["id"], change);
        }
    }
    Ok(parsed)
}

fn read_change(parsed: &mut Parsed, account: &Value, change: &Value) {
    let value = &change["value"];
    let number = json::id(&value["metadata"]["phone_number_id"]);
    let whose = number.or_else(|| json::id(account)).unwrap_or_default();
    let tenant_key = format!("{}:{whose}", super::NAME);
    let field = json::text(&change["field"]).unwrap_or("messages");
    let change = Change { value, contacts: Contacts::of(value), tenant_key };
    match field {
        "messages" => {
            read_each(parsed, &value["messages"], |item| message::read(&change, item));
            read_each(parsed, &value["statuses"], |item| {
                Ok(status::read(&change.tenant_key, item)?
                    .map(|update| CarrierEvent::Status(Box::new(update))))
            });
            news::read_errors(parsed, &change);
        }
        "smb_message_echoes" => {
            read_each(parsed, &value["message_echoes"], |item| message::read_echo(&change, item));
        }
        "user_preferences" => {
            read_each(parsed, &value["user_preferences"], |item| preference(&change, item));
        }
        _ => parsed.events.extend(news::read(&change, field)),
    }
}

fn read_each(
    parsed: &mut Parsed,
    list: &Value,
    read: impl Fn(&Value) -> Result<Option<CarrierEvent>, &'static str>,
) {
    for item in json::items(list) {
        match read(item) {
            Ok(event) => parsed.events.extend(event),
            Err(reason) => parsed.quarantined.push(reason),
        }
    }
}

/// A person switched marketing messages off or on; service replies stay allowed.
fn preference(change: &Change<'_>, item: &Value) -> Result<Option<CarrierEvent>, &'static str> {
    let value = match json::text(&item["value"]) {
        Some("stop") => "stop",
        Some("resume") => "start",
        _ => return Ok(None),
    };
    let ids = ["wa_id", "user_id"].iter().filter_map(|field| json::id(&item[*field]));
    let address = ids.filter_map(|id| person::address(&id)).next().ok_or("preference_without_person")?;
    let detail = json::text(&item["detail"]).map(|words| ("detail".to_owned(), words.into()));
    Ok(Some(CarrierEvent::Consent(Box::new(ConsentChange {
        carrier: super::NAME.to_string(),
        tenant_key: change.tenant_key.clone(),
        address: Some(address),
        value: value.to_owned(),
        category: json::text(&item["category"]).map(str::to_owned),
        sent_at: timestamp(&item["timestamp"]),
        attributes: detail.into_iter().collect(),
        ..ConsentChange::default()
    }))))
}

/// A message's id: the key against doubles, so its length is bounded.
pub(super) fn message_id(value: &Value) -> Option<String> {
    json::text(value).filter(|id| id.len() <= MAX_ID).map(str::to_owned)
}

/// Unix seconds as text or number; some numbers send milliseconds. `None` for anything that
/// is no moment since 1970.
pub(super) fn timestamp(value: &Value) -> Option<Timestamp> {
    const MILLISECONDS: i64 = 1_000_000_000_000;
    let number = json::integer(value).filter(|number| *number >= 0)?;
    let time =
        if number >= MILLISECONDS { Timestamp::from_millis(number) } else { Timestamp::from_secs(number) };
    (time <= Timestamp::MAX).then_some(time)
}
