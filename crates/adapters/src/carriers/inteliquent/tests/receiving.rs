//! What becomes of callbacks, and what proves them.

use bytes::Bytes;
use omni_core::event::ReportedState;
use omni_core::failure::ErrorClass;
use omni_core::time::Timestamp;

use super::*;

fn callback(body: &Value) -> WebhookRequest {
    WebhookRequest {
        method: "POST".into(),
        url: "https://gw.example.net/webhooks/inteliquent".into(),
        headers: vec![("messageid".into(), Bytes::from_static(b"mid-1"))],
        body: body.to_string().into(),
        peer: None,
        received_at: Timestamp::EPOCH,
    }
}

fn events(body: &Value) -> Vec<Value> {
    let parsed = webhook::parse(&settings(), &callback(body)).unwrap();
    parsed.events.iter().map(|event| serde_json::to_value(event).unwrap()).collect()
}

#[test]
fn callbacks_become_events() {
    #[rustfmt::skip]
    let cases = [
        ("ten digits are American", json!({"referenceId": "r", "from": 3035550177_u64, "to": 17205550142_u64, "text": "x"}),
            json!({"from_address": "+13035550177", "to_address": "+17205550142", "tenant_key": "inteliquent:+17205550142"})),
        ("aliases", json!({"messageId": "r", "from": "13035550177", "to": "17205550142", "body": "x", "attachments": [{"url": "https://m.example/a.png"}]}),
            json!({"external_id": "r", "text": "x", "channel": "mms", "media": [{"url": "https://m.example/a.png", "filename": "a.png"}]})),
        ("addresses that lead inside", json!({"referenceId": "r", "from": "13035550177", "to": "17205550142", "mediaUrls": ["http://169.254.169.254/x.png"]}),
            json!({"media": [{"url": "http://169.254.169.254/x.png", "filename": "x.png", "blocked": true}]})),
        ("bytes for a machine", json!({"type": "mo_binary", "id": "r", "from": "13035550177", "to": "17205550142", "body": "c3RvcA==", "udh": "06050423F423F4", "received_at": "2025-11-20T15:00:00.5Z"}),
            json!({"external_id": "r", "type": "unsupported", "unsupported_type": "mo_binary", "text": null, "consent": null, "sent_at": "2025-11-20T15:00:00.500Z"})),
        ("a picture message of Sinch", json!({"type": "mo_media", "id": "r", "from": "13035550177", "to": "17205550142",
                "body": {"subject": "Hello", "message": "look", "media": [{"url": "https://m.example/a.png", "content_type": "image/png", "status": "Uploaded", "code": 0}]}}),
            json!({"type": "media", "channel": "mms", "text": "look", "subject": "Hello", "media": [{"url": "https://m.example/a.png", "filename": "a.png", "mime": "image/png"}]})),
        ("STOP to a toll-free number", json!({"referenceId": "r", "from": "13035550177", "to": "18445550100", "text": "stop"}),
            json!({"consent": "stop", "auto_reply_allowed": false})),
        ("our own number", json!({"referenceId": "r", "from": "18445550100", "to": "17205550142", "text": "x"}),
            json!({"auto_reply_allowed": false})),
        ("a receipt with text and media is no message", json!({"referenceId": "r", "from": "17205550142", "to": ["13035550177"], "text": "hi", "mediaUrls": ["https://m.example/a.png"], "deliveryReceipt": true}),
            json!({"kind": "status", "state": "delivered", "assumed": true, "tenant_key": "inteliquent:+17205550142"})),
        ("a receipt that kept our reference", json!({"referenceId": "msg_1", "from": "17205550142", "to": ["13035550177"], "deliveryReceipt": true}),
            json!({"external_id": "msg_1", "client_ref": "msg_1"})),
        ("a report of Sinch", json!({"type": "recipient_delivery_report_sms", "batch_id": "b", "recipient": "13035550177", "status": "Failed", "code": 402, "at": "2025-11-20T15:00:00Z"}),
            json!({"kind": "status", "external_id": "b", "state": "failed", "error_code": "402", "error_class": "rejected", "to_address": "+13035550177", "occurred_at": "2025-11-20T15:00:00Z"})),
    ];
    for (name, body, expect) in cases {
        let got = events(&body).remove(0);
        for (key, want) in expect.as_object().unwrap() {
            assert_eq!(&got[key], want, "{name}: {key}");
        }
    }
}

