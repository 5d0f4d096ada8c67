//! What people write to the platform, and what it does by itself.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Channel, resource};
use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::messagebird::callbacks::Draft;
use crate::messagebird::fixtures::{person, wrong};
use crate::messagebird::{Generation, MessageBird, SMS_NUMBER, WHATSAPP_NUMBER, api_name};
use crate::record::{Direction, Record};
use crate::samples::{self, Sample};

/// Builds the callback of a fixture.
pub(in crate::messagebird) fn play(
    twin: &MessageBird,
    event: &'static str,
    params: &Params,
) -> Result<Callback, TriggerError> {
    match event {
        "platform_suppression" => suppression(twin, event, params, "sms_suppression.created"),
        "platform_suppression_lifted" => suppression(twin, event, params, "sms_suppression.deleted"),
        "platform_reaction" => reaction(twin, event, params),
        _ if event.starts_with("platform_whatsapp") => whatsapp(twin, event, params),
        _ => sms(twin, event, params),
    }
}

fn sms(twin: &MessageBird, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let person = person(params)?;
    let words = params.text("text");
    let record = received(twin, Channel::Sms, &person, json!({ "text": words }));
    let data = resource::data(twin, &record);
    let forged = event == "platform_bad_signature";
    match words.trim().to_ascii_uppercase().as_str() {
        _ if forged => {}
        "STOP" => twin.suppress(&person, SMS_NUMBER, true),
        "START" | "UNSTOP" => twin.suppress(&person, SMS_NUMBER, false),
        _ => {}
    }
    Ok(about(twin, event, "sms.received", record, &data, forged))
}

fn whatsapp(twin: &MessageBird, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let person = match params.given("user_id") {
        Some(id) if crate::messagebird::api::whatsapp_recipient(id).as_deref() == Some(id) => id.to_owned(),
        Some(_) => return Err(wrong("user_id", "a user id like GB.7Qk20Xd3aLm")),
        None => person(params)?,
    };
    twin.heard_from(&person);
    let content = content(twin, event, params);
    let record = received(twin, Channel::Whatsapp, &person, content.clone());
    let mut data = resource::data(twin, &record);
    if let Some(content) = content.as_object() {
        for (name, value) in content {
            data[name] = value.clone();
        }
    }
    Ok(about(twin, event, "whatsapp.received", record, &data, false))
}

/// The one member that holds the content.
fn content(twin: &MessageBird, event: &str, params: &Params) -> Value {
    let file = |kind: &str, sample: Sample| {
        let essence = sample.mime.split(';').next().unwrap_or_default();
        let mut file = json!({ "url": twin.attach(sample), "mime_type": essence });
        if let Some(caption) = params.given("text") {
            file["caption"] = caption.into();
        }
        if kind == "document" {
            file["filename"] = sample.filename.into();
        }
        json!({ kind: file })
    };
    match event {
        "platform_whatsapp_image" => file("image", samples::PHOTO),
        "platform_whatsapp_document" => file("document", samples::VOUCHER),
        "platform_whatsapp_button" => {
            let button = json!({ "slug": params.text("id"), "text": params.text("text") });
            json!({ "interactive_reply": { "type": "button", "button": button } })
        }
        "platform_whatsapp_unsupported" => json!({ "unsupported": { "type": "hologram" } }),
        _ => json!({ "text": { "body": params.text("text") } }),
    }
}

/// A reaction to the last message that went out over WhatsApp, or to one that nobody knows.
fn reaction(twin: &MessageBird, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let person = person(params)?;
    let is_ours = |record: &Record| {
        record.api == api_name::PLATFORM
            && record.direction == Direction::Outbound
            && Channel::of(record) == Channel::Whatsapp
    };
    let last = || twin.desk.log.newest(is_ours).map(|record| record.id.clone());
    let target = params.given("message").map(str::to_owned).or_else(last);
    let target = target.unwrap_or_else(|| resource::new_id(twin, "wam_"));
    let mut record = Record::new(target, Direction::Inbound, "received", twin.desk.now());
    (record.from, record.to) = (person, WHATSAPP_NUMBER.to_owned());
    let mut data = resource::data(twin, &record);
    data["emoji"] = params.text("emoji").into();
    let body = resource::envelope("whatsapp.reacted", record.at, &data);
    // An event of its own, so that two reactions to one message differ.
    let id = resource::new_id(twin, "rea_");
    Ok(twin.signed(Generation::Platform, Draft::json(event, id, None, &body)))
}

fn suppression(
    twin: &MessageBird,
    event: &'static str,
    params: &Params,
    kind: &str,
) -> Result<Callback, TriggerError> {
    let person = person(params)?;
    let lifted = kind.ends_with("deleted");
    twin.suppress(&person, SMS_NUMBER, !lifted);
    let id = resource::new_id(twin, "ssu_");
    let data = json!({
        "suppression_id": id,
        "destination": person,
        "originator": SMS_NUMBER,
        "reason": if lifted { "keyword_start" } else { "keyword_stop" },
        "workspace_id": twin.account.platform_workspace,
    });
    let body = resource::envelope(kind, twin.desk.now(), &data);
    Ok(twin.signed(Generation::Platform, Draft::json(event, id, None, &body)))
}

fn received(twin: &MessageBird, channel: Channel, person: &str, content: Value) -> Record {
    let id = resource::new_id(twin, channel.id_prefix());
    let number = if channel == Channel::Sms { SMS_NUMBER } else { WHATSAPP_NUMBER };
    let mut record = Record::new(id, Direction::Inbound, "received", twin.desk.now());
    record.api = api_name::PLATFORM;
    (record.from, record.to, record.content) = (person.to_owned(), number.to_owned(), content);
    record
}

fn about(
    twin: &MessageBird,
    event: &'static str,
    kind: &str,
    record: Record,
    data: &Value,
    forged: bool,
) -> Callback {
    let body = resource::envelope(kind, record.at, data);
    let draft = Draft::json(event, record.id.clone(), None, &body).forged(forged);
    if !forged {
        twin.desk.log.push(&Arc::new(record));
    }
    twin.signed(Generation::Platform, draft)
}
