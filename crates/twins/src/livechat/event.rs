//! What an event must look like to be sent.

use serde_json::{Map, Value};

use super::LiveChat;
use super::errors::ApiError;

/// Bytes of a text.
const LONGEST_TEXT: usize = 16 * 1_024;
const MOST_CARDS: usize = 10;
const MOST_BUTTONS: usize = 13;

fn invalid(why: &str) -> ApiError {
    ApiError::validation(format!("event: {why}"))
}

/// Reads an event; what it may not say about itself is left out.
pub(super) fn read(twin: &LiveChat, event: Option<&Value>) -> Result<Map<String, Value>, ApiError> {
    let mut event =
        event.and_then(Value::as_object).cloned().ok_or_else(|| invalid("`event` is required"))?;
    let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "message" => text(&event)?,
        "file" => file(twin, &event)?,
        "rich_message" => rich(&event)?,
        "form" | "filled_form" => form(&event)?,
        "custom" if event.get("content").is_none_or(Value::is_object) => {}
        "system_message" if event.get("system_message_type").is_some_and(Value::is_string) => {}
        _ => return Err(invalid("`type` is not one that can be sent")),
    }
    if !matches!(event.get("visibility").and_then(Value::as_str).unwrap_or("all"), "all" | "agents") {
        return Err(invalid("`visibility` must be all or agents"));
    }
    if event.get("custom_id").is_some_and(|id| !id.is_string()) {
        return Err(invalid("`custom_id` must be a string"));
    }
    for name in ["id", "author_id", "created_at"] {
        event.remove(name);
    }
    Ok(event)
}

fn text(event: &Map<String, Value>) -> Result<(), ApiError> {
    match event.get("text").and_then(Value::as_str).map(str::len) {
        None | Some(0) => Err(invalid("`text` is required")),
        Some(length) if length > LONGEST_TEXT => {
            Err(ApiError::new("entity_too_large", "event: `text` is longer than 16 KB"))
        }
        Some(_) => Ok(()),
    }
}

/// Files come from LiveChat's own storage only.
fn file(twin: &LiveChat, event: &Map<String, Value>) -> Result<(), ApiError> {
    let url = event.get("url").and_then(Value::as_str).unwrap_or_default();
    let uploaded = url.strip_prefix(&format!("{}/files/", twin.desk.base_url));
    let known = uploaded.and_then(|path| path.split('/').next()).is_some_and(|id| twin.files.has(id));
    if known || url.starts_with("https://cdn.livechat-files.com/") {
        return Ok(());
    }
    Err(invalid("`url` must be an uploaded file"))
}

/// A form, empty or filled: its id and its fields, each with type, id and label.
fn form(event: &Map<String, Value>) -> Result<(), ApiError> {
    let has =
        |of: &Value, name: &str| of.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let fields = event.get("fields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_field = |field: &Value| ["type", "id", "label"].iter().all(|name| has(field, name));
    if event.get("form_id").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(invalid("`form_id` is required"));
    }
    if fields.is_empty() || !fields.iter().all(is_field) {
        return Err(invalid("`fields` must have type, id and label"));
    }
    Ok(())
}

fn rich(event: &Map<String, Value>) -> Result<(), ApiError> {
    let template = event.get("template_id").and_then(Value::as_str).unwrap_or_default();
    if !matches!(template, "cards" | "sticker" | "quick_replies" | "ecommerce") {
        return Err(invalid("`template_id` is unknown"));
    }
    let elements = event.get("elements").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let most = if template == "quick_replies" { 1 } else { MOST_CARDS };
    if elements.is_empty() || elements.len() > most {
        return Err(invalid("`elements` are too few or too many"));
    }
    for element in elements {
        if element.get("image").is_some_and(|image| !image["url"].is_string()) {
            return Err(invalid("`image.url` is required"));
        }
        let buttons = element.get("buttons").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if buttons.len() > MOST_BUTTONS || !buttons.iter().all(is_button) {
            return Err(invalid("`buttons` are too many or not valid"));
        }
    }
    Ok(())
}

fn is_button(button: &Value) -> bool {
    let text = |name: &str| button.get(name).and_then(Value::as_str).unwrap_or_default();
    let known = matches!(text("type"), "webview" | "message" | "url" | "phone" | "cancel");
    let has_value = !text("value").is_empty() || text("type") == "cancel";
    let has_height =
        text("type") != "webview" || matches!(text("webview_height"), "compact" | "full" | "tall");
    let has_target = matches!(text("target"), "" | "new" | "current");
    known
        && has_value
        && has_height
        && has_target
        && !text("text").is_empty()
        && !text("postback_id").is_empty()
        && button.get("user_ids").is_some_and(Value::is_array)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rich_messages() {
        let button = |kind: &str| json!({ "type": kind, "text": "A", "value": "a", "postback_id": "a", "user_ids": [] });
        let with = |template: &str, elements: Value| json!({ "template_id": template, "elements": elements });
        let buttons = |buttons: Vec<Value>| json!([{ "title": "x", "buttons": buttons }]);
        let mut nameless = button("message");
        nameless["postback_id"] = "".into();
        let mut moment = button("webview");
        moment["webview_height"] = "tall".into();
        let mut elsewhere = button("url");
        elsewhere["target"] = "the moon".into();
        #[rustfmt::skip]
        let cases = [
            ("quick replies",     with("quick_replies", buttons(vec![button("message")])),      true),
            ("cards",             with("cards", json!([{}, {}])),                               true),
            ("two quick replies", with("quick_replies", json!([{}, {}])),                       false),
            ("eleven cards",      with("cards", Value::Array(vec![json!({}); 11])),             false),
            ("no cards",          with("cards", json!([])),                                     false),
            ("a template of its own", with("hologram", json!([{}])),                            false),
            ("13 buttons",        with("cards", buttons(vec![button("url"); 13])),              true),
            ("14 buttons",        with("cards", buttons(vec![button("url"); 14])),              false),
            ("a button of its own", with("cards", buttons(vec![button("song")])),               false),
            ("a button without id", with("cards", buttons(vec![nameless])),                     false),
            ("a moment",          with("cards", buttons(vec![moment])),                         true),
            ("a moment of no height", with("cards", buttons(vec![button("webview")])),          false),
            ("a link into nowhere", with("cards", buttons(vec![elsewhere])),                    false),
            ("a picture",         with("cards", json!([{ "image": { "url": "https://x.example/a.png" } }])), true),
            ("a picture of nothing", with("cards", json!([{ "image": {} }])),                   false),
        ];
        for (name, event, fine) in cases {
            assert_eq!(rich(event.as_object().unwrap()).is_ok(), fine, "{name}");
        }
    }

    #[test]
    fn forms() {
        let field = json!({ "type": "email", "id": "1", "label": "Your e-mail" });
        let nameless = json!({ "type": "email", "id": "1", "label": "" });
        let cases = [
            ("a form", json!({ "form_id": "1", "fields": [field] }), true),
            ("a form of nobody", json!({ "fields": [field] }), false),
            ("a form without fields", json!({ "form_id": "1", "fields": [] }), false),
            ("a field without label", json!({ "form_id": "1", "fields": [nameless] }), false),
        ];
        for (name, event, fine) in cases {
            assert_eq!(form(event.as_object().unwrap()).is_ok(), fine, "{name}");
        }
    }

    #[test]
    fn texts() {
        for (length, fine) in [(0, false), (1, true), (LONGEST_TEXT, true), (LONGEST_TEXT + 1, false)] {
            let event = json!({ "text": "a".repeat(length) });
            assert_eq!(text(event.as_object().unwrap()).is_ok(), fine, "{length}");
        }
    }
}
