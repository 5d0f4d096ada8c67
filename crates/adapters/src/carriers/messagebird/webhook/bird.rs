//! `api.bird.com`: notifications of the Channels API.

use omni_core::address::Address;
use omni_core::event::{
    CarrierEvent, InboundMessage, Location, MediaRef, MessageType, ReportedState, StatusUpdate,
};
use omni_core::webhook::{Malformed, WebhookRequest};
use serde_json::{Value, json};

use super::super::account::{Account, channel_key};
use super::super::{NAME, errors, status};
use super::{channel, failed, from_person, identifier, media, time};
use crate::shared::text::base_name;
use crate::shared::{html, json, words};

pub(super) fn parse(account: &Account, request: &WebhookRequest) -> Result<Vec<CarrierEvent>, Malformed> {
    let body = json::parse(&request.body)?;
    if !body.is_object() {
        return Err(Malformed("not_an_object"));
    }
    if body["service"] != "channels" {
        return Ok(Vec::new());
    }
    let (platform, what) = body["event"].as_str().unwrap_or_default().rsplit_once('.').unwrap_or_default();
    let event = match what {
        "inbound" => Some(message(account, platform, &body["payload"])?),
        "outbound" => update(&body["payload"])?,
        _ => None,
    };
    Ok(event.into_iter().collect())
}

/// The ids without which an event is nobody's.
fn ids(payload: &Value) -> Result<(String, &str), Malformed> {
    let id = json::id(&payload["id"]).ok_or(Malformed("message_without_id"))?;
    let channel = json::text(&payload["channelId"]).ok_or(Malformed("message_without_channel"))?;
    Ok((id, channel))
}

fn message(account: &Account, platform: &str, payload: &Value) -> Result<CarrierEvent, Malformed> {
    let (id, channel_id) = ids(payload)?;
    let route = account.channel(channel_id);
    let ours = || identifier(platform, json::text(&payload["receiver"]["connector"]["identifierValue"])?);
    let mut message = InboundMessage {
        channel: Some(route.map_or_else(|| channel(platform), |route| route.channel)),
        external_id: id,
        tenant_key: channel_key(channel_id),
        from_address: contact(&payload["sender"]["contact"], platform),
        from_name: json::text(&payload["sender"]["contact"]["annotations"]["name"]).map(str::to_owned),
        to_address: route.map(|route| route.address.clone()).or_else(ours),
        sent_at: time(&payload["createdAt"]),
        reply_to: json::id(&payload["replyTo"]["id"]),
        ..InboundMessage::default()
    };
    body(&mut message, &payload["body"]);
    commerce(&mut message, &payload["meta"]);
    Ok(from_person(message, false))
}

fn contact(contact: &Value, platform: &str) -> Option<Address> {
    let key = json::text(&contact["identifierKey"]).unwrap_or(platform);
    identifier(key, json::text(&contact["identifierValue"])?)
}

/// Reads a body by its `type`; a type that we do not know is kept by its name.
fn body(message: &mut InboundMessage, body: &Value) {
    let kind = body["type"].as_str().unwrap_or_default();
    let inner = &body[kind];
    message.text = inner["text"].as_str().map(str::to_owned);
    match kind {
        "text" => text(message, inner),
        "image" => {
            message.media = files(&inner["images"], |_| "image");
            message.message_type = MessageType::Image;
        }
        "file" => {
            message.media = files(&inner["files"], kind_of_file);
            message.message_type = match message.media.first().and_then(|file| file.kind.as_deref()) {
                Some("image") => MessageType::Image,
                Some("video") => MessageType::Video,
                Some("audio") => MessageType::Audio,
                _ => MessageType::Document,
            };
        }
        "gif" => {
            message.media.extend(json::text(&inner["mediaUrl"]).map(|url| media(url, Some("image"))));
            message.message_type = MessageType::Image;
        }
        "html" => {
            message.subject = json::text(&inner["metadata"]["subject"]).map(str::to_owned);
            message.text = message.text.take().or_else(|| json::text(&inner["html"]).map(html::to_text));
        }
        "location" if place(inner).is_some() => {
            message.location = place(inner);
            message.message_type = MessageType::Location;
        }
        "list" | "carousel" => message.message_type = MessageType::Rich,
        _ => {
            message.message_type = MessageType::Unsupported;
            message.unsupported_type = Some(kind.to_owned());
        }
    }
}

