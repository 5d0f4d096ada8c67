//! What changes something from before: an edit, a deletion, a person's new address.

use omni_core::event::{Amendment, CarrierEvent, IdentityChange, InboundMessage, Notice};
use serde_json::{Map, Value};

use super::message::read_content;
use super::person;
use super::webhook::{Change, message_id, timestamp};
use crate::shared::json;

/// What edits and deletions have in common.
fn amendment(
    change: &Change<'_>,
    message: &Value,
    id: String,
    object: &Value,
) -> Result<Amendment, &'static str> {
    Ok(Amendment {
        carrier: super::NAME.to_string(),
        external_id: id,
        tenant_key: change.tenant_key.clone(),
        target: message_id(&object["original_message_id"]).ok_or("amendment_without_target")?,
        from_address: person::author(&change.contacts, message).address,
        sent_at: timestamp(&message["timestamp"]),
        ..Amendment::default()
    })
}

/// A message of theirs has other words now.
pub(super) fn edit(change: &Change<'_>, message: &Value, id: String) -> Result<Amendment, &'static str> {
    let object = &message["edit"];
    let mut now = InboundMessage::default();
    read_content(&mut now, json::text(&object["message"]["type"]).unwrap_or_default(), &object["message"]);
    let amendment = amendment(change, message, id, object)?;
    Ok(Amendment { message_type: Some(now.message_type), text: now.text, ..amendment })
}

/// A message of theirs was taken back.
pub(super) fn revoke(change: &Change<'_>, message: &Value, id: String) -> Result<Amendment, &'static str> {
    amendment(change, message, id, &message["revoke"])
}

/// A person changed the number, the user id or the phone; other system lines are kept as
/// such.
pub(super) fn system(change: &Change<'_>, message: &Value, id: String) -> CarrierEvent {
    let object = &message["system"];
    let kind = json::text(&object["type"]).unwrap_or_default();
    let customer = || json::id(&object["customer"]).and_then(|id| person::address(&id));
    let old_address = person::author(&change.contacts, message).address.or_else(customer);
    let fields: &[&str] = match kind {
        "user_changed_user_id" => &["user_id", "new_user_id"],
        "user_changed_number" | "customer_changed_number" => &["new_wa_id", "wa_id", "user_id"],
        _ => &[],
    };
    let new_address =
        fields.iter().filter_map(|field| json::id(&object[*field])).find_map(|text| person::address(&text));
    let mut attributes = Map::new();
    attributes.insert("system_type".into(), kind.into());
    read_ids(&mut attributes, message);
    // A new identity key (`customer_identity_changed`) is a change without a new address.
    if new_address.is_some() || kind == "customer_identity_changed" {
        return CarrierEvent::IdentityChange(Box::new(IdentityChange {
            carrier: super::NAME.to_string(),
            external_id: id,
            tenant_key: change.tenant_key.clone(),
            old_address,
            new_address,
            attributes,
        }));
    }
    if let Some(address) = old_address {
        attributes.insert("customer".into(), address.expose().into());
    }
    CarrierEvent::System(Box::new(Notice {
        carrier: super::NAME.to_string(),
        tenant_key: change.tenant_key.clone(),
        external_id: Some(id),
        attributes,
        ..Notice::default()
    }))
}

/// The ids beside the address: with the phone number the user ids change, too.
fn read_ids(attributes: &mut Map<String, Value>, message: &Value) {
    let object = &message["system"];
    let hash = [&object["identity"]["hash"], &object["identity"], &message["identity"]["hash"]];
    let hash = hash.into_iter().find_map(json::text);
    for (name, fact) in [
        ("user_id", json::text(&object["user_id"])),
        ("parent_user_id", json::text(&object["parent_user_id"])),
        ("identity_key_hash", hash),
    ] {
        if let Some(fact) = fact {
            attributes.insert(name.into(), fact.into());
        }
    }
}
