//! What the attachments of a mail must look like.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::request::{Checked, Object, list, text, wrong};

/// Signs that no name and no type of a file may hold.
const FORBIDDEN: [char; 4] = [';', ',', '\r', '\n'];

pub(super) fn check(body: &Object) -> Checked {
    for (place, file) in list(body, "attachments", "attachments")?.iter().enumerate() {
        check_one(file, place)?;
    }
    Ok(())
}

fn check_one(file: &Value, place: usize) -> Checked {
    let field = |name: &str| format!("attachments.{place}.{name}");
    let bytes = text(file, "content").and_then(|content| STANDARD.decode(content).ok());
    if bytes.is_none_or(|bytes| bytes.is_empty()) {
        return Err(wrong(field("content"), "The attachment content must be base64 encoded"));
    }
    if text(file, "filename").is_none_or(|name| name.is_empty() || name.contains(FORBIDDEN)) {
        return Err(wrong(field("filename"), "The attachment filename is required, on one line"));
    }
    if !optional(file, "type", |kind| !kind.is_empty() && !kind.contains(FORBIDDEN)) {
        return Err(wrong(field("type"), "The attachment type is not valid"));
    }
    if !optional(file, "disposition", |word| matches!(word, "inline" | "attachment")) {
        return Err(wrong(field("disposition"), "The disposition is inline or attachment"));
    }
    if !optional(file, "content_id", |id| !id.is_empty() && !id.contains(FORBIDDEN)) {
        return Err(wrong(field("content_id"), "The content ID is not valid"));
    }
    Ok(())
}

/// A text that may be absent.
fn optional(file: &Value, name: &str, fits: impl Fn(&str) -> bool) -> bool {
    match file.get(name) {
        None | Some(Value::Null) => true,
        Some(value) => value.as_str().is_some_and(fits),
    }
}
