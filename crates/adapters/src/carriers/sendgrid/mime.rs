//! Raw mode: the whole MIME message in one field.

use mail_parser::{HeaderName, MessageParser, MimeHeaders, PartType};

use super::content::Attachment;
use super::mime_limits;
use crate::shared::text;

/// Larger than SendGrid ever sends.
const MAX_RAW: usize = 31 * 1024 * 1024;

/// What a MIME message holds.
#[derive(Debug, Default)]
pub(super) struct RawMail {
    /// The header block.
    pub(super) head: String,
    pub(super) subject: Option<String>,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) attachments: Vec<Attachment>,
}

/// Reads a message; what cannot be read as one, or costs too much to read, has a head at most.
pub(super) fn read(raw: &[u8]) -> RawMail {
    let end = [&b"\r\n\r\n"[..], b"\n\n"]
        .iter()
        .filter_map(|gap| raw.windows(gap.len()).position(|window| window == *gap))
        .min();
    let head = String::from_utf8_lossy(&raw[..end.unwrap_or(raw.len()).min(256 * 1024)]).into_owned();
    let is_readable = raw.len() <= MAX_RAW && mime_limits::is_readable(raw);
    // Only what is asked for below is taken apart: lists of addresses can be long.
    let parser = MessageParser::new().with_mime_headers().header_text(HeaderName::Subject);
    let parsed = is_readable.then(|| parser.parse(raw)).flatten();
    let Some(message) = parsed else { return RawMail { head, ..RawMail::default() } };
    let text = message.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        _ => None,
    });
    let html = message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.to_string()),
        _ => None,
    });
    let attachments = message.attachments().take(1_000).enumerate().map(|(at, part)| Attachment {
        field: format!("email#{}", at + 1),
        filename: part
            .attachment_name()
            .and_then(text::base_name)
            .unwrap_or_else(|| format!("attachment{}", at + 1)),
        mime: part.content_type().map_or_else(|| "application/octet-stream".into(), media_type),
        bytes: part.contents().len(),
        content_id: part.content_id().map(str::to_owned),
    });
    RawMail {
        subject: message.subject().map(str::to_owned),
        text,
        html,
        attachments: attachments.collect(),
        head,
    }
}

fn media_type(content_type: &mail_parser::ContentType<'_>) -> String {
    let subtype = content_type.subtype().unwrap_or("octet-stream");
    format!("{}/{subtype}", content_type.ctype()).to_ascii_lowercase()
}
