//! WhatsApp over the platform: a message has one member of content, named by its kind.

mod interactive;
mod template;

use omni_core::content::{OutboundContent, OutboundMedia};
use omni_core::event::Location;
use omni_core::failure::SendError;
use serde_json::{Map, Value, json};

use super::super::{limits, object, only, url};

/// Most contact cards in one message.
const MAX_CARDS: usize = 5;

/// Longest name of a file.
const MAX_FILE_NAME: usize = 100;

pub(super) fn body(content: &OutboundContent) -> Result<Map<String, Value>, SendError> {
    limits::whatsapp(content)?;
    Ok(object(match content {
        OutboundContent::Text { text } => json!({ "text": { "body": text } }),
        OutboundContent::Media { media, text } => medium(only(media)?, text.as_deref())?,
        OutboundContent::Location { location } => json!({ "location": place(location) }),
        OutboundContent::Contacts { contacts } => json!({ "contact_cards": cards(contacts)? }),
        OutboundContent::Interactive(choice) => json!({ "interactive": interactive::choice(choice)? }),
        OutboundContent::LocationRequest { text } => {
            json!({ "interactive": { "type": "location_request_message", "body_text": text } })
        }
        OutboundContent::Template(approved) => json!({ "template": template::template(approved)? }),
        OutboundContent::Custom(custom) => return super::own(custom).cloned(),
        OutboundContent::Reaction { .. } => {
            return Err(SendError::Unsupported("a reaction is no message here"));
        }
        OutboundContent::Flow(_) | OutboundContent::Products(_) | OutboundContent::Email(_) => {
            return Err(SendError::Unsupported("the platform has no such content"));
        }
    }))
}

fn medium(media: &OutboundMedia, caption: Option<&str>) -> Result<Value, SendError> {
    let kind = media.kind();
    let mut wire = json!({ "url": url(media)? });
    match caption {
        Some(_) if matches!(kind, "audio" | "sticker") => {
            return Err(SendError::Unsupported("sound and stickers take no caption"));
        }
        Some(caption) => wire["caption"] = json!(caption),
        None => {}
    }
    if kind == "document"
        && let Some(name) = &media.filename
    {
        wire["filename"] = json!(file_name(name));
    }
    if kind == "audio" && media.voice {
        wire["voice"] = json!(true);
    }
    Ok(json!({ kind: wire }))
}

fn file_name(name: &str) -> String {
    name.chars().take(MAX_FILE_NAME).collect()
}

fn place(location: &Location) -> Value {
    let mut wire = json!({ "latitude": location.lat, "longitude": location.lon });
    for (name, text) in [("name", &location.name), ("address", &location.address)] {
        if let Some(text) = text {
            wire[name] = json!(text);
        }
    }
    wire
}

fn cards(contacts: &Value) -> Result<&Value, SendError> {
    let count = contacts.as_array().map_or(0, Vec::len);
    if (1..=MAX_CARDS).contains(&count) {
        Ok(contacts)
    } else {
        Err(SendError::Unsupported("a message has one to five contact cards"))
    }
}
