//! What a send request must look like: SendGrid's rules for the members of a mail.

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::errors::ApiError;
use super::fates::Tracking;
use super::{SENDING_DOMAIN, files, options};

const MOST_PERSONALIZATIONS: usize = 1_000;
const MOST_RECIPIENTS: usize = 1_000;
const MOST_CUSTOM_ARGS: usize = 10_000;
const FURTHEST: Duration = Duration::from_secs(72 * 3_600);
/// Headers that SendGrid writes itself.
const RESERVED: [&str; 13] = [
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
    "reply_to",
];

pub(super) type Object = Map<String, Value>;
pub(super) type Checked = Result<(), ApiError>;

/// One recipient with all that is meant for them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Letter {
    pub(super) to: String,
    /// The mail without its addresses, and without the bytes of attachments.
    pub(super) content: Value,
    /// Flattened into every event.
    pub(super) custom_args: Object,
    pub(super) due_in: Duration,
}

/// A valid request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Submission {
    pub(super) from: String,
    pub(super) letters: Vec<Letter>,
    pub(super) batch_id: Option<String>,
    pub(super) asm_group: Option<u64>,
    pub(super) tracking: Tracking,
    /// Checked, and then not sent.
    pub(super) sandbox: bool,
    /// Sent to who is on a suppression list, too.
    pub(super) bypass: bool,
}

pub(super) fn wrong(field: impl Into<String>, message: &'static str) -> ApiError {
    ApiError::invalid(field, message)
}

/// A list member that may be absent.
pub(super) fn list<'a>(of: &'a Object, name: &str, field: &str) -> Result<&'a [Value], ApiError> {
    match of.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(wrong(field, "should be an array")),
    }
}

pub(super) fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str)
}

/// A switch such as `mail_settings.sandbox_mode.enable`.
fn switch(of: &Object, path: [&str; 2]) -> Option<bool> {
    of.get(path[0])?.get(path[1])?.get("enable")?.as_bool()
}

impl Submission {
    pub(super) fn read(body: &Object, now: Timestamp) -> Result<Self, ApiError> {
        let personalizations = list(body, "personalizations", "personalizations")?;
        if !(1..=MOST_PERSONALIZATIONS).contains(&personalizations.len()) {
            return Err(wrong(
                "personalizations",
                "The personalizations field is required: 1 to 1000 of them",
            ));
        }
        let from = sender(body.get("from"))?;
        check_reply(body)?;
        check_subject(body, personalizations)?;
        check_content(body)?;
        files::check(body)?;
        check_headers(body.get("headers"), "headers")?;
        options::check(body)?;
        let asm_group = options::asm_group(body)?;
        let letters = letters(body, personalizations, now)?;
        if letters.len() > MOST_RECIPIENTS {
            return Err(wrong("personalizations", "There may be at most 1000 recipients in all"));
        }
        let host = from.rsplit('@').next().unwrap_or_default();
        if !host.eq_ignore_ascii_case(SENDING_DOMAIN) {
            return Err(ApiError::not_verified());
        }
        let on = |path| switch(body, path) == Some(true);
        let not_off = |path| switch(body, path) != Some(false);
        Ok(Self {
            from,
            letters,
            batch_id: body.get("batch_id").and_then(Value::as_str).map(str::to_owned),
            asm_group,
            tracking: Tracking {
                opens: not_off(["tracking_settings", "open_tracking"]),
                clicks: not_off(["tracking_settings", "click_tracking"]),
            },
            sandbox: on(["mail_settings", "sandbox_mode"]),
            bypass: on(["mail_settings", "bypass_list_management"]),
        })
    }
}

fn sender(from: Option<&Value>) -> Result<String, ApiError> {
    let email = from.and_then(|from| text(from, "email"));
    let email =
        email.ok_or_else(|| wrong("from.email", "The from object must be provided, with an email"))?;
    if is_email(email) {
        Ok(email.to_owned())
    } else {
        Err(wrong("from.email", "Does not contain a valid address."))
    }
}

