//! `{region}.platform.bird.com`: `POST /v1/sms/messages` and `/v1/whatsapp/messages`.

use std::collections::BTreeMap;

use omni_core::carrier::{Accepted, Capabilities, Found, LookUp, OutboundMessage, Presence};
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::event::{Channel, MessageType, ReportedState};
use omni_core::failure::SendError;
use omni_core::http::{HttpRequest, HttpResponse};
use omni_core::segments;
use serde_json::{Map, Value, json};

use super::super::account::Account;
use super::super::{errors, status};
use super::{dialled, is_list, limits, only, refused_at_once, unreadable, url};
use crate::shared::{form, json};

/// Most segments of one SMS.
const MAX_SEGMENTS: usize = 12;

pub(super) fn capabilities(base: Capabilities) -> Capabilities {
    let mut content = super::common_content();
    content.extend([MessageType::Reaction, MessageType::Contacts]);
    let whatsapp: Vec<Channel> = base.channels.iter().copied().filter(|c| *c == Channel::Whatsapp).collect();
    Capabilities {
        content,
        // Twelve segments of whatever letters: 33 emoji fill one, because none is cut in two.
        max_text: MAX_SEGMENTS * 33,
        max_media: 1,
        max_media_bytes: 16 * 1_024 * 1_024,
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
        (Channel::Sms, content) => post(account, "sms/messages", message, sms(account, content)?)?,
        (Channel::Whatsapp, OutboundContent::Reaction { target, emoji }) => reaction(account, target, emoji)?,
        (Channel::Whatsapp, content) => {
            let mut body = whatsapp(content)?;
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

fn post(
    account: &Account,
    path: &str,
    message: &OutboundMessage,
    mut body: Map<String, Value>,
) -> Result<HttpRequest, SendError> {
    body.insert("to".into(), json!(dialled(&message.to)));
    body.insert("from".into(), json!(dialled(&message.from)));
    body.insert("metadata".into(), json!({ "ref": message.client_ref }));
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

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn sms(account: &Account, content: &OutboundContent) -> Result<Map<String, Value>, SendError> {
    match content {
        OutboundContent::Text { text } if segments::count(text).segments > MAX_SEGMENTS => {
            Err(SendError::Unsupported("the text is longer than twelve segments"))
        }
        OutboundContent::Text { text } => {
            Ok(object(json!({ "text": text, "category": account.settings.category })))
        }
        OutboundContent::Template(Template { template_id, language, params, .. }) => {
            let mut template = template(template_id, "smt_", language.as_deref());
            template.insert("parameters".into(), json!(params));
            Ok(object(json!({ "template": template })))
        }
        _ => Err(SendError::Unsupported("SMS carries text here")),
    }
}

/// A template by its id, which has a known beginning, or by its slug.
fn template(name: &str, id_prefix: &str, language: Option<&str>) -> Map<String, Value> {
    let by = if name.starts_with(id_prefix) { "id" } else { "slug" };
    let mut template = object(json!({ by: name }));
    if let Some(language) = language {
        template.insert("language".into(), json!(language));
    }
    template
}

fn whatsapp(content: &OutboundContent) -> Result<Map<String, Value>, SendError> {
    limits::whatsapp(content)?;
    Ok(object(match content {
        OutboundContent::Text { text } => json!({ "text": { "body": text } }),
        OutboundContent::Media { media, text } => medium(only(media)?, text.as_deref())?,
        OutboundContent::Location { location } => json!({ "location": place(location) }),
        OutboundContent::Contacts { contacts } => json!({ "contact_cards": contacts }),
        OutboundContent::Interactive(_) => json!({ "interactive": interactive(content)? }),
        OutboundContent::Template(Template { template_id, language, params, .. }) => {
            let mut template = template(template_id, "wat_", language.as_deref());
            if !params.is_empty() {
                let parameters = parameters(params);
                template.insert("components".into(), json!([{ "type": "body", "parameters": parameters }]));
            }
            json!({ "template": template })
        }
        OutboundContent::Reaction { .. } => {
            return Err(SendError::Unsupported("a reaction is no message here"));
        }
        _ => return Err(SendError::Unsupported("the platform has no such content")),
    }))
}

/// Values in order of their positions, or with their names.
fn parameters(params: &BTreeMap<String, String>) -> Vec<Value> {
    let positions: Option<BTreeMap<usize, &String>> =
        params.iter().map(|(position, value)| Some((position.parse().ok()?, value))).collect();
    match positions {
        Some(values) => values.values().map(|value| json!({ "type": "text", "text": value })).collect(),
        None => params
            .iter()
            .map(|(name, value)| json!({ "type": "text", "name": name, "text": value }))
            .collect(),
    }
}

fn medium(media: &OutboundMedia, caption: Option<&str>) -> Result<Value, SendError> {
    let kind = media.kind();
    let mut wire = object(json!({ "url": url(media)? }));
    match caption {
        Some(_) if matches!(kind, "audio" | "sticker") => {
            return Err(SendError::Unsupported("sound and stickers take no caption"));
        }
        Some(caption) => {
            wire.insert("caption".into(), json!(caption));
        }
        None => {}
    }
    if kind == "document"
        && let Some(name) = &media.filename
    {
        wire.insert("filename".into(), json!(name.chars().take(100).collect::<String>()));
    }
    Ok(json!({ kind: wire }))
}

fn place(location: &omni_core::event::Location) -> Value {
    let mut wire = json!({ "latitude": location.lat, "longitude": location.lon });
    for (name, text) in [("name", &location.name), ("address", &location.address)] {
        if let Some(text) = text {
            wire[name] = json!(text);
        }
    }
    wire
}

fn interactive(content: &OutboundContent) -> Result<Value, SendError> {
    let OutboundContent::Interactive(Interactive { text, header, footer, buttons, list_label, .. }) = content
    else {
        return Err(SendError::Unsupported("not interactive"));
    };
    let mut wire = json!({ "body_text": text });
    if let [Button { title, url: Some(url), .. }] = buttons.as_slice() {
        wire["type"] = json!("cta_url");
        wire["cta_url"] = json!({ "text": title, "url": url });
    } else if buttons.iter().any(|button| button.url.is_some()) {
        return Err(SendError::Unsupported("WhatsApp takes one link button and nothing beside it"));
    } else if is_list(buttons, list_label.as_ref()) {
        let label = list_label.as_deref().unwrap_or("Options");
        let rows: Vec<Value> = buttons.iter().map(row).collect();
        wire["type"] = json!("list");
        wire["list"] = json!({ "button_text": label, "sections": [{ "title": label, "rows": rows }] });
    } else {
        wire["type"] = json!("button");
        wire["buttons"] = buttons.iter().map(quick_reply).collect();
    }
    if let Some(header) = header {
        wire["header"] = json!({ "type": "text", "text": header });
    }
    if let Some(footer) = footer {
        wire["footer_text"] = json!(footer);
    }
    Ok(wire)
}

fn row(button: &Button) -> Value {
    match &button.description {
        Some(description) => json!({ "slug": button.id, "text": button.title, "description": description }),
        None => json!({ "slug": button.id, "text": button.title }),
    }
}

fn quick_reply(button: &Button) -> Value {
    json!({ "type": "quick_reply", "quick_reply": { "slug": button.id, "text": button.title } })
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
