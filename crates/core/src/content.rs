//! What a message of ours says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::{Location, MessageType};

/// The content of an outbound message, before any carrier shapes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutboundContent {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// One or several media, with or without words.
    Media {
        /// What to send; never empty.
        media: Vec<OutboundMedia>,
        /// The caption, or the words of an MMS.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A template that the carrier approved.
    Template {
        /// Its name (WhatsApp) or id (Twilio `HX…`, SendGrid `d-…`).
        #[serde(rename = "templateId")]
        template_id: String,
        /// Language code, like `en_GB`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// Values by parameter name or position (`"1"`, `"2"`).
        #[serde(default, rename = "templateParams", skip_serializing_if = "BTreeMap::is_empty")]
        params: BTreeMap<String, String>,
    },
    /// Words with buttons or a list.
    Interactive {
        /// The words.
        text: String,
        /// Short text above.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<String>,
        /// Small text below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
        /// The choices; never empty.
        buttons: Vec<Button>,
        /// The label that opens a list; with it, or with more buttons than a carrier shows,
        /// the choices become a list.
        #[serde(default, rename = "listLabel", skip_serializing_if = "Option::is_none")]
        list_label: Option<String>,
    },
    /// A place.
    Location {
        /// The place.
        location: Location,
    },
    /// An emoji on an earlier message.
    Reaction {
        /// The carrier's id of that message.
        target: String,
        /// The emoji; empty takes it back.
        emoji: String,
    },
    /// Contact cards, in the carrier's own shape.
    Contacts {
        /// The cards.
        contacts: Value,
    },
}

/// One button or list entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What comes back when it is pressed.
    pub id: String,
    /// What the person sees.
    pub title: String,
    /// More words (lists).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Opens this address instead of answering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// One medium of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OutboundMedia {
    /// Where the carrier fetches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The carrier's id of an earlier upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Its file name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

impl OutboundMedia {
    /// `image`, `video`, `audio`, `sticker` or `document`: by the media type, else by the
    /// ending of the file name or address, else `document`.
    pub fn kind(&self) -> &'static str {
        if let Some(mime) = &self.mime {
            let mime = mime.split(';').next().unwrap_or_default().trim();
            return match mime.split('/').next().unwrap_or_default() {
                _ if mime == "image/webp" => "sticker",
                "image" => "image",
                "video" => "video",
                "audio" => "audio",
                _ => "document",
            };
        }
        let name = self.filename.as_deref().or(self.url.as_deref()).unwrap_or_default();
        let path = name.split(['?', '#']).next().unwrap_or_default();
        match path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
            Some("jpg" | "jpeg" | "png" | "gif") => "image",
            Some("webp") => "sticker",
            Some("mp4" | "3gp" | "3gpp") => "video",
            Some("mp3" | "ogg" | "opus" | "aac" | "amr" | "m4a") => "audio",
            _ => "document",
        }
    }
}

impl OutboundContent {
    /// The kind, as stored and selected on.
    pub const fn message_type(&self) -> MessageType {
        match self {
            Self::Text { .. } => MessageType::Text,
            Self::Media { .. } => MessageType::Media,
            Self::Template { .. } => MessageType::Template,
            Self::Interactive { .. } => MessageType::Interactive,
            Self::Location { .. } => MessageType::Location,
            Self::Reaction { .. } => MessageType::Reaction,
            Self::Contacts { .. } => MessageType::Contacts,
        }
    }

    /// The words in it, if there are any.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text } | Self::Interactive { text, .. } => Some(text),
            Self::Media { text, .. } => text.as_deref(),
            Self::Template { .. } | Self::Location { .. } | Self::Reaction { .. } | Self::Contacts { .. } => {
                None
            }
        }
    }

    /// Whether it may leave outside a 24-hour service window.
    pub const fn is_template(&self) -> bool {
        matches!(self, Self::Template { .. })
    }
}
