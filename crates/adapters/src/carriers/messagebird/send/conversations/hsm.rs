//! WhatsApp's templates, as Conversations names them: highly structured messages.
//!
//! `params` fills a body alone. With a header or buttons everything goes into `components`, the
//! body too, as MessageBird's Java SDK does it.

use omni_core::content::{OutboundMedia, Template, TemplateButton, TemplateButtonKind, TemplateHeader};
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::super::super::account::Account;
use super::super::url;

pub(super) fn hsm(account: &Account, template: &Template) -> Result<Value, SendError> {
    let namespace = account.settings.template_namespace.as_deref();
    let namespace =
        namespace.ok_or(SendError::Unsupported("templates need the setting template_namespace"))?;
    let language = template.language.as_deref();
    let language = language.ok_or(SendError::Unsupported("a template needs its language"))?;
    let mut hsm = json!({
        "namespace": namespace,
        "templateName": template.template_id,
        "language": { "policy": "deterministic", "code": language },
    });
    let values = values(template)?;
    if template.header.is_none() && template.buttons.is_empty() {
        hsm["params"] = values.iter().map(|value| json!({ "default": value })).collect();
        return Ok(hsm);
    }
    let mut components = Vec::new();
    if let Some(header) = &template.header {
        components.push(json!({ "type": "header", "parameters": [parameter(header)?] }));
    }
    if !values.is_empty() {
        let parameters: Vec<Value> = values.iter().map(|value| text(value)).collect();
        components.push(json!({ "type": "body", "parameters": parameters }));
    }
    for button in &template.buttons {
        components.push(button_component(button)?);
    }
    hsm["components"] = components.into();
    Ok(hsm)
}

/// The body's values in the order of their positions.
fn values(template: &Template) -> Result<Vec<&str>, SendError> {
    let mut values: Vec<(usize, &str)> = Vec::with_capacity(template.params.len());
    for (position, value) in &template.params {
        let position =
            position.parse().map_err(|_| SendError::Unsupported("template values go by position here"))?;
        values.push((position, value));
    }
    values.sort_unstable_by_key(|(position, _)| *position);
    Ok(values.into_iter().map(|(_, value)| value).collect())
}

fn text(value: &str) -> Value {
    json!({ "type": "text", "text": value })
}

fn parameter(header: &TemplateHeader) -> Result<Value, SendError> {
    match header {
        TemplateHeader::Text(value) => Ok(text(value)),
        TemplateHeader::Media(media) => above(media),
        TemplateHeader::Location(_) => {
            Err(SendError::Unsupported("the Conversations API puts no place above a template"))
        }
    }
}

/// A picture, film or document above the words: `{"type": "image", "image": {"url": …}}`.
pub(super) fn above(media: &OutboundMedia) -> Result<Value, SendError> {
    let kind = media.kind();
    Ok(json!({ "type": kind, kind: { "url": url(media)? } }))
}

fn button_component(button: &TemplateButton) -> Result<Value, SendError> {
    let (kind, parameter) = match &button.kind {
        TemplateButtonKind::QuickReply { payload } => {
            ("quick_reply", json!({ "type": "payload", "payload": payload }))
        }
        TemplateButtonKind::Url { text: ending } => ("url", text(ending)),
        TemplateButtonKind::CopyCode { code } => {
            ("copy_code", json!({ "type": "coupon_code", "coupon_code": code }))
        }
        TemplateButtonKind::Flow { .. } => {
            return Err(SendError::Unsupported("the Conversations API documents no forms"));
        }
    };
    Ok(json!({ "type": "button", "sub_type": kind, "index": button.index, "parameters": [parameter] }))
}
