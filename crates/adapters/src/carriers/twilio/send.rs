//! Sending: one form per message, and what the answer means.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::carrier::{Accepted, OutboundMessage, Presence};
use omni_core::content::{OutboundContent, OutboundMedia, Template};
use omni_core::event::{Channel, Location, ReportedState};
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpRequest, HttpResponse};
use omni_core::time::Timestamp;
use serde_json::Value;

use super::{Settings, address, errors, signature, status};
use crate::shared::{form, json, words};

/// Longest text, in characters (ten segments of plain letters and more).
pub(super) const MAX_TEXT: usize = 1_600;
/// Most media in an MMS.
pub(super) const MAX_MEDIA: usize = 10;

/// Twilio's longest (and usual) validity period, in seconds.
const MAX_VALIDITY: u64 = 36_000;

/// A form in the making.
type Fields = Vec<(&'static str, String)>;

/// The URL of the account; its resources lie below.
pub(super) fn account_url(settings: &Settings) -> String {
    let base = settings.base_url.trim_end_matches('/');
    format!("{base}/2010-04-01/Accounts/{}", form::segment(&settings.account_sid))
}

/// Basic credentials: the API key if there is one (it can be revoked alone), else the
/// primary auth token. `None` if there are only shared keys, which sign and cannot send.
pub(super) fn credentials(settings: &Settings) -> Option<String> {
    let (user, password) = match (&settings.api_key_sid, &settings.api_key_secret) {
        (Some(sid), Some(secret)) => (sid, secret),
        _ => (&settings.account_sid, settings.auth_tokens.first()?),
    };
    Some(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose()))))
}

/// Shows for up to 25 seconds that an answer is being written, and marks as read. It lies at
/// another host than messages do.
pub(super) fn show(settings: &Settings, presence: &Presence) -> Result<HttpRequest, SendError> {
    let base = settings.base_url.trim_end_matches('/').replacen("//api.", "//messaging.", 1);
    Ok(HttpRequest::new("POST", format!("{base}/v3/Indicators/Typing.json"))
        .header("authorization", credentials(settings).ok_or(SendError::Unsupported("credentials_missing"))?)
        .json(&serde_json::json!({ "channel": "WHATSAPP", "messageId": presence.external_id })))
}

/// What Twilio's answer to [`show`] means.
pub(super) fn shown(response: &HttpResponse) -> Result<bool, SendError> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    if response.is_success() { Ok(body["success"] == true) } else { Err(refusal(response, &body)) }
}

/// The request for one message.
pub(super) fn request(settings: &Settings, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    if settings.account_sid.is_empty() {
        return Err(SendError::Unsupported("account_sid_missing"));
    }
    let mut fields: Fields = vec![("To", address::wire(message.channel, &message.to)?)];
    fields.push(sender(settings, message)?);
    content(&mut fields, message)?;
    if let Some(seconds) = validity(message) {
        fields.push(("ValidityPeriod", seconds.to_string()));
    }
    if let Some(url) = &message.status_url {
        let url = signature::status_url(url, &message.client_ref, &settings.callback_overrides);
        fields.push(("StatusCallback", url));
    }
    let body = form::encode(fields.iter().map(|(name, value)| (*name, value.as_str())));
    Ok(HttpRequest::new("POST", format!("{}/Messages.json", account_url(settings)))
        .header("authorization", credentials(settings).ok_or(SendError::Unsupported("credentials_missing"))?)
        .body("application/x-www-form-urlencoded", body))
}

/// How long Twilio may keep trying, in seconds; `None` leaves it its ten hours. Counted from
/// when the message was made, because no clock is at hand here: so it may be too long by
/// what the message has waited with us, and is never too short.
fn validity(message: &OutboundMessage) -> Option<u64> {
    let made = i64::try_from(message.message_id.ulid().timestamp_ms()).ok()?;
    let seconds = message.expires_at?.since(Timestamp::from_millis(made)).as_secs();
    (seconds < MAX_VALIDITY).then_some(seconds.max(1))
}

/// The number that sends, or the service that picks one.
fn sender(settings: &Settings, message: &OutboundMessage) -> Result<(&'static str, String), SendError> {
    let from = message.from.expose();
    if from.starts_with("MG") {
        return Ok(("MessagingServiceSid", from.to_owned()));
    }
    if !from.is_empty() {
        return Ok(("From", address::wire(message.channel, &message.from)?));
    }
    let service = settings.messaging_service_sid.clone();
    Ok(("MessagingServiceSid", service.ok_or(SendError::Unsupported("sender_missing"))?))
}

