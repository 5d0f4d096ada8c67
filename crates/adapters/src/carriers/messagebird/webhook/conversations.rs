//! `conversations.messagebird.com`: WhatsApp and other chats of the first generation.

use omni_core::address::Address;
use omni_core::event::{CarrierEvent, InboundMessage, MessageType, Notice, ReportedState, StatusUpdate};
use omni_core::failure::ErrorClass;
use omni_core::webhook::Malformed;
use serde_json::{Map, Value, json};

use super::super::account::{Account, channel_key};
use super::super::{NAME, errors, status};
use super::{channel, failed, from_person, identifier, media, place, time};
use crate::shared::{html, json, words};

pub(super) fn parse(account: &Account, body: &Value) -> Result<Vec<CarrierEvent>, Malformed> {
    let event = match body["type"].as_str() {
        Some("message.created") => created(account, body)?,
        // Bodies posted to a message's own report address may come without a type.
        Some("message.updated") | None => updated(body)?,
        Some("conversation.created") => {
            let started = Notice { external_id: begun(&body["conversation"]), ..conversation(body)? };
            Some(CarrierEvent::ConversationStarted(Box::new(started)))
        }
        Some("conversation.updated") if body["conversation"]["status"] == "archived" => {
            let ended = Notice { external_id: archived(&body["conversation"]), ..conversation(body)? };
            Some(CarrierEvent::ConversationEnded(Box::new(ended)))
        }
        Some(_) => None,
    };
    Ok(event.into_iter().collect())
}

/// What every message of the API has.
struct Head<'a> {
    message: &'a Value,
    id: String,
    channel_id: &'a str,
    platform: &'a str,
}

fn head(body: &Value) -> Result<Head<'_>, Malformed> {
    let message = &body["message"];
    let id = json::id(&message["id"]).ok_or(Malformed("message_without_id"))?;
    let channel_id =
        json::text(&message["channelId"]).or(json::text(&body["conversation"]["lastUsedChannelId"]));
    let channel_id = channel_id.ok_or(Malformed("message_without_channel"))?;
    Ok(Head { message, id, channel_id, platform: message["platform"].as_str().unwrap_or_default() })
}

/// A new message: a person's, one that somebody on our side wrote elsewhere, or our own.
fn created(account: &Account, body: &Value) -> Result<Option<CarrierEvent>, Malformed> {
    let head = head(body)?;
    if head.message["direction"] == "sent" {
        return if client_ref(head.message).is_some() {
            updated(body)
        } else {
            Ok(Some(echo(account, body, &head)))
        };
    }
    let mut message = InboundMessage { from_name: name(&body["contact"]), ..base(account, body, &head) };
    message.from_address =
        party(&head, "from").or_else(|| super::address(&json::id(&body["contact"]["msisdn"])?));
    message.to_address = party(&head, "to").or_else(|| our_address(account, &head));
    Ok(Some(from_person(message, false)))
}

/// An agent answered in MessageBird's own inbox.
fn echo(account: &Account, body: &Value, head: &Head<'_>) -> CarrierEvent {
    let mut message = base(account, body, head);
    message.carrier = NAME.into();
    message.from_address = party(head, "from").or_else(|| our_address(account, head));
    message.to_address = party(head, "to");
    message.attributes.insert("direction".into(), json!("outbound"));
    if let Some(origin) = json::text(&head.message["origin"]) {
        message.attributes.insert("origin".into(), json!(origin));
    }
    CarrierEvent::Echo(Box::new(message))
}

fn base(account: &Account, body: &Value, head: &Head<'_>) -> InboundMessage {
    let configured = account.channel(head.channel_id).map(|route| route.channel);
    let by_platform = (!head.platform.is_empty()).then(|| channel(head.platform));
    let conversation = json::id(&head.message["conversationId"]);
    let mut message = InboundMessage {
        channel: by_platform.or(configured),
        external_id: head.id.clone(),
        tenant_key: channel_key(head.channel_id),
        sent_at: time(&head.message["createdDatetime"]),
        conversation_ref: conversation.or_else(|| json::id(&body["conversation"]["id"])),
        ..InboundMessage::default()
    };
    content(&mut message, head.message);
    message
}

fn party(head: &Head<'_>, side: &str) -> Option<Address> {
    identifier(head.platform, &json::id(&head.message[side])?)
}

fn our_address(account: &Account, head: &Head<'_>) -> Option<Address> {
    account.channel(head.channel_id).map(|route| route.address.clone())
}

