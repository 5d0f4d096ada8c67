//! `{region}.platform.bird.com`: `POST /v1/sms/messages` and `/v1/whatsapp/messages`.

mod sms;
mod whatsapp;

use omni_core::carrier::{Accepted, Capabilities, Found, LookUp, OutboundMessage, Presence};
use omni_core::content::{Custom, OutboundContent};
use omni_core::event::{Channel, MessageType, ReportedState};
use omni_core::failure::SendError;
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::super::account::Account;
use super::super::{errors, status};
use super::{custom, dialled, limits, refused_at_once, unreadable};
use crate::shared::{form, json};

/// What we say of every message; content in the platform's own shape says none of it.
const OURS: &[&str] = &["to", "from", "in_reply_to_message_id"];

pub(super) fn capabilities(base: Capabilities) -> Capabilities {
    let mut content = super::common_content();
    content.extend([MessageType::Reaction, MessageType::Contacts, MessageType::LocationRequest]);
    let whatsapp: Vec<Channel> = base.channels.iter().copied().filter(|c| *c == Channel::Whatsapp).collect();
    Capabilities {
        content,
        // Twelve segments of whatever letters: 33 emoji fill one, because none is cut in two.
        max_text: sms::MAX_SEGMENTS * 33,
        max_media: 1,
        // SMS carries no media here.
        max_media_bytes: limits::largest_file(&base.channels, 0),
        look_up: true,
        idempotent: true,
        handles_stop: true,
        read_marks: whatsapp.clone(),
        typing: whatsapp,
        ..base
    }
}

pub(super) fn request(account: &Account, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    let request = match (message.channel, &message.content) {
        (Channel::Sms, _) => post(account, "sms/messages", message, sms::body(account, message)?)?,
        (Channel::Whatsapp, OutboundContent::Reaction { target, emoji }) => reaction(account, target, emoji)?,
        (Channel::Whatsapp, content) => {
            let mut body = whatsapp::body(content)?;
            if let Some(id) = &message.reply_to {
                body.insert("in_reply_to_message_id".into(), json!(id));
            }
            post(account, "whatsapp/messages", message, body)?
        }
        _ => return Err(SendError::Unsupported("the platform carries SMS and WhatsApp")),
    };
    // With this key a repetition within three hours answers the first outcome again.
    Ok(request.header("idempotency-key", message.client_ref.as_str()))
}

/// A message's members as the platform names them. It knows no `type` there: an object with
/// one is of an older generation.
fn own(custom: &Custom) -> Result<&Map<String, Value>, SendError> {
    let said = custom::object(custom, OURS)?;
    if said.contains_key("type") {
        return Err(SendError::Unsupported(
            "a message of the platform names its content by a member, not a type",
        ));
    }
    Ok(said)
}

fn post(
    account: &Account,
    path: &str,
    message: &OutboundMessage,
    mut body: Map<String, Value>,
) -> Result<HttpRequest, SendError> {
    body.insert("to".into(), json!(dialled(&message.to)));
    body.insert("from".into(), json!(dialled(&message.from)));
    // What content in the platform's own shape wants to remember stands beside our reference.
    let metadata = body.entry("metadata").or_insert_with(|| json!({}));
    let metadata = metadata.as_object_mut().ok_or(SendError::Unsupported("metadata is an object"))?;
    metadata.insert("ref".into(), json!(message.client_ref));
    Ok(authorized(account, "POST", path)?.json(&body))
}

fn authorized(account: &Account, method: &'static str, path: &str) -> Result<HttpRequest, SendError> {
    let key = account.settings.access_key.expose();
    let base = match &account.settings.base_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let region =
                region(key).ok_or(SendError::Unsupported("the access key names no region: bk_{region}_…"))?;
            format!("https://{region}.platform.bird.com")
        }
    };
    Ok(HttpRequest::new(method, format!("{base}/v1/{path}")).header("authorization", format!("Bearer {key}")))
}

/// The region in `bk_us1_…`: it names the host.
fn region(key: &str) -> Option<&str> {
    let rest = key.strip_prefix("bk_").or(key.strip_prefix("bm_"))?;
    let (region, token) = rest.split_once('_')?;
    let plain = !region.is_empty() && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (plain && !token.is_empty()).then_some(region)
}

/// Places a reaction on a received message, or takes it back.
fn reaction(account: &Account, target: &str, emoji: &str) -> Result<HttpRequest, SendError> {
    let path = format!("whatsapp/messages/{}/reaction", form::segment(target));
    if emoji.is_empty() {
        authorized(account, "DELETE", &path)
    } else {
        Ok(authorized(account, "PUT", &path)?.json(&json!({ "emoji": emoji })))
    }
}

/// Acknowledges one received message to WhatsApp. A typing indicator vanishes with our next
/// message, or after 25 seconds.
pub(super) fn show(account: &Account, presence: &Presence) -> Result<HttpRequest, SendError> {
    let path = format!("whatsapp/messages/{}/read", form::segment(&presence.external_id));
    Ok(authorized(account, "POST", &path)?.json(&json!({ "typing_indicator": presence.typing })))
}

pub(super) fn outcome(message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
    if !response.is_success() {
        return Err(errors::platform_refusal(response));
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let word = body["status"].as_str().unwrap_or("accepted");
    // Taking a reaction back is answered without a body.
    let needs_id = !matches!(&message.content, OutboundContent::Reaction { .. });
    match (json::id(&body["id"]), status::platform(word).unwrap_or(ReportedState::Queued)) {
        (None, _) if needs_id => Err(unreadable(response)),
        (_, ReportedState::Failed) => Err(refused_at_once(word)),
        (id, state) => {
            let segments = json::integer(&body["segments"]["count"]).and_then(|count| count.try_into().ok());
            Ok(Accepted { state, segments, ..Accepted::with_id(id.unwrap_or_default()) })
        }
    }
}

/// The lists that a message may be in: SMS and WhatsApp have one each.
pub(super) const LISTS: [&str; 2] = ["sms/messages", "whatsapp/messages"];

/// Our messages to one recipient since an attempt began, newest first.
pub(super) fn look_up(account: &Account, list: &str, query: &LookUp) -> Result<HttpRequest, SendError> {
    let since = (query.since - std::time::Duration::from_secs(60)).to_string();
    let filter = form::encode([
        ("direction", "outbound"),
        ("to", dialled(&query.to)),
        ("created_after", since.as_str()),
        ("limit", "50"),
    ]);
    authorized(account, "GET", &format!("{list}?{filter}"))
}

/// Our reference among them proves that it was taken; if it is absent, sending again with
/// the same key is safe in any case, so nothing is lost by saying so.
pub(super) fn found(query: &LookUp, response: &HttpResponse) -> Result<Found, SendError> {
    if !response.is_success() {
        return Err(errors::platform_refusal(response));
    }
    let body: Value = serde_json::from_slice(&response.body).map_err(|_| unreadable(response))?;
    let list = json::items(&body["data"]);
    let Some(ours) = list.iter().find(|item| item["metadata"]["ref"] == query.client_ref.as_str()) else {
        return Ok(Found::NotTaken);
    };
    let word = ours["status"].as_str().unwrap_or_default();
    let state = status::platform(word).unwrap_or(ReportedState::Queued);
    Ok(Found::Taken(Accepted { state, ..Accepted::with_id(json::id(&ours["id"]).unwrap_or_default()) }))
}

/// The shortest list that only a valid key may read.
pub(super) fn check(account: &Account) -> Result<HttpRequest, SendError> {
    authorized(account, "GET", "sms/messages?limit=1")
}
