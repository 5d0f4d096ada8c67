use omni_core::event::ReportedState;
use omni_core::failure::ErrorClass;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{errors, status, webhook};
use super::{account, contains, request};

fn events(
    generation: &str,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Vec<Value>, &'static str> {
    let parsed =
        webhook::parse(&account(generation), &request(method, url, headers, body)).map_err(|m| m.0)?;
    Ok(parsed.events.iter().map(|event| serde_json::to_value(event).unwrap()).collect())
}

fn check(name: &str, got: Result<Vec<Value>, &'static str>, expect: Result<Value, &str>) {
    match (got, expect) {
        (Ok(got), Ok(expect)) => {
            assert!(contains(&expect, &json!(got)), "{name}:\nexpected {expect:#}\ngot {:#}", json!(got));
        }
        (got, expect) => assert_eq!(got.err(), expect.err(), "{name}"),
    }
}

#[test]
fn inbound_texts_of_the_first_generation() {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let cases = [
        (
            "an unparsable date is no date",
            "id=1&recipient=12025550143&originator=31612345678&body=x&createdDatetime=soon",
            Ok(json!([{ "text": "x", "sent_at": null, "auto_reply_allowed": null }])),
        ),
        (
            "an offset whose plus was not escaped",
            "id=1&recipient=12025550143&originator=31612345678&body=x&createdDatetime=2025-11-20T16:00:00+01:00",
            Ok(json!([{ "sent_at": "2025-11-20T15:00:00Z" }])),
        ),
        (
            "HELP is ours to answer",
            "id=1&recipient=12025550143&originator=31612345678&body=help",
            Ok(json!([{ "consent": "help", "auto_reply_allowed": true }])),
        ),
        (
            "the toll-free network answers STOP",
            "id=1&recipient=18885550142&originator=13035550177&body=Stop",
            Ok(json!([{ "consent": "stop", "auto_reply_allowed": false }])),
        ),
        (
            "but not UNSUBSCRIBE",
            "id=1&recipient=18885550142&originator=13035550177&body=unsubscribe",
            Ok(json!([{ "consent": "stop", "auto_reply_allowed": true }])),
        ),
        (
            "a withheld sender has no address",
            "id=1&recipient=12025550143&originator=anonymous&body=x",
            Ok(json!([{ "from_address": null, "auto_reply_allowed": false }])),
        ),
        (
            "a short code is a machine",
            "id=1&recipient=12025550143&originator=55512&body=x",
            Ok(json!([{ "from_address": "55512", "auto_reply_allowed": false }])),
        ),
        (
            "nobody answers himself",
            "id=1&recipient=12025550143&originator=18885550142&body=stop",
            Ok(json!([{ "from_address": "+18885550142", "auto_reply_allowed": false }])),
        ),
        (
            "the toll-free network reads through blanks and full stops",
            "id=1&recipient=18885550142&originator=13035550177&body=+Stop.",
            Ok(json!([{ "consent": "stop", "auto_reply_allowed": false }])),
        ),
        (
            "a status report in a body",
            "id=1&reference=msg_1&recipient=31612345678&status=delivered",
            Ok(json!([{ "kind": "status", "client_ref": "msg_1", "state": "delivered" }])),
        ),
        (
            "an MMS with a subject and all spellings of its media",
            "id=1&recipient=12025550143&originator=13035550177&subject=s&mediaURLs=https%3A%2F%2Fmms.messagebird.com%2F1&mediaUrls%5B%5D=http%3A%2F%2Fevil.example%2F2",
            Ok(json!([{ "channel": "mms", "type": "media", "subject": "s", "text": null, "media": [
            { "url": "https://mms.messagebird.com/1", "blocked": null }, { "url": "http://evil.example/2", "blocked": true },
         ] }])),
        ),
        ("no id", "recipient=12025550143&originator=31612345678&body=x", Err("message_without_id")),
        ("an empty id", "id=&recipient=12025550143&originator=31612345678&body=x", Err("message_without_id")),
        ("no sender", "id=1&recipient=12025550143&body=x", Err("message_without_sender")),
        ("no recipient", "id=1&originator=31612345678&body=x", Err("message_without_recipient")),
        ("nothing at all", "", Err("message_without_id")),
    ];
    for (name, body, expect) in cases {
        check(name, events("rest", "POST", "https://h/", &form, body), expect);
    }
}

