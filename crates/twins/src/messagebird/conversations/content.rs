//! What a message of the Conversations API may hold; WhatsApp's limits are the tightest.

use serde_json::{Map, Value};

use crate::messagebird::api::is_web_url;
use crate::messagebird::errors::ApiError;

fn invalid(why: &str) -> ApiError {
    ApiError::rest(21, format!("content is invalid: {why}"), Some("content"))
}

/// Checks `content` against `type`.
pub(super) fn check(kind: &str, content: &Map<String, Value>) -> Result<(), ApiError> {
    let inner = content.get(kind).unwrap_or(&Value::Null);
    match kind {
        "text" => words(content.get("text"), 4_096, "text"),
        "image" | "video" | "audio" | "file" | "externalAttachment" => {
            if let Some(caption) = inner.get("caption") {
                words(Some(caption), 1_024, "caption")?;
            }
            web(inner.get("url"))
        }
        "whatsappSticker" => web(inner.get("link")),
        "location" => place(inner),
        "hsm" => template(inner),
        "interactive" => interactive(inner),
        "email" if inner.is_object() => Ok(()),
        _ => Err(ApiError::rest(21, "type is not supported", Some("type"))),
    }
}

fn words(value: Option<&Value>, longest: usize, name: &str) -> Result<(), ApiError> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    if text.is_empty() || text.chars().count() > longest {
        return Err(invalid(&format!("{name} must have 1 to {longest} characters")));
    }
    Ok(())
}

fn web(value: Option<&Value>) -> Result<(), ApiError> {
    let is_url = value.and_then(Value::as_str).is_some_and(is_web_url);
    if is_url { Ok(()) } else { Err(invalid("a URL is missing or not valid")) }
}

fn place(inner: &Value) -> Result<(), ApiError> {
    let within = |name: &str, most: f64| {
        inner.get(name).and_then(Value::as_f64).is_some_and(|degrees| degrees.abs() <= most)
    };
    if within("latitude", 90.0) && within("longitude", 180.0) {
        Ok(())
    } else {
        Err(invalid("latitude and longitude must be degrees"))
    }
}

fn template(inner: &Value) -> Result<(), ApiError> {
    for name in ["namespace", "templateName"] {
        words(inner.get(name), 512, name)?;
    }
    words(inner.pointer("/language/code"), 16, "language.code")
}

fn interactive(inner: &Value) -> Result<(), ApiError> {
    words(inner.pointer("/body/text"), 1_024, "body.text")?;
    let list =
        |path: &str| inner.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match inner.get("type").and_then(Value::as_str) {
        Some("button") => {
            let buttons = list("/action/buttons");
            if !(1..=3).contains(&buttons.len()) {
                return Err(invalid("there must be 1 to 3 buttons"));
            }
            buttons.iter().try_for_each(|button| words(button.get("title"), 20, "a button's title"))
        }
        Some("list") => {
            words(inner.pointer("/action/button"), 20, "action.button")?;
            let rows: Vec<&Value> = list("/action/sections")
                .iter()
                .filter_map(|section| section.get("rows").and_then(Value::as_array))
                .flatten()
                .collect();
            if !(1..=10).contains(&rows.len()) {
                return Err(invalid("there must be 1 to 10 rows"));
            }
            rows.iter().try_for_each(|row| words(row.get("title"), 24, "a row's title"))
        }
        _ => Err(invalid("interactive.type must be button or list")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_fine(kind: &str, content: &Value) -> bool {
        check(kind, content.as_object().unwrap()).is_ok()
    }

    #[test]
    fn contents() {
        let button = |title: &str| json!({ "id": "1", "type": "reply", "title": title });
        let buttons = |titles: &[&str]| {
            let buttons: Vec<Value> = titles.iter().map(|title| button(title)).collect();
            json!({ "interactive": { "type": "button", "body": { "text": "x" }, "action": { "buttons": buttons } } })
        };
        let list = |rows: usize| {
            let rows = vec![json!({ "id": "1", "title": "x" }); rows];
            let action = json!({ "button": "Choose", "sections": [{ "title": "x", "rows": rows }] });
            json!({ "interactive": { "type": "list", "body": { "text": "x" }, "action": action } })
        };
        let hsm = json!({ "hsm": { "namespace": "n", "templateName": "t", "language": { "code": "en" } } });
        #[rustfmt::skip]
        let cases = [
            ("a text",             "text",            json!({ "text": "hi" }),                                    true),
            ("an empty text",      "text",            json!({ "text": "" }),                                      false),
            ("a long text",        "text",            json!({ "text": "a".repeat(4_097) }),                       false),
            ("an image",           "image",           json!({ "image": { "url": "https://x.example/a" } }),       true),
            ("an image by id",     "image",           json!({ "image": { "id": "1" } }),                          false),
            ("a long caption",     "image",           json!({ "image": { "url": "https://x.example/a", "caption": "a".repeat(1_025) } }), false),
            ("a sticker",          "whatsappSticker", json!({ "whatsappSticker": { "link": "https://x.example/a" } }), true),
            ("a place",            "location",        json!({ "location": { "latitude": 52.37, "longitude": 4.89 } }), true),
            ("a place beyond",     "location",        json!({ "location": { "latitude": 91, "longitude": 4.89 } }), false),
            ("a template",         "hsm",             hsm,                                                        true),
            ("half a template",    "hsm",             json!({ "hsm": { "templateName": "t" } }),                  false),
            ("three buttons",      "interactive",     buttons(&["a", "b", "c"]),                                  true),
            ("four buttons",       "interactive",     buttons(&["a", "b", "c", "d"]),                             false),
            ("a long button",      "interactive",     buttons(&["a button that is too long"]),                    false),
            ("ten rows",           "interactive",     list(10),                                                   true),
            ("eleven rows",        "interactive",     list(11),                                                   false),
            ("a type that is none", "hologram",       json!({ "hologram": {} }),                                  false),
        ];
        for (name, kind, content, fine) in cases {
            assert_eq!(is_fine(kind, &content), fine, "{name}");
        }
    }
}
