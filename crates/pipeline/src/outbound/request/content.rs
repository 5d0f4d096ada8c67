//! Reads what to say: the fields of one type.

use omni_core::content::{Email, OutboundContent, OutboundMedia};
use omni_core::event::Location;
use omni_core::phone;
use omni_core::problem::did_you_mean;
use serde_json::Value;

use super::reader::{Object, Reader};

/// Longest text that any channel takes, in characters.
const MOST_TEXT: usize = 16_384;
/// Most media in one message.
const MOST_MEDIA: usize = 10;
/// Most people who get a copy of a mail: the consent of each is a condition of the commit
/// before it leaves, which has bounds.
const MOST_COPIES: usize = 40;

const KINDS: [&str; 12] = [
    "text",
    "template",
    "media",
    "interactive",
    "location",
    "reaction",
    "contacts",
    "location_request",
    "flow",
    "products",
    "email",
    "custom",
];

impl Reader {
    pub(super) fn content(&mut self, body: &Object) -> Option<OutboundContent> {
        if let Some(value) = body.get("content").filter(|value| !value.is_null()) {
            if body.contains_key("text") {
                self.wrong("/text", "ambiguous", "Give either `text` or `content`, not both.");
            }
            let content = self.object("/content", value)?;
            return self.typed_content(content);
        }
        if body.contains_key("text") {
            let text = self.words("", body);
            return Some(OutboundContent::Text { text });
        }
        self.wrong("/content", "required", "`content` is missing (or `text`, for words alone).");
        None
    }

    /// A text that must be there, within the limit.
    pub(super) fn words(&mut self, at: &str, object: &Object) -> String {
        let text = self.required(at, object, "text");
        if text.chars().count() > MOST_TEXT {
            self.wrong(&format!("{at}/text"), "too_long", format!("`text` is over {MOST_TEXT} characters."));
        }
        text
    }

    fn typed_content(&mut self, content: &Object) -> Option<OutboundContent> {
        let kind = match self.text("/content", content, "type") {
            Some(kind) => kind,
            None if content.contains_key("text") => "text".to_owned(),
            None => {
                self.wrong("/content/type", "required", "`type` is missing.");
                return None;
            }
        };
        match kind.as_str() {
            "text" | "location_request" => {
                self.known("/content", content, &["type", "text"]);
                let text = self.words("/content", content);
                let asks = kind == "location_request";
                Some(if asks {
                    OutboundContent::LocationRequest { text }
                } else {
                    OutboundContent::Text { text }
                })
            }
            "template" => Some(OutboundContent::Template(self.template(content))),
            "media" => Some(self.media(content)),
            "interactive" => Some(OutboundContent::Interactive(self.interactive(content))),
            "location" => {
                self.known("/content", content, &["type", "latitude", "longitude", "name", "address"]);
                Some(OutboundContent::Location { location: self.place("/content", content) })
            }
            "reaction" => Some(self.reaction(content)),
            "contacts" => Some(self.contacts(content)),
            "flow" => Some(OutboundContent::Flow(Box::new(self.flow(content)))),
            "products" => Some(OutboundContent::Products(self.products(content))),
            "email" => Some(OutboundContent::Email(Box::new(self.email(content)))),
            "custom" => Some(OutboundContent::Custom(self.custom(content))),
            other => {
                let hint = did_you_mean(other, KINDS).map(|near| format!(" Did you mean `{near}`?"));
                let detail = format!("`type` is one of {}.{}", KINDS.join(", "), hint.unwrap_or_default());
                self.wrong("/content/type", "invalid", detail);
                None
            }
        }
    }

    fn reaction(&mut self, content: &Object) -> OutboundContent {
        self.known("/content", content, &["type", "target", "emoji"]);
        let target = self.required("/content", content, "target");
        let emoji = self.text("/content", content, "emoji").unwrap_or_default();
        OutboundContent::Reaction { target, emoji }
    }

    fn contacts(&mut self, content: &Object) -> OutboundContent {
        self.known("/content", content, &["type", "contacts"]);
        let contacts = content.get("contacts").cloned().unwrap_or_default();
        if contacts.as_array().is_none_or(Vec::is_empty) {
            let detail = "`contacts` must be a list with at least one card.";
            self.wrong("/content/contacts", "required", detail);
        }
        OutboundContent::Contacts { contacts }
    }

