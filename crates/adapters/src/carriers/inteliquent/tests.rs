use bytes::Bytes;
use omni_core::content::{OutboundContent, OutboundMedia};
use omni_core::event::ReportedState;
use omni_core::failure::{ErrorClass, Retry};
use omni_core::id::MessageId;
use omni_core::time::Timestamp;

use super::*;

fn settings() -> Settings {
    Settings::read(json!({ "api_key": "k-secret-1", "numbers": ["17205550142", "+18445550100"] })).unwrap()
}

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

fn outbound(channel: Channel, content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        message_id: MessageId::from_bytes([0; 16]),
        client_ref: "msg_1".into(),
        channel,
        from: "+17205550142".into(),
        to: "+13035550177".into(),
        content,
        reply_to: None,
        conversation_ref: None,
        status_url: None,
        expires_at: None,
        automatic: false,
    }
}

#[test]
fn messages_become_requests() {
    let media = |url: Option<&str>| OutboundMedia { url: url.map(Into::into), ..OutboundMedia::default() };
    let pictures = |count: usize| OutboundContent::Media {
        media: vec![media(Some("https://f/1.png")); count],
        text: None,
    };
    let request =
        send::request(&settings(), &outbound(Channel::Sms, OutboundContent::Text { text: "Hi".into() }))
            .unwrap();
    assert_eq!(request.url, "https://messagebroker.inteliquent.com/msgbroker/rest/publishMessages");
    assert!(request.headers.contains(&("authorization", "Bearer k-secret-1".into())));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({"from": "17205550142", "to": ["13035550177"], "text": "Hi", "referenceId": "msg_1"})
    );
    let request = send::request(&settings(), &outbound(Channel::Mms, pictures(1))).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).unwrap()["mediaUrls"],
        json!(["https://f/1.png"])
    );
    for (name, message) in [
        ("too long", outbound(Channel::Sms, OutboundContent::Text { text: "x".repeat(1_601) })),
        ("too many", outbound(Channel::Mms, pictures(11))),
        ("none", outbound(Channel::Mms, pictures(0))),
        ("no URL", outbound(Channel::Mms, OutboundContent::Media { media: vec![media(None)], text: None })),
        ("another channel", outbound(Channel::Rcs, OutboundContent::Text { text: "x".into() })),
    ] {
        assert!(matches!(send::request(&settings(), &message), Err(SendError::Unsupported(_))), "{name}");
    }
}

fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: vec![], body: body.to_owned().into() }
}

#[test]
fn answers_become_outcomes() {
    use ErrorClass::*;
    #[rustfmt::skip]
    let cases = [
        (200, r#"{"success":true,"result":{"referenceId":"r9"}}"#, Ok(("r9", ReportedState::Queued))),
        (200, r#"{"success":true,"result":{}}"#, Ok(("", ReportedState::Sent))),
        (200, r#"{"success":false,"reason":"Number not enabled for messaging"}"#, Err((Permission, Retry::OtherCarrier))),
        (200, r#"{"success":false,"detail":"Invalid destination 13035550177"}"#, Err((InvalidRecipient, Retry::Never))),
        (200, r#"{"success":false,"reason":"recipient has opted out"}"#, Err((OptedOut, Retry::Never))),
        (200, r#"{"success":false,"reason":"no 10DLC campaign"}"#, Err((Registration, Retry::OtherCarrier))),
        (200, r#"{"success":false,"reason":"Message blocked"}"#, Err((Filtered, Retry::Never))),
        (200, r#"{"success":false,"reason":"Rate exceeded"}"#, Err((Throttled, Retry::Backoff))),
        (200, r#"{"success":false,"reason":"because"}"#, Err((Rejected, Retry::OtherCarrier))),
        (200, r#"{"error":"Unauthorized"}"#, Err((Auth, Retry::OtherCarrier))),
        (200, "<html>", Err((Ambiguous, Retry::Reconcile))),
        (200, "{}", Err((Ambiguous, Retry::Reconcile))),
        (408, r#"{"statusCode":"408","status":"bad from"}"#, Err((BadRequest, Retry::Never))),
        (400, r#"{"message":"invalid to number"}"#, Err((InvalidRecipient, Retry::Never))),
        (400, r#"{"message":"?"}"#, Err((BadRequest, Retry::Never))),
        (401, "", Err((Auth, Retry::OtherCarrier))),
        (403, "{}", Err((Permission, Retry::OtherCarrier))),
        (429, "{}", Err((Throttled, Retry::Backoff))),
        (500, "", Err((Transient, Retry::Backoff))),
        (504, "", Err((Ambiguous, Retry::Reconcile))),
    ];
    for (status, body, expect) in cases {
        let got = send::outcome(&response(status, body));
        if let Err(error) = &got {
            assert!(!error.to_string().contains("3035550177"), "{error}");
        }
        let got = got.map(|a| (a.carrier_message_id, a.state)).map_err(|e| (e.class(), e.retry()));
        assert_eq!(got, expect.map(|(id, state)| (id.to_owned(), state)), "{status} {body}");
    }
}

#[test]
fn health_looks_for_a_webhook() {
    let cases = [
        (
            200,
            r#"{"success":true,"authorizations":[{"authId":"1","webhookUrl":"https://gw"}]}"#,
            true,
            "is set",
        ),
        (
            200,
            r#"{"success":true,"authorizations":[{"authId":"1","webhookUrl":"https://gw","tn":"1"}]}"#,
            true,
            "dropped",
        ),
        (200, r#"{"success":false}"#, false, "api_key"),
        (401, "", false, "api_key"),
        (500, "", false, "500"),
    ];
    for (status, body, ok, word) in cases {
        let health = check::read(&response(status, body));
        assert!(health.ok == ok && health.detail.contains(word), "{status} {body}: {health:?}");
    }
}

#[test]
fn no_secret_shows() {
    assert!(!format!("{:?}", settings()).contains("k-secret-1"));
}