fn content(fields: &mut Fields, message: &OutboundMessage) -> Result<(), SendError> {
    match &message.content {
        OutboundContent::Text { text } => {
            if text.trim().is_empty() {
                return Err(refused("text", "is empty"));
            }
            words(fields, text)
        }
        OutboundContent::Media { media, text } => {
            if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
                words(fields, text)?;
            }
            attach(fields, message.channel, media)
        }
        OutboundContent::Template(Template { template_id, params, .. }) => {
            if !template_id.starts_with("HX") {
                return Err(SendError::Unsupported("template_is_no_content_sid"));
            }
            fields.push(("ContentSid", template_id.clone()));
            if !params.is_empty() {
                let variables = serde_json::to_string(params).expect("text by text serialises");
                fields.push(("ContentVariables", variables));
            }
            Ok(())
        }
        OutboundContent::Location { location } if message.channel == Channel::Whatsapp => {
            place(fields, location);
            Ok(())
        }
        // Buttons exist as Content templates only.
        _ => Err(SendError::Unsupported("content_type_not_carried")),
    }
}

/// A limit of Twilio's that `what` breaks.
fn refused(what: &str, why: impl Into<String>) -> SendError {
    SendError::rejected(ErrorClass::BadRequest, what, why)
}

fn words(fields: &mut Fields, text: &str) -> Result<(), SendError> {
    if text.chars().count() > MAX_TEXT {
        return Err(refused("text", format!("longer than {MAX_TEXT} characters")));
    }
    fields.push(("Body", text.to_owned()));
    Ok(())
}

/// Twilio fetches each medium from its address; WhatsApp takes one.
fn attach(fields: &mut Fields, channel: Channel, media: &[OutboundMedia]) -> Result<(), SendError> {
    let most = if channel == Channel::Whatsapp { 1 } else { MAX_MEDIA };
    if media.is_empty() {
        return Err(refused("media", "is empty"));
    }
    if media.len() > most {
        return Err(SendError::Unsupported("too_many_media"));
    }
    for medium in media {
        let url = medium.url.clone().ok_or(SendError::Unsupported("media_without_url"))?;
        fields.push(("MediaUrl", url));
    }
    Ok(())
}

/// `geo:<lat>,<lon>|<label>`; Twilio wants words with it.
fn place(fields: &mut Fields, location: &Location) {
    let (lat, lon) = (location.lat, location.lon);
    let label = location.name.as_deref().or(location.address.as_deref());
    let label = label.map(|label| label.replace('|', " ")).unwrap_or_default();
    let point = format!("{lat},{lon}");
    let body = if label.is_empty() { point.clone() } else { label.clone() };
    fields.push(("Body", body));
    let action = if label.is_empty() { format!("geo:{point}") } else { format!("geo:{point}|{label}") };
    fields.push(("PersistentAction", action));
}

/// What Twilio's answer means.
pub(super) fn outcome(response: &HttpResponse) -> Result<Accepted, SendError> {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if response.is_success() { accepted(response, &body) } else { Err(refusal(response, &body)) }
}

fn accepted(response: &HttpResponse, message: &Value) -> Result<Accepted, SendError> {
    let Some(sid) = json::text(&message["sid"]) else {
        // A 2xx without an id: it was taken, or it was not. Only Twilio's list can tell.
        return Err(SendError::Ambiguous(format!("answer {} without a message sid", response.status)));
    };
    let state = json::text(&message["status"]).and_then(status::state).unwrap_or(ReportedState::Queued);
    if matches!(state, ReportedState::Failed | ReportedState::Undelivered | ReportedState::Canceled) {
        let code = json::integer(&message["error_code"]).and_then(|code| u32::try_from(code).ok());
        let said = json::text(&message["error_message"]).map(words::masked).unwrap_or_default();
        let shown = code.map_or_else(|| "failed".to_owned(), |code| code.to_string());
        return Err(SendError::rejected(errors::class(code, None), shown, said));
    }
    let segments = json::integer(&message["num_segments"]).and_then(|count| u32::try_from(count).ok());
    Ok(Accepted { state, segments: segments.filter(|count| *count > 0), ..Accepted::with_id(sid) })
}

pub(super) fn refusal(response: &HttpResponse, body: &Value) -> SendError {
    let code = json::integer(&body["code"]).and_then(|code| u32::try_from(code).ok());
    // An answer of a proxy in between says nothing about what lies behind it.
    if code.is_none() && matches!(response.status, 502 | 504) {
        return SendError::Ambiguous(format!("answer {} without Twilio's error object", response.status));
    }
    SendError::Rejected {
        class: errors::class(code, Some(response.status)),
        code: code.map_or_else(|| response.status.to_string(), |code| code.to_string()),
        reason: json::text(&body["message"]).map(words::masked).unwrap_or_default(),
        retry_after: response.retry_after(),
    }
}
