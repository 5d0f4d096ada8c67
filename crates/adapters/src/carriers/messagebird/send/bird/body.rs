//! `body` of a message of the Channels API, as its OpenAPI description has it: no member that
//! it does not name, and none that is null.

use omni_core::content::{Button, Custom, Interactive, OutboundContent, OutboundMedia};
use omni_core::event::Location;
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::super::{custom, is_list, sections, url};

pub(super) fn body(content: &OutboundContent) -> Result<Value, SendError> {
    Ok(match content {
        OutboundContent::Text { text } => json!({ "type": "text", "text": { "text": text } }),
        OutboundContent::Media { media, text } => files(media.iter(), text.as_deref())?,
        OutboundContent::Interactive(choice) => interactive(choice)?,
        OutboundContent::Location { location } => place(location),
        OutboundContent::LocationRequest { text } => {
            json!({ "type": "text", "text": { "text": text, "actions": [{ "type": "locationRequest" }] } })
        }
        OutboundContent::Custom(custom) => own(custom)?,
        OutboundContent::Template(_)
        | OutboundContent::Reaction { .. }
        | OutboundContent::Contacts { .. }
        | OutboundContent::Flow(_)
        | OutboundContent::Products(_)
        | OutboundContent::Email(_) => {
            return Err(SendError::Unsupported("the Channels API has no such content"));
        }
    })
}

/// A body in the API's own shape: `{"type": "carousel", "carousel": {…}}`.
fn own(custom: &Custom) -> Result<Value, SendError> {
    let said = custom::object(custom, &["receiver", "sender", "reference", "notification", "replyTo"])?;
    let kind = said.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| said.get(kind).is_some_and(Value::is_object)) {
        Ok(Value::Object(said.clone()))
    } else {
        Err(SendError::Unsupported("the object needs `type` and the member that it names"))
    }
}

fn place(location: &Location) -> Value {
    let mut inner = json!({ "coordinates": { "latitude": location.lat, "longitude": location.lon } });
    for (member, text) in [("label", &location.name), ("address", &location.address)] {
        if let Some(text) = text {
            inner["location"][member] = json!(text);
        }
    }
    json!({ "type": "location", "location": inner })
}

/// Pictures go together, everything else as files; a voice note is a file of sound.
fn files<'a>(
    media: impl Iterator<Item = &'a OutboundMedia> + Clone,
    text: Option<&str>,
) -> Result<Value, SendError> {
    let all_images = media.clone().all(|medium| matches!(medium.kind(), "image" | "sticker"));
    let items = media.map(|medium| item(medium, all_images)).collect::<Result<Vec<_>, _>>()?;
    if items.is_empty() {
        return Err(SendError::Unsupported("media without any medium"));
    }
    let (kind, list) = if all_images { ("image", "images") } else { ("file", "files") };
    let mut inner = json!({ list: items });
    if let Some(text) = text {
        inner["text"] = json!(text);
    }
    Ok(json!({ "type": kind, kind: inner }))
}

fn item(medium: &OutboundMedia, is_image: bool) -> Result<Value, SendError> {
    let mut item = json!({ "mediaUrl": url(medium)? });
    if !is_image {
        item["contentType"] = json!(medium.mime.as_deref().unwrap_or("application/octet-stream"));
        if let Some(name) = &medium.filename {
            item["filename"] = json!(name);
        }
    }
    Ok(item)
}

/// Buttons below words or a medium, or a list to pick from. Only a list has a title: elsewhere
/// the header and the footer stand in the words.
fn interactive(choice: &Interactive) -> Result<Value, SendError> {
    let Interactive { text, header, header_media, footer, buttons, list_label } = choice;
    let is_list = is_list(buttons, list_label.as_ref());
    let above = header.as_deref().filter(|_| !is_list);
    let words: Vec<&str> = [above, Some(text), footer.as_deref()].into_iter().flatten().collect();
    let words = words.join("\n\n");
    if is_list {
        return Ok(list(&words, header.as_deref(), buttons, list_label.as_deref().unwrap_or("Options")));
    }
    let mut body = match header_media.as_deref() {
        Some(medium) => files(std::iter::once(medium), Some(&words))?,
        None => json!({ "type": "text", "text": { "text": words } }),
    };
    let kind = body["type"].as_str().unwrap_or_default().to_owned();
    body[kind]["actions"] = buttons.iter().map(action).collect();
    Ok(body)
}

/// An item is a section, and its actions are what can be picked.
fn list(words: &str, title: Option<&str>, buttons: &[Button], label: &str) -> Value {
    let items: Vec<Value> = sections::of(buttons, label)
        .into_iter()
        .map(|(title, entries)| {
            let actions: Vec<Value> = entries.iter().map(action).collect();
            json!({ "title": title, "actions": actions })
        })
        .collect();
    let mut list = json!({ "text": words, "items": items, "metadata": { "button": { "label": label } } });
    if let Some(title) = title {
        list["title"] = json!(title);
    }
    json!({ "type": "list", "list": list })
}

fn action(button: &Button) -> Value {
    if let Some(url) = &button.url {
        return json!({ "type": "link", "link": { "text": button.title, "url": url } });
    }
    let mut postback = json!({ "text": button.title, "payload": button.id });
    if let Some(description) = &button.description {
        postback["metadata"] = json!({ "description": { "label": description } });
    }
    json!({ "type": "postback", "postback": postback })
}
