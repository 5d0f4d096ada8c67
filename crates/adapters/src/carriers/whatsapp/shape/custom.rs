//! Content in WhatsApp's own shape: `{"type": "…", "…": {…}}`, for what has no word of ours.

use omni_core::content::Custom;
use omni_core::failure::SendError;
use serde_json::Value;

use super::Shaped;
use super::limits::refused;

/// What the adapter alone says: whom a message is for, what it answers, and our reference; what
/// would make it no message at all (a read mark); and what the Graph API takes from a body as well
/// as from URL and headers: who asks, and by which method.
const OURS: &[&str] = &[
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "context",
    "biz_opaque_callback_data",
    "status",
    "message_id",
    "typing_indicator",
    "access_token",
    "appsecret_proof",
    "method",
];

/// The object as it is, after a look at what it says beside the content.
pub(super) fn shape(custom: &Custom) -> Result<Shaped, SendError> {
    if custom.carrier != super::super::NAME.0 {
        return Err(SendError::Unsupported("shape_of_another_carrier"));
    }
    if let Some(name) = OURS.iter().find(|name| custom.object.contains_key(**name)) {
        return Err(refused("custom", format!("`{name}` is not the object's to say")));
    }
    let mut beside = custom.object.clone();
    let kind = match beside.remove("type") {
        Some(Value::String(kind)) if !kind.is_empty() => kind,
        _ => return Err(refused("custom", "`type` is missing")),
    };
    let content = beside.remove(&kind).filter(|content| content.is_object() || content.is_array());
    let object = content.ok_or_else(|| refused("custom", "the member that `type` names is missing"))?;
    Ok(Shaped { kind, object, beside })
}
