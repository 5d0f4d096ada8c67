//! Media: which types and sizes WhatsApp takes, and how a request names a medium.

use omni_core::carrier::MediaLimit;
use omni_core::content::OutboundMedia;
use omni_core::failure::SendError;
use serde_json::{Map, Value, json};

use super::limits::refused;

/// Media types by Meta's page on media; documents take any other kind of file.
pub(in super::super) const TYPES: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/webp",
    "audio/aac",
    "audio/amr",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "audio/opus",
    "video/mp4",
    "video/3gpp",
    "application/*",
    "text/*",
];

/// Largest document, and so the largest medium.
pub(in super::super) const MAX_BYTES: u64 = 100 << 20;

/// Kinds of media that must be smaller (Meta's page on media, December 2025).
pub(in super::super) const LIMITS: &[MediaLimit] = &[
    // An animated sticker; static ones have 100 KB at most, which only the file itself tells.
    MediaLimit { media_type: "image/webp", bytes: 500 << 10 },
    MediaLimit { media_type: "image/*", bytes: 5 << 20 },
    MediaLimit { media_type: "audio/*", bytes: 16 << 20 },
    MediaLimit { media_type: "video/*", bytes: 16 << 20 },
];

/// The most bytes of a kind.
fn most_bytes(kind: &str) -> u64 {
    let is_its = |limit: &&MediaLimit| match kind {
        "sticker" => limit.media_type == "image/webp",
        _ => limit.media_type.strip_suffix("/*") == Some(kind),
    };
    LIMITS.iter().find(is_its).map_or(MAX_BYTES, |limit| limit.bytes)
}

/// The kind of a medium and the object that names it: by id, else by link.
pub(super) fn object(medium: &OutboundMedia) -> Result<(&'static str, Map<String, Value>), SendError> {
    if !taken(medium.mime.as_deref()) {
        return Err(SendError::Unsupported("media_type_not_carried"));
    }
    let kind = medium.kind();
    if let Some(size) = medium.size {
        check_size(kind, size)?;
    }
    if medium.voice && !is_voice_note(medium) {
        return Err(refused("voice", "a voice note is Ogg with Opus (audio/ogg)"));
    }
    let mut object = Map::new();
    match (&medium.id, &medium.url) {
        (Some(id), _) => object.insert("id".into(), id.as_str().into()),
        (None, Some(url)) => object.insert("link".into(), url.as_str().into()),
        (None, None) => return Err(refused("media", "has neither id nor url")),
    };
    if let Some(name) = medium.filename.as_deref().filter(|_| kind == "document") {
        object.insert("filename".into(), name.into());
    }
    Ok((kind, object))
}

/// A medium above words: of a message with buttons, or of a template.
pub(super) fn header(medium: &OutboundMedia) -> Result<Value, SendError> {
    match object(medium)? {
        (kind @ ("image" | "video" | "document"), object) => Ok(json!({ "type": kind, kind: object })),
        _ => Err(SendError::Unsupported("header_of_that_kind_not_carried")),
    }
}

/// Refuses a file that is too large for its kind.
pub(in super::super) fn check_size(kind: &str, size: u64) -> Result<(), SendError> {
    let most = most_bytes(kind);
    if size > most {
        return Err(refused("media", format!("{size} bytes, and {kind} has {most} at most")));
    }
    Ok(())
}

/// Whether WhatsApp takes this media type; without one, its own fetch decides. What holds signs
/// that no media type has is none (RFC 6838).
pub(in super::super) fn taken(mime: Option<&str>) -> bool {
    let Some(mime) = mime else { return true };
    let mime = essence(mime);
    let is_sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+/".contains(&b);
    mime.bytes().all(is_sign)
        && !mime.ends_with('/')
        && TYPES.iter().any(|known| match known.strip_suffix('*') {
            Some(family) => mime.starts_with(family),
            None => mime == *known,
        })
}

/// The type without its parameters.
pub(in super::super) fn essence(mime: &str) -> &str {
    mime.split(';').next().unwrap_or_default().trim()
}

/// Ogg, and with Opus in it as far as the type or the name tells.
fn is_voice_note(medium: &OutboundMedia) -> bool {
    match &medium.mime {
        Some(mime) => {
            let codecs = mime.split_once("codecs=").map(|(_, codecs)| codecs.trim_matches(['"', ' ']));
            essence(mime) == "audio/ogg" && codecs.is_none_or(|codecs| codecs.eq_ignore_ascii_case("opus"))
        }
        None => {
            let name = medium.filename.as_deref().or(medium.url.as_deref()).unwrap_or_default();
            let path = name.split(['?', '#']).next().unwrap_or_default();
            // An upload without a type or name: the person who made it knows what it is.
            let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
            matches!(ending.as_deref(), Some("ogg" | "opus"))
        }
    }
}
