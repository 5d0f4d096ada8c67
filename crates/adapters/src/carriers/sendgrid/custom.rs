//! A mail in SendGrid's own shape, merged into ours.
//!
//! Whatever the object says, the mail goes to our recipient, from our sender, with our
//! reference and under our `Message-ID`: without them its events would find no message. The
//! rest is SendGrid's to judge.

use omni_core::content::Custom;
use omni_core::failure::SendError;
use serde_json::{Map, Value, json};

use super::{NAME, body};

/// Headers that SendGrid writes itself and refuses (Mail Send v3, `headers`), and the one that
/// names recipients where mail comes in by SMTP.
const RESERVED_HEADERS: [&str; 13] = [
    "x-smtpapi",
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
];
/// Headers that hold the thread together.
const OUR_HEADERS: [&str; 3] = ["message-id", "in-reply-to", "references"];
/// What may be said for the one recipient; who that is may not.
const OF_RECIPIENT: [&str; 6] =
    ["subject", "headers", "substitutions", "dynamic_template_data", "custom_args", "send_at"];
/// Members of events, which custom arguments of the same name would hide (Event Webhook); beside
/// them all that begin with `sg_`.
const OF_EVENTS: [&str; 18] = [
    "email",
    "timestamp",
    "event",
    "smtp-id",
    "category",
    "asm_group_id",
    "type",
    "reason",
    "status",
    "response",
    "attempt",
    "url",
    "url_offset",
    "useragent",
    "ip",
    "tls",
    "pool",
    "bounce_classification",
];
/// All custom arguments of a mail as JSON.
const MOST_CUSTOM_ARGS: usize = 10_000;

type Object = Map<String, Value>;

/// Merges the object into a mail that has recipient, sender, headers and a subject.
pub(super) fn merge(mail: &mut Value, custom: &Custom) -> Result<(), SendError> {
    if custom.carrier != NAME.0 {
        return Err(SendError::Unsupported("content in another carrier's shape"));
    }
    spelled(&custom.object)?;
    for (name, value) in &custom.object {
        match name.as_str() {
            "from" | "personalizations" => {}
            "headers" => add_headers(&mut mail["headers"], value)?,
            "custom_args" => add_arguments(&mut mail["personalizations"][0]["custom_args"], value)?,
            "mail_settings" => mail["mail_settings"] = without_copies(value)?.clone(),
            "tracking_settings" => add_members(&mut mail["tracking_settings"], value)?,
            // Not of the mail but of the recipient, where there is only one.
            "dynamic_template_data" | "substitutions" => {
                mail["personalizations"][0][name.as_str()] = value.clone();
            }
            _ => mail[name.as_str()] = value.clone(),
        }
    }
    for (name, value) in of_recipient(&custom.object)? {
        let part = &mut mail["personalizations"][0];
        match name.as_str() {
            "headers" => {
                part["headers"] = json!({});
                add_headers(&mut part["headers"], value)?;
            }
            "custom_args" => add_arguments(&mut part["custom_args"], value)?,
            _ => part[name.as_str()] = value.clone(),
        }
    }
    finish(mail, &custom.object)
}

/// What is said for the recipient; a second one would be somebody else.
fn of_recipient(object: &Object) -> Result<Vec<(&String, &Value)>, SendError> {
    let parts = match object.get("personalizations") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(parts) => parts.as_array().map(Vec::as_slice).unwrap_or_default(),
    };
    let [Value::Object(part)] = parts else {
        return Err(SendError::Unsupported("a message has one recipient, so one personalization"));
    };
    Ok(part.iter().filter(|(name, _)| OF_RECIPIENT.contains(&name.as_str())).collect())
}

fn members(value: &Value) -> Result<&Object, SendError> {
    value.as_object().ok_or(SendError::Unsupported("headers, arguments and settings are objects"))
}

fn add_members(target: &mut Value, value: &Value) -> Result<(), SendError> {
    for (name, value) in members(value)? {
        target[name.as_str()] = value.clone();
    }
    Ok(())
}

/// SendGrid's members are in lower case; nobody promises that it does not take `From` for one.
fn spelled(object: &Object) -> Result<(), SendError> {
    if object.keys().any(|name| name.contains(char::is_uppercase)) {
        return Err(SendError::Unsupported("members of a mail are written in lower case"));
    }
    Ok(())
}

/// Mail settings may send the mail elsewhere, too: that is for `bcc` of a mail to say.
fn without_copies(value: &Value) -> Result<&Value, SendError> {
    let settings = members(value)?;
    spelled(settings)?;
    let check = settings.get("spam_check").and_then(Value::as_object);
    check.map_or(Ok(()), spelled)?;
    let posts = check.is_some_and(|check| check.contains_key("post_to_url"));
    if posts || settings.contains_key("bcc") {
        return Err(SendError::Unsupported("mail settings may not send the mail elsewhere"));
    }
    Ok(value)
}

fn add_headers(target: &mut Value, value: &Value) -> Result<(), SendError> {
    let is_in = |list: &[&str], name: &str| list.iter().any(|known| name.eq_ignore_ascii_case(known));
    for (name, value) in members(value)? {
        if is_in(&OUR_HEADERS, name) {
            continue;
        }
        if is_in(&RESERVED_HEADERS, name) {
            return Err(SendError::Unsupported("SendGrid writes this header itself"));
        }
        let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        let line = value.as_str().filter(|line| !line.contains(|c: char| c.is_control()));
        match line.filter(|_| named) {
            Some(line) => target[name.as_str()] = json!(line),
            None => return Err(SendError::Unsupported("a header is a name and one line of text")),
        }
    }
    Ok(())
}

fn add_arguments(target: &mut Value, value: &Value) -> Result<(), SendError> {
    for (name, value) in members(value)? {
        if name.starts_with("omni_") {
            continue;
        }
        if name.starts_with("sg_") || OF_EVENTS.contains(&name.as_str()) {
            return Err(SendError::Unsupported("a custom argument is called like a member of events"));
        }
        let text = value.as_str().ok_or(SendError::Unsupported("custom arguments are texts"))?;
        target[name.as_str()] = json!(text);
    }
    if target.to_string().len() > MOST_CUSTOM_ARGS {
        return Err(SendError::Unsupported("custom arguments have at most 10,000 bytes"));
    }
    Ok(())
}

/// What goes together, and what does not.
fn finish(mail: &mut Value, object: &Object) -> Result<(), SendError> {
    let is_template = object.get("template_id").is_some_and(Value::is_string);
    if !is_template && !object.contains_key("content") {
        return Err(SendError::Unsupported("a mail needs content or template_id"));
    }
    if is_template && !object.contains_key("subject") {
        body::remove_subject(mail);
    }
    if object.contains_key("reply_to_list")
        && !object.contains_key("reply_to")
        && let Some(members) = mail.as_object_mut()
    {
        members.remove("reply_to");
    }
    Ok(())
}
