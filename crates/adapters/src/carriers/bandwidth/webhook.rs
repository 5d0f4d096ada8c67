//! Bandwidth's callbacks, and what they mean to us.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::address::Address;
use omni_core::carrier::Parsed;
use omni_core::event::{CarrierEvent, Channel, InboundMessage, Location, MediaRef, MessageType};
use omni_core::time::Timestamp;
use omni_core::webhook::Malformed;
use serde_json::{Map, Value, json};

use super::{NAME, Settings, status};
use crate::shared::loose::{self, Object};
use crate::shared::people::{self, Sender};
use crate::shared::{hmac, json, text};

/// Larger groups than this are nobody's.
const MAX_RECIPIENTS: usize = 500;
/// More media than any network puts into one message.
const MAX_MEDIA: usize = 100;

/// Reads a batch: an array of events, or a bare one. What cannot be read is set aside by
/// itself.
pub(super) fn parse(settings: &Settings, body: &[u8]) -> Result<Parsed, Malformed> {
    let elements = match json::parse(body)? {
        Value::Array(elements) => elements,
        Value::Object(element) => vec![Value::Object(element)],
        _ => return Err(Malformed("neither_array_nor_object")),
    };
    let mut parsed = Parsed::default();
    for element in &elements {
        match read(settings, element) {
            Ok(event) => parsed.events.extend(event),
            Err(reason) => parsed.quarantined.push(reason),
        }
    }
    Ok(parsed)
}

fn read(settings: &Settings, element: &Value) -> Result<Option<CarrierEvent>, &'static str> {
    let envelope = element.as_object().ok_or("event_not_object")?;
    let kind = envelope.get("type").and_then(Value::as_str).ok_or("event_without_type")?;
    match kind {
        "message-received" | "suggestion-response" | "requested-location-response" => {
            let callback = Callback::read(settings, envelope)?;
            // An event that says `out` is ours or an echo, whatever its type claims.
            if is_outbound(callback.message) {
                return Ok(None);
            }
            Ok(Some(CarrierEvent::Message(Box::new(message(&callback, kind)?))))
        }
        "message-sending" | "message-sent" | "message-delivered" | "message-failed" | "message-read" => {
            let callback = Callback::read(settings, envelope)?;
            Ok(Some(CarrierEvent::Status(Box::new(status::read(&callback, kind)))))
        }
        _ => Ok(None),
    }
}

/// What all events have.
pub(super) struct Callback<'a> {
    pub(super) settings: &'a Settings,
    pub(super) envelope: &'a Object,
    pub(super) message: &'a Object,
    pub(super) id: String,
    /// Our number, in both directions.
    pub(super) owner: String,
    pub(super) application: String,
    pub(super) recipients: Vec<String>,
}

impl<'a> Callback<'a> {
    fn read(settings: &'a Settings, envelope: &'a Object) -> Result<Self, &'static str> {
        let message = loose::object(envelope, "message").ok_or("event_without_message")?;
        let id = loose::word(message, "id").ok_or("message_without_id")?;
        let recipients = loose::texts(message, "to");
        if recipients.len() > MAX_RECIPIENTS {
            return Err("message_with_too_many_recipients");
        }
        // Without an owner, our number is the one on our side of the direction.
        let named = loose::word(message, "owner");
        let owner = if is_outbound(message) {
            named.or_else(|| loose::word(message, "from"))
        } else {
            named.or_else(|| loose::word(envelope, "to")).or_else(|| recipients.first().cloned())
        };
        let owner = owner.ok_or("message_without_owner")?;
        let application = loose::word(message, "applicationId").unwrap_or_default();
        Ok(Self { settings, envelope, message, id, owner, application, recipients })
    }

    pub(super) fn tenant_key(&self) -> String {
        self.settings.tenant_key(&self.application, &self.owner)
    }

    fn media(&self) -> Vec<&'a str> {
        let listed = self.message.get("media").and_then(Value::as_array);
        let urls = listed.into_iter().flatten().filter_map(Value::as_str);
        let mut urls: Vec<_> = urls.take(MAX_MEDIA).collect();
        // RCS: one file as an object, or several in a list.
        let files = loose::object(self.message, "content").and_then(|content| content.get("media"));
        let files = files.map(|files| files.as_array().map_or(std::slice::from_ref(files), Vec::as_slice));
        let url = |file: &'a Value| file.get("fileUrl").and_then(Value::as_str);
        urls.extend(files.unwrap_or_default().iter().filter_map(url).take(MAX_MEDIA));
        urls
    }

    fn channel(&self) -> Channel {
        let named = loose::word(self.message, "channel").unwrap_or_default().to_ascii_uppercase();
        match named.as_str() {
            "SMS" => Channel::Sms,
            "MMS" => Channel::Mms,
            "RBM" | "RCS" => Channel::Rcs,
            _ if !self.media().is_empty() || self.recipients.len() > 1 => Channel::Mms,
            _ => Channel::Sms,
        }
    }
}

fn is_outbound(message: &Object) -> bool {
    loose::word(message, "direction").is_some_and(|word| word.eq_ignore_ascii_case("out"))
}

pub(super) fn time(object: &Object, key: &str) -> Option<Timestamp> {
    Timestamp::parse(object.get(key)?.as_str()?).ok()
}