    fn media(&mut self, content: &Object) -> OutboundContent {
        let fields = ["type", "text", "mediaUrl", "mediaUrls", "media", "mediaType", "filename"];
        self.known("/content", content, &fields);
        let mut media = Vec::new();
        if let Some(url) = self.text("/content", content, "mediaUrl") {
            self.url("/content/mediaUrl", &url);
            let mime = self.text("/content", content, "mediaType");
            let filename = self.text("/content", content, "filename");
            media.push(OutboundMedia { url: Some(url), mime, filename, ..OutboundMedia::default() });
        }
        for (at, value) in self.list("/content", content, "mediaUrls").iter().enumerate() {
            let pointer = format!("/content/mediaUrls/{at}");
            match value.as_str() {
                Some(url) => {
                    self.url(&pointer, url);
                    media.push(OutboundMedia { url: Some(url.to_owned()), ..OutboundMedia::default() });
                }
                None => self.wrong(&pointer, "wrong_type", "Each of `mediaUrls` must be a string."),
            }
        }
        for (at, value) in self.list("/content", content, "media").iter().enumerate() {
            media.extend(self.medium(&format!("/content/media/{at}"), value, Inline::Refused));
        }
        if media.is_empty() {
            self.wrong("/content/mediaUrl", "required", "`mediaUrl`, `mediaUrls` or `media` is needed.");
        } else if media.len() > MOST_MEDIA {
            self.wrong("/content/media", "too_many", format!("At most {MOST_MEDIA} media in one message."));
        }
        OutboundContent::Media { media, text: self.text("/content", content, "text") }
    }

    /// `{url | id, mime, filename, size, voice}`.
    pub(super) fn medium(&mut self, at: &str, value: &Value, inline: Inline) -> Option<OutboundMedia> {
        let one = self.object(at, value)?;
        self.known(at, one, &["url", "id", "mime", "filename", "size", "voice"]);
        let medium = OutboundMedia {
            url: self.text(at, one, "url"),
            id: self.text(at, one, "id"),
            mime: self.text(at, one, "mime"),
            filename: self.text(at, one, "filename"),
            size: self.count(at, one, "size"),
            voice: self.flag(at, one, "voice"),
        };
        match (&medium.url, &medium.id) {
            (None, None) => self.wrong(at, "required", "A medium needs a `url` or an `id`."),
            (Some(url), _) if inline == Inline::Taken && url.starts_with("data:") => {}
            (Some(url), _) => self.url(&format!("{at}/url"), url),
            (None, Some(_)) => {}
        }
        Some(medium)
    }

    /// `{latitude, longitude, name, address}`.
    pub(super) fn place(&mut self, at: &str, object: &Object) -> Location {
        let mut degrees = |name: &str, most: f64| {
            let value = object.get(name).and_then(Value::as_f64).filter(|value| value.abs() <= most);
            if value.is_none() {
                let detail = format!("`{name}` must be a number between -{most} and {most}.");
                self.wrong(&format!("{at}/{name}"), "invalid", detail);
            }
            value.unwrap_or_default()
        };
        let (lat, lon) = (degrees("latitude", 90.0), degrees("longitude", 180.0));
        let (name, address) = (self.text(at, object, "name"), self.text(at, object, "address"));
        Location { lat, lon, name, address }
    }

    fn email(&mut self, content: &Object) -> Email {
        self.known("/content", content, &["type", "subject", "text", "html", "attachments", "cc", "bcc"]);
        let (text, html) = (self.text("/content", content, "text"), self.text("/content", content, "html"));
        if text.as_deref().or(html.as_deref()).is_none_or(|words| words.trim().is_empty()) {
            self.wrong("/content/text", "required", "A mail needs `text` or `html`.");
        }
        let attached = self.list("/content", content, "attachments").iter().enumerate();
        let attachments = attached
            .filter_map(|(at, value)| {
                self.medium(&format!("/content/attachments/{at}"), value, Inline::Taken)
            })
            .collect();
        let (cc, bcc) = (self.copies(content, "cc"), self.copies(content, "bcc"));
        if cc.len() + bcc.len() > MOST_COPIES {
            let detail = format!("At most {MOST_COPIES} people get a copy.");
            self.wrong("/content/cc", "too_many", detail);
        }
        Email { subject: self.text("/content", content, "subject"), text, html, attachments, cc, bcc }
    }

    fn copies(&mut self, content: &Object, name: &str) -> Vec<omni_core::address::Address> {
        let given = self.list("/content", content, name);
        let mut copies = Vec::new();
        for (at, value) in given.iter().enumerate() {
            match value.as_str().and_then(phone::email) {
                Some(address) => copies.push(address),
                None => self.wrong(&format!("/content/{name}/{at}"), "invalid", "Not an e-mail address."),
            }
        }
        copies
    }
}

/// Whether a medium may come within the request, as a `data:` URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inline {
    Taken,
    Refused,
}
