//! What a person's message holds, for each fixture.

use serde_json::{Map, Value, json};

use super::callbacks::StatusError;
use super::fixtures::{Actor, digits, wrong};
use super::media::File;
use super::{DISPLAY_NUMBER, WhatsApp};
use crate::fixtures::{Params, TriggerError};
use crate::samples::{self, Sample};

/// The type of a message, and its members beside the common ones.
pub(super) fn content(
    twin: &WhatsApp,
    event: &'static str,
    params: &Params,
    actor: &Actor,
) -> Result<(&'static str, Map<String, Value>), TriggerError> {
    let text = params.text("text");
    Ok(match event {
        "forwarded" => {
            let context = json!({ "forwarded": true, "frequently_forwarded": true });
            of("text", json!({ "text": { "body": text }, "context": context }))
        }
        "image" => media(twin, "image", samples::PHOTO, params),
        "video" => media(twin, "video", samples::CLIP, params),
        "document" => media(twin, "document", samples::VOUCHER, params),
        "voice" => media(twin, "audio", samples::VOICE, params),
        "sticker" => media(twin, "sticker", samples::STICKER, params),
        "media_unavailable" => of("image", json!({ "errors": [StatusError::new(131_052)] })),
        "location" => location(params)?,
        "contacts" => contact_card(params)?,
        "button_reply" | "list_reply" | "template_button" | "form_reply" => reply(twin, event, params, actor),
        "reaction" => {
            let target = meant(twin, params.given("message"), actor);
            of("reaction", json!({ "reaction": { "message_id": target, "emoji": params.text("emoji") } }))
        }
        "order" => order(params)?,
        "referral" => of("text", json!({ "text": { "body": text }, "referral": referral(params) })),
        "edit" => {
            let edited = json!({ "type": "text", "text": { "body": text } });
            let target = own(twin, params, actor);
            of("edit", json!({ "edit": { "original_message_id": target, "message": edited } }))
        }
        "revoke" => of("revoke", json!({ "revoke": { "original_message_id": own(twin, params, actor) } })),
        "unsupported" => {
            let (errors, kind) = ([StatusError::new(131_051)], params.text("kind"));
            of("unsupported", json!({ "errors": errors, "unsupported": { "type": kind } }))
        }
        _ => of("text", json!({ "text": { "body": text } })),
    })
}

/// Members of a message, beside its type.
pub(super) fn of(kind: &'static str, members: Value) -> (&'static str, Map<String, Value>) {
    match members {
        Value::Object(members) => (kind, members),
        _ => (kind, Map::new()),
    }
}

fn media(
    twin: &WhatsApp,
    kind: &'static str,
    sample: Sample,
    params: &Params,
) -> (&'static str, Map<String, Value>) {
    let id = twin.desk.ids.decimal();
    let file = File::new(sample.mime, sample.bytes.into());
    let mut object = json!({ "mime_type": sample.mime, "sha256": file.sha256_base64(), "id": id });
    if let Some(caption) = params.given("caption") {
        object["caption"] = caption.into();
    }
    match kind {
        "audio" => object["voice"] = true.into(),
        "sticker" => object["animated"] = false.into(),
        "document" => object["filename"] = params.given("filename").unwrap_or(sample.filename).into(),
        _ => {}
    }
    twin.media.put(&id, file);
    let mut members = Map::new();
    members.insert(kind.to_owned(), object);
    (kind, members)
}

fn location(params: &Params) -> Result<(&'static str, Map<String, Value>), TriggerError> {
    let degrees = |name: &'static str| {
        let number = params.text(name).parse::<f64>().ok().filter(|degrees| degrees.is_finite());
        number.ok_or_else(|| wrong(name, "degrees like 51.5"))
    };
    let (latitude, longitude) = (degrees("latitude")?, degrees("longitude")?);
    let (name, address) = (params.text("place"), params.text("address"));
    let place = json!({ "latitude": latitude, "longitude": longitude, "name": name, "address": address });
    Ok(of("location", json!({ "location": place })))
}

fn contact_card(params: &Params) -> Result<(&'static str, Map<String, Value>), TriggerError> {
    let (name, phone) = (params.text("contact_name"), params.text("contact_phone"));
    let wa_id = digits("contact_phone", phone)?;
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    let card = json!({
        "name": { "formatted_name": name, "first_name": first, "last_name": last },
        "phones": [{ "phone": phone, "wa_id": wa_id, "type": "CELL" }],
    });
    Ok(of("contacts", json!({ "contacts": [card] })))
}

/// An answer to something that the business sent.
fn reply(
    twin: &WhatsApp,
    event: &'static str,
    params: &Params,
    actor: &Actor,
) -> (&'static str, Map<String, Value>) {
    let target = meant(twin, params.given("reply_to"), actor);
    let context = json!({ "from": DISPLAY_NUMBER, "id": target });
    let (id, title) = (params.text("id"), params.text("title"));
    let interactive = match event {
        "template_button" => {
            let button = json!({ "text": params.text("text"), "payload": params.text("payload") });
            return of("button", json!({ "button": button, "context": context }));
        }
        "list_reply" => {
            let description = params.text("description");
            let choice = json!({ "id": id, "title": title, "description": description });
            json!({ "type": "list_reply", "list_reply": choice })
        }
        "form_reply" => {
            let form = json!({ "name": "flow", "body": "Sent", "response_json": params.text("response") });
            json!({ "type": "nfm_reply", "nfm_reply": form })
        }
        _ => json!({ "type": "button_reply", "button_reply": { "id": id, "title": title } }),
    };
    of("interactive", json!({ "interactive": interactive, "context": context }))
}

fn order(params: &Params) -> Result<(&'static str, Map<String, Value>), TriggerError> {
    let quantity = params.number("quantity", 1..=999, "1 to 999")?;
    let product = params.text("product");
    let item = json!({
        "product_retailer_id": product, "quantity": quantity, "item_price": 7.5, "currency": "USD",
    });
    let order = json!({ "catalog_id": "5501", "text": params.text("text"), "product_items": [item] });
    Ok(of("order", json!({ "order": order })))
}

fn referral(params: &Params) -> Value {
    json!({
        "source_url": "https://fb.me/omnidemo",
        "source_id": "120300000001",
        "source_type": "ad",
        "headline": params.text("headline"),
        "body": "20% off",
        "media_type": "image",
        "image_url": "https://scontent.example/ad.jpg",
        "ctwa_clid": params.text("ctwa_clid"),
        "welcome_message": { "text": "Hi!" },
    })
}

/// The message that a reply or reaction is about: as given, else the last one that was sent to
/// this person, else one that nobody knows (which happens in production too).
fn meant(twin: &WhatsApp, given: Option<&str>, actor: &Actor) -> String {
    if let Some(given) = given {
        return given.to_owned();
    }
    let sent = twin.desk.log.newest(|record| record.to.trim_start_matches('+') == actor.key());
    sent.map_or_else(|| twin.message_id(actor.key()), |record| record.id.clone())
}

/// The person's own message that an edit or revocation is about.
fn own(twin: &WhatsApp, params: &Params, actor: &Actor) -> String {
    let last = || twin.person(actor.key()).map(|person| person.last_message);
    let given = params.given("message").map(str::to_owned);
    given.or_else(last).unwrap_or_else(|| twin.message_id(actor.key()))
}
