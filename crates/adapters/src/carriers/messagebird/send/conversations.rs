//! `conversations.messagebird.com`: `POST /send`, for WhatsApp and other chats.

use std::collections::BTreeMap;

use omni_core::carrier::OutboundMessage;
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::failure::SendError;
use omni_core::http::HttpRequest;
use serde_json::{Value, json};

use super::super::account::{Account, ChannelRoute};
use super::{access_key, base, dialled, is_list, limits, only, rest, url};

const API: &str = "https://conversations.messagebird.com/v1";

pub(super) fn request(
    account: &Account,
    route: &ChannelRoute,
    message: &OutboundMessage,
) -> Result<HttpRequest, SendError> {
    limits::check(route.channel, &message.content, rest::fits)?;
    let (kind, content) = content(account, &message.content)?;
    let mut body = json!({
        "to": dialled(&message.to),
        "from": route.id,
        "type": kind,
        "content": content,
        "source": { "ref": message.client_ref },
        "trackId": message.client_ref,
    });
    if let Some(url) = &message.status_url {
        body["reportUrl"] = json!(url);
    }
    if let Some(id) = &message.reply_to {
        body["replyTo"] = json!({ "id": id });
    }
    let url = format!("{}/send", base(account.settings.conversations_url.as_ref(), API));
    Ok(HttpRequest::new("POST", url).header("authorization", access_key(account)).json(&body))
}

fn content(account: &Account, content: &OutboundContent) -> Result<(&'static str, Value), SendError> {
    Ok(match content {
        OutboundContent::Text { text } => ("text", json!({ "text": text })),
        OutboundContent::Media { media, text } => medium(only(media)?, text.as_deref())?,
        OutboundContent::Location { location } => {
            ("location", json!({ "location": { "latitude": location.lat, "longitude": location.lon } }))
        }
        OutboundContent::Template(Template { template_id, language, params, .. }) => {
            ("hsm", template(account, template_id, language.as_deref(), params)?)
        }
        OutboundContent::Interactive(_) => ("interactive", json!({ "interactive": interactive(content)? })),
        _ => {
            return Err(SendError::Unsupported(
                "the Conversations API has no reactions and no contact cards",
            ));
        }
    })
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
        "audio" => ("audio", captioned("audio")),
        "sticker" => ("whatsappSticker", json!({ "whatsappSticker": { "link": url } })),
        _ => ("file", captioned("file")),
    })
}

/// A WhatsApp template; its values by position.
fn template(
    account: &Account,
    name: &str,
    language: Option<&str>,
    params: &BTreeMap<String, String>,
) -> Result<Value, SendError> {
    let namespace = account.settings.template_namespace.as_deref();
    let namespace =
        namespace.ok_or(SendError::Unsupported("templates need the setting template_namespace"))?;
    let language = language.ok_or(SendError::Unsupported("a template needs its language"))?;
    let mut values: Vec<(usize, &String)> = Vec::with_capacity(params.len());
    for (position, value) in params {
        let position =
            position.parse().map_err(|_| SendError::Unsupported("template values go by position here"))?;
        values.push((position, value));
    }
    values.sort_unstable_by_key(|(position, _)| *position);
    let values: Vec<Value> = values.into_iter().map(|(_, value)| json!({ "default": value })).collect();
    Ok(json!({ "hsm": {
        "namespace": namespace,
        "templateName": name,
        "language": { "policy": "deterministic", "code": language },
        "params": values,
    } }))
}

fn interactive(content: &OutboundContent) -> Result<Value, SendError> {
    let OutboundContent::Interactive(Interactive { text, header, footer, buttons, list_label, .. }) = content
    else {
        return Err(SendError::Unsupported("not interactive"));
    };
    if buttons.iter().any(|button| button.url.is_some()) {
        return Err(SendError::Unsupported("link buttons need a template here"));
    }
    let is_list = is_list(buttons, list_label.as_ref());
    let action =
        if is_list { list(buttons, list_label.as_deref()) } else { json!({ "buttons": replies(buttons) }) };
    let mut interactive = json!({
        "type": if is_list { "list" } else { "button" },
        "body": { "text": text },
        "action": action,
    });
    if let Some(header) = header {
        interactive["header"] = json!({ "type": "text", "text": header });
    }
    if let Some(footer) = footer {
        interactive["footer"] = json!({ "text": footer });
    }
    Ok(interactive)
}

fn replies(buttons: &[Button]) -> Vec<Value> {
    buttons.iter().map(|b| json!({ "id": b.id, "type": "reply", "title": b.title })).collect()
}

fn list(buttons: &[Button], label: Option<&str>) -> Value {
    let rows: Vec<Value> = buttons
        .iter()
        .map(|b| match &b.description {
            Some(description) => json!({ "id": b.id, "title": b.title, "description": description }),
            None => json!({ "id": b.id, "title": b.title }),
        })
        .collect();
    let label = label.unwrap_or("Options");
    json!({ "button": label, "sections": [{ "title": label, "rows": rows }] })
}
