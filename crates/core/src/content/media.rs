//! A medium of a message.

use serde::{Deserialize, Serialize};

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
    /// How many bytes it has, where that is known before a carrier fetches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Whether sound is shown as a voice note.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voice: bool,
}

impl OutboundMedia {
    /// `image`, `video`, `audio`, `sticker` or `document`: by the media type, else by the
    /// ending of the file name or address, else `document`.
    pub fn kind(&self) -> &'static str {
        if let Some(mime) = &self.mime {
            let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
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
