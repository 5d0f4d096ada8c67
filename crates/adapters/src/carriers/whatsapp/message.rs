//! Message objects: what a person (or a colleague in the business app) wrote.

use omni_core::address::Address;
use omni_core::event::{CarrierEvent, Channel, InboundMessage, Location, MediaRef, MessageType, Reaction};
use serde_json::Value;

use super::webhook::{Change, message_id, timestamp};
use super::{changes, errors, person};
use crate::shared::{cart, json, text};

/// Meta's code for media that it could not fetch.
const MEDIA_UNAVAILABLE: &str = "131052";

/// Reads one of `messages[]`. `Err`: why it cannot be stored.
pub(super) fn read(change: &Change<'_>, message: &Value) -> Result<Option<CarrierEvent>, &'static str> {
    if !message.is_object() {
        return Err("message_unreadable");
    }
    let id = message_id(&message["id"]).ok_or("message_without_id")?;
    Ok(Some(match json::text(&message["type"]).unwrap_or_default() {
        "edit" => CarrierEvent::Edit(Box::new(changes::edit(change, message, id)?)),
        "revoke" => CarrierEvent::Revoke(Box::new(changes::revoke(change, message, id)?)),
        "system" => changes::system(change, message, id),
        kind => {
            let mut event = InboundMessage { to_address: our_address(change), ..base(change, message, id) };
            read_author(&mut event, change, message);
            read_context(&mut event, message);
            read_content(&mut event, kind, message);
            CarrierEvent::Message(Box::new(event))
        }
    }))
}

/// Reads one of `message_echoes[]`: somebody answered in the WhatsApp Business app. Their
/// later edits and deletions are not passed on.
pub(super) fn read_echo(change: &Change<'_>, message: &Value) -> Result<Option<CarrierEvent>, &'static str> {
    let id = message_id(&message["id"]).ok_or("message_without_id")?;
    let kind = json::text(&message["type"]).unwrap_or_default();
    if matches!(kind, "edit" | "revoke") {
        return Ok(None);
    }
    let mut event = base(change, message, id);
    let address_in = |fields: &[&str]| {
        fields.iter().filter_map(|f| json::id(&message[*f])).find_map(|t| person::address(&t))
    };
    event.from_address = address_in(&["from"]).or_else(|| our_address(change));
    event.to_address = address_in(&["to", "to_user_id"]);
    event.attributes.insert("direction".into(), "outbound".into());
    read_context(&mut event, message);
    read_content(&mut event, kind, message);
    Ok(Some(CarrierEvent::Echo(Box::new(event))))
}

fn base(change: &Change<'_>, message: &Value, id: String) -> InboundMessage {
    InboundMessage {
        carrier: super::NAME.to_string(),
        channel: Some(Channel::Whatsapp),
        external_id: id,
        tenant_key: change.tenant_key.clone(),
        sent_at: timestamp(&message["timestamp"]),
        group_id: json::text(&message["group_id"]).map(str::to_owned),
        ..InboundMessage::default()
    }
}

fn our_address(change: &Change<'_>) -> Option<Address> {
    person::address(&json::id(&change.value["metadata"]["display_phone_number"])?)
}

fn read_author(event: &mut InboundMessage, change: &Change<'_>, message: &Value) {
    let author = person::author(&change.contacts, message);
    event.from_address = author.address;
    event.alt_addresses = author.others;
    event.from_name = author.name;
    event.from_username = author.username;
    for (name, fact) in
        [("parent_user_id", author.parent_user_id), ("identity_key_hash", author.identity_key_hash)]
    {
        if let Some(fact) = fact {
            event.attributes.insert(name.into(), fact.into());
        }
    }
}

/// The message answered, the forwarding mark, the product or advertisement asked about.
fn read_context(event: &mut InboundMessage, message: &Value) {
    let context = &message["context"];
    event.reply_to = json::text(&context["id"]).map(str::to_owned);
    event.forwarded = if context["frequently_forwarded"] == true {
        Some("many".to_owned())
    } else {
        (context["forwarded"] == true).then(|| "once".to_owned())
    };
    if context["referred_product"].is_object() {
        event.attributes.insert("referred_product".into(), context["referred_product"].clone());
    }
    // Cards that answer a request for the phone number say so.
    if let Some(origin) = json::text(&message["origin"]) {
        event.attributes.insert("contacts_origin".into(), origin.into());
    }
    if message["referral"].is_object() {
        event.referral = Some(message["referral"].clone());
    }
}

/// Reads the object that `kind` names. Without it, or with another shape than documented,
/// the message is still a message: of a kind that we cannot show.
pub(super) fn read_content(event: &mut InboundMessage, kind: &str, message: &Value) {
    let object = &message[kind];
    if read_object(event, kind, object).is_some() {
        return;
    }
    let code = json::id(&message["errors"][0]["code"]);
    let is_media = matches!(kind, "image" | "video" | "audio" | "document" | "sticker");
    event.message_type = if code.as_deref() == Some(MEDIA_UNAVAILABLE) || (is_media && code.is_some()) {
        MessageType::UnavailableMedia
    } else {
        let word = if kind == "unsupported" { json::text(&object["type"]) } else { Some(kind) };
        event.unsupported_type = word.filter(|word| !word.is_empty()).map(str::to_owned);
        MessageType::Unsupported
    };
    if let Some(code) = code {
        let class = errors::class(&message["errors"][0], None);
        event.attributes.insert("error_class".into(), class.as_str().into());
        event.attributes.insert("error_code".into(), code.into());
    }
}

/// The table of kinds; `None` if this is none of them, or misses what makes it one.
fn read_object(event: &mut InboundMessage, kind: &str, object: &Value) -> Option<()> {
    event.message_type = match kind {
        "text" => {
            event.text = Some(object["body"].as_str()?.to_owned());
            MessageType::Text
        }
        "image" | "video" | "audio" | "document" | "sticker" => read_media(event, kind, object)?,
        "location" => {
            event.location = Some(location(object)?);
            if let Some(url) = json::text(&object["url"]) {
                event.attributes.insert("location_url".into(), url.into());
            }
            MessageType::Location
        }
        "contacts" => {
            event.contacts = Some(object.clone()).filter(Value::is_array);
            event.contacts.as_ref()?;
            MessageType::Contacts
        }
        "interactive" => read_interactive(event, object)?,
        "button" => {
            event.text = json::text(&object["text"]).map(str::to_owned);
            event.reply_id = json::text(&object["payload"]).map(str::to_owned);
            object.as_object()?;
            MessageType::ButtonReply
        }
        "reaction" => {
            let emoji = json::text(&object["emoji"]).map(str::to_owned);
            let target = json::text(&object["message_id"])?.to_owned();
            event.reaction = Some(Reaction { target, removed: emoji.is_none(), emoji });
            MessageType::Reaction
        }
        "order" => {
            event.text = json::text(&object["text"]).map(str::to_owned);
            event.order = Some(cart::read(object)?);
            MessageType::Order
        }
        "request_welcome" => MessageType::RequestWelcome,
        _ => return None,
    };
    Some(())
}

fn read_media(event: &mut InboundMessage, kind: &str, object: &Value) -> Option<MessageType> {
    let (message_type, kind) = match kind {
        "image" => (MessageType::Image, "image"),
        "video" => (MessageType::Video, "video"),
        "sticker" => (MessageType::Sticker, "sticker"),
        "audio" if object["voice"] == true => (MessageType::Voice, "voice"),
        "audio" => (MessageType::Audio, "audio"),
        _ => (MessageType::Document, "document"),
    };
    let mut media = MediaRef {
        id: Some(json::id(&object["id"])?),
        mime: json::text(&object["mime_type"]).map(str::to_owned),
        kind: Some(kind.to_owned()),
        filename: json::text(&object["filename"]).and_then(text::base_name),
        ..MediaRef::default()
    };
    if let Some(hash) = json::text(&object["sha256"]) {
        media.attributes.insert("sha256_base64".into(), hash.into());
    }
    if object["animated"] == true {
        media.attributes.insert("animated".into(), true.into());
    }
    // The address dies after five minutes and needs our token; the id is what lasts.
    if object["url"].is_string() {
        media.attributes.insert("has_short_lived_url".into(), true.into());
    }
    event.text = json::text(&object["caption"]).map(str::to_owned);
    event.media.push(media);
    Some(message_type)
}

fn location(object: &Value) -> Option<Location> {
    Some(Location {
        lat: json::number(&object["latitude"])?,
        lon: json::number(&object["longitude"])?,
        name: json::text(&object["name"]).map(str::to_owned),
        address: json::text(&object["address"]).map(str::to_owned),
    })
}

fn read_interactive(event: &mut InboundMessage, object: &Value) -> Option<MessageType> {
    let kind = json::text(&object["type"])?;
    let answer = &object[kind];
    answer.as_object()?;
    let words = |field: &str| json::text(&answer[field]).map(str::to_owned);
    match kind {
        "button_reply" | "list_reply" => {
            event.text = words("title");
            event.reply_id = json::id(&answer["id"]);
            if let Some(description) = words("description") {
                event.attributes.insert("reply_description".into(), description.into());
            }
            Some(if kind == "button_reply" { MessageType::ButtonReply } else { MessageType::ListReply })
        }
        "nfm_reply" => {
            event.text = words("body");
            event.form = Some(form(&answer["response_json"]));
            if let Some(name) = words("name") {
                event.attributes.insert("form_name".into(), name.into());
            }
            Some(MessageType::FormReply)
        }
        "call_permission_reply" => {
            event.form = Some(answer.clone());
            event.attributes.insert("form_name".into(), kind.into());
            Some(MessageType::FormReply)
        }
        _ => None,
    }
}

/// A form's answers come as JSON inside a string; what does not parse stays the string.
fn form(response: &Value) -> Value {
    response.as_str().and_then(|text| json::parse(text.as_bytes()).ok()).unwrap_or_else(|| response.clone())
}
