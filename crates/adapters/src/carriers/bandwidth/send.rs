//! Handing messages to Bandwidth, and reading its answers. Both pure.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::carrier::{Accepted, OutboundMessage};
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia};
use omni_core::event::Channel;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::Settings;
use crate::shared::answer;
use crate::shared::loose::{self, Object};

/// Longest text of one request; Bandwidth itself splits it into segments.
pub(super) const MAX_TEXT: usize = 2_048;
/// Longest text of an RCS message.
const MAX_RCS_TEXT: usize = 3_270;
/// Most media of one message: what networks deliver in one piece.
pub(super) const MAX_MEDIA: usize = 10;
/// Longest URL of a medium.
const MAX_MEDIA_URL: usize = 4_096;
/// Longest URL of a file in an RCS message, and of a link behind a suggestion.
const MAX_FILE_URL: usize = 1_000;
const MAX_LINK: usize = 2_048;
/// Most suggestions under an RCS message, and the longest title of one.
pub(super) const MAX_SUGGESTIONS: usize = 11;
const MAX_SUGGESTION: usize = 25;
/// Longest postback of a suggestion, in base64.
const MAX_POSTBACK: usize = 2_048;
/// The queue holds a quarter of an hour of our rate: come back later than at once.
const QUEUE_FULL_WAIT: Duration = Duration::from_secs(60);

/// The request for a message: RCS goes through the multi-channel API, the rest through the
/// messages API.
pub(super) fn request(settings: &Settings, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    let application = settings
        .application_of(&message.from)
        .or_else(|| settings.applications.keys().next().map(String::as_str))
        .ok_or_else(|| {
            SendError::rejected(ErrorClass::Permission, "no_application", "no application is configured")
        })?;
    let (path, body) = match message.channel {
        Channel::Sms | Channel::Mms => ("messages", plain(message, application)?),
        Channel::Rcs => ("messages/multiChannel", rich(message, application)?),
        _ => return Err(SendError::Unsupported("Bandwidth carries SMS, MMS and RCS only")),
    };
    Ok(HttpRequest::new("POST", settings.url(path)).header("accept", "application/json").json(&body))
}

fn plain(message: &OutboundMessage, application: &str) -> Result<Value, SendError> {
    let mut body = json!({
        "applicationId": application,
        "from": message.from.expose(),
        "to": [message.to.expose()],
        "tag": message.client_ref,
    });
    match &message.content {
        OutboundContent::Text { text } => body["text"] = json!(checked(text, MAX_TEXT)?),
        OutboundContent::Media { media, text } => {
            if media.is_empty() || media.len() > MAX_MEDIA {
                return Err(SendError::Unsupported("a picture message has one to ten media"));
            }
            body["media"] = json!(media.iter().map(media_url).collect::<Result<Vec<_>, _>>()?);
            body["text"] = json!(checked(text.as_deref().unwrap_or_default(), MAX_TEXT)?);
        }
        _ => return Err(SendError::Unsupported("text messages carry words and media only")),
    }
    add_expiry(&mut body, message);
    Ok(body)
}

fn rich(message: &OutboundMessage, application: &str) -> Result<Value, SendError> {
    let content = match &message.content {
        OutboundContent::Text { text } => json!({ "text": checked(text, MAX_RCS_TEXT)? }),
        OutboundContent::Interactive(Interactive { text, header, footer, buttons, .. }) => {
            let parts = [header.as_deref(), Some(text.as_str()), footer.as_deref()];
            let words = parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
            if buttons.len() > MAX_SUGGESTIONS {
                return Err(SendError::Unsupported("at most 11 suggestions under an RCS message"));
            }
            json!({
                "text": checked(&words, MAX_RCS_TEXT)?,
                "suggestions": buttons.iter().map(suggestion).collect::<Result<Vec<_>, _>>()?,
            })
        }
        OutboundContent::Media { media, text } if media.len() == 1 && text.is_none() => {
            let url = media_url(&media[0])?;
            if url.len() > MAX_FILE_URL {
                return Err(SendError::Unsupported("a file of an RCS message has a URL of at most 1,000"));
            }
            json!({ "media": [{ "fileUrl": url }] })
        }
        OutboundContent::Media { .. } => {
            return Err(SendError::Unsupported("an RCS message is one file without words, or words"));
        }
        _ => return Err(SendError::Unsupported("RCS carries words, suggestions and media only")),
    };
    let agent = message.from.expose();
    let mut body = json!({
        "to": message.to.expose(),
        "channelList": [{
            "from": agent.strip_prefix("rcs:").unwrap_or(agent),
            "applicationId": application,
            "channel": "RBM",
            "content": content,
        }],
        "tag": message.client_ref,
    });
    add_expiry(&mut body, message);
    Ok(body)
}

