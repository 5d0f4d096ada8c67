//! Handing mail to SendGrid, and reading its answers. Both pure.

use omni_core::address::Address;
use omni_core::carrier::{Accepted, Health, OutboundMessage};
use omni_core::event::Channel;
use omni_core::failure::SendError;
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::{Settings, body, errors, mail, recipients};
use crate::shared::answer;
use crate::shared::loose::{self, Object};

/// All of a mail, attachments in base64.
const MAX_MAIL: usize = 30_000_000;

/// The request for a mail to one person.
pub(super) fn request(settings: &Settings, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    if message.channel != Channel::Email {
        return Err(SendError::Unsupported("SendGrid carries e-mail only"));
    }
    let mut body = json!({
        "personalizations": [recipients::personalization(message)?],
        "from": sender(settings, message),
        "headers": headers(message),
        "tracking_settings": {
            "click_tracking": { "enable": false, "enable_text": false },
            "open_tracking": { "enable": false },
        },
    });
    if let Some(address) = reply_to(settings, message) {
        body["reply_to"] = json!({ "email": address });
    }
    let is_reply = message.reply_to.is_some() && !settings.subject.starts_with("Re:");
    body["subject"] =
        json!(if is_reply { format!("Re: {}", settings.subject) } else { settings.subject.clone() });
    body::add(&mut body, &message.content)?;
    let request = HttpRequest::new("POST", settings.url("mail/send"))
        .header("authorization", settings.authorization())
        .json(&body);
    if request.body.len() > MAX_MAIL {
        return Err(SendError::Unsupported("a mail has at most 30 MB"));
    }
    Ok(request)
}

pub(super) fn email(address: &Address) -> &str {
    let text = address.expose();
    text.strip_prefix("email:").unwrap_or(text)
}

fn sender(settings: &Settings, message: &OutboundMessage) -> Value {
    let mut from = json!({ "email": email(&message.from) });
    if let Some(name) = &settings.from_name {
        from["name"] = json!(name);
    }
    from
}

/// Our own id as `Message-ID`: a mail that is sent twice after all is shown once by most
/// mail programs, and answers name it.
fn headers(message: &OutboundMessage) -> Value {
    let domain = email(&message.from).rsplit('@').next().unwrap_or_default();
    let mut headers = json!({ "Message-ID": format!("<{}@{domain}>", message.client_ref) });
    if message.automatic {
        // RFC 3834: an out-of-office note does not answer it.
        headers["Auto-Submitted"] = json!("auto-replied");
    }
    if let Some(parent) = message.reply_to.as_deref().filter(|id| is_message_id(id)) {
        headers["In-Reply-To"] = json!(format!("<{parent}>"));
        headers["References"] = json!(format!("<{parent}>"));
    }
    headers
}

/// Nothing that a stranger wrote gets into a header unless it is one plain id.
fn is_message_id(id: &str) -> bool {
    id.len() <= 250 && id.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>'))
}

/// The configured address, with the conversation's token behind a plus.
fn reply_to(settings: &Settings, message: &OutboundMessage) -> Option<String> {
    let address = settings.reply_to.as_deref()?;
    let is_token = |token: &&str| {
        (1..=64).contains(&token.len())
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let token = message.conversation_ref.as_deref().filter(is_token);
    match (token, address.rsplit_once('@')) {
        (Some(token), Some((local, domain))) => Some(format!("{local}+{token}@{domain}")),
        _ => Some(address.to_owned()),
    }
}

/// What the answer means: 202 is taken, with the id in a header; 200 is the sandbox.
pub(super) fn outcome(response: &HttpResponse) -> Result<Accepted, SendError> {
    if response.is_success() {
        let id = response.header("x-message-id").unwrap_or_default();
        return Ok(Accepted::with_id(id.trim()));
    }
    let body: Object = serde_json::from_slice(&response.body).unwrap_or_default();
    let first = body.get("errors").and_then(Value::as_array).and_then(|errors| errors.first()?.as_object());
    // An answer of a proxy in between says nothing about what lies behind it.
    if first.is_none() && response.status == 502 {
        return Err(SendError::Ambiguous("answer 502 without SendGrid's errors".into()));
    }
    let said = |key: &str| first.and_then(|error| loose::word(error, key)).unwrap_or_default();
    let (reason, field) = (said("message"), said("field"));
    let class = errors::class_of_answer(response.status, &reason, &field);
    let error = answer::refused(response, class, &field, &reason);
    Err(with_reset(error, response))
}

/// A throttled answer names the second at which to come back, not how long to wait.
fn with_reset(error: SendError, response: &HttpResponse) -> SendError {
    let SendError::Rejected { class, code, reason, retry_after: None } = error else { return error };
    let reset = response.header("x-ratelimit-reset").and_then(|at| at.trim().parse().ok());
    let now = response.header("date").and_then(mail::parse_date);
    let retry_after = match (reset, now) {
        (Some(reset), Some(now)) if response.status == 429 => {
            Some(omni_core::time::Timestamp::from_secs(reset).since(now))
        }
        _ => None,
    };
    SendError::Rejected { class, code, reason, retry_after }
}

/// The rights of the API key; sending is the one that matters.
pub(super) fn health(response: &HttpResponse) -> Health {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let scopes = body["scopes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (ok, detail) = match response.status {
        200 if scopes.iter().any(|scope| scope == "mail.send") => (true, "the API key may send mail".into()),
        200 => (false, "the API key lacks the right mail.send".into()),
        401 | 403 => (false, "SendGrid refuses the API key: check api_key".into()),
        status => (false, format!("SendGrid answered {status}")),
    };
    Health { ok, detail }
}
