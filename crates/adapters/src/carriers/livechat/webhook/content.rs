//! What an event holds, and what a profile claims.

use omni_core::address::Address;
use omni_core::event::{InboundMessage, MediaRef, MessageType};
use serde_json::map::Entry;
use serde_json::{Map, Value, json};

use super::super::Settings;
use crate::shared::{fetchable, json, text};

/// Where LiveChat keeps files.
const MEDIA_HOSTS: &[&str] = &["cdn.livechat-files.com", "*.livechatinc.com"];

/// Whether LiveChat itself (or what stands in for it) serves the file at `url`.
pub(in super::super) fn is_on_cdn(settings: &Settings, url: &str) -> bool {
    fetchable::allowed(url, MEDIA_HOSTS) || fetchable::same_origin(url, &settings.base_url)
}

pub(super) fn customer_address(id: &str) -> Address {
    format!("lc:{id}").into()
}

/// Reads the content by its type; a type that we do not know is kept by its name.
/// `event_id` makes ids of other events of the chat.
pub(super) fn read(
    settings: &Settings,
    message: &mut InboundMessage,
    wire: &Value,
    event_id: impl Fn(&str) -> String,
) {
    match wire["type"].as_str().unwrap_or_default() {
        "message" => {
            if let Some(words) = wire["text"].as_str() {
                text::put(message, words.to_owned());
            }
            let postback = &wire["postback"];
            if let Some(id) = json::id(&postback["id"]) {
                message.message_type = MessageType::ButtonReply;
                message.reply_id = Some(id);
                message.reply_to = json::text(&postback["event_id"]).map(event_id);
                message.attributes.extend(pressed(&postback["value"], postback));
            }
        }
        "file" => {
            message.message_type = MessageType::Media;
            message.media.push(file(settings, wire));
        }
        "filled_form" => form(message, wire),
        "rich_message" => rich(message, wire),
        "custom" => {
            message.message_type = MessageType::Custom;
            message.attributes.insert("content".into(), wire["content"].clone());
        }
        other => {
            message.message_type = MessageType::Unsupported;
            message.unsupported_type = Some(other.to_owned());
        }
    }
}

/// What a button says beside its id: its `value`, and the product that it stood beside.
pub(super) fn pressed(value: &Value, postback: &Value) -> Map<String, Value> {
    let mut said = Map::new();
    if let Some(value) = json::text(value) {
        said.insert("reply_value".into(), json!(value));
    }
    if postback["ecommerce"].is_object() {
        said.insert("ecommerce".into(), postback["ecommerce"].clone());
    }
    said
}

fn file(settings: &Settings, wire: &Value) -> MediaRef {
    let said = |name: &str| json::text(&wire[name]).map(str::to_owned);
    let mut attributes = Map::new();
    for name in ["width", "height", "alternative_text"] {
        if !wire[name].is_null() {
            attributes.insert(name.into(), wire[name].clone());
        }
    }
    let mime = said("content_type");
    let family = mime.as_deref().and_then(|mime| mime.split('/').next()).unwrap_or_default();
    let kind = if matches!(family, "image" | "video" | "audio") { family } else { "document" };
    MediaRef {
        blocked: !wire["url"].as_str().is_some_and(|url| is_on_cdn(settings, url)),
        url: said("url"),
        kind: Some(kind.to_owned()),
        filename: json::text(&wire["name"]).and_then(text::base_name),
        size: wire["size"].as_u64(),
        mime,
        attributes,
        ..MediaRef::default()
    }
}

/// The answers of a form by their labels; those of fields of one label stand in one list.
fn form(message: &mut InboundMessage, wire: &Value) {
    let mut answers = Map::new();
    for field in json::items(&wire["fields"]) {
        let label = json::text(&field["label"]).map(str::to_owned).or_else(|| json::id(&field["id"]));
        let answer = match &field["answers"] {
            Value::Array(several) => several.iter().map(answer).collect(),
            _ => answer(&field["answer"]),
        };
        match answers.entry(label.unwrap_or_else(|| "?".to_owned())) {
            Entry::Vacant(place) => drop(place.insert(answer)),
            Entry::Occupied(mut before) => add(before.get_mut(), answer),
        }
    }
    message.message_type = MessageType::FormReply;
    message.form = Some(Value::Object(answers));
    for name in ["form_type", "form_id"] {
        if let Some(text) = json::id(&wire[name]) {
            message.attributes.insert(name.into(), json!(text));
        }
    }
}

/// Adds an answer to those of the same label.
fn add(before: &mut Value, answer: Value) {
    if !before.is_array() {
        *before = Value::Array(vec![before.take()]);
    }
    let Value::Array(list) = before else { return };
    match answer {
        Value::Array(several) => list.extend(several),
        one => list.push(one),
    }
}

/// A choice by its label, anything else as it is.
fn answer(answer: &Value) -> Value {
    if answer["label"].is_string() { answer["label"].clone() } else { answer.clone() }
}

/// Cards: their titles are the words, and the whole stays beside them.
fn rich(message: &mut InboundMessage, wire: &Value) {
    let titles: Vec<&str> =
        json::items(&wire["elements"]).iter().filter_map(|card| json::text(&card["title"])).collect();
    message.message_type = MessageType::Rich;
    message.text = (!titles.is_empty()).then(|| titles.join("\n"));
    message
        .attributes
        .insert("rich".into(), json!({ "template_id": wire["template_id"], "elements": wire["elements"] }));
}

/// What a customer's profile claims. Where they surf from and to is not kept.
pub(super) fn customer(user: &Value) -> Value {
    let mut claims = Map::new();
    if let Some(id) = json::text(&user["id"]) {
        claims.insert("address".into(), json!(customer_address(id)));
    }
    for (name, wire) in [("name", "name"), ("email", "email"), ("phone", "phone_number")] {
        if let Some(text) = json::text(&user[wire]) {
            claims.insert(name.into(), json!(text));
        }
    }
    if user["email_verified"].is_boolean() {
        claims.insert("email_verified".into(), user["email_verified"].clone());
    }
    let fields = json::items(&user["session_fields"]).iter().filter_map(Value::as_object);
    let fields: Map<String, Value> =
        fields.flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    if !fields.is_empty() {
        claims.insert("attributes".into(), Value::Object(fields));
    }
    Value::Object(claims)
}
