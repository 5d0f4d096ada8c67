//! What may stand under an RCS message and on a card: answers and actions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::time::Timestamp;
use serde_json::{Map, Value};

use super::request::{is_e164, is_web};
use super::rich::{Checked, at_most, one_of, wrong};

/// Longest texts: of a suggestion, of what it carries (in base64), of a link, of a place's
/// label and an appointment's title, and of an appointment's description.
const MAX_TEXT: usize = 25;
const MAX_POSTBACK: usize = 2_048;
const MAX_LINK: usize = 2_048;
const MAX_LABEL: usize = 100;
const MAX_DESCRIPTION: usize = 500;

/// Checks one suggestion; complaints name the member.
pub(super) fn check(suggestion: &Value) -> Checked {
    let Some(suggestion) = suggestion.as_object() else { return wrong("", "a suggestion must be an object") };
    let words = suggestion.get("text").and_then(Value::as_str).unwrap_or_default();
    if words.is_empty() || words.chars().count() > MAX_TEXT {
        return wrong("text", "'text' is required and must be 25 characters or less");
    }
    let postback = suggestion.get("postbackData").and_then(Value::as_str);
    if !postback.is_some_and(|data| data.len() <= MAX_POSTBACK && STANDARD.decode(data).is_ok()) {
        return wrong("postbackData", "'postbackData' is required: base64 of 2048 characters or less");
    }
    match suggestion.get("type").and_then(Value::as_str) {
        Some("REPLY" | "REQUEST_LOCATION") => Ok(()),
        Some("DIAL_PHONE") => dial(suggestion),
        Some("SHOW_LOCATION") => place(suggestion),
        Some("CREATE_CALENDAR_EVENT") => appointment(suggestion),
        Some("OPEN_URL") => link(suggestion),
        _ => wrong("type", "a suggestion's 'type' is unknown"),
    }
}

fn dial(suggestion: &Map<String, Value>) -> Checked {
    let number = suggestion.get("phoneNumber").and_then(Value::as_str);
    if number.is_some_and(is_e164) { Ok(()) } else { wrong("phoneNumber", "must be an E164 number") }
}

/// Degrees are texts.
fn place(suggestion: &Map<String, Value>) -> Checked {
    for (name, most) in [("latitude", 90.0), ("longitude", 180.0)] {
        let degrees = suggestion.get(name).and_then(Value::as_str).and_then(|text| text.parse::<f64>().ok());
        if !degrees.is_some_and(|degrees| degrees.abs() <= most) {
            return wrong(name, "must be degrees, as a text");
        }
    }
    at_most(suggestion, "label", MAX_LABEL)
}

fn appointment(suggestion: &Map<String, Value>) -> Checked {
    if !suggestion.get("title").is_some_and(Value::is_string) {
        return wrong("title", "'title' is required");
    }
    at_most(suggestion, "title", MAX_LABEL)?;
    at_most(suggestion, "description", MAX_DESCRIPTION)?;
    for name in ["startTime", "endTime"] {
        let time = suggestion.get(name).and_then(Value::as_str);
        if time.is_none_or(|time| Timestamp::parse(time).is_err()) {
            return wrong(name, "must be a valid RFC-3339 value");
        }
    }
    Ok(())
}

fn link(suggestion: &Map<String, Value>) -> Checked {
    let url = suggestion.get("url").and_then(Value::as_str);
    if !url.is_some_and(|url| url.len() <= MAX_LINK && is_web(url)) {
        return wrong("url", "'url' must be a URL of 2048 characters or less");
    }
    let opens_inside = match suggestion.get("application") {
        None => false,
        Some(_) => one_of(suggestion, "application", &["BROWSER", "WEBVIEW"])? == "WEBVIEW",
    };
    match (opens_inside, suggestion.contains_key("webviewViewMode")) {
        (true, _) => one_of(suggestion, "webviewViewMode", &["FULL", "HALF", "TALL"]).map(|_| ()),
        (false, true) => wrong("webviewViewMode", "must not be set for BROWSER"),
        (false, false) => Ok(()),
    }
}
