//! Content in the shape of the generation that carries it, for what has no word of ours.

use omni_core::content::Custom;
use omni_core::failure::SendError;
use serde_json::{Map, Value};

use super::super::NAME;

/// The object, unless it is another carrier's, or names one of `ours`: what the adapter alone
/// says is who sends to whom, our reference, and where reports go.
pub(super) fn object<'a>(custom: &'a Custom, ours: &[&str]) -> Result<&'a Map<String, Value>, SendError> {
    if custom.carrier != NAME {
        return Err(SendError::Unsupported("this content has the shape of another carrier"));
    }
    if ours.iter().any(|name| custom.object.contains_key(*name)) {
        return Err(SendError::Unsupported(
            "sender, recipient, reference and report address are not the object's to say",
        ));
    }
    Ok(&custom.object)
}

/// Members of `object` that are not in `body` yet.
pub(super) fn add(body: &mut Map<String, Value>, object: &Map<String, Value>) {
    for (name, value) in object {
        body.entry(name.as_str()).or_insert_with(|| value.clone());
    }
}