fn check_reply(body: &Object) -> Checked {
    let listed = list(body, "reply_to_list", "reply_to_list")?;
    if !listed.is_empty() && body.contains_key("reply_to") {
        return Err(wrong("reply_to", "Either reply_to or reply_to_list may be used"));
    }
    let all = body.get("reply_to").into_iter().chain(listed);
    for address in all {
        if !text(address, "email").is_some_and(is_email) {
            return Err(wrong("reply_to.email", "Does not contain a valid address."));
        }
    }
    Ok(())
}

/// A dynamic template brings a subject and contents of its own.
fn is_template(body: &Object) -> bool {
    body.get("template_id").and_then(Value::as_str).is_some_and(|id| id.starts_with("d-"))
}

fn check_subject(body: &Object, personalizations: &[Value]) -> Checked {
    let filled = |of: Option<&Value>| of.and_then(Value::as_str).is_some_and(|subject| !subject.is_empty());
    let everywhere = personalizations.iter().all(|part| filled(part.get("subject")));
    if filled(body.get("subject")) || everywhere || is_template(body) {
        return Ok(());
    }
    Err(wrong("subject", "The subject is required."))
}

fn check_content(body: &Object) -> Checked {
    let parts = list(body, "content", "content")?;
    if let Some(id) = body.get("template_id") {
        let is_id = |id: &str| id.strip_prefix("d-").is_some_and(|id| id.len() == 32);
        if !id.as_str().is_some_and(is_id) {
            return Err(wrong("template_id", "The template_id must be a valid GUID"));
        }
    } else if parts.is_empty() {
        return Err(wrong("content", "The content is required: at least one part"));
    }
    let mut furthest = 0;
    for (place, part) in parts.iter().enumerate() {
        let field = |name: &str| format!("content.{place}.{name}");
        let kind = text(part, "type").filter(|kind| kind.contains('/') && !kind.contains([';', '\r', '\n']));
        let kind = kind.ok_or_else(|| wrong(field("type"), "The content type is required"))?;
        if text(part, "value").is_none_or(str::is_empty) {
            return Err(wrong(
                field("value"),
                "The content value must be a string of at least one character",
            ));
        }
        let rank = match kind {
            "text/plain" => 0,
            "text/html" => 1,
            _ => 2,
        };
        if rank < furthest {
            return Err(wrong("content", "text/plain comes first, then text/html, then anything else"));
        }
        furthest = rank;
    }
    Ok(())
}

fn check_headers(headers: Option<&Value>, field: &str) -> Checked {
    let Some(headers) = headers.filter(|headers| !headers.is_null()) else { return Ok(()) };
    let headers = headers.as_object().ok_or_else(|| wrong(field, "should be an object"))?;
    for (name, value) in headers {
        if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            return Err(wrong(format!("{field}.{name}"), "This header is reserved"));
        }
        let fits = value.as_str().is_some_and(|value| !value.contains(['\r', '\n']));
        if !fits || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
            return Err(wrong(format!("{field}.{name}"), "The header is not valid"));
        }
    }
    Ok(())
}

fn letters(body: &Object, personalizations: &[Value], now: Timestamp) -> Result<Vec<Letter>, ApiError> {
    let common = common(body);
    let mut letters = Vec::new();
    for (place, part) in personalizations.iter().enumerate() {
        let field = |name: &str| format!("personalizations.{place}.{name}");
        let part = part.as_object().ok_or_else(|| wrong(field(""), "should be an object"))?;
        let custom_args = custom_args(body, part, &field("custom_args"))?;
        check_values(body, part, &field("dynamic_template_data"))?;
        check_headers(part.get("headers"), &field("headers"))?;
        let due_in = due_in(part.get("send_at").or(body.get("send_at")), now)?;
        let mut content = common.clone();
        for name in ["subject", "headers", "dynamic_template_data", "substitutions"] {
            if let Some(value) = part.get(name) {
                content[name] = value.clone();
            }
        }
        if !custom_args.is_empty() {
            content["custom_args"] = custom_args.clone().into();
        }
        for to in recipients(part, place)? {
            letters.push(Letter { to, content: content.clone(), custom_args: custom_args.clone(), due_in });
        }
    }
    Ok(letters)
}

