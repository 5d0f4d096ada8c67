//! Read marks and typing indicators: what each carrier is told, and what its answer means.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends the test")]

use std::sync::Mutex;

use async_trait::async_trait;
use omni_adapters::carriers::{REGISTRY, find};
use omni_core::carrier::{Carrier, Presence};
use omni_core::event::Channel;
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::time::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers every request alike, and remembers them.
struct Answers {
    status: u16,
    body: Value,
    asked: Mutex<Vec<(String, Value)>>,
}

#[async_trait]
impl HttpClient for Answers {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let body = serde_json::from_slice(&request.body).unwrap();
        self.asked.lock().unwrap().push((request.url, body));
        Ok(HttpResponse { status: self.status, headers: Vec::new(), body: self.body.to_string().into() })
    }
}

fn built(carrier: &str, settings: Value) -> Arc<dyn Carrier> {
    (find(carrier).unwrap().build)(settings).unwrap()
}

fn whatsapp() -> Arc<dyn Carrier> {
    built(
        "whatsapp",
        json!({ "phone_number_id": "183920475610238", "display_number": "+447700900100", "access_token": "t",
                "app_secrets": ["s"], "verify_token": "v", "base_url": "http://127.0.0.1:1" }),
    )
}

fn twilio() -> Arc<dyn Carrier> {
    built(
        "twilio",
        json!({ "account_sid": "AC4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e", "auth_tokens": ["t"],
                "numbers": ["whatsapp:+17205550142"] }),
    )
}

fn livechat() -> Arc<dyn Carrier> {
    built(
        "livechat",
        json!({ "organization_id": "0b6f2f6e-3c1d-4a55-9e0f-7d2c9b8a1e44", "access_token": "dal:t",
                "webhook_secrets": { "0a1b2c3d4e5f60718293a4b5c6d7e8f9": ["s"] },
                "base_url": "http://127.0.0.1:1" }),
    )
}

fn messagebird(generation: &str) -> Arc<dyn Carrier> {
    built(
        "messagebird",
        json!({ "generation": generation, "access_key": "bk_eu1_t", "numbers": ["+31970102030"],
                "workspaces": ["ws_1"], "channels": { "wa1": "whatsapp:+31970102030" } }),
    )
}

fn presence(channel: Channel, typing: bool) -> Presence {
    Presence {
        channel,
        external_id: "id-1".into(),
        conversation_ref: (channel == Channel::Chat).then(|| "chat-1".into()),
        read_up_to: Timestamp::parse("2026-11-21T12:00:00.5Z").unwrap(),
        typing,
    }
}

#[tokio::test]
async fn each_carrier_is_told_in_its_own_words() {
    let read = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "id-1" });
    let mut writing = read.clone();
    writing["typing_indicator"] = json!({ "type": "text" });
    let seen = json!({ "chat_id": "chat-1", "seen_up_to": "2026-11-21T12:00:00.500Z" });
    let types = json!({ "chat_id": "chat-1", "is_typing": true, "visibility": "all" });
    let indicator = json!({ "channel": "WHATSAPP", "messageId": "id-1" });
    let acknowledged = "https://eu1.platform.bird.com/v1/whatsapp/messages/id-1/read";
    #[rustfmt::skip]
    let cases = [
        ("read", whatsapp(), Channel::Whatsapp, false, true, vec![("/messages", read)]),
        ("read and writing", whatsapp(), Channel::Whatsapp, true, true, vec![("/messages", writing)]),
        ("no mark alone", twilio(), Channel::Whatsapp, false, false, vec![]),
        ("writing", twilio(), Channel::Whatsapp, true, true,
            vec![("https://messaging.twilio.com/v3/Indicators/Typing.json", indicator)]),
        ("not over SMS", twilio(), Channel::Sms, true, false, vec![]),
        ("read, Bird's platform", messagebird("platform"), Channel::Whatsapp, false, true,
            vec![(acknowledged, json!({ "typing_indicator": false }))]),
        ("read and writing, Bird's platform", messagebird("platform"), Channel::Whatsapp, true, true,
            vec![(acknowledged, json!({ "typing_indicator": true }))]),
        ("not over SMS of Bird's platform", messagebird("platform"), Channel::Sms, true, false, vec![]),
        ("not over Channels", messagebird("bird"), Channel::Whatsapp, true, false, vec![]),
        ("not over Conversations", messagebird("rest"), Channel::Whatsapp, true, false, vec![]),
        ("seen", livechat(), Channel::Chat, false, true, vec![("/mark_events_as_seen", seen.clone())]),
        ("seen and writing", livechat(), Channel::Chat, true, true,
            vec![("/mark_events_as_seen", seen), ("/send_typing_indicator", types)]),
    ];
    for (name, carrier, channel, typing, shown, calls) in cases {
        let answers = Answers { status: 200, body: json!({ "success": true }), asked: Mutex::default() };
        let got = carrier.show(&answers, &presence(channel, typing)).await.unwrap();
        assert_eq!(got, shown, "{name}");
        let asked = answers.asked.into_inner().unwrap();
        assert_eq!(asked.len(), calls.len(), "{name}: {asked:?}");
        for ((url, body), (end, expect)) in asked.iter().zip(calls) {
            assert!(url.ends_with(end), "{name}: {url}");
            assert_eq!(*body, expect, "{name}");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_an_error_and_a_chat_that_is_unknown_is_not_shown() {
    for (carrier, channel) in [
        (whatsapp(), Channel::Whatsapp),
        (twilio(), Channel::Whatsapp),
        (livechat(), Channel::Chat),
        (messagebird("platform"), Channel::Whatsapp),
    ] {
        let body =
            json!({ "error": { "code": 100, "type": "authorization", "message": "no" }, "code": 20404 });
        let refusing = Answers { status: 403, body, asked: Mutex::default() };
        assert!(carrier.show(&refusing, &presence(channel, true)).await.is_err(), "{}", carrier.name());
    }
    let answers = Answers { status: 200, body: Value::Null, asked: Mutex::default() };
    let nowhere = Presence { conversation_ref: None, ..presence(Channel::Chat, true) };
    assert!(!livechat().show(&answers, &nowhere).await.unwrap());
}

#[test]
fn who_can_show_it_says_so() {
    let can = |carrier: Arc<dyn Carrier>| {
        let can = carrier.capabilities().clone();
        (can.read_marks, can.typing)
    };
    assert_eq!(can(whatsapp()), (vec![Channel::Whatsapp], vec![Channel::Whatsapp]));
    assert_eq!(can(twilio()), (vec![], vec![Channel::Whatsapp]));
    assert_eq!(can(livechat()), (vec![Channel::Chat], vec![Channel::Chat]));
    assert_eq!(can(messagebird("platform")), (vec![Channel::Whatsapp], vec![Channel::Whatsapp]));
    assert_eq!(can(messagebird("bird")), (vec![], vec![]));
    assert_eq!(REGISTRY.len(), 7, "a new carrier: does it show that we read?");
}
