//! Our content as WhatsApp's `<type>` objects, refused here where WhatsApp would refuse it
//! there: an answer before the send is worth more than an error after it.

use std::collections::{BTreeMap, HashSet};

use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::event::Location;
use omni_core::failure::{ErrorClass, SendError};
use serde_json::{Map, Value, json};

use super::send::MAX_TEXT;

/// Most reply buttons.
pub(super) const MAX_BUTTONS: usize = 3;
/// Most list entries, over all sections.
pub(super) const MAX_ROWS: usize = 10;

/// Media types by Meta's media page; documents take any other kind of file.
pub(super) const MEDIA_TYPES: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/webp",
    "audio/aac",
    "audio/amr",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "video/mp4",
    "video/3gpp",
    "application/*",
    "text/*",
];

/// The label of a list that has none of its own.
const LIST_LABEL: &str = "Options";

/// The name of the `<type>` object, and the object.
pub(super) fn shape(
    content: &OutboundContent,
    default_language: &str,
) -> Result<(&'static str, Value), SendError> {
    Ok(match content {
        OutboundContent::Text { text } => ("text", words(text)?),
        OutboundContent::Media { media, text } => medium(media, text.as_deref())?,
        OutboundContent::Template(Template { template_id, language, params, .. }) => {
            let language = language.as_deref().unwrap_or(default_language);
            ("template", template(template_id, language, params)?)
        }
        OutboundContent::Interactive(Interactive { text, header, footer, buttons, list_label, .. }) => {
            let choice = Choice { text, header: header.as_deref(), footer: footer.as_deref(), buttons };
            ("interactive", choice.shape(list_label.as_deref())?)
        }
        OutboundContent::Location { location } => ("location", place(location)),
        OutboundContent::Reaction { target, emoji } => {
            ("reaction", json!({ "message_id": target, "emoji": emoji }))
        }
        OutboundContent::Contacts { contacts } => {
            let cards = contacts.as_array().filter(|cards| !cards.is_empty() && cards.iter().all(is_named));
            let why = "needs cards with name.formatted_name and one more part of the name";
            ("contacts", json!(cards.ok_or_else(|| refused("contacts", why))?))
        }
        _ => return Err(SendError::Unsupported("content_type_not_carried")),
    })
}

/// Whether a card has the name shown and one of its parts: with the first alone Meta refuses it.
fn is_named(card: &Value) -> bool {
    let name = &card["name"];
    let has = |part: &str| name[part].as_str().is_some_and(|words| !words.is_empty());
    let parts = ["first_name", "last_name", "middle_name", "prefix", "suffix"];
    has("formatted_name") && parts.iter().any(|part| has(part))
}

/// A limit of WhatsApp's that `what` breaks.
fn refused(what: &str, why: impl Into<String>) -> SendError {
    SendError::rejected(ErrorClass::BadRequest, what, why)
}

/// Refuses `text` of more than `limit` characters.
pub(super) fn at_most(what: &str, text: &str, limit: usize) -> Result<(), SendError> {
    if text.chars().count() > limit {
        return Err(refused(what, format!("longer than {limit} characters")));
    }
    Ok(())
}

/// Refuses `text` that is empty or of more than `limit` characters.
fn some_at_most(what: &str, text: &str, limit: usize) -> Result<(), SendError> {
    if text.trim().is_empty() {
        return Err(refused(what, "is empty"));
    }
    at_most(what, text, limit)
}

fn words(text: &str) -> Result<Value, SendError> {
    some_at_most("text", text, MAX_TEXT)?;
    let link = text.contains("https://") || text.contains("http://");
    Ok(if link { json!({ "body": text, "preview_url": true }) } else { json!({ "body": text }) })
}

fn medium(media: &[OutboundMedia], text: Option<&str>) -> Result<(&'static str, Value), SendError> {
    let [medium] = media else { return Err(SendError::Unsupported("not_exactly_one_medium")) };
    if !taken(medium.mime.as_deref()) {
        return Err(SendError::Unsupported("media_type_not_carried"));
    }
    let kind = medium.kind();
    let mut object = Map::new();
    match (&medium.id, &medium.url) {
        (Some(id), _) => object.insert("id".into(), id.as_str().into()),
        (None, Some(url)) => object.insert("link".into(), url.as_str().into()),
        (None, None) => return Err(refused("media", "has neither id nor url")),
    };
    if let Some(caption) = text.filter(|text| !text.is_empty()) {
        if matches!(kind, "audio" | "sticker") {
            return Err(SendError::Unsupported("caption_not_carried"));
        }
        at_most("caption", caption, 1_024)?;
        object.insert("caption".into(), caption.into());
    }
    if let Some(name) = medium.filename.as_deref().filter(|_| kind == "document") {
        object.insert("filename".into(), name.into());
    }
    Ok((kind, object.into()))
}

