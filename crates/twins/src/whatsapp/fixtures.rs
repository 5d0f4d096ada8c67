//! What people do on WhatsApp, and what Meta reports: the fixtures of this twin.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::callbacks::{Contact, Content, Message, Profile, StatusError};
use super::inbound::{content, of};
use super::{BUSINESS_ACCOUNT_ID, DISPLAY_NUMBER, PHONE_NUMBER_ID, Person, WhatsApp};
use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Direction, Receipt, Record};

/// Builds the callback of a fixture.
pub(super) fn play(twin: &WhatsApp, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    match event {
        "stop_marketing" => Ok(marketing(twin, event, params, "stop")),
        "resume_marketing" => Ok(marketing(twin, event, params, "resume")),
        "number_changed" => number_changed(twin, event, params),
        "user_id_changed" => user_id_changed(twin, event, params),
        "template_status" => Ok(template_status(twin, event, params)),
        "echo" => echo(twin, event, params),
        "status_delivered" => status(twin, params, Receipt::new("delivered")),
        "status_read" => status(twin, params, Receipt::new("read")),
        "status_played" => status(twin, params, Receipt::new("played")),
        "status_failed" => {
            let code = params.number("code", 0..=9_999_999, "an error code")?;
            status(twin, params, Receipt::failed("failed", code))
        }
        "account_error" => account_error(twin, event, params),
        "batch" => batch(twin, event, params),
        _ => message(twin, event, params),
    }
}

/// Who acts: the digits of a phone number, or a user id.
pub(super) struct Actor {
    wa_id: Option<String>,
    user_id: Option<String>,
}

impl Actor {
    fn of(params: &Params) -> Result<Self, TriggerError> {
        if let Some(user_id) = params.given("user_id") {
            if !super::content::is_user_id(user_id) {
                return Err(wrong("user_id", "a user id like US.7Qk20Xd3aLm"));
            }
            return Ok(Self { wa_id: None, user_id: Some(user_id.to_owned()) });
        }
        Ok(Self { wa_id: Some(digits("from", params.text("from"))?), user_id: None })
    }

    pub(super) fn key(&self) -> &str {
        self.wa_id.as_deref().or(self.user_id.as_deref()).unwrap_or_default()
    }
}

pub(super) fn digits(param: &'static str, number: &str) -> Result<String, TriggerError> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(digits.to_owned());
    }
    Err(wrong(param, "a phone number like +15550001001"))
}

pub(super) const fn wrong(param: &'static str, expected: &'static str) -> TriggerError {
    TriggerError::WrongValue { param, expected }
}

/// A message from a person.
fn message(twin: &WhatsApp, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let actor = Actor::of(params)?;
    let (kind, rest) = content(twin, event, params, &actor)?;
    let id = twin.message_id(actor.key());
    let value = envelope(twin, params, &actor, vec![(id.clone(), kind, rest)]);
    let callback = twin.callback(event, id.clone(), "messages", value, event == "bad_signature");
    // An edit or revocation is about the last message; it does not become it.
    if !matches!(event, "edit" | "revoke" | "bad_signature") {
        remember(twin, params, &actor, id);
    }
    Ok(callback)
}

fn remember(twin: &WhatsApp, params: &Params, actor: &Actor, last_message: String) {
    let (name, wrote_at) = (params.text("name").to_owned(), twin.desk.now());
    twin.heard_from(actor.key(), Person { name, last_message, wrote_at });
}

type Written = (String, &'static str, Map<String, Value>);

/// A webhook that brings messages of one person.
fn envelope<'a>(
    twin: &WhatsApp,
    params: &'a Params,
    actor: &'a Actor,
    messages: Vec<Written>,
) -> Content<'a> {
    let mut value = Content::new(params.text("to"));
    let username = actor.user_id.as_ref().map(|_| "@ana.writes");
    value.contacts.push(Contact {
        profile: Some(Profile { name: params.text("name"), username }),
        wa_id: actor.wa_id.as_deref(),
        user_id: actor.user_id.as_deref(),
    });
    let timestamp = twin.desk.now().as_secs().to_string();
    value.messages = messages
        .into_iter()
        .map(|(id, kind, rest)| Message {
            from: actor.wa_id.as_deref(),
            from_user_id: actor.user_id.as_deref(),
            id,
            timestamp: timestamp.clone(),
            kind,
            rest,
        })
        .collect();
    value
}

