//! Mails in SendGrid's own shape.

use super::*;

fn custom(object: Value) -> OutboundContent {
    let Value::Object(object) = object else { panic!("an object") };
    OutboundContent::Custom(Custom { carrier: "sendgrid".into(), object, ..Custom::default() })
}

/// A good object with some members changed; `null` takes one out.
fn with(changes: &Value) -> OutboundContent {
    let mut object = json!({ "subject": "Own", "content": [{ "type": "text/plain", "value": "Hi" }] });
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
        if value.is_null() {
            object.as_object_mut().unwrap().remove(name);
        }
    }
    custom(object)
}

#[test]
fn the_object_is_merged_into_the_mail() {
    let id = "d-0123456789abcdef0123456789abcdef";
    let template = |changes: Value| {
        let mut object = json!({ "template_id": id, "content": null, "subject": null });
        object.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        with(&object)
    };
    let nested = json!({ "user": { "name": "Rosa" }, "items": [{ "n": 1 }, { "n": 2 }] });
    #[rustfmt::skip]
    let cases = [
        ("words", with(&json!({})), json!({ "subject": "Own", "content": [{ "type": "text/plain", "value": "Hi" }] })),
        ("no subject", with(&json!({ "subject": null })), json!({ "subject": "Re: New message" })),
        ("settings", with(&json!({ "categories": ["a"], "asm": { "group_id": 7 }, "ip_pool_name": "pool", "mail_settings": { "footer": { "enable": false } } })),
            json!({ "categories": ["a"], "asm": { "group_id": 7 }, "ip_pool_name": "pool", "mail_settings": { "footer": { "enable": false } } })),
        ("tracking beside ours", with(&json!({ "tracking_settings": { "open_tracking": { "enable": true } } })),
            json!({ "tracking_settings/open_tracking/enable": true, "tracking_settings/click_tracking/enable": false })),
        ("a template with nested values", template(json!({ "dynamic_template_data": nested })),
            json!({ "template_id": id, "subject": null, "content": null, "personalizations/0/dynamic_template_data": nested, "dynamic_template_data": null })),
        ("a template's values for the recipient", template(json!({ "personalizations": [{ "dynamic_template_data": nested }] })), json!({ "personalizations/0/dynamic_template_data": nested })),
        ("a template with a subject", template(json!({ "subject": "Own" })), json!({ "subject": "Own" })),
        ("headers", with(&json!({ "headers": { "X-Campaign": "a" } })), json!({ "headers/X-Campaign": "a", "headers/Message-ID": "<msg_1@acme.example>" })),
        ("arguments", with(&json!({ "custom_args": { "order": "1" } })), json!({ "personalizations/0/custom_args": { "omni_msg_id": "msg_1", "order": "1" } })),
        ("answers to several", with(&json!({ "reply_to_list": [{ "email": "a@acme.example" }] })), json!({ "reply_to": null, "reply_to_list": [{ "email": "a@acme.example" }] })),
    ];
    for (name, content, expect) in cases {
        let got = body_of(&json!({ "reply_to": "s@in.acme.example" }), &outbound(content));
        assert_members(name, &got, &expect);
    }
}

#[test]
fn it_overrides_neither_recipient_nor_sender_nor_reference() {
    let stranger = json!([{ "email": "x@other.example" }]);
    let object = json!({
        "from": { "email": "ceo@bank.example" },
        "personalizations": [{
            "to": stranger, "cc": stranger, "bcc": stranger, "from": { "email": "ceo@bank.example" },
            "custom_args": { "omni_msg_id": "msg_2", "omni_to": "x", "own": "1" },
            "headers": { "message-id": "<x@x>", "X-Own": "1" }, "subject": "For you",
        }],
        "custom_args": { "omni_msg_id": "msg_2" },
        "headers": { "Message-ID": "<x@x>", "in-reply-to": "<x@x>", "REFERENCES": "<x@x>" },
    });
    let body = body_of(&json!({}), &outbound(with(&object)));
    let part = json!({
        "to": [{ "email": "r@c.example" }],
        "custom_args": { "omni_msg_id": "msg_1", "own": "1" },
        "headers": { "X-Own": "1" },
        "subject": "For you",
    });
    assert_eq!(body["personalizations"], json!([part]));
    assert_eq!(body["from"], json!({ "email": "support@acme.example" }));
    let headers = json!({ "Message-ID": "<msg_1@acme.example>", "In-Reply-To": "<CAF001@c.example>", "References": "<CAF001@c.example>" });
    assert_eq!(body["headers"], headers);
    assert!(!body.to_string().contains("other.example") && !body.to_string().contains("msg_2"));
}

#[test]
fn what_sendgrid_would_refuse_or_nobody_could_track_is_refused() {
    let header = |name: &str, value: Value| with(&json!({ "headers": { name: value } }));
    #[rustfmt::skip]
    let cases = [
        ("no content", with(&json!({ "content": null }))),
        ("nothing at all", custom(json!({}))),
        ("two personalizations", with(&json!({ "personalizations": [{}, {}] }))),
        ("no personalization", with(&json!({ "personalizations": [] }))),
        ("personalizations that are none", with(&json!({ "personalizations": 5 }))),
        ("a copy by a setting", with(&json!({ "mail_settings": { "bcc": { "enable": true, "email": "x@other.example" } } }))),
        ("a copy to a URL", with(&json!({ "mail_settings": { "spam_check": { "post_to_url": "https://x.example/" } } }))),
        ("a reserved header", header("Reply-To", json!("a@x.example"))),
        ("another", header("X-SG-EID", json!("a"))),
        ("recipients in a header", header("X-SMTPAPI", json!("{\"to\":[\"x@other.example\"]}"))),
        ("the sender in capitals", with(&json!({ "From": { "email": "ceo@bank.example" } }))),
        ("personalizations in capitals", with(&json!({ "Personalizations": [{ "to": [{ "email": "x@other.example" }] }] }))),
        ("a copy by a setting in capitals", with(&json!({ "mail_settings": { "BCC": { "enable": true, "email": "x@other.example" } } }))),
        ("a copy to a URL in capitals", with(&json!({ "mail_settings": { "spam_check": { "Post_To_Url": "https://x.example/" } } }))),
        ("an argument that makes people machines", with(&json!({ "custom_args": { "sg_machine_open": "true" } }))),
        ("a header of two lines", header("X-A", json!("a\r\nBcc: b@x.example"))),
        ("a header that is no text", header("X-A", json!(1))),
        ("a header without a name", header("", json!("a"))),
        ("a header's name with a colon", header("X-A: b", json!("a"))),
        ("headers that are none", with(&json!({ "headers": "X-A: b" }))),
        ("a recipient's reserved header", with(&json!({ "personalizations": [{ "headers": { "BCC": "b@x.example" } }] }))),
        ("arguments that are no texts", with(&json!({ "custom_args": { "a": 1 } }))),
        ("an argument that hides an event's member", with(&json!({ "custom_args": { "event": "delivered" } }))),
        ("too many arguments", with(&json!({ "custom_args": { "a": "a".repeat(10_000) } }))),
        ("another carrier's", OutboundContent::Custom(Custom { carrier: "twilio".into(), ..Custom::default() })),
    ];
    for (name, content) in cases {
        assert_ne!(refusal(content), "", "{name}");
    }
}
