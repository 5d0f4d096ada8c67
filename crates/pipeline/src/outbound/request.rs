//! Reads the seeds' `OutboundMessageRequest`: all mistakes at once, each with its pointer.

use std::collections::BTreeMap;

use omni_core::address::Address;
use omni_core::content::{Button, OutboundContent, OutboundMedia};
use omni_core::event::{Channel, Location};
use omni_core::id::{AccountId, ConversationId, MessageId};
use omni_core::message::Priority;
use omni_core::problem::{self, FieldError, Problem, did_you_mean};
use omni_core::time::Timestamp;
use serde_json::{Map, Value};
use url::Url;

/// Longest text that any channel takes.
const MOST_TEXT: usize = 16_384;
/// Most mistakes that are told at once.
const MOST_MISTAKES: usize = 100;
/// Most media in one message.
const MOST_MEDIA: usize = 10;
/// Most choices in one message.
const MOST_BUTTONS: usize = 10;

/// A request that can be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct SendRequest {
    /// As written: normalised once the account's region is known.
    pub to: String,
    /// The channel, if the client says.
    pub channel: Option<Channel>,
    /// The carrier the client would like.
    pub preferred_carrier: Option<String>,
    /// The sender the client names.
    pub from: Option<Address>,
    /// The account, where a tenant has several.
    pub account: Option<AccountId>,
    /// The conversation to go on with, instead of `to`.
    pub conversation: Option<ConversationId>,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
    /// What to say.
    pub content: OutboundContent,
    /// How urgent.
    pub priority: Priority,
    /// Not before.
    pub scheduled_at: Option<Timestamp>,
    /// Not after.
    pub expire_at: Option<Timestamp>,
    /// Where to report status changes.
    pub callback_url: Option<String>,
}

/// Reads a request body.
///
/// # Errors
/// [`problem::VALIDATION_FAILED`] with every mistake that it has.
pub fn read(body: &Value, now: Timestamp) -> Result<SendRequest, Problem> {
    let mut reader = Reader::default();
    let request = reader.request(body, now);
    match request {
        Some(request) if reader.errors.is_empty() => Ok(request),
        _ => Err(invalid(reader.errors)),
    }
}

/// The problem that lists those mistakes.
pub fn invalid(errors: Vec<FieldError>) -> Problem {
    let detail = match errors.as_slice() {
        [one] => one.detail.clone(),
        many => format!("{} mistakes; see `errors`.", many.len()),
    };
    Problem { code: problem::VALIDATION_FAILED, detail, errors }
}

#[derive(Default)]
struct Reader {
    errors: Vec<FieldError>,
}

type Object = Map<String, Value>;

impl Reader {
    fn wrong(&mut self, pointer: &str, code: &str, detail: impl Into<String>) {
        // A body can hold more mistakes than anybody reads.
        if self.errors.len() < MOST_MISTAKES {
            self.errors.push(FieldError::new(pointer, code, detail));
        }
    }

    fn known(&mut self, at: &str, object: &Object, fields: &[&str]) {
        for name in object.keys().filter(|name| !fields.contains(&name.as_str())) {
            let hint = did_you_mean(name, fields.iter().copied());
            let hint = hint.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.wrong(&pointer, "unknown_field", format!("There is no field `{name}` here.{hint}"));
        }
    }

