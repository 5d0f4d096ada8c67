//! What a connection can carry, as data: the carrier selection reads it.

use crate::content::{Interactive, OutboundContent, OutboundMedia};
use crate::event::{Channel, MessageType};

/// What a connection can carry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// Channels it reaches.
    pub channels: Vec<Channel>,
    /// Kinds of content it takes.
    pub content: Vec<MessageType>,
    /// Longest text in characters that one send takes.
    pub max_text: usize,
    /// Most media in one message.
    pub max_media: usize,
    /// Largest medium in bytes.
    pub max_media_bytes: u64,
    /// Largest medium in bytes of single media types, where they differ: the first that
    /// matches counts, else `max_media_bytes`.
    pub media_limits: Vec<MediaLimit>,
    /// Media types it takes (`image/jpeg`); a trailing `/*` takes a whole family.
    pub media_types: Vec<&'static str>,
    /// Most buttons in one message.
    pub max_buttons: usize,
    /// Most list entries in one message.
    pub max_list_entries: usize,
    /// It reports delivery.
    pub delivery_receipts: bool,
    /// It reports reading.
    pub read_receipts: bool,
    /// Free-form messages need an open 24-hour service window on these channels.
    pub service_window: Vec<Channel>,
    /// It hands our reference back in status callbacks, so an ambiguous send settles.
    pub echoes_reference: bool,
    /// It has a look-up by reference or recipient.
    pub look_up: bool,
    /// It honours an idempotency key, so an ambiguous send may be repeated.
    pub idempotent: bool,
    /// It handles STOP itself (blocks and answers).
    pub handles_stop: bool,
    /// It keeps files for later messages ([`upload`](super::Carrier::upload)).
    pub uploads: bool,
    /// Channels on which it shows that we read ([`show`](super::Carrier::show)).
    pub read_marks: Vec<Channel>,
    /// Channels on which it shows that somebody writes.
    pub typing: Vec<Channel>,
}

impl Capabilities {
    /// Nothing at all: a base for struct update.
    pub const NONE: Self = Self {
        channels: Vec::new(),
        content: Vec::new(),
        max_text: 0,
        max_media: 0,
        max_media_bytes: 0,
        media_limits: Vec::new(),
        media_types: Vec::new(),
        max_buttons: 0,
        max_list_entries: 0,
        delivery_receipts: false,
        read_receipts: false,
        service_window: Vec::new(),
        echoes_reference: false,
        look_up: false,
        idempotent: false,
        handles_stop: false,
        uploads: false,
        read_marks: Vec::new(),
        typing: Vec::new(),
    };

    /// Why `content` cannot go over `channel` here; `None` if it can.
    pub fn refuses(&self, channel: Channel, content: &OutboundContent) -> Option<&'static str> {
        if !self.channels.contains(&channel) {
            return Some("channel_not_carried");
        }
        if !self.content.contains(&content.message_type()) {
            return Some("content_type_not_carried");
        }
        match content {
            OutboundContent::Media { media, .. } if media.len() > self.max_media => Some("too_many_media"),
            _ if content.media().any(|medium| !self.takes(medium.mime.as_deref())) => {
                Some("media_type_not_carried")
            }
            _ if content
                .media()
                .any(|medium| medium.size.is_some_and(|size| size > self.largest(medium))) =>
            {
                Some("media_too_large")
            }
            OutboundContent::Interactive(Interactive { buttons, .. })
                if buttons.len() > self.max_buttons.max(self.max_list_entries) =>
            {
                Some("too_many_buttons")
            }
            _ => None,
        }
    }

    fn takes(&self, mime: Option<&str>) -> bool {
        mime.is_none_or(|mime| self.media_types.iter().any(|known| is_of(mime, known)))
    }

    /// Most bytes that such a medium may have.
    pub fn largest(&self, medium: &OutboundMedia) -> u64 {
        let mime = medium.mime.as_deref().unwrap_or(match medium.kind() {
            "image" => "image/*",
            "video" => "video/*",
            "audio" => "audio/*",
            "sticker" => "image/webp",
            _ => "application/*",
        });
        let limit = self.media_limits.iter().find(|limit| is_of(mime, limit.media_type));
        limit.map_or(self.max_media_bytes, |limit| limit.bytes)
    }
}

/// Whether a media type (parameters aside, in any case) is `known`, or of the family `known`
/// with `/*`.
fn is_of(mime: &str, known: &str) -> bool {
    let mime = mime.split(';').next().unwrap_or_default().trim();
    known.strip_suffix('*').map_or_else(
        || mime.eq_ignore_ascii_case(known),
        |family| mime.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family)),
    )
}

/// The largest medium of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaLimit {
    /// `image/webp`, or a family: `video/*`.
    pub media_type: &'static str,
    /// Bytes.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_of_one_kind_may_be_larger_than_of_another() {
        let can = Capabilities {
            channels: vec![Channel::Whatsapp],
            content: vec![MessageType::Media],
            max_media: 1,
            max_media_bytes: 100,
            media_limits: vec![
                MediaLimit { media_type: "image/webp", bytes: 1 },
                MediaLimit { media_type: "image/*", bytes: 5 },
            ],
            media_types: vec!["image/*", "application/*"],
            ..Capabilities::NONE
        };
        let cases = [
            ("a picture", Some("image/png"), None, 5, None),
            ("a picture in capitals", Some("Image/PNG"), None, 5, None),
            ("a sticker in capitals", Some("IMAGE/WEBP"), None, 2, Some("media_too_large")),
            ("a larger one", Some("image/png; x=y"), None, 6, Some("media_too_large")),
            ("a sticker", Some("image/webp"), None, 2, Some("media_too_large")),
            ("a picture by its name", None, Some("a.jpg"), 6, Some("media_too_large")),
            ("a document", Some("application/pdf"), None, 100, None),
            ("a document by its name", None, Some("a.pdf"), 101, Some("media_too_large")),
            ("sound", Some("audio/ogg"), None, 1, Some("media_type_not_carried")),
        ];
        for (what, mime, name, size, expect) in cases {
            let medium = OutboundMedia {
                id: Some("1".into()),
                mime: mime.map(str::to_owned),
                filename: name.map(str::to_owned),
                size: Some(size),
                ..OutboundMedia::default()
            };
            let content = OutboundContent::Media { media: vec![medium], text: None };
            assert_eq!(can.refuses(Channel::Whatsapp, &content), expect, "{what}");
        }
    }
}