/// First and last name; the display name unless it is just the number again.
fn name(contact: &Value) -> Option<String> {
    let parts: Vec<&str> =
        ["firstName", "lastName"].iter().filter_map(|part| json::text(&contact[*part])).collect();
    if !parts.is_empty() {
        return Some(parts.join(" "));
    }
    let shown = json::text(&contact["displayName"])?;
    let is_number = shown.bytes().all(|b| b.is_ascii_digit() || b == b'+' || b == b' ');
    (!is_number).then(|| shown.to_owned())
}

/// Reads `content` by `type`; a type that we do not know is kept by its name.
fn content(message: &mut InboundMessage, wire: &Value) {
    let kind = wire["type"].as_str().unwrap_or_default();
    let content = &wire["content"];
    // Media and texts may stand inside a member of their type's name, or directly. A template's
    // button stands in its own, whatever the type says.
    let kind = if kind == "interactive" && content["button"].is_object() { "button" } else { kind };
    let inner = if content[kind].is_object() { &content[kind] } else { content };
    message.message_type = match kind {
        "text" => MessageType::Text,
        "whatsappText" => MessageType::Text,
        "externalAttachment" => MessageType::Media,
        "image" => MessageType::Image,
        "video" => MessageType::Video,
        "audio" => MessageType::Audio,
        "file" => MessageType::Document,
        "whatsappSticker" => MessageType::Sticker,
        "location" if place(inner).is_some() => MessageType::Location,
        "interactive" if inner["type"] == "button_reply" => MessageType::ButtonReply,
        "interactive" if inner["type"] == "list_reply" => MessageType::ListReply,
        "interactive" => MessageType::Interactive,
        "button" => MessageType::ButtonReply,
        "whatsappOrder" => MessageType::Order,
        "hsm" => MessageType::Template,
        "email" if content["email"].is_object() => MessageType::Text,
        _ => MessageType::Unsupported,
    };
    match message.message_type {
        MessageType::Text if kind == "email" => letter(message, inner),
        MessageType::Text => message.text = words_of(content, inner),
        MessageType::Image
        | MessageType::Video
        | MessageType::Audio
        | MessageType::Document
        | MessageType::Sticker => {
            attach(message, inner);
        }
        MessageType::Media => externals(message, content),
        MessageType::Location => message.location = place(inner),
        MessageType::ButtonReply | MessageType::ListReply => reply(message, inner),
        MessageType::Interactive => message.text = inner["body"]["text"].as_str().map(str::to_owned),
        MessageType::Order => order(message, inner),
        MessageType::Unsupported => message.unsupported_type = Some(kind.to_owned()),
        _ => {}
    }
    let context = if inner["context"].is_object() { &inner["context"] } else { &content["context"] };
    // The API's own id of the message answered; in WhatsApp's shape its context says the same.
    message.reply_to = json::id(&wire["replyTo"]["id"]).or_else(|| json::id(&context["id"]));
    if context["referred_product"].is_object() {
        message.attributes.insert("referred_product".into(), context["referred_product"].clone());
    }
    message.referral =
        [&inner["referral"], &content["referral"]].into_iter().find(|r| r.is_object()).cloned();
}

/// `{"text": "…"}`, `{"text": {"body": "…"}}`, or the latter inside its type's member.
fn words_of(content: &Value, inner: &Value) -> Option<String> {
    let found = [&content["text"], &inner["text"], &content["text"]["body"], &inner["text"]["body"]];
    found.into_iter().find_map(Value::as_str).map(str::to_owned)
}

/// An e-mail: its words as text, else what its HTML says.
fn letter(message: &mut InboundMessage, inner: &Value) {
    message.subject = json::text(&inner["subject"]).map(str::to_owned);
    let words = json::text(&inner["content"]["text"]).map(str::to_owned);
    message.text = words.or_else(|| json::text(&inner["content"]["html"]).map(html::to_text));
}

fn attach(message: &mut InboundMessage, inner: &Value) {
    let kind = match message.message_type {
        MessageType::Image => "image",
        MessageType::Video => "video",
        MessageType::Audio => "audio",
        MessageType::Sticker => "sticker",
        _ => "document",
    };
    let url = json::text(&inner["url"]).or(json::text(&inner["link"]));
    message.media.extend(url.map(|url| media(url, Some(kind))));
    message.text = inner["caption"].as_str().map(str::to_owned);
}

