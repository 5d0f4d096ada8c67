//! The Event Webhook: delivery, opens and consent.

use omni_core::carrier::Parsed;
use omni_core::consent::Keyword;
use omni_core::event::{CarrierEvent, ConsentChange, ReportedState, StatusUpdate};
use omni_core::failure::ErrorClass;
use omni_core::time::Timestamp;
use omni_core::webhook::Malformed;
use serde_json::{Value, json};

use super::{NAME, errors, mailbox, recipients};
use crate::shared::loose::{self, Object};
use crate::shared::{json, words};

/// Reads a batch, or a single event. Members that cannot be read are set aside one by one.
pub(super) fn parse(body: &[u8]) -> Result<Parsed, Malformed> {
    let members = match json::parse(body)? {
        Value::Array(members) => members,
        Value::Object(member) => vec![Value::Object(member)],
        _ => return Err(Malformed("neither_array_nor_object")),
    };
    let mut parsed = Parsed::default();
    for member in &members {
        match read(member) {
            Ok(event) => parsed.events.extend(event),
            Err(reason) => parsed.quarantined.push(reason),
        }
    }
    Ok(parsed)
}

fn read(member: &Value) -> Result<Option<CarrierEvent>, &'static str> {
    let event = member.as_object().ok_or("event_not_object")?;
    let name = event.get("event").and_then(Value::as_str).ok_or("event_without_name")?;
    let consent = match name {
        "spamreport" => Some("complaint"),
        "unsubscribe" | "group_unsubscribe" => Some("stop"),
        "group_resubscribe" => Some("start"),
        _ => None,
    };
    if let Some(value) = consent {
        return Ok(Some(CarrierEvent::Consent(Box::new(consent_change(event, value)?))));
    }
    let known = ["processed", "deferred", "delivered", "bounce", "blocked", "dropped", "open", "click"];
    if !known.contains(&name) {
        return Ok(None);
    }
    Ok(Some(CarrierEvent::Status(Box::new(status(event, name)?))))
}

fn time(event: &Object) -> Option<Timestamp> {
    let secs = loose::text(event, "timestamp")?.parse().ok()?;
    (0..=253_402_300_799).contains(&secs).then(|| Timestamp::from_secs(secs))
}

fn consent_change(event: &Object, value: &str) -> Result<ConsentChange, &'static str> {
    let address = loose::word(event, "email").and_then(|email| mailbox::address(&email));
    let mut change = ConsentChange {
        carrier: NAME.0.into(),
        address: Some(address.ok_or("event_without_address")?),
        value: value.into(),
        sent_at: time(event),
        event_id: loose::word(event, "sg_event_id"),
        ..ConsentChange::default()
    };
    // Without a group it is about everything.
    if let Some(group) = event.get("asm_group_id").filter(|group| group.is_number() || group.is_string()) {
        change.category = loose::scalar(group);
        change.attributes.insert("group".into(), group.clone());
    }
    Ok(change)
}

/// Facts common to all states.
fn status(event: &Object, name: &str) -> Result<StatusUpdate, &'static str> {
    // The send's answer held the part before the first dot.
    let id = loose::word(event, "sg_message_id").unwrap_or_default();
    let id = id.split('.').next().unwrap_or_default().to_owned();
    let client_ref = loose::word(event, "omni_msg_id").or_else(|| loose::word(event, "message_uuid"));
    if id.is_empty() && client_ref.is_none() {
        return Err("event_without_message");
    }
    let email = loose::word(event, "email").and_then(|email| mailbox::address(&email));
    let mut update = StatusUpdate {
        carrier: NAME.0.into(),
        external_id: id,
        client_ref,
        occurred_at: time(event),
        to_address: email,
        ..StatusUpdate::default()
    };
    if let Some(event_id) = loose::word(event, "sg_event_id") {
        update.attributes.insert("event_id".into(), json!(event_id));
    }
    add_state(&mut update, event, name);
    if is_of_copy(event, &update) {
        say_of_copy(&mut update, name);
    }
    Ok(update)
}

/// Whether it happened to a copy of the mail, and not to the mail itself.
fn is_of_copy(event: &Object, update: &StatusUpdate) -> bool {
    let to = loose::word(event, "omni_to");
    to.zip(update.to_address.as_ref())
        .is_some_and(|(to, address)| to != recipients::fingerprint(address.expose()))
}

/// A copy's fate is noted, but says nothing about the person whom the mail is for.
fn say_of_copy(update: &mut StatusUpdate, name: &str) {
    update.state = ReportedState::Unknown;
    update.detail = Some(format!("a copy: {name}"));
    update.attributes.insert("of_copy".into(), json!(true));
    (update.error_class, update.error_code, update.retryable) = (None, None, None);
    (update.consent, update.address) = (None, None);
}

fn add_state(update: &mut StatusUpdate, event: &Object, name: &str) {
    match name {
        "processed" => {
            update.state = ReportedState::Sent;
            update.detail = Some("processed".into());
        }
        "deferred" => {
            update.state = ReportedState::Deferred;
            update.detail = said(event, "response");
            update.attributes.insert("retry_by_carrier".into(), json!(true));
        }
        "delivered" => update.state = ReportedState::Delivered,
        "open" => {
            update.state = ReportedState::Opened;
            update.attributes.insert("machine".into(), json!(loose::flag(event, "sg_machine_open")));
        }
        "click" => update.state = ReportedState::Clicked,
        "dropped" => {
            let reason = loose::word(event, "reason").unwrap_or_default();
            fail(update, event, errors::class_of_drop(&reason));
        }
        _ => {
            let blocked = name == "blocked" || loose::word(event, "type").as_deref() == Some("blocked");
            fail(update, event, if blocked { ErrorClass::Blocked } else { ErrorClass::InvalidRecipient });
            if blocked {
                // The address is not suppressed: the receiving server may relent.
                update.attributes.insert("retry_after".into(), json!("hours"));
            }
        }
    }
}

fn fail(update: &mut StatusUpdate, event: &Object, class: ErrorClass) {
    update.state = ReportedState::Failed;
    update.error_class = Some(class);
    update.retryable = Some(class.is_retryable());
    update.error_code = loose::word(event, "status").map(|code| words::masked(&code));
    update.detail = said(event, "reason");
    if let Some(kind) = loose::word(event, "bounce_classification") {
        update.attributes.insert("bounce_classification".into(), json!(kind));
    }
    if class == ErrorClass::OptedOut {
        update.consent = Some(Keyword::Stop);
        update.address = update.to_address.clone();
    }
}

/// The receiving server's words, without addresses.
fn said(event: &Object, key: &str) -> Option<String> {
    loose::word(event, key).map(|text| words::masked(&text)).filter(|text| !text.is_empty())
}