fn message(callback: &Callback<'_>, kind: &str) -> Result<InboundMessage, &'static str> {
    let from = loose::word(callback.message, "from").ok_or("message_without_sender")?;
    let sender = people::sender(&from, &callback.settings.default_region);
    let ours = callback.settings.number(&callback.owner);
    let mut message = InboundMessage {
        carrier: NAME.0.into(),
        channel: Some(callback.channel()),
        external_id: callback.id.clone(),
        tenant_key: callback.tenant_key(),
        sent_at: time(callback.message, "time"),
        segments: loose::count(callback.message, "segmentCount"),
        ..InboundMessage::default()
    };
    if let Some(carrier) = loose::word(callback.envelope, "carrierName") {
        message.attributes.insert("carrier_name".into(), json!(carrier));
    }
    add_content(&mut message, callback, kind);
    add_group(&mut message, callback, &from);
    add_manners(&mut message, callback, &sender, &ours);
    message.from_address = sender.address;
    message.to_address = Some(ours);
    Ok(message)
}

fn add_content(message: &mut InboundMessage, callback: &Callback<'_>, kind: &str) {
    let source = callback.message;
    let content = loose::object(source, "content");
    let words = loose::text(source, "text")
        .filter(|text| !text.is_empty())
        .or_else(|| loose::text(content?, "text"))
        .or_else(|| loose::text(source, "text"));
    if let Some(response) = loose::object(source, "suggestionResponse") {
        message.message_type = MessageType::ButtonReply;
        message.text = loose::text(response, "text").or(words);
        message.reply_id = loose::text(response, "postbackData").map(decode_postback);
        message.reply_to = loose::word(response, "pairedMessageId");
        return;
    }
    if let Some(location) = loose::object(source, "locationResponse").and_then(location) {
        message.message_type = MessageType::Location;
        message.location = Some(location);
        message.text = words;
        return;
    }
    if let Some(words) = words {
        text::put(message, words);
    }
    add_media(message, callback);
    if kind != "message-received" {
        message.message_type = MessageType::Unsupported;
        message.unsupported_type = Some(kind.into());
    }
}

fn location(response: &Object) -> Option<Location> {
    let (lat, lon) = (loose::number(response, "latitude")?, loose::number(response, "longitude")?);
    ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon)).then_some(Location {
        lat,
        lon,
        name: None,
        address: None,
    })
}

/// Postback data travel in base64; what is none is taken as it is.
fn decode_postback(data: String) -> String {
    STANDARD.decode(&data).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(data)
}

fn add_media(message: &mut InboundMessage, callback: &Callback<'_>) {
    let urls = callback.media();
    let (layout, media): (Vec<_>, Vec<_>) = urls.into_iter().partition(|url| text::is_smil(url));
    message.skipped_media = u32::try_from(layout.len()).ok().filter(|skipped| *skipped > 0);
    message.media = media.into_iter().map(|url| media_ref(callback.settings, url)).collect();
    message.message_type = if message.media.is_empty() { MessageType::Text } else { MessageType::Media };
}

/// Only a URL of exactly our account's media may ever be fetched with our credential.
fn media_ref(settings: &Settings, url: &str) -> MediaRef {
    let id = url.strip_prefix(&settings.url("media/")).filter(|id| is_media_id(id));
    let mut attributes = Map::new();
    if let Some(id) = id {
        attributes.insert("media_id".into(), json!(id));
    }
    MediaRef {
        url: Some(url.to_owned()),
        filename: text::file_name_of_url(url),
        blocked: id.is_none(),
        attributes,
        ..MediaRef::default()
    }
}

/// Slashes and escapes are fine; anything that could lead elsewhere is not.
fn is_media_id(id: &str) -> bool {
    let decoded = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    let harmless = |segment: &str| !matches!(segment, "" | "." | "..");
    !id.contains(['?', '#', '\\'])
        && id.bytes().all(|b| b.is_ascii_graphic())
        && decoded.split(['/', '\\']).all(harmless)
}

/// A group message names everybody; an answer must go to all of them.
fn add_group(message: &mut InboundMessage, callback: &Callback<'_>, from: &str) {
    if callback.recipients.len() < 2 {
        return;
    }
    let mut participants = Vec::new();
    for raw in std::iter::once(from).chain(callback.recipients.iter().map(String::as_str)) {
        let member = callback.settings.number(raw);
        if !participants.contains(&member) {
            participants.push(member);
        }
    }
    let mut sorted: Vec<_> = participants.iter().map(Address::expose).collect();
    sorted.sort_unstable();
    let key = format!("{}|{}", callback.tenant_key(), sorted.join(","));
    message.group_id = Some(format!("sha256:{}", hmac::hex(&hmac::digest(key.as_bytes()))));
    message.group = Some(json!({ "participants": participants }));
}

/// Consent keywords, and senders that must not be answered by a machine.
fn add_manners(message: &mut InboundMessage, callback: &Callback<'_>, sender: &Sender, ours: &Address) {
    let words = message.text.as_deref().unwrap_or_default();
    (message.consent, message.auto_reply_allowed) = people::judge(words, ours, sender);
    if sender.address.as_ref().is_some_and(|address| callback.settings.own.contains(address)) {
        message.auto_reply_allowed = Some(false);
    }
}
