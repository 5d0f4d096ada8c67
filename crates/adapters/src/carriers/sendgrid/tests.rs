//! Tables over what SendGrid sends, what it takes, and what it answers. The vectors of
//! `tests/vectors` run beside these.

mod custom;
mod email;
mod oauth;
mod proving;
mod reading;
mod sending;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use omni_core::content::{
    Button, Custom, Email, Interactive, OutboundContent, OutboundMedia, Template, TemplateButton,
    TemplateButtonKind, TemplateHeader,
};
use omni_core::failure::{ErrorClass, Retry};
use omni_core::id::MessageId;
use omni_core::time::Timestamp;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;

use super::*;

const NOW: i64 = 1_763_650_800;

fn signing_key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

fn settings(extra: &Value) -> Settings {
    let der = signing_key().verifying_key().to_public_key_der().unwrap();
    let mut settings = json!({
        "api_key": "SG.secret-1", "domains": ["in.acme.example", "in.acme.test"],
        "public_keys": [STANDARD.encode(der.as_bytes())],
    });
    settings.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    serde_json::from_value(settings).unwrap()
}

fn request(path: &str, body: Bytes, headers: &[(&str, String)]) -> WebhookRequest {
    WebhookRequest {
        method: "POST".into(),
        url: format!("https://gw.example.net/webhooks/sendgrid/{path}"),
        headers: headers.iter().map(|(name, value)| ((*name).into(), value.clone().into())).collect(),
        body,
        peer: None,
        received_at: Timestamp::from_secs(NOW),
    }
}

fn signed(path: &str, timestamp: &str, body: &[u8]) -> WebhookRequest {
    let signature: Signature = signing_key().sign(&[timestamp.as_bytes(), body].concat());
    let headers = [
        ("x-twilio-email-event-webhook-signature", STANDARD.encode(signature.to_der())),
        ("x-twilio-email-event-webhook-timestamp", timestamp.to_owned()),
    ];
    request(path, Bytes::copy_from_slice(body), &headers)
}

fn carrier(settings: &Value) -> SendGrid {
    let settings = self::settings(settings);
    let keys = signature::Keys::read(&settings.public_keys).unwrap();
    SendGrid::new(settings, keys)
}

fn verdict(settings: &Value, request: &WebhookRequest) -> Result<(), &'static str> {
    carrier(settings).verify(request).map(|_| ()).map_err(|refusal| refusal.reason())
}

fn outbound(content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        client_ref: "msg_1".into(),
        reply_to: Some("CAF001@c.example".into()),
        conversation_ref: Some("c-0193".into()),
        ..OutboundMessage::new(
            MessageId::from_bytes([0; 16]),
            Channel::Email,
            "support@acme.example".into(),
            "email:r@c.example".into(),
            content,
        )
    }
}

fn body_of(extra: &Value, message: &OutboundMessage) -> Value {
    let request = send::request(&settings(extra), message).unwrap();
    assert_eq!(request.url, "https://api.sendgrid.com/v3/mail/send");
    assert!(request.headers.contains(&("authorization", "Bearer SG.secret-1".into())));
    serde_json::from_slice(&request.body).unwrap()
}

fn medium(url: &str, name: Option<&str>) -> OutboundMedia {
    OutboundMedia { url: Some(url.into()), filename: name.map(Into::into), ..OutboundMedia::default() }
}

/// Why nothing is sent; the empty text if something would be.
fn refusal(content: OutboundContent) -> &'static str {
    match send::request(&settings(&json!({})), &outbound(content)) {
        Err(SendError::Unsupported(why)) => why,
        Err(other) => panic!("{other}"),
        Ok(_) => "",
    }
}

/// Compares the members that are expected; `null` is one that is not there.
fn assert_members(name: &str, got: &Value, expect: &Value) {
    for (pointer, want) in expect.as_object().unwrap() {
        let pointer = format!("/{}", pointer.trim_start_matches('/'));
        assert_eq!(got.pointer(&pointer).unwrap_or(&Value::Null), want, "{name}: {pointer}");
    }
}
