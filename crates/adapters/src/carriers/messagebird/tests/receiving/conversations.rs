use serde_json::{Value, json};

use super::super::super::webhook;
use super::super::{Account, request, settings};
use super::{check, events};

/// A Conversations callback around one message.
fn conversation(kind: &str, message: &Value) -> String {
    let mut whole = json!({ "id": "m1", "conversationId": "c1", "platform": "whatsapp", "to": "+31970102030",
        "from": "+31612345678", "channelId": "wa1", "direction": "received", "createdDatetime": "2025-11-20T15:00:00Z" });
    whole.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
    json!({ "type": kind, "contact": { "msisdn": 31_612_345_678_u64, "displayName": "Sanne de Vries" },
        "conversation": { "id": "c1" }, "message": whole })
    .to_string()
}

#[test]
fn conversations_bring_every_kind_of_content() {
    let cases = [
        (
            "plain text",
            json!({ "type": "text", "content": { "text": "hoi" } }),
            json!({ "type": "text", "text": "hoi", "from_name": "Sanne de Vries", "conversation_ref": "c1" }),
        ),
        (
            "an answer in WhatsApp's own shape",
            json!({ "type": "whatsappText", "content": { "whatsappText": { "text": { "body": "ja" }, "context": { "id": "m0" }, "referral": { "source_id": "ad" } } } }),
            json!({ "type": "text", "text": "ja", "reply_to": "m0", "referral": { "source_id": "ad" } }),
        ),
        (
            "the same without its member",
            json!({ "type": "whatsappText", "content": { "text": { "body": "ja" }, "context": { "id": "m0" } } }),
            json!({ "type": "text", "text": "ja", "reply_to": "m0" }),
        ),
        (
            "a film",
            json!({ "type": "video", "content": { "video": { "url": "https://media.messagebird.com/v" } } }),
            json!({ "type": "video", "media": [{ "kind": "video", "blocked": null }] }),
        ),
        (
            "sound",
            json!({ "type": "audio", "content": { "audio": { "url": "https://media.messagebird.com/a" } } }),
            json!({ "type": "audio", "media": [{ "kind": "audio" }] }),
        ),
        (
            "a file",
            json!({ "type": "file", "content": { "file": { "url": "https://media.messagebird.com/f", "caption": "factuur" } } }),
            json!({ "type": "document", "text": "factuur", "media": [{ "kind": "document" }] }),
        ),
        (
            "a sticker",
            json!({ "type": "whatsappSticker", "content": { "whatsappSticker": { "link": "https://media.messagebird.com/s" } } }),
            json!({ "type": "sticker", "media": [{ "kind": "sticker", "url": "https://media.messagebird.com/s" }] }),
        ),
        (
            "a place",
            json!({ "type": "location", "content": { "location": { "latitude": 52.37, "longitude": "4.89" } } }),
            json!({ "type": "location", "location": { "lat": 52.37, "lon": 4.89 } }),
        ),
        (
            "a place without coordinates",
            json!({ "type": "location", "content": { "location": {} } }),
            json!({ "type": "unsupported", "unsupported_type": "location" }),
        ),
        (
            "a picked entry",
            json!({ "type": "interactive", "content": { "interactive": { "type": "list_reply", "reply": { "id": "d3", "text": "Billing" } } } }),
            json!({ "type": "list_reply", "reply_id": "d3", "text": "Billing" }),
        ),
        (
            "a template's button",
            json!({ "type": "button", "content": { "button": { "text": "Confirm", "payload": "CONFIRM#1" } } }),
            json!({ "type": "button_reply", "reply_id": "CONFIRM#1", "text": "Confirm" }),
        ),
        (
            "an answer that names the message it answers",
            json!({ "type": "interactive", "replyTo": { "id": "m0" }, "content": { "interactive": { "type": "button_reply", "reply": { "id": "yes", "text": "Yes" } } } }),
            json!({ "type": "button_reply", "reply_id": "yes", "reply_to": "m0" }),
        ),
        (
            "a question about a product",
            json!({ "type": "whatsappText", "content": { "whatsappText": { "text": { "body": "nog?" }, "context": { "referred_product": { "catalog_id": "1", "product_retailer_id": "sku" } } } } }),
            json!({ "text": "nog?", "reply_to": null, "referred_product": { "product_retailer_id": "sku" } }),
        ),
        (
            "files that the platform keeps",
            json!({ "type": "externalAttachment", "content": { "externalAttachments": [{ "url": "https://media.messagebird.com/a", "caption": "a" }, { "url": "http://elsewhere.example/b" }, {}] } }),
            json!({ "type": "media", "text": "a", "media": [{ "blocked": null }, { "blocked": true }] }),
        ),
        (
            "an e-mail",
            json!({ "platform": "email", "type": "email", "from": "ann@acme.example", "content": { "email": { "subject": "Hi", "content": { "html": "<p>Hello</p>" } } } }),
            json!({ "channel": "email", "type": "text", "subject": "Hi", "text": "Hello", "from_address": "email:ann@acme.example" }),
        ),
        ("wrong types", json!({ "type": 7, "content": "x" }), json!({ "type": "unsupported" })),
        (
            "a page's visitor",
            json!({ "platform": "facebook", "channelId": "fb1", "from": "987", "to": "1020304050", "type": "text", "content": { "text": "hi" } }),
            json!({ "channel": "chat", "from_address": "facebook:987", "tenant_key": "messagebird:fb1" }),
        ),
        (
            "STOP on SMS",
            json!({ "platform": "sms", "channelId": "sms1", "to": "+12025550143", "type": "text", "content": { "text": "STOP" } }),
            json!({ "channel": "sms", "consent": "stop", "auto_reply_allowed": true }),
        ),
        (
            "stop on WhatsApp is a word",
            json!({ "type": "text", "content": { "text": "stop" } }),
            json!({ "consent": null }),
        ),
    ];
    for (name, message, mut expect) in cases {
        expect["kind"] = json!("message");
        let got = events("rest", "POST", "https://h/", &[], &conversation("message.created", &message));
        check(name, got, Ok(json!([expect])));
    }
}

