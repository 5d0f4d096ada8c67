//! `api.bird.com`: `POST /workspaces/{workspace}/channels/{channel}/messages`.

use omni_core::address::Address;
use omni_core::carrier::{Capabilities, OutboundMessage};
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::failure::SendError;
use omni_core::http::HttpRequest;
use serde_json::{Value, json};

use super::super::account::{Account, ChannelRoute};
use super::{access_key, base, is_list, limits, url};
use crate::shared::form;

const API: &str = "https://api.bird.com";

/// Longest text of an SMS; not published, so that of the first generation.
const MAX_SMS: usize = 1_377;

pub(super) fn capabilities(base: Capabilities) -> Capabilities {
    Capabilities {
        content: super::common_content(),
        max_text: limits::longest_text(&base.channels, MAX_SMS),
        max_media: 10,
        max_media_bytes: 5 * 1_024 * 1_024,
        ..base
    }
}

pub(super) fn request(
    account: &Account,
    route: &ChannelRoute,
    message: &OutboundMessage,
) -> Result<HttpRequest, SendError> {
    limits::check(route.channel, &message.content, |text| text.chars().count() <= MAX_SMS)?;
    let mut body = json!({
        "receiver": { "contacts": [contact(&message.to)] },
        "reference": message.client_ref,
    });
    match &message.content {
        OutboundContent::Template(Template { template_id, language, params, .. }) => {
            // `project` or `project:version`; without a version, the living one.
            let (project, version) = template_id.split_once(':').unwrap_or((template_id, "latest"));
            body["template"] = json!({ "projectId": project, "version": version, "variables": params });
            if let Some(language) = language {
                body["template"]["locale"] = json!(language);
            }
        }
        other => body["body"] = content(other)?,
    }
    if let Some(url) = &message.status_url {
        body["notification"] = json!({ "url": url });
    }
    if let Some(id) = &message.reply_to {
        body["replyTo"] = json!({ "id": id, "type": "message" });
    }
    let url = format!("{}/messages", channel_url(account, &route.id)?);
    Ok(HttpRequest::new("POST", url).header("authorization", access_key(account)).json(&body))
}

fn channel_url(account: &Account, channel: &str) -> Result<String, SendError> {
    let workspace = account.settings.workspaces.first();
    let workspace = workspace.ok_or(SendError::Unsupported("sending needs the setting workspaces"))?;
    let base = base(account.settings.base_url.as_ref(), API);
    Ok(format!("{base}/workspaces/{}/channels/{}", form::segment(workspace), form::segment(channel)))
}

fn contact(to: &Address) -> Value {
    match to.expose().split_once(':') {
        None => json!({ "identifierKey": "phonenumber", "identifierValue": to.expose() }),
        Some(("email", address)) => json!({ "identifierKey": "emailaddress", "identifierValue": address }),
        Some(("bsuid", id)) => json!({ "identifierKey": "whatsappbsuid", "identifierValue": id }),
        Some((kind, id)) => json!({ "identifierKey": kind, "identifierValue": id }),
    }
}

fn content(content: &OutboundContent) -> Result<Value, SendError> {
    Ok(match content {
        OutboundContent::Text { text } => json!({ "type": "text", "text": { "text": text } }),
        OutboundContent::Media { media, text } => media_body(media, text.as_deref())?,
        OutboundContent::Interactive(Interactive { text, header, footer, buttons, list_label, .. }) => {
            let text = [header.as_deref(), Some(text), footer.as_deref()];
            let text: Vec<&str> = text.into_iter().flatten().collect();
            choices(&text.join("\n\n"), buttons, list_label.as_ref())
        }
        OutboundContent::Location { location } => {
            let mut body = json!({ "coordinates": { "latitude": location.lat, "longitude": location.lon } });
            for (member, text) in [("label", &location.name), ("address", &location.address)] {
                if let Some(text) = text {
                    body["location"][member] = json!(text);
                }
            }
            json!({ "type": "location", "location": body })
        }
        _ => {
            return Err(SendError::Unsupported("the Channels API has no reactions and no contact cards"));
        }
    })
}

/// Pictures go together, everything else as files.
fn media_body(media: &[OutboundMedia], text: Option<&str>) -> Result<Value, SendError> {
    let is_image = |m: &OutboundMedia| matches!(m.kind(), "image" | "sticker");
    if media.is_empty() {
        return Err(SendError::Unsupported("media without any medium"));
    }
    let mut items = Vec::with_capacity(media.len());
    let all_images = media.iter().all(is_image);
    for medium in media {
        let mut item = json!({ "mediaUrl": url(medium)? });
        if !all_images {
            item["contentType"] = json!(medium.mime.as_deref().unwrap_or("application/octet-stream"));
            if let Some(name) = &medium.filename {
                item["filename"] = json!(name);
            }
        }
        items.push(item);
    }
    let (kind, list) = if all_images { ("image", "images") } else { ("file", "files") };
    let mut inner = json!({ list: items });
    if let Some(text) = text {
        inner["text"] = json!(text);
    }
    Ok(json!({ "type": kind, kind: inner }))
}

/// Buttons below a text, or a list to pick from.
fn choices(text: &str, buttons: &[Button], list_label: Option<&String>) -> Value {
    if !is_list(buttons, list_label) {
        let actions: Vec<Value> = buttons.iter().map(action).collect();
        return json!({ "type": "text", "text": { "text": text, "actions": actions } });
    }
    // An item is a section of the list, and its actions are what can be picked.
    let entries: Vec<Value> = buttons.iter().map(entry).collect();
    let label = list_label.map_or("Options", String::as_str);
    json!({ "type": "list", "list": {
        "text": text,
        "items": [{ "title": label, "actions": entries }],
        "metadata": { "button": { "label": label } },
    } })
}

fn entry(button: &Button) -> Value {
    let mut postback = json!({ "text": button.title, "payload": button.id });
    if let Some(description) = &button.description {
        postback["metadata"] = json!({ "description": { "label": description } });
    }
    json!({ "type": "postback", "postback": postback })
}

fn action(button: &Button) -> Value {
    match &button.url {
        Some(url) => json!({ "type": "link", "link": { "text": button.title, "url": url } }),
        None => json!({ "type": "postback", "postback": { "text": button.title, "payload": button.id } }),
    }
}

/// Reading one of our channels needs the same key as sending over it.
pub(super) fn check(account: &Account) -> Result<HttpRequest, SendError> {
    let route = account.channels.first().ok_or(SendError::Unsupported("no channel is configured"))?;
    let url = channel_url(account, &route.id)?;
    Ok(HttpRequest::new("GET", url).header("authorization", access_key(account)))
}
