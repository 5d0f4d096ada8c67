//! Templates: the values for their header, body and buttons.

use std::collections::{BTreeMap, HashSet};

use omni_core::content::{Template, TemplateButton, TemplateButtonKind, TemplateHeader};
use omni_core::failure::SendError;
use serde_json::{Map, Value, json};

use super::limits::{COUPON, refused, some_at_most};
use super::{media, place};

/// The `template` object.
pub(super) fn shape(template: &Template, default_language: &str) -> Result<Value, SendError> {
    if template.template_id.is_empty() {
        return Err(refused("template", "has no name"));
    }
    let mut components = Vec::new();
    if let Some(header) = &template.header {
        components.push(json!({ "type": "header", "parameters": [header_value(header)?] }));
    }
    let body = body_values(&template.params)?;
    if !body.is_empty() {
        components.push(json!({ "type": "body", "parameters": body }));
    }
    let mut seen = HashSet::new();
    for value in &template.buttons {
        if !seen.insert(value.index) {
            return Err(refused("template_button", format!("index {} occurs twice", value.index)));
        }
        components.push(button(value)?);
    }
    let language = template.language.as_deref().unwrap_or(default_language);
    let mut object = json!({ "name": template.template_id, "language": { "code": language } });
    if !components.is_empty() {
        object["components"] = components.into();
    }
    Ok(object)
}

fn header_value(header: &TemplateHeader) -> Result<Value, SendError> {
    match header {
        TemplateHeader::Text(text) => value("template_header", "text", text),
        TemplateHeader::Media(medium) => media::header(medium),
        TemplateHeader::Location(location) => Ok(json!({ "type": "location", "location": place(location) })),
    }
}

/// A parameter whose type names the member with its words. Meta takes no empty ones.
fn value(what: &str, kind: &str, words: &str) -> Result<Value, SendError> {
    some_at_most(what, words, usize::MAX)?;
    Ok(json!({ "type": kind, kind: words }))
}

/// Parameters named `1`, `2`, … are positional; others go by their names.
fn body_values(params: &BTreeMap<String, String>) -> Result<Vec<Value>, SendError> {
    let text = |words: &String| value("template_params", "text", words);
    let positions: Option<BTreeMap<u32, &String>> =
        params.iter().map(|(name, words)| Some((name.parse().ok()?, words))).collect();
    if let Some(positions) = positions {
        if !positions.keys().copied().eq(1..=u32::try_from(params.len()).unwrap_or(u32::MAX)) {
            return Err(refused("template_params", "positions must be 1, 2, … without a gap"));
        }
        return positions.into_values().map(text).collect();
    }
    let named = |(name, words): (&String, &String)| {
        let mut parameter = text(words)?;
        parameter["parameter_name"] = name.as_str().into();
        Ok(parameter)
    };
    params.iter().map(named).collect()
}

/// The button that copies an authentication template's code is to Meta a link with the code as
/// its ending; `copy_code` is for coupons.
fn button(button: &TemplateButton) -> Result<Value, SendError> {
    let what = "template_button";
    let (kind, parameter) = match &button.kind {
        TemplateButtonKind::QuickReply { payload } => ("quick_reply", value(what, "payload", payload)?),
        TemplateButtonKind::Url { text } => ("url", value(what, "text", text)?),
        TemplateButtonKind::CopyCode { code } => {
            some_at_most(what, code, COUPON)?;
            ("copy_code", value(what, "coupon_code", code)?)
        }
        TemplateButtonKind::Flow { token, data } => {
            let action = flow_action(token.as_deref(), data.as_ref())?;
            ("flow", json!({ "type": "action", "action": action }))
        }
    };
    Ok(json!({
        "type": "button", "sub_type": kind, "index": button.index.to_string(), "parameters": [parameter],
    }))
}

fn flow_action(token: Option<&str>, data: Option<&Value>) -> Result<Value, SendError> {
    let mut action = Map::new();
    if let Some(token) = token {
        action.insert("flow_token".into(), token.into());
    }
    if let Some(data) = data {
        if !data.is_object() {
            return Err(refused("template_button", "a form's data is an object"));
        }
        action.insert("flow_action_data".into(), data.clone());
    }
    Ok(action.into())
}
