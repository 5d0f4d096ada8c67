//! Tables over what Meta sends, what it takes, and what it answers. The vectors of
//! `tests/vectors` run beside these.

mod content;
mod proving;
mod receiving;
mod sending;
mod settings;
mod templates;
mod uploads;

use bytes::Bytes;
use omni_core::carrier::{Carrier, OutboundMessage, receive};
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::event::{Channel, Location};
use omni_core::failure::{ErrorClass, Retry, SendError};
use omni_core::http::HttpResponse;
use omni_core::id::MessageId;
use omni_core::time::Timestamp;
use omni_core::webhook::{Malformed, Refusal, WebhookRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::shared::hmac;

const SECRETS: [&str; 2] = ["new-app-secret", "old-app-secret"];

fn settings() -> Value {
    json!({
        "phone_number_id": "183920475610238",
        "business_account_id": "291733390021845",
        "access_token": "EAAG-token",
        "app_secrets": SECRETS,
        "verify_token": "verify-me",
    })
}

fn carrier() -> Arc<dyn Carrier> {
    build(settings()).unwrap()
}

fn signed(body: &[u8], secret: &str) -> WebhookRequest {
    let signature = format!("sha256={}", hmac::hex(&hmac::sha256(secret.as_bytes(), &[body])));
    request("POST", "https://gw.example.net/webhooks/whatsapp", &[("x-hub-signature-256", &signature)], body)
}

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> WebhookRequest {
    let header =
        |(name, value): &(&str, &str)| ((*name).to_owned(), Bytes::copy_from_slice(value.as_bytes()));
    WebhookRequest {
        method: method.into(),
        url: url.into(),
        headers: headers.iter().map(header).collect(),
        body: Bytes::copy_from_slice(body),
        peer: None,
        received_at: Timestamp::EPOCH,
    }
}

/// A body with these changes of the field `messages` of our number.
#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
fn envelope(value: Value) -> Value {
    let mut whole = json!({ "metadata": { "phone_number_id": "183920475610238", "display_phone_number": "+44 7700 900100" } });
    whole.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "291733390021845", "changes": [{ "field": "messages", "value": whole }] }] })
}

/// The events of a body as JSON, and the words for what was set aside.
fn read(body: &Value) -> (Vec<Value>, Vec<&'static str>) {
    let parsed = webhook::parse(body.to_string().as_bytes()).unwrap();
    (parsed.events.iter().map(|event| serde_json::to_value(event).unwrap()).collect(), parsed.quarantined)
}

/// Each fact of `expected` must be in `got`; `null` means absent.
fn assert_facts(name: &str, expected: &Value, got: &Value) {
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(got.get(field).unwrap_or(&Value::Null), value, "{name}: {field} in {got}");
    }
}

fn message(content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        client_ref: "msg_1.2".into(),
        ..OutboundMessage::new(
            MessageId::from_bytes([0; 16]),
            Channel::Whatsapp,
            "+447700900100".into(),
            "+447700900461".into(),
            content,
        )
    }
}

/// The body of the request for a content.
fn sent(message: &OutboundMessage) -> Value {
    serde_json::from_slice(&carrier().request(message).unwrap().body).unwrap()
}

/// The word that a content is refused with, and its class.
fn refusal(content: OutboundContent) -> (String, ErrorClass) {
    match carrier().request(&message(content)).unwrap_err() {
        error @ SendError::Unsupported(word) => (word.to_owned(), error.class()),
        error => (error.code().to_owned(), error.class()),
    }
}

fn text(text: &str) -> OutboundContent {
    OutboundContent::Text { text: text.into() }
}

fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("retry-after".into(), "7".into())],
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}
