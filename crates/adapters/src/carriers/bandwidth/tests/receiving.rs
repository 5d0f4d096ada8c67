//! What becomes of callbacks.

use omni_core::failure::ErrorClass;

use super::*;

fn event(body: &Value) -> Value {
    let parsed = webhook::parse(&settings(), body.to_string().as_bytes()).unwrap();
    assert_eq!(parsed.quarantined, Vec::<&str>::new());
    parsed.events.first().map_or(Value::Null, |event| serde_json::to_value(event).unwrap())
}

fn received(extra: &Value) -> Value {
    let mut message = json!({
        "id": "m1", "owner": "+17205550142", "applicationId": "app-1", "direction": "in",
        "to": ["+17205550142"], "from": "+13035550177",
    });
    message.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!([{ "type": "message-received", "time": "2025-11-20T15:00:00Z", "to": "+17205550142", "message": message }])
}

#[test]
fn callbacks_become_events() {
    let prefix = "https://messaging.bandwidth.com/api/v2/users/5500123/media";
    #[rustfmt::skip]
    let cases = [
        ("a short code may not be answered", json!({"from": "88222", "text": "hi"}),
            json!({"from_address": "88222", "auto_reply_allowed": false})),
        ("a name may not be answered", json!({"from": "PostNL"}),
            json!({"from_address": "alpha:PostNL", "auto_reply_allowed": false})),
        ("our own number may not be answered", json!({"from": "+17205550142", "text": "x"}),
            json!({"auto_reply_allowed": false})),
        ("a button of RCS", json!({"channel": "RBM", "suggestionResponse": {"text": "Yes", "postbackData": "b2s=", "pairedMessageId": "m0"}}),
            json!({"type": "button_reply", "channel": "rcs", "text": "Yes", "reply_id": "ok", "reply_to": "m0"})),
        ("RCS content", json!({"channel": "RBM", "content": {"text": "see", "media": {"fileUrl": "https://elsewhere.example/a.jpg"}}}),
            json!({"type": "media", "text": "see", "media": [{"url": "https://elsewhere.example/a.jpg", "filename": "a.jpg", "blocked": true}]})),
        ("two files of RCS", json!({"channel": "RBM", "content": {"media": [{"fileUrl": "https://e.example/a.jpg"}, {"fileUrl": "https://e.example/b.jpg"}]}}),
            json!({"type": "media", "media": [{"url": "https://e.example/a.jpg", "filename": "a.jpg", "blocked": true}, {"url": "https://e.example/b.jpg", "filename": "b.jpg", "blocked": true}]})),
        ("only layout is no media", json!({"text": "hi", "media": [format!("{prefix}/x/0.smil")]}),
            json!({"type": "text", "channel": "mms", "skipped_media": 1, "text": "hi"})),
        ("a medium of ours", json!({"media": [format!("{prefix}/a/0/b%20c.png")]}),
            json!({"media": [{"url": format!("{prefix}/a/0/b%20c.png"), "filename": "b c.png", "media_id": "a/0/b%20c.png"}]})),
        ("a path that climbs out", json!({"media": [format!("{prefix}/%2e%2e/x.png")]}),
            json!({"media": [{"url": format!("{prefix}/%2e%2e/x.png"), "filename": "x.png", "blocked": true}]})),
    ];
    for (name, extra, expect) in cases {
        let got = event(&received(&extra));
        for (key, want) in expect.as_object().unwrap() {
            assert_eq!(&got[key], want, "{name}: {key}");
        }
    }
}

#[test]
fn what_went_out_is_nobodys_message() {
    for direction in ["out", "OUT", " Out "] {
        assert_eq!(
            event(&received(&json!({ "direction": direction, "text": "x" }))),
            Value::Null,
            "{direction}"
        );
    }
}

/// Bandwidth writes a name that text messages bear as a bare word; ours has a prefix.
#[test]
fn a_status_of_a_named_sender_is_ours() {
    let status = json!({
        "type": "message-delivered", "to": "+13035550177",
        "message": { "id": "m1", "owner": "Acme", "applicationId": "app-1", "direction": "out" },
    });
    let mut table = table();
    table["applications"]["app-1"] = json!(["+17205550142", "alpha:Acme"]);
    let settings = Settings::read(table).unwrap();
    let parsed = webhook::parse(&settings, status.to_string().as_bytes()).unwrap();
    assert_eq!(parsed.events[0].tenant_key(), "bandwidth:app-1:alpha:Acme");
}

#[test]
fn delivered_to_the_carrier_is_only_sent() {
    let status = |kind: &str, description: &str| {
        event(&json!({
            "type": kind, "description": description, "to": "+13035550177", "eventTime": "2025-11-20T15:00:09Z",
            "message": { "id": "m1", "owner": "+17205550142", "applicationId": "app-1", "direction": "out" },
        }))
    };
    let got = status("message-delivered", "Message delivered to carrier.");
    assert_eq!((&got["state"], &got["detail"]), (&json!("sent"), &json!("handed_to_carrier")));
    assert_eq!(got["occurred_at"], "2025-11-20T15:00:09Z");
    for words in ["delivered-to-carrier", "Delivered to the carrier"] {
        assert_eq!(status("message-delivered", words)["state"], "sent", "{words}");
    }
    assert_eq!(status("message-delivered", "ok")["state"], "delivered");
    assert_eq!(status("message-failed", "?")["error_class"], "rejected");
}

#[test]
fn codes_have_classes() {
    use ErrorClass::*;
    let cases = [
        ("4001", BadRequest, false),
        ("4406", InvalidRecipient, false),
        ("4701", Unreachable, false),
        ("4753", Unreachable, false),
        ("4404", Permission, false),
        ("4408", Account, false),
        ("4795", Registration, false),
        ("4771", Filtered, false),
        ("4775", OptedOut, false),
        ("4781", Throttled, true),
        ("4411", Media, false),
        ("4360", Expired, false),
        ("4401", Rejected, false),
        ("4999", Rejected, false),
        ("5620", Transient, true),
        ("5777", Transient, true),
        ("9902", Ambiguous, false),
        ("9999", Ambiguous, false),
        ("", Rejected, false),
    ];
    for (code, class, retryable) in cases {
        assert_eq!((errors::class_of(code), errors::is_retryable(code)), (class, retryable), "{code}");
    }
    assert_eq!((errors::max_retries("5600"), errors::max_retries("5620")), (Some(1), Some(3)));
}
