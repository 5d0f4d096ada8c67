//! What a message of the Conversations API may hold; WhatsApp's limits are the tightest.

use serde_json::{Map, Value};

use super::shapes;
use crate::messagebird::errors::ApiError;
use crate::messagebird::shape::Shape;

fn invalid(why: &str) -> ApiError {
    ApiError::rest(21, format!("content is invalid: {why}"), Some("content"))
}

/// Checks `content` against `type`.
pub(super) fn check(kind: &str, content: &Map<String, Value>) -> Result<(), ApiError> {
    let inner = content.get(kind).unwrap_or(&Value::Null);
    let shape: &Shape = match kind {
        "text" => return fits(&shapes::TEXT, &Value::Object(content.clone())),
        "email" if inner.is_object() => return Ok(()),
        "image" | "video" | "audio" | "file" | "externalAttachment" => &shapes::FILE,
        "whatsappSticker" => &shapes::STICKER,
        "location" => &shapes::LOCATION,
        "hsm" => &shapes::HSM,
        "interactive" => &shapes::INTERACTIVE,
        _ => return Err(ApiError::rest(21, "type is not supported", Some("type"))),
    };
    fits(shape, inner)?;
    at_most(inner, "rows", 10)?;
    at_most(inner, "product_items", 30)
}

fn fits(shape: &Shape, value: &Value) -> Result<(), ApiError> {
    shape.check(value).map_err(|flaw| invalid(&flaw.to_string()))
}

/// How many entries or products all sections of a list may have together.
fn at_most(inner: &Value, name: &str, most: usize) -> Result<(), ApiError> {
    let sections = inner.pointer("/action/sections").and_then(Value::as_array);
    let all = sections.into_iter().flatten().filter_map(|section| section.get(name)?.as_array());
    if all.map(Vec::len).sum::<usize>() > most {
        return Err(invalid(&format!("there must be up to {most} {name}")));
    }
    Ok(())
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
        let components = |components: Value| {
            let mut hsm = hsm.clone();
            hsm["hsm"]["components"] = components;
            hsm
        };
        let header = |kind: &str| json!({ "type": "header", "parameters": [{ "type": kind, kind: { "url": "https://x.example/a" } }] });
        let body = json!({ "type": "body", "parameters": [{ "type": "text", "text": "x" }] });
        let button_part = |kind: &str, parameter: Value| json!({ "type": "button", "sub_type": kind, "index": 0, "parameters": [parameter] });
        let above = |kind: &str, what: &str| {
            let mut choice = if what == "list" { list(1) } else { buttons(&["a"]) };
            choice["interactive"]["header"] = json!({ "type": kind, kind: { "url": "https://x.example/a" } });
            choice
        };
        let products = |count: usize, header: &str| {
            let items = vec![json!({ "product_retailer_id": "p" }); count.div_ceil(2)];
            let sections: Vec<Value> = [count.div_ceil(2), count / 2]
                .into_iter()
                .filter(|count| *count > 0)
                .map(|count| json!({ "title": "t", "product_items": items.iter().take(count).collect::<Vec<_>>() }))
                .collect();
            json!({ "interactive": {
                "type": "product_list", "header": { "type": "text", "text": header }, "body": { "text": "x" },
                "action": { "catalog_id": "c", "sections": sections },
            } })
        };
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
            ("a template",         "hsm",             hsm.clone(),                                                        true),
            ("half a template",    "hsm",             json!({ "hsm": { "templateName": "t" } }),                  false),
            ("three buttons",      "interactive",     buttons(&["a", "b", "c"]),                                  true),
            ("four buttons",       "interactive",     buttons(&["a", "b", "c", "d"]),                             false),
            ("a long button",      "interactive",     buttons(&["a button that is too long"]),                    false),
            ("ten rows",           "interactive",     list(10),                                                   true),
            ("eleven rows",        "interactive",     list(11),                                                   false),
            ("a template with components", "hsm",    components(json!([header("image"), body, button_part("url", json!({ "type": "text", "text": "x" }))])), true),
            ("a payload",          "hsm",             components(json!([button_part("quick_reply", json!({ "type": "payload", "payload": "x" }))])), true),
            ("a code to copy",     "hsm",             components(json!([button_part("copy_code", json!({ "type": "coupon_code", "coupon_code": "x" }))])), true),
            ("a button of its own", "hsm",            components(json!([button_part("flow", json!({ "type": "text", "text": "x" }))])), false),
            ("sound above",        "hsm",             components(json!([header("audio")])),                       false),
            ("a part that is none", "hsm",            components(json!([{ "type": "head" }])),                    false),
            ("a film above buttons", "interactive",   above("video", "button"),                                   true),
            ("sound above buttons", "interactive",    above("audio", "button"),                                   false),
            ("a picture above a list", "interactive", above("image", "list"),                                     false),
            ("a product",          "interactive",     json!({ "interactive": { "type": "product", "action": { "catalog_id": "c", "product_retailer_id": "p" } } }), true),
            ("a product of nothing", "interactive",   json!({ "interactive": { "type": "product", "action": { "product_retailer_id": "p" } } }), false),
            ("products",           "interactive",     products(30, "Head"),                                       true),
            ("31 products",        "interactive",     products(31, "Head"),                                       false),
            ("products without header", "interactive", products(1, ""),                                           false),
            ("a type that is none", "hologram",       json!({ "hologram": {} }),                                  false),
        ];
        for (name, kind, content, fine) in cases {
            assert_eq!(is_fine(kind, &content), fine, "{name}");
        }
    }
}
