use serde_json::{Value, json};

use super::{check, events};

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
                json!({ "type": "file", "file": { "files": [{ "mediaUrl": "https://media.api.bird.com/x", "contentType": "application/pdf", "filename": "../a\u{202e}.pdf" }] } }),
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
            "a moving picture",
            "whatsapp.inbound",
            body(
                json!({ "type": "gif", "gif": { "mediaUrl": "https://media.api.bird.com/g", "text": "ha" } }),
            ),
            json!([{ "type": "image", "text": "ha", "media": [{ "kind": "image", "blocked": null }] }]),
        ),
        (
            "an e-mail",
            "email.inbound",
            body(
                json!({ "type": "html", "html": { "html": "<p>Hello</p>", "metadata": { "subject": "Hi" } } }),
            ),
            json!([{ "type": "text", "text": "Hello", "subject": "Hi" }]),
        ),
        (
            "a cart",
            "whatsapp.inbound",
            json!({ "body": { "type": "text", "text": { "text": "please" } }, "meta": { "order": { "products": [
                { "externalCatalogId": "c1", "externalProductId": "sku-1", "quantity": 2, "price": { "amount": 1999, "exponent": -2, "currencyCode": "EUR" } },
                { "externalProductId": "sku-2", "quantity": 1, "price": { "amount": 5, "exponent": 2 } },
            ] } } }),
            json!([{ "type": "order", "text": "please", "order": { "catalog_id": "c1", "items": [
                { "sku": "sku-1", "quantity": 2, "price": "19.99", "currency": "EUR" },
                { "sku": "sku-2", "price": "0.05" },
            ] } }]),
        ),
        (
            "a cart without words, of hostile prices",
            "whatsapp.inbound",
            json!({ "meta": { "order": { "products": [
                { "price": { "amount": i64::MIN, "exponent": 19 } }, { "price": { "amount": 1, "exponent": i64::MIN } }, 7,
            ] } } }),
            json!([{ "type": "order", "unsupported_type": null, "order": { "items": [{ "price": "-0.9223372036854775808" }, { "price": null }, {}] } }]),
        ),
        (
            "an advertisement led here, to a product",
            "whatsapp.inbound",
            json!({ "body": { "type": "text", "text": { "text": "x" } }, "meta": {
                "referral": { "source": "ad", "metadata": { "source_id": "1" } }, "referredProduct": { "externalProductId": "sku" } } }),
            json!([{ "referral": { "source": "ad" }, "referred_product": { "externalProductId": "sku" } }]),
        ),
        (
            "a person without number",
            "whatsapp.inbound",
            json!({ "sender": { "contact": { "identifierKey": "whatsappbsuid", "identifierValue": "NL.1" } }, "body": { "type": "text", "text": { "text": "x" } } }),
            json!([{ "from_address": "bsuid:NL.1" }]),
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
            "scheduled",
            "sms.outbound",
            json!({ "status": "scheduled" }),
            json!([{ "state": "queued", "detail": null }]),
        ),
        (
            "rejected, and why in the failure only",
            "sms.outbound",
            json!({ "status": "rejected", "reason": "", "failure": { "code": 14002, "description": "no route to 31612345678" } }),
            json!([{ "state": "failed", "error_class": "rejected", "error_code": "14002", "detail": "no route to •••" }]),
        ),
        (
            "skipped says nothing about delivery",
            "sms.outbound",
            json!({ "status": "skipped" }),
            json!([{ "state": "unknown", "detail": "skipped" }]),
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