#[test]
fn flow_builder_posts_json() {
    let cases = [
        (
            "media in an array",
            json!({ "id": "1", "recipient": 12_025_550_143_u64, "originator": "13035550177", "mediaUrls": ["https://mms.messagebird.com/1", "https://evil.example/2"] }),
            Ok(json!([{ "channel": "mms", "media": [{ "blocked": null }, { "blocked": true }] }])),
        ),
        (
            "the short code's names",
            json!({ "mid": "1", "shortcode": 51515, "originator": 18_885_550_155_u64, "message": "VOTE 3", "receive_datetime": "20251120150000" }),
            Ok(json!([{ "to_address": "51515", "text": "VOTE 3", "sent_at": "2025-11-20T15:00:00Z" }])),
        ),
        (
            "a member that looks like a conversation's",
            json!({ "type": "sms", "id": "1", "recipient": "12025550143", "originator": "13035550177", "body": "x" }),
            Ok(json!([{ "kind": "message", "channel": "sms", "text": "x" }])),
        ),
        (
            "a status report",
            json!({ "id": "1", "status": "delivery_failed", "recipient": 31_612_345_678_u64, "statusErrorCode": 103 }),
            Ok(json!([{ "kind": "status", "error_class": "opted_out", "address": "+31612345678" }])),
        ),
        (
            "wrong types everywhere",
            json!({ "id": {}, "recipient": [], "originator": null }),
            Err("message_without_id"),
        ),
        ("no object", json!([1]), Err("not_an_object")),
    ];
    for (name, body, expect) in cases {
        let headers = [("content-type", "application/json")];
        check(name, events("rest", "POST", "https://h/", &headers, &body.to_string()), expect);
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
            let mut table = super::settings("rest");
            table[name] = json!(twin);
            let account = super::Account::new(serde_json::from_value(table).unwrap()).unwrap();
            let body = conversation(
                "message.created",
                &json!({ "direction": "received", "type": "image", "content": { "image": { "url": url } } }),
            );
            let headers = [("content-type", "application/json")];
            let parsed =
                super::super::webhook::parse(&account, &request("POST", "https://h/", &headers, &body));
            let got = serde_json::to_value(parsed.unwrap().events).unwrap();
            assert_eq!(got[0]["media"][0]["blocked"] == true, blocked, "{name} {url}");
        }
    }
}

#[test]
fn status_reports_of_the_first_generation() {
    let cases = [
        ("id=1&reference=r&status=scheduled", json!([{ "state": "queued" }])),
        (
            "id=1&reference=r&status=buffered&statusReason=pending+DLR",
            json!([{ "state": "sent", "detail": "pending DLR" }]),
        ),
        (
            "reference=r&status=delivered",
            json!([{ "external_id": null, "client_ref": "r", "state": "delivered" }]),
        ),
        (
            "id=1&status=expired&statusErrorCode=27",
            json!([{ "state": "failed", "error_class": "expired", "retryable": false }]),
        ),
        (
            "id=1&status=delivery_failed&statusErrorCode=27",
            json!([{ "error_class": "unreachable", "retryable": true }]),
        ),
        (
            "id=1&recipient=13035550177&status=delivery_failed&statusErrorCode=103",
            json!([{ "error_class": "opted_out", "retryable": false, "consent": "stop", "address": "+13035550177" }]),
        ),
        (
            "id=1&status=delivery_failed&statusReason=DLR+not+received&statusErrorCode=999",
            json!([{ "state": "unknown", "error_code": "999", "error_class": null }]),
        ),
        (
            "id=1&status=delivery_failed&statusReason=carrier+rejected",
            json!([{ "error_class": "blocked", "retryable": false }]),
        ),
        (
            "id=1&status=delivery_failed&statusReason=who+knows&statusErrorCode=999",
            json!([{ "error_class": "rejected", "error_code": "999" }]),
        ),
        ("id=1&status=brand_new", json!([])),
        ("id=1", json!([])),
    ];
    for (query, expect) in cases {
        check(query, events("rest", "GET", &format!("https://h/?{query}"), &[], ""), Ok(expect));
    }
    check("no id", events("rest", "GET", "https://h/?status=sent", &[], ""), Err("report_without_id"));
}

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
            json!([{ "kind": "conversation_started", "conversation_ref": "c1", "customer": { "address": "+31612345678", "name": "Sanne" } }]),
        ),
    );
}

