//! Buttons, a link, or a list, as the platform has them.

use omni_core::content::{Button, Interactive};
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::super::super::{is_list, sections, url};

pub(super) fn choice(choice: &Interactive) -> Result<Value, SendError> {
    let Interactive { text, header, header_media, footer, buttons, list_label } = choice;
    if !are_distinct(buttons) {
        return Err(SendError::Unsupported("no two labels of a message may be the same"));
    }
    let mut wire = json!({ "body_text": text });
    if is_list(buttons, list_label.as_ref()) {
        wire["type"] = json!("list");
        wire["list"] = list(buttons, list_label.as_deref().unwrap_or("Options"));
    } else if let [Button { title, url: Some(url), .. }] = buttons.as_slice() {
        wire["type"] = json!("cta_url");
        wire["cta_url"] = json!({ "text": title, "url": url });
    } else {
        wire["type"] = json!("button");
        wire["buttons"] = buttons.iter().map(quick_reply).collect();
    }
    if let Some(header) = header {
        wire["header"] = json!({ "type": "text", "text": header });
    }
    if let Some(media) = header_media.as_deref() {
        wire["header"] = json!({ "type": media.kind(), "url": url(media)? });
    }
    if let Some(footer) = footer {
        wire["footer_text"] = json!(footer);
    }
    Ok(wire)
}

/// The label is what a person's answer shows: a repeated one is refused there with
/// `WhatsAppInteractiveDuplicateLabel`.
fn are_distinct(buttons: &[Button]) -> bool {
    let mut seen = std::collections::HashSet::new();
    buttons.iter().all(|button| seen.insert(button.title.as_str()))
}

fn list(buttons: &[Button], label: &str) -> Value {
    json!({ "button_text": label, "sections": sections::of_rows(buttons, label, row) })
}

fn row(button: &Button) -> Value {
    match &button.description {
        Some(description) => json!({ "slug": button.id, "text": button.title, "description": description }),
        None => json!({ "slug": button.id, "text": button.title }),
    }
}

fn quick_reply(button: &Button) -> Value {
    json!({ "type": "quick_reply", "quick_reply": { "slug": button.id, "text": button.title } })
}
