//! What people write on WhatsApp, and agents in MessageBird's own inbox.

use std::sync::Arc;

use serde_json::{Value, json};

use super::resource::{self, Conversation};
use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::messagebird::callbacks::Draft;
use crate::messagebird::fixtures::{person, wrong};
use crate::messagebird::{Generation, MessageBird, WHATSAPP_NUMBER, api_name};
use crate::record::{Direction, Receipt, Record};
use crate::samples::{self, Sample};

/// Builds the callback of a fixture.
pub(in crate::messagebird) fn play(
    twin: &MessageBird,
    event: &'static str,
    params: &Params,
) -> Result<Callback, TriggerError> {
    let person = person(params)?;
    match event {
        "conversation_started" => {
            let begun = twin.conversation_with(&person);
            let body = resource::about_conversation(twin, "conversation.created", &begun);
            Ok(twin.signed(Generation::Rest, Draft::json(event, begun.id, None, &body)))
        }
        "conversation_archived" => {
            let archived = twin.change(&person, |conversation| conversation.is_active = false);
            Ok(super::conversation_updated(twin, event, &archived))
        }
        "inbox_reply" => Ok(by_agent(twin, event, params, &person)),
        _ => by_person(twin, event, params, &person),
    }
}

fn by_person(
    twin: &MessageBird,
    event: &'static str,
    params: &Params,
    person: &str,
) -> Result<Callback, TriggerError> {
    let (kind, content) = content(twin, event, params)?;
    let now = twin.desk.now();
    let conversation = twin.change(person, |conversation| {
        params.text("name").clone_into(&mut conversation.name);
        conversation.last_received = Some(now);
    });
    twin.heard_from(person);
    let mut record = Record::new(twin.desk.ids.hex(), Direction::Inbound, "received", now);
    (record.from, record.to) = (person.to_owned(), WHATSAPP_NUMBER.to_owned());
    record.content = json!({ "conversationId": conversation.id, "type": kind, "content": content });
    Ok(created(twin, event, &conversation, record))
}

/// An agent answers past the gateway.
fn by_agent(twin: &MessageBird, event: &'static str, params: &Params, person: &str) -> Callback {
    let conversation = twin.conversation_with(person);
    let mut record = Record::new(twin.desk.ids.hex(), Direction::Outbound, "pending", twin.desk.now());
    (record.from, record.to) = (WHATSAPP_NUMBER.to_owned(), person.to_owned());
    record.content = json!({
        "conversationId": conversation.id,
        "type": "text",
        "content": { "text": params.text("text") },
        "origin": "inbox",
    });
    created(twin, event, &conversation, record)
}

fn created(twin: &MessageBird, event: &'static str, with: &Conversation, mut record: Record) -> Callback {
    record.api = api_name::CONVERSATIONS;
    let message = resource::message(twin, &record, Receipt::new(record.current().state), record.at);
    let body = resource::about_message(twin, "message.created", with, &message);
    let id = record.id.clone();
    if record.direction == Direction::Inbound {
        twin.desk.log.push(&Arc::new(record));
    }
    twin.signed(Generation::Rest, Draft::json(event, id, None, &body))
}

/// Type and content of what a person writes.
fn content(twin: &MessageBird, event: &str, params: &Params) -> Result<(&'static str, Value), TriggerError> {
    let file = |kind: &'static str, sample: Sample| {
        let mut content = json!({ kind: { "url": twin.attach(sample) } });
        if let Some(caption) = params.given("text") {
            content[kind]["caption"] = caption.into();
        }
        (kind, content)
    };
    let chosen = |kind: &str| {
        let reply = json!({ "id": params.text("id"), "text": params.text("text") });
        ("interactive", json!({ "interactive": { "type": kind, "reply": reply } }))
    };
    Ok(match event {
        "whatsapp_image" => file("image", samples::PHOTO),
        "whatsapp_voice" => file("audio", samples::VOICE),
        "whatsapp_document" => file("file", samples::VOUCHER),
        "whatsapp_location" => ("location", json!({ "location": place(params)? })),
        "whatsapp_button" => chosen("button_reply"),
        "whatsapp_list" => chosen("list_reply"),
        "whatsapp_order" => ("whatsappOrder", order(params)?),
        "whatsapp_unsupported" => ("hologram", json!({ "hologram": {} })),
        _ => ("text", json!({ "text": params.text("text") })),
    })
}

fn place(params: &Params) -> Result<Value, TriggerError> {
    let degrees = |name: &'static str| {
        let degrees = params.text(name).parse::<f64>().ok().filter(|degrees| degrees.is_finite());
        degrees.ok_or_else(|| wrong(name, "degrees like 51.5"))
    };
    Ok(json!({ "latitude": degrees("latitude")?, "longitude": degrees("longitude")? }))
}

fn order(params: &Params) -> Result<Value, TriggerError> {
    let quantity = params.number("quantity", 1..=999, "a number from 1 to 999")?;
    let item = json!({
        "product_retailer_id": params.text("product"),
        "quantity": quantity,
        "item_price": "9.95",
        "currency": "EUR",
    });
    Ok(
        json!({ "whatsappOrder": { "catalog_id": "778", "text": params.text("text"), "product_items": [item] } }),
    )
}
