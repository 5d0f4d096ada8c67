//! Our content as WhatsApp's `<type>` objects, refused here where WhatsApp would refuse it
//! there: an answer before the send is worth more than an error after it.

mod choice;
mod commerce;
mod custom;
pub(super) mod limits;
pub(super) mod media;
mod template;

use omni_core::content::{OutboundContent, OutboundMedia};
use omni_core::event::Location;
use omni_core::failure::SendError;
use serde_json::{Map, Value, json};

use self::limits::{BODY, CAPTION, TEXT, at_most, refused, some_at_most};

/// What content adds to a request.
pub(super) struct Shaped {
    /// The word for `type`, and the name of the object with the content.
    pub(super) kind: String,
    /// That object.
    pub(super) object: Value,
    /// Members beside it (content in WhatsApp's own shape only).
    pub(super) beside: Map<String, Value>,
}

impl Shaped {
    fn new(kind: &str, object: Value) -> Self {
        Self { kind: kind.to_owned(), object, beside: Map::new() }
    }

    /// Reactions name their target themselves, and templates quote nothing.
    pub(super) fn may_quote(&self) -> bool {
        !matches!(self.kind.as_str(), "reaction" | "template")
    }
}

/// The content of a request.
pub(super) fn shape(content: &OutboundContent, default_language: &str) -> Result<Shaped, SendError> {
    let (kind, object) = match content {
        OutboundContent::Text { text } => ("text", words(text)?),
        OutboundContent::Media { media, text } => medium(media, text.as_deref())?,
        OutboundContent::Template(template) => ("template", template::shape(template, default_language)?),
        OutboundContent::Interactive(interactive) => ("interactive", choice::shape(interactive)?),
        OutboundContent::Location { location } => ("location", place(location)),
        OutboundContent::Reaction { target, emoji } => {
            ("reaction", json!({ "message_id": target, "emoji": emoji }))
        }
        OutboundContent::Contacts { contacts } => ("contacts", cards(contacts)?),
        OutboundContent::LocationRequest { text } => ("interactive", location_request(text)?),
        OutboundContent::Flow(flow) => ("interactive", commerce::flow(flow)?),
        OutboundContent::Products(products) => ("interactive", commerce::products(products)?),
        OutboundContent::Custom(custom) => return custom::shape(custom),
        OutboundContent::Email(_) => return Err(SendError::Unsupported("content_type_not_carried")),
    };
    Ok(Shaped::new(kind, object))
}

fn words(text: &str) -> Result<Value, SendError> {
    some_at_most("text", text, TEXT)?;
    let link = text.contains("https://") || text.contains("http://");
    Ok(if link { json!({ "body": text, "preview_url": true }) } else { json!({ "body": text }) })
}

fn medium(media: &[OutboundMedia], text: Option<&str>) -> Result<(&'static str, Value), SendError> {
    let [medium] = media else { return Err(SendError::Unsupported("not_exactly_one_medium")) };
    let (kind, mut object) = media::object(medium)?;
    if let Some(caption) = text.filter(|text| !text.is_empty()) {
        if matches!(kind, "audio" | "sticker") {
            return Err(SendError::Unsupported("caption_not_carried"));
        }
        at_most("caption", caption, CAPTION)?;
        object.insert("caption".into(), caption.into());
    }
    if medium.voice {
        object.insert("voice".into(), true.into());
    }
    Ok((kind, object.into()))
}

fn cards(contacts: &Value) -> Result<Value, SendError> {
    let cards = contacts.as_array().filter(|cards| !cards.is_empty() && cards.iter().all(is_named));
    let why = "needs cards with name.formatted_name and one more part of the name";
    Ok(json!(cards.ok_or_else(|| refused("contacts", why))?))
}

/// Whether a card has the name shown and one of its parts: with the first alone Meta refuses it.
fn is_named(card: &Value) -> bool {
    let name = &card["name"];
    let has = |part: &str| name[part].as_str().is_some_and(|words| !words.is_empty());
    let parts = ["first_name", "last_name", "middle_name", "prefix", "suffix"];
    has("formatted_name") && parts.iter().any(|part| has(part))
}

/// Degrees go as text.
fn place(location: &Location) -> Value {
    let mut object = Map::new();
    object.insert("latitude".into(), location.lat.to_string().into());
    object.insert("longitude".into(), location.lon.to_string().into());
    if let Some(name) = &location.name {
        object.insert("name".into(), name.as_str().into());
    }
    if let Some(address) = &location.address {
        object.insert("address".into(), address.as_str().into());
    }
    object.into()
}

fn location_request(text: &str) -> Result<Value, SendError> {
    some_at_most("text", text, BODY)?;
    Ok(json!({
        "type": "location_request_message",
        "body": { "text": text },
        "action": { "name": "send_location" },
    }))
}
