//! Sending: one `POST` of JSON per message, and what the answer means.

use omni_core::address::Address;
use omni_core::carrier::{Accepted, Capabilities, OutboundMessage, Presence};
use omni_core::event::{Channel, MessageType};
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpRequest, HttpResponse};
use omni_core::message::Purpose;
use serde_json::{Map, Value, json};

use super::{Settings, errors, person, shape};
use crate::shared::{form, hmac, json, words};

/// Longest reference that Meta hands back.
const MAX_REFERENCE: usize = 512;

/// What WhatsApp carries: the same for every number.
pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        channels: vec![Channel::Whatsapp],
        content: vec![
            MessageType::Text,
            MessageType::Media,
            MessageType::Template,
            MessageType::Interactive,
            MessageType::Location,
            MessageType::Reaction,
            MessageType::Contacts,
            MessageType::LocationRequest,
            MessageType::Flow,
            MessageType::Products,
            MessageType::Custom,
        ],
        max_text: shape::limits::TEXT,
        max_media: 1,
        max_media_bytes: shape::media::MAX_BYTES,
        media_limits: shape::media::LIMITS.to_vec(),
        media_types: shape::media::TYPES.to_vec(),
        uploads: true,
        max_buttons: shape::limits::BUTTONS,
        max_list_entries: shape::limits::ROWS,
        delivery_receipts: true,
        read_receipts: true,
        read_marks: vec![Channel::Whatsapp],
        typing: vec![Channel::Whatsapp],
        service_window: vec![Channel::Whatsapp],
        echoes_reference: true,
        ..Capabilities::NONE
    }
}

/// A URL below the number's own, with a query and, where the settings ask for it, the proof
/// that the token is used by who knows the app's secret.
pub(super) fn url(settings: &Settings, path: &str, query: &[(&str, &str)]) -> String {
    let base = settings.base_url.trim_end_matches('/');
    let number = form::segment(&settings.phone_number_id);
    let proof = proof(settings);
    let query = query.iter().copied().chain(proof.iter().map(|proof| ("appsecret_proof", proof.as_str())));
    let query = form::encode(query);
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{base}/{}/{number}{path}{mark}{query}", settings.api_version)
}

/// Meta's `appsecret_proof`: the HMAC of the token with the newest app secret.
fn proof(settings: &Settings) -> Option<String> {
    let secret = settings.app_secrets.first().filter(|_| settings.appsecret_proof)?;
    Some(hmac::hex(&hmac::sha256(secret.expose().as_bytes(), &[settings.access_token.expose().as_bytes()])))
}

pub(super) fn bearer(settings: &Settings) -> String {
    format!("Bearer {}", settings.access_token.expose())
}

/// The request for one message.
pub(super) fn request(settings: &Settings, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    if message.channel != Channel::Whatsapp {
        return Err(SendError::Unsupported("channel_not_carried"));
    }
    if settings.phone_number_id.is_empty() {
        return Err(SendError::Unsupported("phone_number_id_missing"));
    }
    let shaped = shape::shape(&message.content, &settings.default_language)?;
    let may_quote = shaped.may_quote();
    if shaped.kind == "template" && message.purpose == Some(Purpose::Authentication) {
        has_number(&message.to)?;
    }
    let mut body = shaped.beside;
    body.insert("type".into(), shaped.kind.as_str().into());
    body.insert(shaped.kind, shaped.object);
    body.insert("messaging_product".into(), "whatsapp".into());
    address(&mut body, &message.to)?;
    if let Some(target) = message.reply_to.as_deref().filter(|_| may_quote) {
        body.insert("context".into(), json!({ "message_id": target }));
    }
    shape::limits::at_most("reference", &message.client_ref, MAX_REFERENCE)?;
    body.insert("biz_opaque_callback_data".into(), message.client_ref.as_str().into());
    Ok(HttpRequest::new("POST", url(settings, "/messages", &[]))
        .header("authorization", bearer(settings))
        .json(&body))
}

/// Marks a message and all before it as read; with `typing`, shows for up to 25 seconds that
/// an answer is being written.
pub(super) fn show(settings: &Settings, presence: &Presence) -> Result<HttpRequest, SendError> {
    if settings.phone_number_id.is_empty() {
        return Err(SendError::Unsupported("phone_number_id_missing"));
    }
    let mut body = json!({
        "messaging_product": "whatsapp", "status": "read", "message_id": presence.external_id,
    });
    if presence.typing {
        body["typing_indicator"] = json!({ "type": "text" });
    }
    Ok(HttpRequest::new("POST", url(settings, "/messages", &[]))
        .header("authorization", bearer(settings))
        .json(&body))
}

/// What Meta's answer to [`show`] means.
pub(super) fn shown(response: &HttpResponse) -> Result<bool, SendError> {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if response.is_success() { Ok(body["success"] == true) } else { Err(refusal(response, &body["error"])) }
}

/// A phone number goes into `to` (with the plus: without it Meta puts our own country code
/// in front), a user id into `recipient`, a group (`group:…`) into `to`.
fn address(body: &mut Map<String, Value>, to: &Address) -> Result<(), SendError> {
    let text = to.expose();
    let (kind, field, value) = if to.is_phone() {
        ("individual", "to", text)
    } else if let Some(id) = text.strip_prefix("bsuid:") {
        ("individual", "recipient", id)
    } else if let Some(id) = text.strip_prefix("group:") {
        ("group", "to", id)
    } else {
        return Err(SendError::Unsupported("recipient_is_no_whatsapp_address"));
    };
    body.insert("recipient_type".into(), kind.into());
    body.insert(field.into(), value.into());
    Ok(())
}

/// Codes are sent to numbers only: to a user id Meta refuses their templates with this code.
fn has_number(to: &Address) -> Result<(), SendError> {
    if to.is_phone() {
        return Ok(());
    }
    let why = "authentication templates go to phone numbers only";
    Err(SendError::rejected(ErrorClass::BadRequest, "131062", why))
}

/// What Meta's answer means.
pub(super) fn outcome(message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if !response.is_success() {
        return Err(refusal(response, &body["error"]));
    }
    let taken = &body["messages"][0];
    let Some(id) = json::text(&taken["id"]) else {
        // A 2xx without an id: it was taken, or it was not. Only a status can tell.
        return Err(SendError::Ambiguous(format!("answer {} without a message id", response.status)));
    };
    if taken["message_status"] == "paused" {
        return Err(SendError::rejected(ErrorClass::Template, "paused", "the template is paused"));
    }
    let contact = &body["contacts"][0];
    let known = json::id(&contact["wa_id"]).and_then(|id| person::address(&id));
    Ok(Accepted { recipient: known.filter(|address| *address != message.to), ..Accepted::with_id(id) })
}

/// A refusal of Meta's, or of something on the way to it.
pub(super) fn refusal(response: &HttpResponse, error: &Value) -> SendError {
    let code = json::integer(&error["code"]);
    // An answer of a proxy in between says nothing about what lies behind it.
    if code.is_none() && matches!(response.status, 502 | 504) {
        return SendError::Ambiguous(format!("answer {} without Meta's error object", response.status));
    }
    let said = json::text(&error["error_data"]["details"]).or(json::text(&error["message"]));
    SendError::Rejected {
        class: errors::class(error, Some(response.status)),
        code: code.map_or_else(|| response.status.to_string(), |code| code.to_string()),
        reason: said.map(words::masked).unwrap_or_default(),
        retry_after: response.retry_after().or(code.and_then(errors::least_wait)),
    }
}
