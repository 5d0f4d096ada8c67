//! Sending: one form per message, and what the answer means.

use std::collections::BTreeMap;

use omni_core::carrier::{Accepted, OutboundMessage, Presence};
use omni_core::content::{OutboundContent, Template};
use omni_core::event::{Channel, Location, ReportedState};
use omni_core::failure::SendError;
use omni_core::http::{HttpRequest, HttpResponse};
use omni_core::time::Timestamp;
use serde_json::Value;

use super::rich::{Definition, Rich, at_most, refused};
use super::{Settings, address, catalog, choices, custom, errors, media, signature, status};
use crate::shared::{form, json, words};

/// Longest text, in characters (ten segments of plain letters and more).
pub(super) const MAX_TEXT: usize = 1_600;

/// Twilio's longest (and usual) validity period, in seconds.
const MAX_VALIDITY: u64 = 36_000;

/// The `ContentSid` is none that Twilio knows.
const UNKNOWN_CONTENT: i64 = 21_655;

/// A form in the making.
pub(super) type Fields = Vec<(&'static str, String)>;

/// Another host of Twilio's API than `api`: `https://messaging.twilio.com`. What stands in for
/// Twilio has one host for all.
pub(super) fn host(settings: &Settings, name: &str) -> String {
    settings.base_url.trim_end_matches('/').replacen("//api.", &format!("//{name}."), 1)
}

/// The URL of the account; its resources lie below.
pub(super) fn account_url(settings: &Settings) -> String {
    let base = settings.base_url.trim_end_matches('/');
    format!("{base}/2010-04-01/Accounts/{}", form::segment(&settings.account_sid))
}

/// Shows for up to 25 seconds that an answer is being written, and marks as read. It lies at
/// another host than messages do.
pub(super) fn show(settings: &Settings, presence: &Presence) -> HttpRequest {
    HttpRequest::new("POST", format!("{}/v3/Indicators/Typing.json", host(settings, "messaging")))
        .json(&serde_json::json!({ "channel": "WHATSAPP", "messageId": presence.external_id }))
}

/// What Twilio's answer to [`show`] means.
pub(super) fn shown(response: &HttpResponse) -> Result<bool, SendError> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    if response.is_success() { Ok(body["success"] == true) } else { Err(refusal(response, &body)) }
}

/// A message's parameters; with rich content all but its `ContentSid`.
pub(super) struct Draft {
    fields: Fields,
    /// What the `ContentSid` must stand for.
    pub(super) definition: Option<Definition>,
}

impl Draft {
    /// The request for one message; who sends it is proven by the session.
    ///
    /// `sid`: what Twilio calls the definition. Without it the definition's own name stands
    /// there, which is no `HX…`: should such a request ever leave, Twilio refuses it (21655).
    pub(super) fn request(&self, settings: &Settings, sid: Option<&str>) -> HttpRequest {
        let named = self.definition.as_ref().map(|definition| sid.unwrap_or(&definition.name));
        let pairs = self.fields.iter().map(|(name, value)| (*name, value.as_str()));
        let body = form::encode(pairs.chain(named.map(|sid| ("ContentSid", sid))));
        HttpRequest::new("POST", format!("{}/Messages.json", account_url(settings)))
            .body("application/x-www-form-urlencoded", body)
    }
}

/// Everything that is known of a message before Twilio is asked.
pub(super) fn draft(settings: &Settings, message: &OutboundMessage) -> Result<Draft, SendError> {
    if settings.account_sid.is_empty() {
        return Err(SendError::Unsupported("account_sid_missing"));
    }
    let mut fields: Fields = vec![("To", address::wire(message.channel, &message.to)?)];
    fields.push(sender(settings, message)?);
    let rich = content(&mut fields, message)?;
    if let Some(values) = rich.as_ref().map(|rich| &rich.values).filter(|values| !values.is_empty()) {
        fields.push(("ContentVariables", variables(values)));
    }
    if let Some(seconds) = validity(message) {
        fields.push(("ValidityPeriod", seconds.to_string()));
    }
    if let Some(url) = &message.status_url {
        let url = signature::status_url(url, &message.client_ref, &settings.callback_overrides);
        fields.push(("StatusCallback", url));
    }
    Ok(Draft { fields, definition: rich.map(|rich| rich.definition) })
}

fn variables(values: &BTreeMap<String, String>) -> String {
    serde_json::to_string(values).expect("text by text serialises")
}

/// Whether Twilio refused because it does not know the `ContentSid` (any more).
pub(super) fn content_is_gone(response: &HttpResponse) -> bool {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    !response.is_success() && json::integer(&body["code"]) == Some(UNKNOWN_CONTENT)
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

/// Writes what is said; rich content is handed back, to be stored at Twilio first.
fn content(fields: &mut Fields, message: &OutboundMessage) -> Result<Option<Rich>, SendError> {
    let channel = message.channel;
    match &message.content {
        OutboundContent::Text { text } => {
            if text.trim().is_empty() {
                return Err(refused("text", "is empty"));
            }
            words(fields, text)?;
        }
        OutboundContent::Media { media, text } => {
            if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
                words(fields, text)?;
            }
            fields.extend(media::urls(channel, media)?.into_iter().map(|url| ("MediaUrl", url)));
        }
        OutboundContent::Template(approved) => template(fields, approved)?,
        OutboundContent::Location { location } if channel == Channel::Whatsapp => place(fields, location),
        OutboundContent::Interactive(choice) => return choices::rich(channel, choice).map(Some),
        OutboundContent::Products(products) => return catalog::rich(channel, products).map(Some),
        OutboundContent::Custom(custom) if custom.carrier == super::NAME.0 => {
            return custom::write(fields, channel, &custom.object);
        }
        _ => return Err(SendError::Unsupported("content_type_not_carried")),
    }
    Ok(None)
}

/// A definition that somebody made at Twilio, by its `HX…`; approved, it may open a conversation.
fn template(fields: &mut Fields, template: &Template) -> Result<(), SendError> {
    let Template { template_id, params, header, buttons, language: _ } = template;
    if !template_id.starts_with("HX") {
        return Err(SendError::Unsupported("template_is_no_content_sid"));
    }
    if header.is_some() || !buttons.is_empty() {
        let part = if header.is_some() { "templateHeader" } else { "templateButtons" };
        return Err(refused(
            part,
            "all variables of a Content template are templateParams, in headers and buttons, too",
        ));
    }
    fields.push(("ContentSid", template_id.clone()));
    if !params.is_empty() {
        fields.push(("ContentVariables", variables(params)));
    }
    Ok(())
}

pub(super) fn words(fields: &mut Fields, text: &str) -> Result<(), SendError> {
    at_most("text", text, MAX_TEXT)?;
    fields.push(("Body", text.to_owned()));
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