#[test]
fn a_grouped_report_is_one_status_each() {
    let got = events(&json!({"type": "delivery_report_sms", "batch_id": "b", "statuses": [
        {"code": 0, "status": "Delivered", "recipients": ["13035550177", "13035550188"]},
        {"code": 401, "status": "Dispatched", "recipients": ["13035550199"]}]}));
    let states: Vec<_> = got.iter().map(|event| event["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["delivered", "delivered", "sent"]);
}

#[test]
fn receipt_words_have_states() {
    use ReportedState::{Canceled, Delivered, Failed, Queued, Sent, Unknown};
    let cases = [
        ("stat:DELIVRD err:000", Delivered, None),
        ("stat:ACCEPTD", Sent, None),
        ("id:1 stat:ENROUTE", Sent, None),
        ("STAT:BUFFRED", Sent, None),
        ("stat:UNDELIV err:034", Failed, Some(ErrorClass::Rejected)),
        ("stat:DELETED", Failed, Some(ErrorClass::Rejected)),
        ("stat:REJECTD", Failed, Some(ErrorClass::Rejected)),
        ("stat:EXPIRED", Failed, Some(ErrorClass::Expired)),
        ("id:1 stat: UNDELIV err: 034", Failed, Some(ErrorClass::Rejected)),
        ("stat:UNKNOWN", Unknown, None),
        ("stat:CANCELED", Canceled, None),
        ("stat:QUEUED", Queued, None),
        ("stat:", Delivered, None),
    ];
    for (text, state, class) in cases {
        let body = json!({"referenceId": "r", "from": "17205550142", "to": "13035550177", "deliveryReceipt": true, "text": text});
        let got = events(&body).remove(0);
        let expect = (json!(state), json!(class));
        assert_eq!((got["state"].clone(), got["error_class"].clone()), expect, "{text}");
    }
}

#[test]
fn members_of_a_receipt_have_states() {
    use ReportedState::{Delivered, Failed, Sent, Unknown};
    #[rustfmt::skip]
    let cases = [
        ("nothing said",                json!({}),                                              Delivered, None,                        true),
        ("a status",                    json!({"status": "Enroute"}),                           Sent,      None,                        false),
        ("a status before the text",    json!({"status": "DELIVERED", "text": "stat:UNDELIV"}), Delivered, None,                        false),
        ("a refusal with its reason",   json!({"status": "REJECTED", "reason": "Blocked"}),     Failed,    Some(ErrorClass::Blocked),   false),
        ("an unknown status",           json!({"status": "FOLDED", "reason": "Blocked"}),       Unknown,   None,                        false),
        ("only a reason: blocked",      json!({"reason": "number blocked"}),                    Failed,    Some(ErrorClass::Blocked),   false),
        ("only a reason: arrived",      json!({"reason": "SUCCESS"}),                           Delivered, None,                        false),
        ("only a reason nobody knows",  json!({"reason": "because"}),                           Unknown,   None,                        false),
        ("only a code",                 json!({"errorCode": 34}),                               Failed,    Some(ErrorClass::Rejected),  false),
        ("only the code of no error",   json!({"errorCode": "000"}),                            Delivered, None,                        true),
    ];
    for (name, more, state, class, assumed) in cases {
        let mut body = json!({"referenceId": "r", "from": "17205550142", "to": "13035550177", "deliveryReceipt": "true"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let got = events(&body).remove(0);
        assert_eq!((&got["state"], &got["error_class"]), (&json!(state), &json!(class)), "{name}");
        assert_eq!(got.get("assumed").is_some(), assumed, "{name}");
    }
}

#[test]
fn a_message_id_is_bound_to_its_body() {
    let token = token_of("k-secret-1", "mid-1");
    let mut request = callback(&json!({}));
    request.headers.push(("verificationtoken".into(), token.into()));
    let once = auth::verify(&settings(), &request).unwrap().once.unwrap();
    assert_eq!((once.token.as_str(), once.until), ("mid-1", Timestamp::from_secs(86_400)));
    request.body = Bytes::from_static(b"{\"other\":1}");
    assert_ne!(auth::verify(&settings(), &request).unwrap().once.unwrap().digest, once.digest);
}

fn token_of(key: &str, id: &str) -> String {
    use crate::shared::hmac::{digest, hex};
    hex(&digest(format!("{key}{id}").as_bytes()))
}
