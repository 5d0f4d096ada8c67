//! What we say as an event of a chat. One send writes one event, so what is more than one file
//! becomes cards.

use omni_core::content::{Button, Custom, Interactive, OutboundContent, OutboundMedia};
use omni_core::event::Location;
use omni_core::failure::SendError;
use serde_json::{Map, Value, json};

use super::super::webhook::is_on_cdn;
use super::super::{NAME, Settings};
use super::{LONGEST_TEXT, MAX_BUTTONS, MAX_CARDS};

/// The types of events that may be written in LiveChat's own words. Not among them: what only
/// a customer writes (`filled_form`) and what the platform says (`system_message`, `system`).
const OWN_TYPES: [&str; 5] = ["message", "rich_message", "file", "form", "custom"];

/// What the API or the gateway says about an event, never its content.
const NOT_OURS_TO_SAY: [&str; 5] = ["id", "author_id", "created_at", "visibility", "custom_id"];

/// The event without what all events of ours have.
pub(super) fn of(settings: &Settings, content: &OutboundContent) -> Result<Value, SendError> {
    match content {
        OutboundContent::Text { text } => words(text),
        OutboundContent::Media { media, text } => files(settings, media, text.as_deref()),
        OutboundContent::Interactive(interactive) => choices(interactive),
        OutboundContent::Location { location } => words(&in_words(location)),
        OutboundContent::Custom(custom) => own(custom),
        OutboundContent::Template(_)
        | OutboundContent::Reaction { .. }
        | OutboundContent::Contacts { .. }
        | OutboundContent::LocationRequest { .. }
        | OutboundContent::Flow(_)
        | OutboundContent::Products(_)
        | OutboundContent::Email(_) => Err(SendError::Unsupported("LiveChat has no such kind of message")),
    }
}

fn words(text: &str) -> Result<Value, SendError> {
    Ok(json!({ "type": "message", "text": fitting(text)? }))
}

/// The text if it fits: a longer one is split before it comes here, never cut.
fn fitting(text: &str) -> Result<&str, SendError> {
    if text.len() > LONGEST_TEXT {
        return Err(SendError::Unsupported("the text is longer than 16 KB"));
    }
    Ok(text)
}

/// A place has no kind of its own here.
fn in_words(location: &Location) -> String {
    let point = format!("{}, {}", location.lat, location.lon);
    lines(&[location.name.as_deref(), location.address.as_deref(), Some(&point)])
}

fn lines(parts: &[Option<&str>]) -> String {
    parts.iter().copied().flatten().collect::<Vec<_>>().join("\n")
}

/// A file that LiveChat serves itself (an upload) goes as a file; anything else as cards that
/// show or open it, because files from other places are refused, and a file has no caption.
fn files(settings: &Settings, media: &[OutboundMedia], text: Option<&str>) -> Result<Value, SendError> {
    fitting(text.unwrap_or_default())?;
    let urls = media.iter().map(address).collect::<Result<Vec<_>, _>>()?;
    match urls.as_slice() {
        [] => Err(SendError::Unsupported("media without any medium")),
        [one] if text.is_none() && is_on_cdn(settings, one) => Ok(json!({ "type": "file", "url": one })),
        _ if urls.len() > MAX_CARDS => Err(SendError::Unsupported("more than ten media")),
        _ => {
            let cards = media.iter().zip(&urls).enumerate();
            let cards = cards.map(|(at, (medium, url))| card(medium, url, text.filter(|_| at == 0)));
            Ok(rich("cards", &cards.collect::<Vec<_>>()))
        }
    }
}

fn address(medium: &OutboundMedia) -> Result<&str, SendError> {
    medium.url.as_deref().ok_or(SendError::Unsupported("media must have a URL here"))
}

fn card(medium: &OutboundMedia, url: &str, title: Option<&str>) -> Value {
    let name = medium.filename.as_deref().unwrap_or("Open");
    let mut card = json!({
        "title": title.unwrap_or(name),
        "buttons": [{ "type": "url", "text": name, "value": url, "postback_id": "open", "user_ids": [] }],
    });
    if is_picture(medium) {
        card["image"] = picture(medium, url);
    }
    card
}

