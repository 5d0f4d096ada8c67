//! What has no word of ours: Twilio's own parameters of a message, by their own names.
//!
//! `{"ContentSid": "HX…", "ContentVariables": {"1": "Maya"}}`,
//! `{"Body": "…", "ShortenUrls": true}`, or with `types` (and `language`) a definition as the
//! Content API takes it, which is stored once and found again like ours. Who sends to whom,
//! where statuses go and how long Twilio tries is never taken from here.

use std::collections::BTreeMap;

use omni_core::event::Channel;
use omni_core::failure::SendError;
use serde_json::{Map, Value};

use super::media;
use super::rich::{Definition, Rich, refused};
use super::send::{Fields, words};

/// Parameters that are passed on.
const ALLOWED: &[&str] = &[
    "AddressRetention",
    "Body",
    "ContentRetention",
    "ContentSid",
    "ContentVariables",
    "FallbackFrom",
    "MaxPrice",
    "MediaUrl",
    "PersistentAction",
    "ProvideFeedback",
    "RiskCheck",
    "SendAsMms",
    "ShortenUrls",
    "SmartEncoded",
];

/// Members of a definition.
const DEFINITION: &[&str] = &["types", "language"];

/// Writes the parameters; with a definition the answer holds it.
pub(super) fn write(
    fields: &mut Fields,
    channel: Channel,
    object: &Map<String, Value>,
) -> Result<Option<Rich>, SendError> {
    let known = |name: &str| ALLOWED.contains(&name) || DEFINITION.contains(&name);
    if let Some(name) = object.keys().find(|name| !known(name)) {
        return Err(refused("object", format!("`{}` is not passed on", crate::shared::words::masked(name))));
    }
    let says = ["Body", "MediaUrl", "ContentSid", "types"];
    if !says.iter().any(|name| object.contains_key(*name)) {
        return Err(refused("object", "needs Body, MediaUrl, ContentSid or types"));
    }
    if object.contains_key("types") && object.contains_key("ContentSid") {
        return Err(refused("object", "has types and ContentSid, which is one of them too many"));
    }
    let rich = definition(object)?;
    for name in ALLOWED {
        let Some(value) = object.get(*name) else { continue };
        match (*name, value) {
            ("Body", Value::String(text)) => words(fields, text)?,
            ("ContentVariables", _) if rich.is_some() => {}
            ("ContentVariables", Value::Object(values)) => {
                fields.push((name, Value::from(values.clone()).to_string()));
            }
            ("MediaUrl" | "PersistentAction", Value::Array(values)) => {
                if *name == "MediaUrl" && values.len() > media::most(channel) {
                    return Err(SendError::Unsupported("too_many_media"));
                }
                for value in values {
                    fields.push((name, scalar(name, value)?));
                }
            }
            (_, value) => fields.push((name, scalar(name, value)?)),
        }
    }
    Ok(rich)
}

fn scalar(name: &str, value: &Value) -> Result<String, SendError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(refused(name, "must be a plain value")),
    }
}

fn definition(object: &Map<String, Value>) -> Result<Option<Rich>, SendError> {
    let Some(types) = object.get("types") else { return Ok(None) };
    if types.as_object().is_none_or(Map::is_empty) {
        return Err(refused("types", "must be an object of content types"));
    }
    let language = match object.get("language") {
        None => None,
        Some(language) => Some(language.as_str().ok_or_else(|| refused("language", "must be text"))?),
    };
    let mut values = BTreeMap::new();
    match object.get("ContentVariables") {
        None => {}
        Some(Value::Object(given)) => {
            for (name, value) in given {
                values.insert(name.clone(), scalar(name, value)?);
            }
        }
        Some(_) => return Err(refused("ContentVariables", "must be an object beside types")),
    }
    let definition = Definition::new(types.clone(), language, values.keys());
    Ok(Some(Rich { definition, values }))
}
