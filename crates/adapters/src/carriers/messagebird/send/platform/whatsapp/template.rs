//! Templates of WhatsApp over the platform: parts in order, of which buttons have no numbers.

use std::collections::BTreeMap;

use omni_core::content::{OutboundMedia, Template, TemplateButton, TemplateButtonKind, TemplateHeader};
use omni_core::failure::SendError;
use serde_json::{Map, Value, json};

use super::super::super::{reference, url};
use super::{file_name, place};

pub(super) fn template(template: &Template) -> Result<Map<String, Value>, SendError> {
    let mut wire = reference(template, "wat_");
    let mut parts = Vec::new();
    if let Some(header) = &template.header {
        parts.push(part("header", &[parameter(header)?]));
    }
    if !template.params.is_empty() {
        parts.push(part("body", &parameters(&template.params)));
    }
    let mut buttons: Vec<&TemplateButton> = template.buttons.iter().collect();
    buttons.sort_by_key(|button| button.index);
    for button in buttons {
        parts.push(part("button", &[text(value(&button.kind)?)]));
    }
    if !parts.is_empty() {
        wire.insert("components".into(), parts.into());
    }
    Ok(wire)
}

fn part(kind: &str, parameters: &[Value]) -> Value {
    json!({ "type": kind, "parameters": parameters })
}

fn text(value: &str) -> Value {
    json!({ "type": "text", "text": value })
}

/// Values in order of their positions, or with their names.
fn parameters(params: &BTreeMap<String, String>) -> Vec<Value> {
    let positions: Option<BTreeMap<usize, &String>> =
        params.iter().map(|(position, value)| Some((position.parse().ok()?, value))).collect();
    match positions {
        Some(values) => values.values().map(|value| text(value)).collect(),
        None => params
            .iter()
            .map(|(name, value)| json!({ "type": "text", "name": name, "text": value }))
            .collect(),
    }
}

fn parameter(header: &TemplateHeader) -> Result<Value, SendError> {
    Ok(match header {
        TemplateHeader::Text(value) => text(value),
        TemplateHeader::Media(media) => file(media)?,
        TemplateHeader::Location(location) => json!({ "type": "location", "location": place(location) }),
    })
}

fn file(media: &OutboundMedia) -> Result<Value, SendError> {
    let mut wire = json!({ "type": media.kind(), "url": url(media)? });
    if media.kind() == "document"
        && let Some(name) = &media.filename
    {
        wire["filename"] = json!(file_name(name));
    }
    Ok(wire)
}

/// The one value that a button takes: the end of its link, or the code it copies.
fn value(kind: &TemplateButtonKind) -> Result<&str, SendError> {
    match kind {
        TemplateButtonKind::Url { text } => Ok(text),
        TemplateButtonKind::CopyCode { code } => Ok(code),
        TemplateButtonKind::QuickReply { .. } => {
            Err(SendError::Unsupported("a quick reply of a template answers its own label here"))
        }
        TemplateButtonKind::Flow { .. } => Err(SendError::Unsupported("the platform has no forms")),
    }
}
