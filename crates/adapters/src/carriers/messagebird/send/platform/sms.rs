//! Texts over the platform.

use omni_core::carrier::OutboundMessage;
use omni_core::content::{Custom, OutboundContent, Template};
use omni_core::failure::SendError;
use omni_core::segments;
use serde_json::{Map, Value, json};

use super::super::super::account::{Account, Category};
use super::super::{object, reference};

/// Most segments of one SMS.
pub(super) const MAX_SEGMENTS: usize = 12;

pub(super) fn body(account: &Account, message: &OutboundMessage) -> Result<Map<String, Value>, SendError> {
    let category = message.purpose.map_or(account.settings.category, Category::from);
    match &message.content {
        OutboundContent::Text { text } if segments::count(text).segments > MAX_SEGMENTS => {
            Err(SendError::Unsupported("the text is longer than twelve segments"))
        }
        OutboundContent::Text { text } => Ok(object(json!({ "text": text, "category": category }))),
        OutboundContent::Template(approved) => Ok(object(json!({ "template": template(approved)? }))),
        OutboundContent::Custom(custom) => own(category, custom),
        _ => Err(SendError::Unsupported("SMS carries text here")),
    }
}

fn template(template: &Template) -> Result<Map<String, Value>, SendError> {
    if template.header.is_some() || !template.buttons.is_empty() {
        return Err(SendError::Unsupported("a template of SMS has no header and no buttons"));
    }
    let mut wire = reference(template, "smt_");
    wire.insert("parameters".into(), json!(template.params));
    Ok(wire)
}

/// `text`, `template` or `binary`, and what the platform knows beside (`options`, `tags`, …).
fn own(category: Category, custom: &Custom) -> Result<Map<String, Value>, SendError> {
    let mut said = super::own(custom)?.clone();
    if !said.contains_key("template") {
        said.entry("category").or_insert_with(|| json!(category));
    }
    Ok(said)
}