/// Whether WhatsApp takes this media type; without one, its own fetch decides.
fn taken(mime: Option<&str>) -> bool {
    let Some(mime) = mime else { return true };
    let mime = mime.split(';').next().unwrap_or_default().trim();
    MEDIA_TYPES.iter().any(|known| match known.strip_suffix('*') {
        Some(family) => mime.starts_with(family),
        None => mime == *known,
    })
}

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

/// Parameters named `1`, `2`, … are positional; others go by their names.
fn template(name: &str, language: &str, params: &BTreeMap<String, String>) -> Result<Value, SendError> {
    if name.is_empty() {
        return Err(refused("template", "has no name"));
    }
    let positions: Option<BTreeMap<u32, &String>> =
        params.iter().map(|(name, value)| Some((name.parse().ok()?, value))).collect();
    let parameters: Vec<Value> = match positions {
        Some(positions) => {
            if !positions.keys().copied().eq(1..=u32::try_from(params.len()).unwrap_or(u32::MAX)) {
                return Err(refused("template_params", "positions must be 1, 2, … without a gap"));
            }
            positions.values().map(|value| json!({ "type": "text", "text": value })).collect()
        }
        None => params
            .iter()
            .map(|(name, value)| json!({ "type": "text", "parameter_name": name, "text": value }))
            .collect(),
    };
    let mut template = json!({ "name": name, "language": { "code": language } });
    if !parameters.is_empty() {
        template["components"] = json!([{ "type": "body", "parameters": parameters }]);
    }
    Ok(template)
}

/// Words with buttons, a list, or one link.
struct Choice<'a> {
    text: &'a str,
    header: Option<&'a str>,
    footer: Option<&'a str>,
    buttons: &'a [Button],
}

impl Choice<'_> {
    fn shape(&self, list_label: Option<&str>) -> Result<Value, SendError> {
        let (kind, longest_text, action) = match self.buttons {
            [] => return Err(refused("buttons", "needs at least one button")),
            [Button { title, url: Some(url), .. }] if list_label.is_none() => {
                some_at_most("button_title", title, 20)?;
                let parameters = json!({ "display_text": title, "url": url });
                ("cta_url", 1_024, json!({ "name": "cta_url", "parameters": parameters }))
            }
            buttons if buttons.iter().any(|button| button.url.is_some()) => {
                return Err(SendError::Unsupported("link_among_buttons"));
            }
            buttons if list_label.is_none() && buttons.len() <= MAX_BUTTONS => {
                ("button", 1_024, self.reply_buttons()?)
            }
            buttons if buttons.len() <= MAX_ROWS => ("list", MAX_TEXT, self.list(list_label)?),
            _ => return Err(SendError::Unsupported("too_many_buttons")),
        };
        some_at_most("text", self.text, longest_text)?;
        let mut object = json!({ "type": kind, "body": { "text": self.text }, "action": action });
        if let Some(header) = self.header {
            some_at_most("header", header, 60)?;
            object["header"] = json!({ "type": "text", "text": header });
        }
        if let Some(footer) = self.footer {
            some_at_most("footer", footer, 60)?;
            object["footer"] = json!({ "text": footer });
        }
        Ok(object)
    }

    fn reply_buttons(&self) -> Result<Value, SendError> {
        self.distinct("button_id", 256, |button| &button.id)?;
        self.distinct("button_title", 20, |button| &button.title)?;
        let button = |b: &Button| json!({ "type": "reply", "reply": { "id": b.id, "title": b.title } });
        Ok(json!({ "buttons": self.buttons.iter().map(button).collect::<Vec<_>>() }))
    }

    fn list(&self, label: Option<&str>) -> Result<Value, SendError> {
        let label = label.unwrap_or(LIST_LABEL);
        some_at_most("list_label", label, 20)?;
        self.distinct("row_id", 200, |button| &button.id)?;
        let mut rows = Vec::with_capacity(self.buttons.len());
        for button in self.buttons {
            some_at_most("row_title", &button.title, 24)?;
            let mut row = json!({ "id": button.id, "title": button.title });
            if let Some(description) = button.description.as_deref().filter(|words| !words.is_empty()) {
                at_most("row_description", description, 72)?;
                row["description"] = description.into();
            }
            rows.push(row);
        }
        Ok(json!({ "button": label, "sections": [{ "rows": rows }] }))
    }

    /// Each button must have this field, short enough, and no two the same.
    fn distinct(&self, what: &str, limit: usize, field: fn(&Button) -> &str) -> Result<(), SendError> {
        let mut seen = HashSet::new();
        for button in self.buttons {
            some_at_most(what, field(button), limit)?;
            if !seen.insert(field(button)) {
                return Err(refused(what, "occurs twice"));
            }
        }
        Ok(())
    }
}