#[test]
fn conversations_report_what_became_of_ours() {
    let sent = |more: Value| {
        let mut message = json!({ "direction": "sent", "to": "+31612345678", "from": "+31970102030", "type": "text", "content": { "text": "x" } });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message
    };
    let failed = |code: u32, words: &str| {
        sent(json!({ "status": "failed", "error": { "code": code, "description": words } }))
    };
    let cases = [
        (
            "our own message comes back",
            "message.created",
            sent(json!({ "status": "pending", "source": { "ref": "msg_1" } })),
            json!([{ "kind": "status", "state": "queued", "client_ref": "msg_1" }]),
        ),
        (
            "an agent's message",
            "message.created",
            sent(json!({ "status": "pending" })),
            json!([{ "kind": "echo", "to_address": "+31612345678" }]),
        ),
        (
            "transmitted",
            "message.updated",
            sent(json!({ "status": "transmitted", "trackId": "msg_1" })),
            json!([{ "state": "sent", "client_ref": "msg_1" }]),
        ),
        (
            "clicked",
            "message.updated",
            sent(json!({ "status": "clicked" })),
            json!([{ "state": "read", "detail": "clicked" }]),
        ),
        (
            "deleted says nothing about delivery",
            "message.updated",
            sent(json!({ "status": "deleted" })),
            json!([{ "state": "unknown", "detail": "deleted" }]),
        ),
        (
            "delayed is on its way",
            "message.updated",
            sent(json!({ "status": "delayed" })),
            json!([{ "state": "queued", "detail": "delayed" }]),
        ),
        (
            "a complaint says nothing about delivery",
            "message.updated",
            sent(json!({ "status": "spam_complaint" })),
            json!([{ "state": "unknown", "detail": "spam_complaint" }]),
        ),
        (
            "expired",
            "message.updated",
            sent(json!({ "status": "expired" })),
            json!([{ "state": "failed", "error_class": "expired" }]),
        ),
        (
            "a reason in words",
            "message.updated",
            failed(900, "Media download failed"),
            json!([{ "error_class": "media", "error_code": "900" }]),
        ),
        (
            "a reason that nobody knows",
            "message.updated",
            failed(900, "No luck"),
            json!([{ "error_class": "rejected" }]),
        ),
        ("a new word", "message.updated", sent(json!({ "status": "teleported" })), json!([])),
        ("news about a received message", "message.updated", json!({ "status": "read" }), json!([])),
        ("a new kind", "message.sung", sent(json!({})), json!([])),
    ];
    for (name, kind, message, expect) in cases {
        check(name, events("rest", "POST", "https://h/", &[], &conversation(kind, &message)), Ok(expect));
    }
    let begun = json!({ "type": "conversation.created", "contact": { "msisdn": 31_612_345_678_u64, "firstName": "Sanne" },
        "conversation": { "id": "c1", "status": "active", "lastUsedChannelId": "wa1" } });
    check(
        "a conversation begins",
        events("rest", "POST", "https://h/", &[], &begun.to_string()),
        Ok(
            json!([{ "kind": "conversation_started", "external_id": "c1#started", "conversation_ref": "c1", "customer": { "address": "+31612345678", "name": "Sanne" } }]),
        ),
    );
    let ended = |at: Value| {
        let conversation =
            json!({ "id": "c1", "status": "archived", "lastUsedChannelId": "wa1", "updatedDatetime": at });
        let body = json!({ "type": "conversation.updated", "conversation": conversation }).to_string();
        events("rest", "POST", "https://h/", &[], &body)
    };
    let id = "c1#ended#2025-11-20T15:00:00Z";
    for (at, id) in [(json!("2025-11-20T15:00:00Z"), json!(id)), (Value::Null, Value::Null)] {
        check("it ends", ended(at), Ok(json!([{ "kind": "conversation_ended", "external_id": id }])));
    }
}

#[test]
fn only_the_carriers_own_media_may_be_fetched() {
    let twin = "http://127.0.0.1:9001";
    let cases = [
        ("https://mms.messagebird.com/1", false),
        ("https://media.api.bird.com/1", false),
        ("http://mms.messagebird.com/1", true),
        ("https://messagebird.com.evil.example/1", true),
        ("http://127.0.0.1:9001/media/1", false),
        ("http://127.0.0.1:9002/media/1", true),
    ];
    for (url, blocked) in cases {
        for name in ["base_url", "conversations_url"] {
            let mut table = settings("rest");
            table[name] = json!(twin);
            let account = Account::new(serde_json::from_value(table).unwrap()).unwrap();
            let body = conversation(
                "message.created",
                &json!({ "direction": "received", "type": "image", "content": { "image": { "url": url } } }),
            );
            let headers = [("content-type", "application/json")];
            let parsed = webhook::parse(&account, &request("POST", "https://h/", &headers, &body));
            let got = serde_json::to_value(parsed.unwrap().events).unwrap();
            assert_eq!(got[0]["media"][0]["blocked"] == true, blocked, "{name} {url}");
        }
    }
}
