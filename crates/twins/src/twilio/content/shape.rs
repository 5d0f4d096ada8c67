//! What a definition must look like: the members of each type, and their limits.

use serde_json::{Map, Value};

use crate::twilio::errors::ApiError;

/// Longest key of a variable; most variables.
const LONGEST_KEY: usize = 16;
const MOST_VARIABLES: usize = 100;

/// A type: its members, and how many characters each text may have.
struct Type {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    texts: &'static [(&'static str, usize)],
}

#[rustfmt::skip]
const TYPES: &[Type] = &[
    Type { name: "twilio/text", required: &["body"], optional: &[], texts: &[("body", 1_600)] },
    Type { name: "twilio/media", required: &["media"], optional: &["body"], texts: &[("body", 1_600)] },
    Type { name: "twilio/location", required: &["latitude", "longitude"], optional: &["label", "id", "address"], texts: &[] },
    Type { name: "twilio/quick-reply", required: &["body", "actions"], optional: &[], texts: &[("body", 1_024)] },
    Type { name: "twilio/list-picker", required: &["body", "button", "items"], optional: &[], texts: &[("body", 1_024), ("button", 20)] },
    Type { name: "twilio/call-to-action", required: &["body", "actions"], optional: &[], texts: &[("body", 640)] },
    Type { name: "twilio/card", required: &[], optional: &["title", "body", "subtitle", "media", "actions", "orientation", "height", "thumbnailImageAlignment"], texts: &[("title", 1_024), ("body", 1_600), ("subtitle", 60)] },
    Type { name: "twilio/catalog", required: &[], optional: &["id", "title", "body", "subtitle", "thumbnail_item_id", "items", "dynamic_items"], texts: &[("title", 60), ("body", 1_024)] },
    Type { name: "twilio/carousel", required: &["body", "cards"], optional: &[], texts: &[("body", 1_024)] },
    Type { name: "whatsapp/card", required: &["body"], optional: &["footer", "media", "header_text", "actions"], texts: &[("body", 1_024), ("footer", 60), ("header_text", 60)] },
    Type { name: "whatsapp/authentication", required: &["actions"], optional: &["add_security_recommendation", "code_expiration_minutes"], texts: &[] },
    Type { name: "whatsapp/flows", required: &["body", "button_text", "flow_id"], optional: &["subtitle", "media_url", "flow_token", "flow_first_page_id", "is_flow_first_page_endpoint"], texts: &[("body", 1_024)] },
];

fn invalid() -> ApiError {
    ApiError::new(60_200)
}

fn ensure(holds: bool) -> Result<(), ApiError> {
    if holds { Ok(()) } else { Err(invalid()) }
}

/// The body of `POST /v1/Content`.
pub(super) fn check(definition: &Value) -> Result<(), ApiError> {
    ensure(definition["language"].as_str().is_some_and(|language| !language.is_empty()))?;
    ensure(definition["friendly_name"].is_null() || definition["friendly_name"].is_string())?;
    match &definition["variables"] {
        Value::Null => {}
        Value::Object(variables) => {
            ensure(variables.len() <= MOST_VARIABLES && variables.values().all(Value::is_string))?;
            let fits = |key: &String| (1..=LONGEST_KEY).contains(&key.len()) && !key.contains(' ');
            ensure(variables.keys().all(fits))?;
        }
        _ => return Err(invalid()),
    }
    let types = definition["types"].as_object().filter(|types| !types.is_empty()).ok_or_else(invalid)?;
    types.iter().try_for_each(|(name, shape)| check_type(name, shape))
}

/// One type of a definition; also after its variables are filled in.
pub(super) fn check_type(name: &str, shape: &Value) -> Result<(), ApiError> {
    let known = TYPES.iter().find(|known| known.name == name).ok_or_else(invalid)?;
    let shape = shape.as_object().ok_or_else(invalid)?;
    ensure(known.required.iter().all(|member| shape.get(*member).is_some_and(|value| !value.is_null())))?;
    let is_member = |member: &str| known.required.contains(&member) || known.optional.contains(&member);
    ensure(shape.keys().all(|member| is_member(member)))?;
    for (member, most) in known.texts {
        if shape.contains_key(*member) {
            text(shape, member, *most)?;
        }
    }
    check_parts(name, shape)
}