    fn text(&mut self, at: &str, object: &Object, name: &str) -> Option<String> {
        match object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.wrong(&format!("{at}/{name}"), "wrong_type", format!("`{name}` must be a string."));
                None
            }
        }
    }

    fn required(&mut self, at: &str, object: &Object, name: &str) -> String {
        let before = self.errors.len();
        match self.text(at, object, name) {
            Some(text) if !text.is_empty() => text,
            Some(_) => {
                self.wrong(&format!("{at}/{name}"), "empty", format!("`{name}` must not be empty."));
                String::new()
            }
            None => {
                if self.errors.len() == before {
                    self.wrong(&format!("{at}/{name}"), "required", format!("`{name}` is missing."));
                }
                String::new()
            }
        }
    }

    fn parsed<T: std::str::FromStr>(
        &mut self,
        at: &str,
        object: &Object,
        name: &str,
        what: &str,
    ) -> Option<T> {
        let text = self.text(at, object, name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => {
                self.wrong(&format!("{at}/{name}"), "invalid", format!("`{name}` is not {what}."));
                None
            }
        }
    }

    fn time(&mut self, at: &str, object: &Object, name: &str) -> Option<Timestamp> {
        let text = self.text(at, object, name)?;
        let parsed = Timestamp::parse(&text);
        if parsed.is_err() {
            let detail = format!("`{name}` is not an RFC 3339 date and time, like 2026-11-20T10:00:00Z.");
            self.wrong(&format!("{at}/{name}"), "invalid_time", detail);
        }
        parsed.ok()
    }

    fn url(&mut self, pointer: &str, text: &str) {
        let fine =
            Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
        if !fine || text.len() > 4_096 {
            self.wrong(pointer, "invalid_url", "Not an http or https address of at most 4096 characters.");
        }
    }

    fn object<'a>(&mut self, pointer: &str, value: &'a Value) -> Option<&'a Object> {
        if value.as_object().is_none() {
            self.wrong(pointer, "wrong_type", "This must be an object.");
        }
        value.as_object()
    }

    fn request(&mut self, body: &Value, now: Timestamp) -> Option<SendRequest> {
        let body = self.object("", body)?;
        self.known(
            "",
            body,
            &["to", "from", "content", "text", "options", "accountId", "conversationId", "inReplyTo"],
        );
        let conversation = self.parsed("", body, "conversationId", "a `conv_…` id");
        let recipient = self.recipient(body, conversation.is_some());
        let from = self.sender(body);
        let content = self.content(body);
        let options = self.options(body, now);
        Some(SendRequest {
            to: recipient.address,
            channel: recipient.channel,
            preferred_carrier: recipient.preferred_carrier,
            from,
            account: self.parsed("", body, "accountId", "an account's name"),
            conversation,
            in_reply_to: self.parsed("", body, "inReplyTo", "a `msg_…` id"),
            content: content?,
            priority: options.priority,
            scheduled_at: options.scheduled_at,
            expire_at: options.expire_at,
            callback_url: options.callback_url,
        })
    }

    fn recipient(&mut self, body: &Object, in_conversation: bool) -> Recipient {
        let mut recipient = Recipient::default();
        match body.get("to") {
            None | Some(Value::Null) if in_conversation => {}
            None | Some(Value::Null) => {
                self.wrong(
                    "/to",
                    "required",
                    "`to` is missing: a phone number, an address, or an object with one.",
                );
            }
            Some(Value::String(text)) => recipient.address.clone_from(text),
            Some(value) => {
                if let Some(to) = self.object("/to", value) {
                    self.known(
                        "/to",
                        to,
                        &["phoneNumber", "address", "email", "channel", "preferredCarrier"],
                    );
                    recipient.address = ["phoneNumber", "address", "email"]
                        .iter()
                        .find_map(|name| self.text("/to", to, name))
                        .unwrap_or_default();
                    recipient.channel = self.parsed_channel(to);
                    recipient.preferred_carrier = self.text("/to", to, "preferredCarrier");
                    if recipient.address.is_empty() && !in_conversation {
                        let detail = "One of `phoneNumber`, `address` and `email` is needed.";
                        self.wrong("/to/phoneNumber", "required", detail);
                    }
                }
            }
        }
        recipient
    }

    fn parsed_channel(&mut self, to: &Object) -> Option<Channel> {
        self.parsed("/to", to, "channel", "a channel: sms, mms, whatsapp, rcs, chat or email")
    }

    fn sender(&mut self, body: &Object) -> Option<Address> {
        match body.get("from") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(Address::from(text.as_str())),
            Some(value) => {
                let from = self.object("/from", value)?;
                self.known("/from", from, &["phoneNumber", "senderId"]);
                let number = self.text("/from", from, "phoneNumber");
                number.or_else(|| self.text("/from", from, "senderId")).map(Address::from)
            }
        }
    }

    fn options(&mut self, body: &Object, now: Timestamp) -> Options {
        let mut options = Options::default();
        let Some(value) = body.get("options").filter(|value| !value.is_null()) else { return options };
        let Some(given) = self.object("/options", value) else { return options };
        self.known("/options", given, &["priority", "scheduledAt", "expireAt", "expiresAt", "callbackUrl"]);
        options.priority = match self.text("/options", given, "priority").as_deref() {
            None | Some("normal") => Priority::Normal,
            Some("high") => Priority::High,
            Some("low") => Priority::Low,
            Some(_) => {
                self.wrong("/options/priority", "invalid", "`priority` is one of high, normal and low.");
                Priority::Normal
            }
        };
        options.scheduled_at = self.time("/options", given, "scheduledAt");
        let expires = self.time("/options", given, "expireAt");
        options.expire_at = expires.or_else(|| self.time("/options", given, "expiresAt"));
        if let Some(expires) = options.expire_at
            && expires <= options.scheduled_at.unwrap_or(now).max(now)
        {
            self.wrong(
                "/options/expireAt",
                "in_the_past",
                "`expireAt` must lie after now and after `scheduledAt`.",
            );
        }
        options.callback_url = self.text("/options", given, "callbackUrl");
        if let Some(url) = options.callback_url.clone() {
            self.url("/options/callbackUrl", &url);
        }
        options
    }

    fn content(&mut self, body: &Object) -> Option<OutboundContent> {
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
    fn words(&mut self, at: &str, object: &Object) -> String {
        let text = self.required(at, object, "text");
        if text.chars().count() > MOST_TEXT {
            self.wrong(&format!("{at}/text"), "too_long", format!("`text` is over {MOST_TEXT} characters."));
        }
        text
    }

    fn typed_content(&mut self, content: &Object) -> Option<OutboundContent> {
        const KINDS: [&str; 7] =
            ["text", "template", "media", "interactive", "location", "reaction", "contacts"];
        let kind = match self.text("/content", content, "type") {
            Some(kind) => kind,
            None if content.contains_key("text") => "text".to_owned(),
            None => {
                self.wrong("/content/type", "required", "`type` is missing.");
                return None;
            }
        };
        match kind.as_str() {
            "text" => {
                self.known("/content", content, &["type", "text"]);
                Some(OutboundContent::Text { text: self.words("/content", content) })
            }
            "template" => Some(self.template(content)),
            "media" => self.media(content),
            "interactive" => self.interactive(content),
            "location" => self.location(content),
            "reaction" => {
                self.known("/content", content, &["type", "target", "emoji"]);
                let target = self.required("/content", content, "target");
                let emoji = self.text("/content", content, "emoji").unwrap_or_default();
                Some(OutboundContent::Reaction { target, emoji })
            }
            "contacts" => {
                self.known("/content", content, &["type", "contacts"]);
                let contacts = content.get("contacts").cloned().unwrap_or_default();
                if contacts.as_array().is_none_or(Vec::is_empty) {
                    self.wrong(
                        "/content/contacts",
                        "required",
                        "`contacts` must be a list with at least one card.",
                    );
                }
                Some(OutboundContent::Contacts { contacts })
            }
            other => {
                let hint = did_you_mean(other, KINDS).map(|near| format!(" Did you mean `{near}`?"));
                let detail = format!("`type` is one of {}.{}", KINDS.join(", "), hint.unwrap_or_default());
                self.wrong("/content/type", "invalid", detail);
                None
            }
        }
    }

    fn template(&mut self, content: &Object) -> OutboundContent {
        self.known("/content", content, &["type", "templateId", "templateParams", "language"]);
        let mut params = BTreeMap::new();
        match content.get("templateParams") {
            None | Some(Value::Null) => {}
            Some(Value::Object(given)) => {
                for (name, value) in given {
                    match value {
                        Value::String(text) => drop(params.insert(name.clone(), text.clone())),
                        Value::Number(number) => drop(params.insert(name.clone(), number.to_string())),
                        _ => {
                            let pointer = format!("/content/templateParams/{name}");
                            self.wrong(&pointer, "wrong_type", "Template values must be strings.");
                        }
                    }
                }
            }
            Some(_) => {
                self.wrong("/content/templateParams", "wrong_type", "`templateParams` must be an object.");
            }
        }
        OutboundContent::Template {
            template_id: self.required("/content", content, "templateId"),
            language: self.text("/content", content, "language"),
            params,
        }
    }

    fn media(&mut self, content: &Object) -> Option<OutboundContent> {
        self.known(
            "/content",
            content,
            &["type", "text", "mediaUrl", "mediaUrls", "media", "mediaType", "filename"],
        );
        let mut media = Vec::new();
        if let Some(url) = self.text("/content", content, "mediaUrl") {
            self.url("/content/mediaUrl", &url);
            let mime = self.text("/content", content, "mediaType");
            let filename = self.text("/content", content, "filename");
            media.push(OutboundMedia { url: Some(url), id: None, mime, filename });
        }
        for (at, value) in list(content.get("mediaUrls")).iter().enumerate() {
            let pointer = format!("/content/mediaUrls/{at}");
            match value.as_str() {
                Some(url) => {
                    self.url(&pointer, url);
                    media.push(OutboundMedia { url: Some(url.to_owned()), ..OutboundMedia::default() });
                }
                None => self.wrong(&pointer, "wrong_type", "Each of `mediaUrls` must be a string."),
            }
        }
        for (at, value) in list(content.get("media")).iter().enumerate() {
            let pointer = format!("/content/media/{at}");
            let Some(one) = self.object(&pointer, value) else { continue };
            self.known(&pointer, one, &["url", "id", "mime", "filename"]);
            let medium = OutboundMedia {
                url: self.text(&pointer, one, "url"),
                id: self.text(&pointer, one, "id"),
                mime: self.text(&pointer, one, "mime"),
                filename: self.text(&pointer, one, "filename"),
            };
            match (&medium.url, &medium.id) {
                (None, None) => self.wrong(&pointer, "required", "Each medium needs a `url` or an `id`."),
                (Some(url), _) => self.url(&format!("{pointer}/url"), url),
                (None, Some(_)) => {}
            }
            media.push(medium);
        }
        if media.is_empty() {
            self.wrong("/content/mediaUrl", "required", "`mediaUrl`, `mediaUrls` or `media` is needed.");
        } else if media.len() > MOST_MEDIA {
            self.wrong("/content/media", "too_many", format!("At most {MOST_MEDIA} media in one message."));
        }
        Some(OutboundContent::Media { media, text: self.text("/content", content, "text") })
    }

    fn interactive(&mut self, content: &Object) -> Option<OutboundContent> {
        self.known("/content", content, &["type", "text", "header", "footer", "buttons", "listLabel"]);
        let text = self.words("/content", content);
        let mut buttons = Vec::new();
        let given = list(content.get("buttons"));
        if given.is_empty() || given.len() > MOST_BUTTONS {
            let detail = format!("`buttons` must be a list of 1 to {MOST_BUTTONS} choices.");
            self.wrong("/content/buttons", if given.is_empty() { "required" } else { "too_many" }, detail);
        }
        for (at, value) in given.iter().enumerate() {
            let pointer = format!("/content/buttons/{at}");
            let Some(one) = self.object(&pointer, value) else { continue };
            self.known(&pointer, one, &["type", "id", "title", "text", "payload", "description", "url"]);
            let title = self.text(&pointer, one, "title").or_else(|| self.text(&pointer, one, "text"));
            let id = self.text(&pointer, one, "id").or_else(|| self.text(&pointer, one, "payload"));
            let Some(title) = title.filter(|title| !title.is_empty()) else {
                self.wrong(&format!("{pointer}/title"), "required", "`title` is missing.");
                continue;
            };
            let url = self.text(&pointer, one, "url");
            if let Some(url) = &url {
                self.url(&format!("{pointer}/url"), url);
            }
            let description = self.text(&pointer, one, "description");
            buttons.push(Button { id: id.unwrap_or_else(|| title.clone()), title, description, url });
        }
        Some(OutboundContent::Interactive {
            text,
            header: self.text("/content", content, "header"),
            footer: self.text("/content", content, "footer"),
            buttons,
            list_label: self.text("/content", content, "listLabel"),
        })
    }

    fn location(&mut self, content: &Object) -> Option<OutboundContent> {
        self.known("/content", content, &["type", "latitude", "longitude", "name", "address"]);
        let mut degrees = |name: &str, most: f64| {
            let value = content.get(name).and_then(Value::as_f64).filter(|value| value.abs() <= most);
            if value.is_none() {
                let detail = format!("`{name}` must be a number between -{most} and {most}.");
                self.wrong(&format!("/content/{name}"), "invalid", detail);
            }
            value.unwrap_or_default()
        };
        let (lat, lon) = (degrees("latitude", 90.0), degrees("longitude", 180.0));
        let name = self.text("/content", content, "name");
        let address = self.text("/content", content, "address");
        Some(OutboundContent::Location { location: Location { lat, lon, name, address } })
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[derive(Default)]
struct Recipient {
    address: String,
    channel: Option<Channel>,
    preferred_carrier: Option<String>,
}

#[derive(Default)]
struct Options {
    priority: Priority,
    scheduled_at: Option<Timestamp>,
    expire_at: Option<Timestamp>,
    callback_url: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn five_mistakes_show_five_pointers() {
        let body = json!({
            "to": { "phoneNumbr": "+1" }, "content": { "type": "media", "mediaUrl": "ftp://x" },
            "options": { "priority": "urgent", "scheduledAt": "tomorrow" },
        });
        let problem = read(&body, Timestamp::EPOCH).unwrap_err();
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/to/phoneNumbr",
                "/to/phoneNumber",
                "/content/mediaUrl",
                "/options/priority",
                "/options/scheduledAt"
            ]
        );
        assert!(problem.errors[0].detail.contains("Did you mean `phoneNumber`?"));
    }

    #[test]
    fn the_seeds_shape_and_the_short_one_are_read() {
        let short = read(&json!({ "to": "+15550001001", "text": "hi" }), Timestamp::EPOCH).unwrap();
        let long = json!({
            "to": { "phoneNumber": "+15550001001" }, "from": {}, "content": { "type": "text", "text": "hi" },
            "options": { "priority": "normal" },
        });
        assert_eq!(read(&long, Timestamp::EPOCH).unwrap(), short);
    }

    #[test]
    fn no_shape_panics() {
        let bodies = [
            json!(null),
            json!([]),
            json!({}),
            json!({ "to": 1, "content": [] }),
            json!({ "to": "+1", "content": { "type": "interactive", "text": 1, "buttons": [1, {}, { "title": "" }] } }),
            json!({ "to": "+1", "content": { "type": "location", "latitude": 91 } }),
            json!({ "to": "+1", "content": { "type": "reaction" } }),
            json!({ "to": "+1", "content": { "type": "template", "templateParams": { "a": [] } } }),
        ];
        for body in bodies {
            let problem = read(&body, Timestamp::EPOCH).unwrap_err();
            assert!(!problem.errors.is_empty(), "{body}");
        }
    }
}