/// What everybody gets, as records keep it.
fn common(body: &Object) -> Value {
    let mut common = json!({});
    for name in ["subject", "content", "headers", "categories", "template_id", "asm", "batch_id"] {
        if let Some(value) = body.get(name) {
            common[name] = value.clone();
        }
    }
    if let Some(files) = body.get("attachments").and_then(Value::as_array) {
        common["attachments"] = files.iter().map(without_bytes).collect();
    }
    common
}

/// An attachment with its size in the place of its bytes.
fn without_bytes(file: &Value) -> Value {
    let bytes = text(file, "content").and_then(|content| STANDARD.decode(content).ok());
    let mut file = file.clone();
    if let Some(file) = file.as_object_mut() {
        file.remove("content");
        file.insert("bytes".into(), bytes.map_or(0, |bytes| bytes.len()).into());
    }
    file
}

fn custom_args(body: &Object, part: &Object, field: &str) -> Result<Object, ApiError> {
    let mut args = Object::new();
    for given in [body, part].into_iter().filter_map(|of| of.get("custom_args")) {
        let given = given.as_object().filter(|given| given.values().all(Value::is_string));
        args.extend(given.ok_or_else(|| wrong(field, "Custom arguments must be strings"))?.clone());
    }
    let bytes = serde_json::to_vec(&args).map_or(usize::MAX, |bytes| bytes.len());
    if bytes > MOST_CUSTOM_ARGS {
        return Err(wrong(field, "Custom arguments must be 10000 bytes or less"));
    }
    Ok(args)
}

/// The values of a dynamic template, which takes no substitutions beside them.
fn check_values(body: &Object, part: &Object, field: &str) -> Checked {
    if part.get("dynamic_template_data").is_some_and(|values| !values.is_object()) {
        return Err(wrong(field, "The dynamic template data must be an object"));
    }
    if is_template(body) && part.contains_key("substitutions") {
        return Err(wrong(field, "Substitutions may not be used with dynamic templating"));
    }
    Ok(())
}

fn recipients(part: &Object, place: usize) -> Result<Vec<String>, ApiError> {
    let mut seen = HashSet::new();
    let mut recipients = Vec::new();
    for name in ["to", "cc", "bcc"] {
        let field = format!("personalizations.{place}.{name}");
        let listed = list(part, name, &field)?;
        if name == "to" && listed.is_empty() {
            return Err(wrong(field, "The to array is required, with at least one object that has an email"));
        }
        for (number, recipient) in listed.iter().enumerate() {
            let email = text(recipient, "email").filter(|email| is_email(email));
            let Some(email) = email else {
                return Err(wrong(format!("{field}.{number}.email"), "Does not contain a valid address."));
            };
            if !seen.insert(email.to_ascii_lowercase()) {
                return Err(wrong(
                    format!("personalizations.{place}"),
                    "Each address may be only once among to, cc and bcc",
                ));
            }
            recipients.push(email.to_owned());
        }
    }
    Ok(recipients)
}

fn due_in(send_at: Option<&Value>, now: Timestamp) -> Result<Duration, ApiError> {
    let Some(send_at) = send_at.filter(|at| !at.is_null()) else { return Ok(Duration::ZERO) };
    let at = send_at.as_i64().ok_or_else(|| wrong("send_at", "send_at must be a unix timestamp"))?;
    let due_in = Timestamp::from_secs(at).since(now);
    if due_in > FURTHEST {
        return Err(wrong("send_at", "send_at may be at most 72 hours in the future"));
    }
    Ok(due_in)
}

/// As far as SendGrid looks.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    let labels = host.split('.').all(|label| !label.is_empty());
    (1..=64).contains(&local.len())
        && host.len() <= 255
        && plain(local)
        && plain(host)
        && labels
        && host.contains('.')
        && !text.contains(['<', '>', ',', '"'])
        && !local.contains('@')
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
