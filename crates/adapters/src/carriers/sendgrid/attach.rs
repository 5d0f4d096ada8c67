//! Files of a mail: attached from `data:` URLs, or named by their address.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::content::OutboundMedia;
use omni_core::failure::SendError;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::shared::text;

/// What a mail carries, and what it only names.
#[derive(Debug, Default)]
pub(super) struct Files<'a> {
    pub(super) attached: Vec<Value>,
    pub(super) links: Vec<Link<'a>>,
}

/// A file that SendGrid will not fetch.
#[derive(Debug)]
pub(super) struct Link<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) url: &'a str,
}

impl Link<'_> {
    /// On a line of plain text.
    pub(super) fn in_words(&self) -> String {
        match self.name {
            Some(name) => format!("{name}: {}", self.url),
            None => self.url.to_owned(),
        }
    }
}

/// Sorts `media`. What `html` shows as `cid:<file name>` is shown there, not below the mail.
pub(super) fn sort<'a>(
    media: impl IntoIterator<Item = &'a OutboundMedia>,
    html: Option<&str>,
) -> Result<Files<'a>, SendError> {
    let mut files = Files::default();
    for medium in media {
        let url = medium.url.as_deref().unwrap_or_default();
        match url.strip_prefix("data:") {
            Some(data) => files.attached.push(attached(medium, data, html)?),
            None if is_web(url) => {
                files.links.push(Link { name: medium.filename.as_deref(), url });
            }
            None => return Err(SendError::Unsupported("media need a public URL")),
        }
    }
    Ok(files)
}

pub(super) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// `application/pdf;base64,…`, what stands behind `data:` (RFC 2397).
fn attached(medium: &OutboundMedia, data: &str, html: Option<&str>) -> Result<Value, SendError> {
    let (head, data) =
        data.split_once(',').ok_or(SendError::Unsupported("a data: URL without a comma is none"))?;
    let content = match head.strip_suffix(";base64") {
        Some(_) => STANDARD.decode(data).map(|bytes| (bytes.is_empty(), Cow::Borrowed(data))).ok(),
        None => {
            let bytes: Vec<u8> = percent_decode_str(data).collect();
            Some((bytes.is_empty(), Cow::Owned(STANDARD.encode(&bytes))))
        }
    };
    let (is_empty, content) = content.ok_or(SendError::Unsupported("a data: URL's base64 is broken"))?;
    if is_empty {
        return Err(SendError::Unsupported("an empty file cannot be attached"));
    }
    let named = medium.mime.as_deref().into_iter().chain([head]).find_map(media_type);
    let mime = named.unwrap_or_else(|| "application/octet-stream".into());
    let filename = medium.filename.as_deref().and_then(text::base_name);
    // SendGrid refuses these two in a name.
    let filename = filename.unwrap_or_else(|| "attachment".into()).replace([';', ','], "_");
    let mut file =
        json!({ "content": content, "filename": filename, "type": mime, "disposition": "attachment" });
    if is_shown(html, &filename) {
        file["disposition"] = json!("inline");
        file["content_id"] = json!(filename);
    }
    Ok(file)
}

/// `type/subtype` without parameters: SendGrid refuses a semicolon or a line end in it.
fn media_type(text: &str) -> Option<String> {
    let essence = text.split(';').next().unwrap_or_default().trim();
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind) && is_token(subtype)).then(|| essence.to_ascii_lowercase())
}

/// Whether the HTML shows the file where it stands (RFC 2392).
fn is_shown(html: Option<&str>, filename: &str) -> bool {
    let plain = filename.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let Some(html) = html.filter(|_| plain) else { return false };
    let wanted = format!("cid:{filename}");
    html.match_indices(&wanted).any(|(at, _)| {
        let next = html[at + wanted.len()..].chars().next();
        next.is_none_or(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_'))
    })
}