/// Files that the platform keeps itself: a list of addresses, each perhaps with a caption.
fn externals(message: &mut InboundMessage, content: &Value) {
    let files = json::items(&content["externalAttachments"]);
    let files = if files.is_empty() { std::slice::from_ref(&content["externalAttachment"]) } else { files };
    message.media.extend(files.iter().filter_map(|file| Some(media(json::text(&file["url"])?, None))));
    let words: Vec<&str> = files.iter().filter_map(|file| json::text(&file["caption"])).collect();
    message.text = (!words.is_empty()).then(|| words.join("\n"));
}

/// An answer to buttons or a list; a template's button has a payload instead of an id.
fn reply(message: &mut InboundMessage, inner: &Value) {
    let reply = if inner["reply"].is_object() { &inner["reply"] } else { inner };
    message.reply_id = json::id(&reply["id"]).or_else(|| json::id(&reply["payload"]));
    let text = json::text(&reply["text"]).or(json::text(&reply["title"]));
    message.text = text.map(str::to_owned);
}

fn order(message: &mut InboundMessage, inner: &Value) {
    let items: Vec<Value> = json::items(&inner["product_items"])
        .iter()
        .map(|item| {
            json!({
                "sku": item["product_retailer_id"],
                "quantity": item["quantity"],
                "price": json::id(&item["item_price"]),
                "currency": item["currency"],
            })
        })
        .collect();
    message.order = Some(json!({ "catalog_id": json::id(&inner["catalog_id"]), "items": items }));
    message.text = json::text(&inner["text"]).map(str::to_owned);
}

/// The state of a message of ours; `None` for news about a received one.
fn updated(body: &Value) -> Result<Option<CarrierEvent>, Malformed> {
    let head = head(body)?;
    let message = head.message;
    if message["direction"] == "received" {
        return Ok(None);
    }
    let word = message["status"].as_str().unwrap_or_default();
    let Some(state) = status::conversations(word) else { return Ok(None) };
    let mut update = StatusUpdate {
        carrier: NAME.into(),
        external_id: head.id.clone(),
        client_ref: client_ref(message),
        tenant_key: Some(channel_key(head.channel_id)),
        state,
        occurred_at: time(&message["updatedDatetime"]),
        to_address: party(&head, "to"),
        ..StatusUpdate::default()
    };
    let says_more = matches!(word, "opened" | "clicked" | "delayed") || state == ReportedState::Unknown;
    update.detail = says_more.then(|| word.to_owned());
    if state == ReportedState::Failed {
        let description = message["error"]["description"].as_str().unwrap_or_default();
        let code = json::id(&message["error"]["code"]);
        let class = match word {
            "expired" => ErrorClass::Expired,
            _ => errors::conversations(code.as_deref().unwrap_or_default(), description),
        };
        update.detail = (!description.is_empty()).then(|| words::masked(description));
        failed(&mut update, class, code);
    }
    Ok(Some(CarrierEvent::Status(Box::new(update))))
}

/// Our id, where we gave one: `source.ref`, or the older `trackId`.
fn client_ref(message: &Value) -> Option<String> {
    let reference = json::text(&message["source"]["ref"]).or(json::text(&message["trackId"]));
    reference.map(str::to_owned)
}

fn conversation(body: &Value) -> Result<Notice, Malformed> {
    let conversation = &body["conversation"];
    let id = json::id(&conversation["id"]).ok_or(Malformed("conversation_without_id"))?;
    let channel =
        json::text(&conversation["lastUsedChannelId"]).ok_or(Malformed("conversation_without_channel"))?;
    let mut attributes = Map::new();
    let address = json::id(&body["contact"]["msisdn"]).and_then(|number| super::address(&number));
    if let Some(address) = address {
        attributes.insert("customer".into(), json!({ "address": address, "name": name(&body["contact"]) }));
    }
    Ok(Notice {
        carrier: NAME.into(),
        tenant_key: channel_key(channel),
        conversation_ref: Some(id),
        attributes,
        ..Notice::default()
    })
}

/// What tells a retry from news, for the API gives neither an id: a conversation begins once.
fn begun(conversation: &Value) -> Option<String> {
    Some(format!("{}#started", json::id(&conversation["id"])?))
}

/// It may be opened and archived again, at another time.
fn archived(conversation: &Value) -> Option<String> {
    let at = json::text(&conversation["updatedDatetime"])?;
    Some(format!("{}#ended#{at}", json::id(&conversation["id"])?))
}