/// What came with a message of WhatsApp's shops and advertisements: a cart, the product asked
/// about, the advertisement that was tapped.
fn commerce(message: &mut InboundMessage, meta: &Value) {
    if meta["referral"].is_object() {
        message.referral = Some(meta["referral"].clone());
    }
    if meta["referredProduct"].is_object() {
        message.attributes.insert("referred_product".into(), meta["referredProduct"].clone());
    }
    let products = json::items(&meta["order"]["products"]);
    let Some(first) = products.first() else { return };
    let items: Vec<Value> = products.iter().map(ordered).collect();
    let catalogue = json::id(&first["externalCatalogId"]);
    message.message_type = MessageType::Order;
    message.unsupported_type = None;
    message.order = Some(json!({ "catalog_id": catalogue, "items": items }));
}

/// One product of a cart; its price is an integer with an exponent: 1999 and -2, or 2, are 19.99.
fn ordered(product: &Value) -> Value {
    let price = &product["price"];
    let places = json::integer(&price["exponent"]).unwrap_or(0).unsigned_abs();
    json!({
        "sku": product["externalProductId"],
        "quantity": product["quantity"],
        "price": json::integer(&price["amount"]).and_then(|amount| decimal(amount, u32::try_from(places).ok()?)),
        "currency": price["currencyCode"],
    })
}

/// `amount` with its last `places` digits behind the point.
fn decimal(amount: i64, places: u32) -> Option<String> {
    let unit = 10_u64.checked_pow(places)?;
    let (sign, amount) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    let width = usize::try_from(places).ok()?;
    Some(match places {
        0 => format!("{sign}{amount}"),
        _ => format!("{sign}{}.{:0width$}", amount / unit, amount % unit),
    })
}

/// Words, or the pressed button that they are the title of.
fn text(message: &mut InboundMessage, inner: &Value) {
    let postback =
        json::items(&inner["actions"]).iter().find_map(|action| json::id(&action["postback"]["payload"]));
    if let Some(payload) = postback {
        message.message_type = MessageType::ButtonReply;
        message.reply_id = Some(payload);
    }
}

fn files(list: &Value, kind: impl Fn(&str) -> &'static str) -> Vec<MediaRef> {
    let file = |wire: &Value| {
        let mime = json::text(&wire["contentType"]);
        let url = json::text(&wire["mediaUrl"])?;
        Some(MediaRef {
            mime: mime.map(str::to_owned),
            filename: json::text(&wire["filename"]).and_then(base_name),
            ..media(url, Some(kind(mime.unwrap_or_default())))
        })
    };
    json::items(list).iter().filter_map(file).collect()
}

fn kind_of_file(mime: &str) -> &'static str {
    match mime.split('/').next().unwrap_or_default() {
        "image" => "image",
        "video" => "video",
        "audio" => "audio",
        _ => "document",
    }
}

/// Coordinates directly or in a member of their own; a label and an address beside them.
fn place(inner: &Value) -> Option<Location> {
    let point = if inner["coordinates"].is_object() { &inner["coordinates"] } else { inner };
    let (lat, lon) = (json::number(&point["latitude"])?, json::number(&point["longitude"])?);
    let about = if inner["location"].is_object() { &inner["location"] } else { inner };
    let name = json::text(&about["label"]).or(json::text(&about["name"]));
    Some(Location {
        lat,
        lon,
        name: name.map(str::to_owned),
        address: json::text(&about["address"]).map(str::to_owned),
    })
}

/// The state of a message of ours; an unknown word is no news.
fn update(payload: &Value) -> Result<Option<CarrierEvent>, Malformed> {
    let (id, channel_id) = ids(payload)?;
    let Some(state) = status::bird(payload["status"].as_str().unwrap_or_default()) else { return Ok(None) };
    let receiver = json::items(&payload["receiver"]["contacts"]).first().unwrap_or(&Value::Null);
    let word = payload["status"].as_str().unwrap_or_default();
    let reason = json::text(&payload["reason"]).or(json::text(&payload["failure"]["description"]));
    // A word that is no state of a delivery is told as it is.
    let reason = reason.or_else(|| (state == ReportedState::Unknown).then_some(word));
    let mut update = StatusUpdate {
        carrier: NAME.into(),
        external_id: id,
        client_ref: json::text(&payload["reference"]).map(str::to_owned),
        tenant_key: Some(channel_key(channel_id)),
        state,
        occurred_at: time(&payload["lastStatusAt"]).or_else(|| time(&payload["updatedAt"])),
        to_address: contact(receiver, "phonenumber"),
        detail: reason.map(words::masked),
        ..StatusUpdate::default()
    };
    if state == ReportedState::Failed {
        let failure = &payload["failure"];
        failed(&mut update, errors::bird(failure), json::id(&failure["code"]));
        if let Some(code) = json::id(&failure["source"]["code"]) {
            update.attributes.insert("source_code".into(), json!(code));
        }
    }
    Ok(Some(CarrierEvent::Status(Box::new(update))))
}