fn batch(twin: &WhatsApp, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let count = params.number("count", 1..=100, "1 to 100")?;
    let actor = Actor::of(params)?;
    let texts: Vec<Written> = (1..=count)
        .map(|number| {
            let body = format!("{} {number}", params.text("text"));
            let (kind, rest) = of("text", json!({ "text": { "body": body } }));
            (twin.message_id(actor.key()), kind, rest)
        })
        .collect();
    let last = texts.last().map(|(id, ..)| id.clone()).unwrap_or_default();
    let value = envelope(twin, params, &actor, texts);
    let callback = twin.callback(event, last.clone(), "messages", value, false);
    remember(twin, params, &actor, last);
    Ok(callback)
}

fn number_changed(twin: &WhatsApp, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let actor = Actor::of(params)?;
    let new = digits("new_number", params.text("new_number"))?;
    let (name, old) = (params.text("name"), actor.key());
    let body = format!("User {name} changed from {old} to {new}");
    let system = json!({ "body": body, "wa_id": new, "type": "user_changed_number" });
    Ok(system_message(twin, event, params, &actor, &system))
}

fn user_id_changed(twin: &WhatsApp, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let actor = Actor::of(params)?;
    let (name, new) = (params.text("name"), params.text("new_user_id"));
    if !super::content::is_user_id(new) {
        return Err(wrong("new_user_id", "a user id like US.7Qk20Xd3aLm"));
    }
    let body = format!("User {name} changed from {} to {new}", actor.key());
    let system = json!({ "body": body, "user_id": new, "type": "user_changed_user_id" });
    Ok(system_message(twin, event, params, &actor, &system))
}

fn system_message(
    twin: &WhatsApp,
    event: &'static str,
    params: &Params,
    actor: &Actor,
    system: &Value,
) -> Callback {
    let (kind, rest) = of("system", json!({ "system": system }));
    let id = twin.message_id(actor.key());
    let mut value = envelope(twin, params, actor, vec![(id.clone(), kind, rest)]);
    value.contacts.clear(); // Meta sends none with system messages
    twin.callback(event, id, "messages", value, false)
}

/// News of the business account: no number, so no metadata.
fn template_status(twin: &WhatsApp, event: &'static str, params: &Params) -> Callback {
    let value = json!({
        "event": params.text("status"),
        "message_template_id": 594_425_479_261_596_u64,
        "message_template_name": params.text("template"),
        "message_template_language": "en_US",
        "reason": params.text("reason"),
    });
    let id = BUSINESS_ACCOUNT_ID.to_owned();
    twin.callback(event, id, "message_template_status_update", value, false)
}

fn marketing(twin: &WhatsApp, event: &'static str, params: &Params, choice: &'static str) -> Callback {
    let wa_id = params.text("from").trim_start_matches('+');
    let mut value = Content::new(params.text("to"));
    let profile = Some(Profile { name: params.text("name"), username: None });
    value.contacts.push(Contact { profile, wa_id: Some(wa_id), user_id: None });
    value.user_preferences.push(json!({
        "wa_id": wa_id,
        "detail": format!("User requested to {choice} marketing messages"),
        "category": "marketing_messages",
        "value": choice,
        "timestamp": twin.desk.now().as_secs(),
    }));
    twin.callback(event, PHONE_NUMBER_ID.to_owned(), "user_preferences", value, false)
}

fn echo(twin: &WhatsApp, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let to = digits("to", params.text("to"))?;
    let id = twin.message_id(&to);
    let mut value = Content::new(PHONE_NUMBER_ID);
    value.message_echoes.push(json!({
        "from": DISPLAY_NUMBER,
        "to": to,
        "id": id,
        "timestamp": twin.desk.now().as_secs().to_string(),
        "type": "text",
        "text": { "body": params.text("text") },
    }));
    Ok(twin.callback(event, id, "smb_message_echoes", value, false))
}

/// The status of a message that was sent to the twin, or of one that nobody knows.
fn status(twin: &WhatsApp, params: &Params, receipt: Receipt) -> Result<Callback, TriggerError> {
    let known = match params.given("message") {
        Some(id) => twin.desk.log.get(id),
        None => twin.desk.log.newest(|record| record.direction == Direction::Outbound),
    };
    let now = twin.desk.now();
    if let Some(record) = known {
        record.advance(usize::MAX, receipt, now);
        return Ok(twin.status(&record, receipt, now, false));
    }
    let to = digits("from", params.text("from"))?;
    let id = params.given("message").map_or_else(|| twin.message_id(&to), str::to_owned);
    let mut record = Record::new(id, Direction::Outbound, "accepted", now - Duration::from_secs(1));
    record.to = format!("+{to}");
    Ok(twin.status(&record, receipt, now, false))
}

fn account_error(twin: &WhatsApp, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let code = params.number("code", 0..=9_999_999, "an error code")?;
    let mut value = Content::new(params.text("to"));
    value.errors.push(StatusError::new(code));
    Ok(twin.callback(event, BUSINESS_ACCOUNT_ID.to_owned(), "messages", value, false))
}