fn bird(event: &str, payload: &Value) -> String {
    let mut whole = json!({ "id": "m1", "channelId": "wa1", "createdAt": "2025-11-20T15:00:00.120Z", "lastStatusAt": "2025-11-20T15:00:05Z",
        "sender": { "contact": { "identifierKey": "phonenumber", "identifierValue": "+31612345678" } },
        "receiver": { "contacts": [{ "identifierKey": "phonenumber", "identifierValue": "+31612345678" }] } });
    whole.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
    json!({ "service": "channels", "event": event, "payload": whole }).to_string()
}

#[test]
fn channels_bring_messages_and_states() {
    let body = |body: Value| json!({ "body": body });
    let failure = |code: Value, source: &str| {
        json!({ "status": "delivery_failed",
        "failure": { "code": code, "source": { "name": "sms-messagebird", "code": source } } })
    };
    let cases = [
        (
            "a file",
            "whatsapp.inbound",
            body(
                json!({ "type": "file", "file": { "files": [{ "mediaUrl": "https://media.api.bird.com/x", "contentType": "application/pdf", "filename": "../a.pdf" }] } }),
            ),
            json!([{ "type": "document", "media": [{ "kind": "document", "filename": "a.pdf", "mime": "application/pdf" }] }]),
        ),
        (
            "sound as a file",
            "whatsapp.inbound",
            body(
                json!({ "type": "file", "file": { "files": [{ "mediaUrl": "https://media.api.bird.com/x", "contentType": "audio/ogg" }] } }),
            ),
            json!([{ "type": "audio", "media": [{ "kind": "audio" }] }]),
        ),
        (
            "a place",
            "whatsapp.inbound",
            body(
                json!({ "type": "location", "location": { "coordinates": { "latitude": 1, "longitude": 2 }, "location": { "label": "HQ", "address": "A 1" } } }),
            ),
            json!([{ "type": "location", "location": { "lat": 1.0, "lon": 2.0, "name": "HQ", "address": "A 1" } }]),
        ),
        (
            "a pressed button",
            "whatsapp.inbound",
            body(
                json!({ "type": "text", "text": { "text": "Yes", "actions": [{ "type": "postback", "postback": { "text": "Yes", "payload": "y1" } }] } }),
            ),
            json!([{ "type": "button_reply", "reply_id": "y1", "text": "Yes" }]),
        ),
        (
            "a kind we do not know",
            "whatsapp.inbound",
            body(json!({ "type": "hologram" })),
            json!([{ "type": "unsupported", "unsupported_type": "hologram" }]),
        ),
        ("no body at all", "whatsapp.inbound", json!({}), json!([{ "type": "unsupported" }])),
        (
            "STOP",
            "sms.inbound",
            json!({ "channelId": "sms1", "body": { "type": "text", "text": { "text": "STOP" } } }),
            json!([{ "channel": "sms", "to_address": "+12025550143", "consent": "stop", "auto_reply_allowed": true }]),
        ),
        (
            "somebody else's channel",
            "sms.inbound",
            json!({ "channelId": "zz", "body": { "type": "text", "text": { "text": "x" } } }),
            json!([{ "tenant_key": "messagebird:zz" }]),
        ),
        (
            "processing",
            "sms.outbound",
            json!({ "status": "processing", "reference": "msg_1" }),
            json!([{ "state": "queued", "client_ref": "msg_1", "occurred_at": "2025-11-20T15:00:05Z" }]),
        ),
        (
            "read",
            "whatsapp.outbound",
            json!({ "status": "read", "reference": "" }),
            json!([{ "state": "read", "client_ref": null }]),
        ),
        (
            "a bad request of ours",
            "sms.outbound",
            failure(json!(11_003), "1"),
            json!([{ "error_class": "bad_request", "error_code": "11003" }]),
        ),
        (
            "the network is down",
            "sms.outbound",
            failure(json!(15_001), "1"),
            json!([{ "error_class": "transient", "retryable": true }]),
        ),
        (
            "unknown subscriber",
            "sms.outbound",
            failure(json!("15005"), "1"),
            json!([{ "error_class": "invalid_recipient" }]),
        ),
        (
            "the network's own code",
            "sms.outbound",
            failure(json!(15_010), "103"),
            json!([{ "error_class": "opted_out", "consent": "stop", "address": "+31612345678", "source_code": "103" }]),
        ),
        (
            "a failure without a reason",
            "sms.outbound",
            json!({ "status": "sending_failed" }),
            json!([{ "state": "failed", "error_class": "rejected" }]),
        ),
        ("a new word", "sms.outbound", json!({ "status": "sung" }), json!([])),
        ("a new event", "sms.interaction", json!({}), json!([])),
    ];
    for (name, event, payload, expect) in cases {
        check(name, events("bird", "POST", "https://h/", &[], &bird(event, &payload)), Ok(expect));
    }
    let bad = [
        ("[]", Err("not_an_object")),
        ("{", Err("not_json")),
        (r#"{"service":"conversations"}"#, Ok(json!([]))),
        (
            r#"{"service":"channels","event":"sms.inbound","payload":{"channelId":"x"}}"#,
            Err("message_without_id"),
        ),
        (
            r#"{"service":"channels","event":"sms.inbound","payload":{"id":"x"}}"#,
            Err("message_without_channel"),
        ),
    ];
    for (body, expect) in bad {
        check(body, events("bird", "POST", "https://h/", &[], body), expect);
    }
}

fn platform(kind: &str, data: &Value) -> String {
    let is_sms = kind.starts_with("sms");
    let mut whole = if is_sms {
        json!({ "sms_id": "sms_1", "workspace_id": "ws_1", "to": "+13035550177", "from": "+12025550143" })
    } else {
        json!({ "whatsapp_id": "wam_1", "workspace_id": "ws_1", "from": { "phone_number": "+31612345678", "bsuid": "NL.1", "display_name": "Sanne", "username": "sanne" }, "to": { "phone_number": "+31970102030" } })
    };
    whole.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    json!({ "type": kind, "timestamp": "2025-11-20T15:00:00Z", "data": whole }).to_string()
}

#[test]
fn the_platform_brings_every_kind_of_content() {
    let file = |more: Value| {
        let mut file =
            json!({ "id": "waf_1", "url": "https://eu1.platform.bird.com/v1/x", "mime_type": "a/b" });
        file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        file
    };
    let cases = [
        (
            "text",
            json!({ "text": { "body": "hoi" } }),
            json!({ "type": "text", "text": "hoi", "from_name": "Sanne", "from_username": "sanne", "alt_addresses": ["bsuid:NL.1"] }),
        ),
        (
            "a picture",
            json!({ "image": file(json!({ "caption": "foto" })) }),
            json!({ "type": "image", "text": "foto", "media": [{ "kind": "image", "id": "waf_1", "blocked": null }] }),
        ),
        (
            "a voice note",
            json!({ "audio": file(json!({ "voice": true })) }),
            json!({ "type": "voice", "media": [{ "kind": "voice" }] }),
        ),
        (
            "sound",
            json!({ "audio": file(json!({})) }),
            json!({ "type": "audio", "media": [{ "kind": "audio" }] }),
        ),
        (
            "a file",
            json!({ "document": file(json!({ "filename": "a/b.pdf" })) }),
            json!({ "type": "document", "media": [{ "filename": "b.pdf" }] }),
        ),
        ("a sticker", json!({ "sticker": file(json!({})) }), json!({ "type": "sticker" })),
        (
            "a film elsewhere",
            json!({ "video": { "url": "http://10.0.0.1/" } }),
            json!({ "type": "video", "media": [{ "blocked": true }] }),
        ),
        (
            "a place",
            json!({ "location": { "latitude": 1, "longitude": 2, "name": "HQ" } }),
            json!({ "type": "location", "location": { "lat": 1.0, "name": "HQ" } }),
        ),
        (
            "cards",
            json!({ "contact_cards": [{ "name": { "formatted_name": "A" } }] }),
            json!({ "type": "contacts", "contacts": [{}] }),
        ),
        (
            "a button",
            json!({ "interactive_reply": { "type": "button", "button": { "slug": "b1", "text": "Yes" } }, "in_reply_to_message_id": "wam_0" }),
            json!({ "type": "button_reply", "reply_id": "b1", "text": "Yes", "reply_to": "wam_0" }),
        ),
        (
            "a list entry",
            json!({ "interactive_reply": { "type": "list", "list": { "slug": "l1", "text": "Two" } } }),
            json!({ "type": "list_reply", "reply_id": "l1" }),
        ),
        (
            "a kind that Bird cannot show",
            json!({ "unsupported": { "type": "order" } }),
            json!({ "type": "unsupported", "unsupported_type": "order" }),
        ),
        ("a kind that we do not know", json!({ "hologram": {} }), json!({ "type": "unsupported" })),
        (
            "a group",
            json!({ "to": { "phone_number": "+31970102030", "group_id": "wag_1" }, "text": { "body": "x" } }),
            json!({ "group_id": "wag_1" }),
        ),
    ];
    for (name, data, mut expect) in cases {
        expect["kind"] = json!("message");
        expect["tenant_key"] = json!("messagebird:ws_1:+31970102030");
        check(
            name,
            events("platform", "POST", "https://h/", &[], &platform("whatsapp.received", &data)),
            Ok(json!([expect])),
        );
    }
}

#[test]
fn the_platform_reports_states_reactions_and_suppressions() {
    let failed = |code: &str| json!({ "error": { "code": code, "carrier_error_code": "30" } });
    let cases = [
        (
            "sms.accepted",
            json!({}),
            json!([{ "state": "queued", "tenant_key": "messagebird:ws_1:+12025550143", "to_address": "+13035550177" }]),
        ),
        (
            "sms.sent",
            json!({ "metadata": { "ref": "msg_1" }, "segments": { "count": 2 } }),
            json!([{ "state": "sent", "client_ref": "msg_1", "segments": 2 }]),
        ),
        (
            "sms.undelivered",
            failed("unreachable"),
            json!([{ "state": "failed", "error_class": "unreachable", "retryable": true, "carrier_error_code": "30" }]),
        ),
        (
            "sms.failed",
            failed("recipient_opted_out"),
            json!([{ "error_class": "opted_out", "consent": "stop", "address": "+13035550177" }]),
        ),
        (
            "sms.failed",
            failed("brand_new"),
            json!([{ "error_class": "rejected", "error_code": "brand_new" }]),
        ),
        ("sms.rejected", json!({}), json!([{ "state": "failed", "error_class": "rejected" }])),
        (
            "sms.expired",
            json!({}),
            json!([{ "state": "failed", "error_class": "expired", "error_code": null }]),
        ),
        ("sms.brand_new", json!({}), json!([])),
        (
            "whatsapp.accepted",
            json!({ "from": { "phone_number": "+31970102030" }, "to": { "bsuid": "NL.1" } }),
            json!([{ "state": "queued", "to_address": "bsuid:NL.1" }]),
        ),
        ("whatsapp.failed", failed("service_window_expired"), json!([{ "error_class": "window_closed" }])),
        ("whatsapp.group.join_request_created", json!({}), json!([])),
        (
            "whatsapp.reacted",
            json!({ "emoji": "👍" }),
            json!([{ "kind": "message", "type": "reaction", "external_id": "msg_9", "reaction": { "target": "wam_1", "emoji": "👍", "removed": false } }]),
        ),
        (
            "whatsapp.reacted",
            json!({ "emoji": null }),
            json!([{ "reaction": { "target": "wam_1", "emoji": null, "removed": true } }]),
        ),
        (
            "whatsapp.received",
            json!({ "direction": "outbound", "from": { "phone_number": "+31970102030" }, "to": { "phone_number": "+31612345678" }, "text": { "body": "x" } }),
            json!([{ "kind": "echo", "tenant_key": "messagebird:ws_1:+31970102030" }]),
        ),
        (
            "sms_suppression.created",
            json!({ "suppression_id": "s1", "destination": "+13035550177", "originator": "+12025550143", "reason": "manual" }),
            json!([{ "kind": "consent", "value": "stop", "reason": "manual", "event_id": "s1/stop" }]),
        ),
        ("email.bounced", json!({}), json!([])),
    ];
    for (kind, data, expect) in cases {
        let headers = [("webhook-id", "msg_9")];
        check(kind, events("platform", "POST", "https://h/", &headers, &platform(kind, &data)), Ok(expect));
    }
    let bad = [
        ("no type", json!({}), "event_without_type"),
        (
            "no id",
            json!({ "type": "sms.received", "data": { "workspace_id": "w", "to": "+12025550143" } }),
            "event_without_id",
        ),
        (
            "no workspace",
            json!({ "type": "sms.received", "data": { "sms_id": "s", "to": "+12025550143" } }),
            "event_without_workspace",
        ),
        (
            "no number",
            json!({ "type": "sms.received", "data": { "sms_id": "s", "workspace_id": "w" } }),
            "event_without_number",
        ),
    ];
    for (name, body, expect) in bad {
        check(name, events("platform", "POST", "https://h/", &[], &body.to_string()), Err(expect));
    }
}

#[test]
fn codes_mean_what_the_sheets_say() {
    use ErrorClass::*;
    let sms = [
        ("1", Some(InvalidRecipient)),
        ("5", Some(InvalidRecipient)),
        ("6", Some(Unreachable)),
        ("9", Some(InvalidRecipient)),
        ("11", Some(InvalidRecipient)),
        ("13", Some(Blocked)),
        ("21", Some(Rejected)),
        ("27", Some(Unreachable)),
        ("31", Some(Unreachable)),
        ("32", Some(Unreachable)),
        ("34", Some(Transient)),
        ("103", Some(OptedOut)),
        ("0", None),
        ("", None),
    ];
    for (code, class) in sms {
        assert_eq!(errors::sms_code(code), class, "{code}");
    }
    let platform = [
        ("invalid_destination", InvalidRecipient),
        ("landline_unreachable", InvalidRecipient),
        ("unreachable", Unreachable),
        ("blocked_by_carrier", Blocked),
        ("blocked_by_fraud_protection", QualityLimited),
        ("blocked_by_recipient", OptedOut),
        ("recipient_opted_out", OptedOut),
        ("content_rejected", Filtered),
        ("sender_unregistered", Registration),
        ("provider_unavailable", Transient),
        ("insufficient_balance", Account),
        ("price_not_found", Account),
        ("recipient_suppressed", Suppressed),
        ("service_window_expired", WindowClosed),
        ("rate_limited", Throttled),
        ("media_rejected", Media),
        ("undeliverable", Rejected),
        ("unknown", Rejected),
        ("internal_error", Transient),
    ];
    for (code, class) in platform {
        assert_eq!(errors::platform(code), class, "{code}");
    }
    assert_eq!(status::conversations("dispatched"), Some(ReportedState::Sent));
    assert_eq!(status::platform("sms.canceled"), Some(ReportedState::Canceled));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..600), query in ".{0,80}", json in any::<bool>()) {
        let headers = if json { [("content-type", "application/json")] } else { [("content-type", "text/plain")] };
        for generation in ["rest", "bird", "platform"] {
            let mut request = request("POST", &format!("https://h/?{query}"), &headers, "");
            request.body = body.clone().into();
            let account = account(generation);
            let _verdict = super::super::signature::verify(&account, &request);
            let first = webhook::parse(&account, &request);
            prop_assert_eq!(&first, &webhook::parse(&account, &request));
            request.method = "GET".into();
            let _events = webhook::parse(&account, &request);
        }
    }

    #[test]
    fn any_value_in_any_place_is_read_or_refused(kind in 0_usize..6, member in 0_usize..12, value in arbitrary()) {
        const KINDS: [&str; 6] = ["message.created", "message.updated", "sms.received", "whatsapp.received", "whatsapp.reacted", "sms.failed"];
        const MEMBERS: [&str; 12] = ["id", "type", "content", "from", "to", "status", "error", "text", "image", "location", "workspace_id", "source"];
        let mut inner = json!({ "id": "1", "sms_id": "1", "whatsapp_id": "1", "workspace_id": "w", "channelId": "wa1", "type": "text",
            "from": "+31612345678", "to": "+12025550143" });
        inner[MEMBERS[member]] = value;
        let body = json!({ "type": KINDS[kind], "data": inner, "message": inner }).to_string();
        for generation in ["rest", "platform"] {
            let _events = webhook::parse(&account(generation), &request("POST", "https://h/", &[("webhook-id", "1")], &body));
        }
        let body = json!({ "service": "channels", "event": "sms.inbound", "payload": inner }).to_string();
        let _events = webhook::parse(&account("bird"), &request("POST", "https://h/", &[], &body));
    }
}

fn arbitrary() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec(("(text|body|url|id|reply|type|images|latitude)", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
