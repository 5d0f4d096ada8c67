//! `conversations.messagebird.com`: `POST /send`, for WhatsApp and other chats.

mod hsm;
mod interactive;

use omni_core::carrier::OutboundMessage;
use omni_core::content::{Custom, OutboundContent, OutboundMedia};
use omni_core::failure::SendError;
use omni_core::http::HttpRequest;
use serde_json::{Map, Value, json};

use super::super::account::{Account, ChannelRoute};
use super::{access_key, base, custom, dialled, limits, object, only, rest, url};

const API: &str = "https://conversations.messagebird.com/v1";

/// What we say of every message; content in the API's own shape says none of it.
const OURS: &[&str] = &["to", "from", "source", "trackId", "reportUrl", "replyTo"];

pub(super) fn request(
    account: &Account,
    route: &ChannelRoute,
    message: &OutboundMessage,
) -> Result<HttpRequest, SendError> {
    limits::check(route.channel, &message.content, rest::fits)?;
    let mut body = object(json!({
        "to": dialled(&message.to),
        "from": route.id,
        "source": { "ref": message.client_ref },
        "trackId": message.client_ref,
    }));
    if let Some(url) = &message.status_url {
        body.insert("reportUrl".into(), json!(url));
    }
    if let Some(id) = &message.reply_to {
        body.insert("replyTo".into(), json!({ "id": id }));
    }
    custom::add(&mut body, &content(account, &message.content)?);
    let url = format!("{}/send", base(account.settings.conversations_url.as_ref(), API));
    Ok(HttpRequest::new("POST", url).header("authorization", access_key(account)).json(&Value::Object(body)))
}

/// `type` and `content`, and for content in the API's own shape what it says beside them.
fn content(account: &Account, content: &OutboundContent) -> Result<Map<String, Value>, SendError> {
    let (kind, content) = match content {
        OutboundContent::Text { text } => ("text", json!({ "text": text })),
        OutboundContent::Media { media, text } => medium(only(media)?, text.as_deref())?,
        OutboundContent::Location { location } => {
            ("location", json!({ "location": { "latitude": location.lat, "longitude": location.lon } }))
        }
        OutboundContent::Template(template) => ("hsm", json!({ "hsm": hsm::hsm(account, template)? })),
        OutboundContent::Interactive(choice) => {
            ("interactive", json!({ "interactive": interactive::choice(choice)? }))
        }
        OutboundContent::Products(offer) => {
            ("interactive", json!({ "interactive": interactive::offer(offer)? }))
        }
        OutboundContent::Custom(custom) => return own(custom),
        OutboundContent::Reaction { .. }
        | OutboundContent::Contacts { .. }
        | OutboundContent::LocationRequest { .. }
        | OutboundContent::Flow(_)
        | OutboundContent::Email(_) => {
            return Err(SendError::Unsupported("the Conversations API documents no such content"));
        }
    };
    Ok(object(json!({ "type": kind, "content": content })))
}

/// `{"type": …, "content": {…}}`, and what the API knows beside (`fallback`, `ttl`, `tag`).
fn own(custom: &Custom) -> Result<Map<String, Value>, SendError> {
    let said = custom::object(custom, OURS)?;
    if said.get("type").is_some_and(Value::is_string) && said.get("content").is_some_and(Value::is_object) {
        Ok(said.clone())
    } else {
        Err(SendError::Unsupported("the object needs `type` and `content`"))
    }
}

fn medium(media: &OutboundMedia, caption: Option<&str>) -> Result<(&'static str, Value), SendError> {
    let url = url(media)?;
    let captioned = |kind: &str| match caption {
        Some(caption) => json!({ kind: { "url": url, "caption": caption } }),
        None => json!({ kind: { "url": url } }),
    };
    Ok(match media.kind() {
        "image" => ("image", captioned("image")),
        "video" => ("video", captioned("video")),
        "audio" | "sticker" if caption.is_some() => {
            return Err(SendError::Unsupported("sound and stickers take no caption"));
        }
        // There is one kind of sound: a voice note goes as sound.
        "audio" => ("audio", captioned("audio")),
        "sticker" => ("whatsappSticker", json!({ "whatsappSticker": { "link": url } })),
        _ => ("file", captioned("file")),
    })
}
