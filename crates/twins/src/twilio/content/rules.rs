//! What a channel makes of an entry: which of its types it shows, with the variables filled
//! in, and what it refuses to show.

use serde_json::{Map, Value};

use super::{Content, shape};
use crate::twilio::errors::ApiError;
use crate::twilio::request::Channel;

/// The types from the richest to the plainest, with the channels that show them.
const RICHEST_FIRST: &[(&str, &[Channel])] = &[
    ("whatsapp/authentication", &[Channel::WhatsApp]),
    ("whatsapp/card", &[Channel::WhatsApp]),
    ("whatsapp/flows", &[Channel::WhatsApp]),
    ("twilio/catalog", &[Channel::WhatsApp]),
    ("twilio/carousel", &[Channel::WhatsApp, Channel::Rcs]),
    ("twilio/card", &[Channel::WhatsApp, Channel::Rcs]),
    ("twilio/list-picker", &[Channel::WhatsApp]),
    ("twilio/call-to-action", &[Channel::WhatsApp]),
    ("twilio/quick-reply", &[Channel::WhatsApp]),
    ("twilio/location", &[Channel::WhatsApp]),
    ("twilio/media", &[Channel::Sms, Channel::WhatsApp, Channel::Rcs]),
    ("twilio/text", &[Channel::Sms, Channel::WhatsApp, Channel::Rcs]),
];

/// WhatsApp approves all but what exists only within the 24 hours.
pub(super) fn can_be_approved(types: &Value) -> bool {
    let only_in_session = ["twilio/list-picker", "twilio/location"];
    types.as_object().is_some_and(|types| !types.keys().any(|name| only_in_session.contains(&name.as_str())))
}

/// What a person is shown.
#[derive(Debug, PartialEq)]
pub(crate) struct Rendered {
    /// The words, for the list of messages.
    pub(crate) body: String,
    /// Whether WhatsApp approved it.
    pub(crate) approved: bool,
    /// The code with which the channel refuses to show it.
    pub(crate) refused: Option<u32>,
}

/// Fills in an entry for a channel. An error: Twilio refuses the message.
pub(crate) fn render(
    content: &Content,
    channel: Channel,
    given: &Map<String, Value>,
) -> Result<Rendered, ApiError> {
    let types = &content.resource["types"];
    let shown = RICHEST_FIRST.iter().find(|(name, on)| on.contains(&channel) && !types[*name].is_null());
    let (name, _) = shown.ok_or_else(|| ApiError::new(216_602))?;
    let mut values = content.resource["variables"].as_object().cloned().unwrap_or_default();
    values.extend(given.clone());
    let filled = fill(&types[*name], &values)?;
    let words = ["body", "title"].iter().find_map(|member| filled[*member].as_str());
    let empty = given.values().any(|value| value.as_str().is_some_and(|text| text.trim().is_empty()));
    let refused = match () {
        () if empty && channel == Channel::WhatsApp => Some(63_013),
        () if shape::check_type(name, &filled).is_err() => Some(63_021),
        () if channel == Channel::WhatsApp && !content.approved => not_without_approval(name, &filled),
        () => None,
    };
    Ok(Rendered { body: words.unwrap_or_default().to_owned(), approved: content.approved, refused })
}

/// Within the 24 hours: up to three buttons of one kind, one link, no phone numbers; some
/// types not at all.
fn not_without_approval(name: &str, shape: &Value) -> Option<u32> {
    if matches!(name, "twilio/carousel" | "whatsapp/authentication" | "whatsapp/flows") {
        return Some(63_016);
    }
    let shape = shape.as_object()?;
    let actions = shape.get("actions")?.as_array()?;
    let kind = |action: &Value| action["type"].as_str().unwrap_or("QUICK_REPLY").to_owned();
    let first = kind(actions.first()?);
    let mixed = actions.iter().any(|action| kind(action) != first);
    let calls = shape::count(shape, "PHONE_NUMBER") > 0;
    (actions.len() > 3 || mixed || calls || shape::count(shape, "URL") > 1).then_some(63_021)
}

/// Every `{{name}}` in every text; one without a value makes the variables invalid.
fn fill(value: &Value, values: &Map<String, Value>) -> Result<Value, ApiError> {
    Ok(match value {
        Value::String(text) => Value::String(fill_text(text, values)?),
        Value::Array(items) => items.iter().map(|item| fill(item, values)).collect::<Result<_, _>>()?,
        Value::Object(members) => {
            let filled = |(name, member): (&String, &Value)| Ok((name.clone(), fill(member, values)?));
            Value::Object(members.iter().map(filled).collect::<Result<_, ApiError>>()?)
        }
        other => other.clone(),
    })
}

fn fill_text(text: &str, values: &Map<String, Value>) -> Result<String, ApiError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let (name, behind) = after.split_once("}}").ok_or_else(|| ApiError::new(21_656))?;
        match values.get(name.trim()) {
            Some(Value::String(value)) => filled.push_str(value),
            Some(Value::Number(value)) => filled.push_str(&value.to_string()),
            _ => return Err(ApiError::new(21_656)),
        }
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}