fn suggestion(button: &Button) -> Result<Value, SendError> {
    let title = &button.title;
    if title.chars().count() > MAX_SUGGESTION {
        return Err(SendError::Unsupported("the title of a suggestion has at most 25 characters"));
    }
    let postback = STANDARD.encode(&button.id);
    if postback.len() > MAX_POSTBACK {
        return Err(SendError::Unsupported("the id of a suggestion has at most 1,536 bytes"));
    }
    Ok(match &button.url {
        Some(url) if url.len() > MAX_LINK => {
            return Err(SendError::Unsupported("the link of a suggestion has at most 2,048 characters"));
        }
        Some(url) => json!({
            "type": "OPEN_URL", "text": title, "postbackData": postback, "url": url, "application": "BROWSER",
        }),
        None => json!({ "type": "REPLY", "text": title, "postbackData": postback }),
    })
}

fn add_expiry(body: &mut Value, message: &OutboundMessage) {
    if let Some(at) = message.expires_at {
        body["expiration"] = json!(at);
    }
}

/// The text if it fits: a longer one is split before it comes here, never cut.
fn checked(text: &str, limit: usize) -> Result<&str, SendError> {
    if text.chars().count() <= limit { Ok(text) } else { Err(SendError::Unsupported("the text is too long")) }
}

fn media_url(media: &OutboundMedia) -> Result<&str, SendError> {
    let url = media.url.as_deref().filter(|url| url.len() <= MAX_MEDIA_URL);
    url.ok_or(SendError::Unsupported("media need a public URL of at most 4,096 characters"))
}

/// What Bandwidth's answer means: 202 is queued, not delivered.
pub(super) fn outcome(response: &HttpResponse) -> Result<Accepted, SendError> {
    let body: Object = serde_json::from_slice(&response.body).unwrap_or_default();
    if response.is_success() {
        return accepted(&body);
    }
    let code = loose::word(&body, "type").unwrap_or_default();
    let reason = loose::word(&body, "description").unwrap_or_default();
    match response.status {
        400 => Err(invalid(response, &body, &code, &reason)),
        429 => Err(answer::throttled(response, &code, &reason, QUEUE_FULL_WAIT)),
        status => Err(answer::refused(response, answer::class_of(status), &code, &reason)),
    }
}

/// The multi-channel API wraps the same facts in `data`.
fn accepted(body: &Map<String, Value>) -> Result<Accepted, SendError> {
    let facts = loose::object(body, "data").unwrap_or(body);
    let id = loose::word(facts, "id").or_else(|| loose::word(facts, "messageId"));
    let id = id.ok_or_else(answer::unreadable)?;
    Ok(Accepted { segments: loose::count(facts, "segmentCount"), ..Accepted::with_id(id) })
}

/// The blamed field says whether it is the recipient or us.
fn invalid(response: &HttpResponse, body: &Object, code: &str, reason: &str) -> SendError {
    let errors = body.get("fieldErrors").and_then(Value::as_array);
    let first = errors.and_then(|errors| errors.first()?.as_object());
    let field = first.and_then(|error| loose::word(error, "fieldName")).unwrap_or_default();
    let words = first.and_then(|error| loose::word(error, "description"));
    let class = match field.split(['[', '.']).next().unwrap_or_default() {
        "to" => ErrorClass::InvalidRecipient,
        "media" => ErrorClass::Media,
        _ => ErrorClass::BadRequest,
    };
    answer::refused(response, class, code, words.as_deref().unwrap_or(reason))
}