/// Stickers are pictures, too.
fn is_picture(medium: &OutboundMedia) -> bool {
    matches!(medium.kind(), "image" | "sticker")
}

fn picture(medium: &OutboundMedia, url: &str) -> Value {
    let mut picture = json!({ "url": url });
    if let Some(name) = &medium.filename {
        picture["name"] = json!(name);
    }
    if let Some(mime) = &medium.mime {
        picture["content_type"] = json!(mime);
    }
    if let Some(size) = medium.size {
        picture["size"] = json!(size);
    }
    picture
}

fn rich(template: &str, elements: &[Value]) -> Value {
    json!({ "type": "rich_message", "template_id": template, "elements": elements })
}

/// Answers to press. Under a picture or with a link among them they stand on a card; else they
/// are quick replies. There are no lists: every entry is a button, and what it says beside its
/// title stands in the words.
fn choices(asked: &Interactive) -> Result<Value, SendError> {
    if asked.buttons.len() > MAX_BUTTONS {
        return Err(SendError::Unsupported("more than 13 buttons"));
    }
    let header = asked.header.as_deref();
    let outline = outline(&asked.buttons);
    let body = lines(&[Some(&asked.text), outline.as_deref(), asked.footer.as_deref()]);
    let all = lines(&[header, Some(&body)]);
    fitting(&all)?;
    let mut element = json!({ "buttons": asked.buttons.iter().map(button).collect::<Vec<_>>() });
    let has_link = asked.buttons.iter().any(|button| button.url.is_some());
    if asked.header_media.is_none() && !has_link {
        element["title"] = json!(all);
        return Ok(rich("quick_replies", &[element]));
    }
    let (title, subtitle) = match header {
        Some(header) => (header, body),
        None => (asked.text.as_str(), lines(&[outline.as_deref(), asked.footer.as_deref()])),
    };
    element["title"] = json!(title);
    if !subtitle.is_empty() {
        element["subtitle"] = json!(subtitle);
    }
    if let Some(medium) = asked.header_media.as_deref() {
        if !is_picture(medium) {
            return Err(SendError::Unsupported("only a picture can stand above buttons"));
        }
        element["image"] = picture(medium, address(medium)?);
    }
    Ok(rich("cards", &[element]))
}

/// Sections and descriptions of a list's entries, where there are any.
fn outline(entries: &[Button]) -> Option<String> {
    if entries.iter().all(|entry| entry.description.is_none() && entry.section.is_none()) {
        return None;
    }
    let mut said = Vec::new();
    let mut section = None;
    for entry in entries {
        if entry.section != section {
            section.clone_from(&entry.section);
            said.extend(section.clone());
        }
        said.push(match &entry.description {
            Some(description) => format!("• {}: {description}", entry.title),
            None => format!("• {}", entry.title),
        });
    }
    Some(said.join("\n"))
}

fn button(button: &Button) -> Value {
    let (kind, value) = match &button.url {
        Some(url) => ("url", url),
        None => ("message", &button.title),
    };
    json!({ "type": kind, "text": button.title, "value": value, "postback_id": button.id, "user_ids": [] })
}

/// An event in LiveChat's own words; the API checks what is in it.
fn own(custom: &Custom) -> Result<Value, SendError> {
    if custom.carrier != NAME {
        return Err(SendError::Unsupported("content_of_another_carrier"));
    }
    let kind = custom.object.get("type").and_then(Value::as_str).unwrap_or_default();
    if !OWN_TYPES.contains(&kind) {
        return Err(SendError::Unsupported("no type of event that can be written here"));
    }
    if let Some(text) = custom.object.get("text").and_then(Value::as_str) {
        fitting(text)?;
    }
    let said = custom.object.iter().filter(|(name, _)| !NOT_OURS_TO_SAY.contains(&name.as_str()));
    Ok(Value::Object(said.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>()))
}