fn check_parts(name: &str, shape: &Map<String, Value>) -> Result<(), ApiError> {
    match name {
        "twilio/quick-reply" => list(shape, "actions", 1..=10, |action| {
            ensure(action.get("type").is_none_or(|kind| kind == "QUICK_REPLY"))?;
            text(action, "title", 20)?;
            optional(action, "id", 200)
        }),
        "twilio/list-picker" => list(shape, "items", 1..=10, |item| {
            text(item, "item", 24)?;
            text(item, "id", 200)?;
            optional(item, "description", 72)
        }),
        "twilio/call-to-action" => {
            list(shape, "actions", 1..=10, |action| button(action, 20))?;
            ensure(count(shape, "URL") <= 2)
        }
        "twilio/card" => {
            ensure(shape.contains_key("title") || shape.contains_key("body"))?;
            ensure(shape.len() > 1)?;
            urls(shape, "media", 0)?;
            list(shape, "actions", 0..=11, |action| button(action, 25))
        }
        "whatsapp/card" => {
            ensure(shape.len() > 1 && !(shape.contains_key("media") && shape.contains_key("header_text")))?;
            urls(shape, "media", 0)?;
            list(shape, "actions", 0..=10, |action| button(action, 25))
        }
        "twilio/media" => urls(shape, "media", 1),
        "twilio/carousel" => list(shape, "cards", 1..=10, |card| {
            text(card, "media", 2_000)?;
            text(card, "body", 160)?;
            list(card, "actions", 1..=2, |action| button(action, 25))
        }),
        "twilio/location" => {
            let degrees = |name: &str| shape.get(name).is_some_and(Value::is_number);
            ensure(degrees("latitude") && degrees("longitude"))
        }
        _ => Ok(()),
    }
}

/// A text of at least one character.
fn text(object: &Map<String, Value>, name: &str, most: usize) -> Result<(), ApiError> {
    let text = object.get(name).and_then(Value::as_str).unwrap_or_default();
    ensure((1..=most).contains(&text.chars().count()))
}

fn optional(object: &Map<String, Value>, name: &str, most: usize) -> Result<(), ApiError> {
    if object.get(name).is_none_or(Value::is_null) { Ok(()) } else { text(object, name, most) }
}

fn list(
    object: &Map<String, Value>,
    name: &str,
    count: std::ops::RangeInclusive<usize>,
    check: impl Fn(&Map<String, Value>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let items: &[Value] = match object.get(name) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) => items,
        Some(_) => return Err(invalid()),
    };
    ensure(count.contains(&items.len()))?;
    items.iter().try_for_each(|item| check(item.as_object().ok_or_else(invalid)?))
}

/// A button of any kind, with what its kind needs.
fn button(action: &Map<String, Value>, longest: usize) -> Result<(), ApiError> {
    let kind = action.get("type").and_then(Value::as_str).unwrap_or_default();
    let needs = match kind {
        "QUICK_REPLY" | "VOICE_CALL" | "VOICE_CALL_REQUEST" => None,
        "URL" => Some("url"),
        "PHONE_NUMBER" => Some("phone"),
        "COPY_CODE" => Some("code"),
        _ => return Err(invalid()),
    };
    text(action, "title", if kind == "QUICK_REPLY" { 20 } else { longest })?;
    optional(action, "id", 200)?;
    needs.map_or(Ok(()), |member| text(action, member, 2_000))
}

/// How many buttons are of a kind.
pub(super) fn count(shape: &Map<String, Value>, kind: &str) -> usize {
    let actions = shape.get("actions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    actions.iter().filter(|action| action["type"] == kind).count()
}

/// Addresses; a variable may stand behind the host.
fn urls(object: &Map<String, Value>, name: &str, least: usize) -> Result<(), ApiError> {
    let urls: &[Value] = match object.get(name) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(urls)) => urls,
        Some(_) => return Err(invalid()),
    };
    let is_web = |url: &Value| {
        url.as_str().is_some_and(|url| url.starts_with("https://") || url.starts_with("http://"))
    };
    ensure((least..=10).contains(&urls.len()) && urls.iter().all(is_web))
}
