//! Tables over what Meta sends, what it takes, and what it answers. The vectors of
//! `tests/vectors` run beside these.

use bytes::Bytes;
use omni_core::carrier::{Carrier, OutboundMessage, receive};
use omni_core::content::{Button, OutboundContent, OutboundMedia};
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
    let header = |(name, value): &(&str, &str)| ((*name).to_owned(), Bytes::copy_from_slice(value.as_bytes()));
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

// ---------------------------------------------------------------- receiving

#[test]
fn every_kind_of_message_is_normalised() {
    let wamid = "wamid.A";
    #[rustfmt::skip]
    let cases = [
        ("text", json!({"text":{"body":"hi"}}), json!({"type":"text","text":"hi","channel":"whatsapp"})),
        ("image", json!({"image":{"id":"1","mime_type":"image/jpeg","caption":"c"}}), json!({"type":"image","text":"c"})),
        ("video", json!({"video":{"id":"1"}}), json!({"type":"video","media":[{"id":"1","kind":"video"}]})),
        ("audio", json!({"audio":{"id":"1","mime_type":"audio/ogg; codecs=opus","voice":true}}),
            json!({"type":"voice","media":[{"id":"1","mime":"audio/ogg; codecs=opus","kind":"voice"}]})),
        ("audio", json!({"audio":{"id":"1","voice":false}}), json!({"type":"audio"})),
        ("document", json!({"document":{"id":"1","filename":"..\\..\\a\u{0}b.pdf"}}),
            json!({"type":"document","media":[{"id":"1","kind":"document","filename":"ab.pdf"}]})),
        ("sticker", json!({"sticker":{"id":"1","animated":true}}),
            json!({"type":"sticker","media":[{"id":"1","kind":"sticker","animated":true}]})),
        ("location", json!({"location":{"latitude":51.5,"longitude":"-0.08","name":"City Hall"}}),
            json!({"type":"location","location":{"lat":51.5,"lon":-0.08,"name":"City Hall"}})),
        ("location", json!({"location":{"latitude":"NaN","longitude":"1"}}), json!({"type":"unsupported","unsupported_type":"location"})),
        ("contacts", json!({"contacts":[{"name":{"formatted_name":"Bo"}}]}),
            json!({"type":"contacts","contacts":[{"name":{"formatted_name":"Bo"}}]})),
        ("interactive", json!({"interactive":{"type":"button_reply","button_reply":{"id":"b1","title":"Yes"}}}),
            json!({"type":"button_reply","reply_id":"b1","text":"Yes"})),
        ("interactive", json!({"interactive":{"type":"list_reply","list_reply":{"id":"r1","title":"Red","description":"d"}}}),
            json!({"type":"list_reply","reply_id":"r1","text":"Red","reply_description":"d"})),
        ("interactive", json!({"interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"size\":42}"}}}),
            json!({"type":"form_reply","text":"Sent","form":{"size":42},"form_name":"flow"})),
        ("interactive", json!({"interactive":{"type":"nfm_reply","nfm_reply":{"response_json":"{oops"}}}),
            json!({"type":"form_reply","form":"{oops"})),
        ("interactive", json!({"interactive":{"type":"call_permission_reply","call_permission_reply":{"response":"accept"}}}),
            json!({"type":"form_reply","form":{"response":"accept"}})),
        ("interactive", json!({"interactive":{"type":"of_tomorrow"}}), json!({"type":"unsupported","unsupported_type":"interactive"})),
        ("button", json!({"button":{"text":"Confirm","payload":"P"}}), json!({"type":"button_reply","reply_id":"P","text":"Confirm"})),
        ("reaction", json!({"reaction":{"message_id":"wamid.B"}}),
            json!({"type":"reaction","reaction":{"target":"wamid.B","removed":true}})),
        ("order", json!({"order":{"catalog_id":"5","product_items":[{"product_retailer_id":"S","quantity":"2","item_price":"1.50","currency":"GBP"}]}}),
            json!({"type":"order","order":{"catalog_id":"5","items":[{"sku":"S","qty":2,"price":"1.50","currency":"GBP"}]}})),
        ("request_welcome", json!({}), json!({"type":"request_welcome","text":null})),
        ("unsupported", json!({"unsupported":{"type":"poll_creation"},"errors":[{"code":131_051}]}),
            json!({"type":"unsupported","unsupported_type":"poll_creation","error_code":"131051"})),
        ("unsupported", json!({"errors":[{"code":131_060}]}), json!({"type":"unsupported","unsupported_type":null,"error_code":"131060"})),
        ("video", json!({"errors":[{"code":131_052}]}), json!({"type":"unavailable_media","error_code":"131052","error_class":"media"})),
        ("text", json!({}), json!({"type":"unsupported","unsupported_type":"text"})),
        ("hologram", json!({"hologram":{}}), json!({"type":"unsupported","unsupported_type":"hologram"})),
    ];
    for (kind, object, expect) in cases {
        let mut message =
            json!({ "from": "447700900461", "id": wamid, "timestamp": "1763650800", "type": kind });
        message.as_object_mut().unwrap().extend(object.as_object().unwrap().clone());
        let (events, quarantined) = read(&envelope(json!({ "messages": [message] })));
        assert!(quarantined.is_empty(), "{kind}");
        assert_facts(kind, &expect, &events[0]);
        let always = json!({
            "kind": "message", "carrier": "whatsapp", "external_id": wamid, "from_address": "+447700900461",
            "to_address": "+447700900100", "sent_at": "2025-11-20T15:00:00Z", "tenant_key": "whatsapp:183920475610238",
        });
        assert_facts(kind, &always, &events[0]);
    }
}

#[test]
fn people_are_known_by_phone_or_user_id() {
    #[rustfmt::skip]
    let cases = [
        ("phone only", json!({"from":"447700900461"}), json!([]),
            json!({"from_address":"+447700900461","alt_addresses":null})),
        ("a user id in the place of digits", json!({"from":"GB.7Qk20Xd3aLm"}), json!([]),
            json!({"from_address":"bsuid:GB.7Qk20Xd3aLm"})),
        ("the contact knows the phone", json!({"from_user_id":"GB.1"}), json!([{"wa_id":"447700900461","user_id":"GB.1"}]),
            json!({"from_address":"+447700900461","alt_addresses":["bsuid:GB.1"]})),
        ("nobody named, one contact", json!({}), json!([{"user_id":"GB.1","profile":{"name":"Bo"}}]),
            json!({"from_address":"bsuid:GB.1","from_name":"Bo"})),
        ("nobody named, two contacts", json!({}), json!([{"user_id":"GB.1"},{"user_id":"GB.2"}]),
            json!({"from_address":null})),
        ("another person's contact", json!({"from":"447700900461"}), json!([{"wa_id":"447700900999","profile":{"name":"Eve"}}]),
            json!({"from_address":"+447700900461","from_name":null})),
        ("the second contact", json!({"from":"447700900461"}), json!([{"wa_id":"1","profile":{"name":"Eve"}},{"wa_id":"447700900461","profile":{"name":"Bo","username":"@bo"}}]),
            json!({"from_name":"Bo","from_username":"@bo"})),
        ("parent id", json!({"from":"447700900461","from_parent_user_id":"GB.ENT.5"}), json!([]),
            json!({"parent_user_id":"GB.ENT.5"})),
        ("nonsense", json!({"from":"not a number"}), json!([]), json!({"from_address":null})),
    ];
    for (name, fields, contacts, expect) in cases {
        let mut message = json!({ "id": "wamid.A", "type": "text", "text": { "body": "hi" } });
        message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let (events, _) = read(&envelope(json!({ "contacts": contacts, "messages": [message] })));
        assert_facts(name, &expect, &events[0]);
    }
}

#[test]
fn other_facts_become_their_own_events() {
    let by = |field: &str, value: Value| {
        let mut body = envelope(value);
        body["entry"][0]["changes"][0]["field"] = field.into();
        body
    };
    let message = |message: Value| by("messages", json!({ "messages": [message] }));
    #[rustfmt::skip]
    let cases = [
        ("a colleague answered in the app", by("smb_message_echoes", json!({"message_echoes":[{"id":"wamid.E","from":"447700900100","to":"447700900461","type":"text","text":{"body":"on it"}}]})),
            json!({"kind":"echo","from_address":"+447700900100","to_address":"+447700900461","text":"on it","direction":"outbound"})),
        ("marketing again", by("user_preferences", json!({"user_preferences":[{"user_id":"GB.1","category":"marketing_messages","value":"resume","timestamp":1_763_650_800}]})),
            json!({"kind":"consent","address":"bsuid:GB.1","value":"start","category":"marketing_messages"})),
        ("an old number change", message(json!({"id":"w","from":"447700900461","type":"system","system":{"type":"customer_changed_number","new_wa_id":"447700900999"}})),
            json!({"kind":"identity_change","old_address":"+447700900461","new_address":"+447700900999"})),
        ("a new phone in the same hands", message(json!({"id":"w","from":"447700900461","type":"system","system":{"type":"customer_identity_changed"}})),
            json!({"kind":"identity_change","old_address":"+447700900461","new_address":null,"system_type":"customer_identity_changed"})),
        ("another system line", message(json!({"id":"w","from":"447700900461","type":"system","system":{"type":"tea_time"}})),
            json!({"kind":"system","system_type":"tea_time"})),
        ("an edited caption", message(json!({"id":"w","from":"447700900461","type":"edit","edit":{"original_message_id":"wamid.B","message":{"type":"image","image":{"id":"1","caption":"now"}}}})),
            json!({"kind":"edit","target":"wamid.B","type":"image","text":"now"})),
        ("a failed opt-out", by("messages", json!({"statuses":[{"id":"w","status":"failed","recipient_id":"447700900461","errors":[{"code":131_050}]}]})),
            json!({"kind":"status","state":"failed","error_class":"opted_out","retryable":false,"consent":"stop","address":"+447700900461","consent_category":"marketing_messages"})),
        ("a member of a group", by("messages", json!({"statuses":[{"id":"w","status":"delivered","recipient_type":"group","recipient_id":"Y2Fw","recipient_participant_id":"447700900461"}]})),
            json!({"kind":"status","state":"delivered","to_address":"+447700900461","group_id":"Y2Fw"})),
        ("a free reply", by("messages", json!({"statuses":[{"id":"w","status":"sent","pricing":{"billable":true,"type":"free_customer_service","category":"service"}}]})),
            json!({"kind":"status","state":"sent","billable":false,"price_category":"service"})),
        ("a template was paused", by("message_template_status_update", json!({"metadata":null,"event":"PAUSED","message_template_name":"order_update"})),
            json!({"kind":"account_event","tenant_key":"whatsapp:291733390021845","event":"PAUSED","message_template_name":"order_update"})),
    ];
    for (name, body, expect) in cases {
        let (events, quarantined) = read(&body);
        assert!(quarantined.is_empty(), "{name}");
        assert_eq!(events.len(), 1, "{name}");
        assert_facts(name, &expect, &events[0]);
    }
}

#[test]
fn what_says_nothing_to_us_is_no_event() {
    let body = |field: &str, value: Value| json!({"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":field,"value":value}]}]});
    #[rustfmt::skip]
    let cases = [
        ("deleted", body("messages", json!({"statuses":[{"id":"w","status":"deleted"}]}))),
        ("warning", body("messages", json!({"statuses":[{"id":"w","status":"warning"}]}))),
        ("a word to come", body("messages", json!({"statuses":[{"id":"w","status":"teleported"}]}))),
        ("errors beside a message's status", body("messages", json!({"statuses":[{"id":"w","status":"deleted"}],"errors":[{"code":1}]}))),
        ("an edited echo", body("smb_message_echoes", json!({"message_echoes":[{"id":"w","type":"revoke"}]}))),
        ("history", body("history", json!({"messages":[{"id":"w"}]}))),
        ("a partner", body("account_update", json!({"event":"PARTNER_ADDED"}))),
        ("no value", body("messages", Value::Null)),
        ("no entries", json!({"object":"whatsapp_business_account","entry":[]})),
        ("another product", json!({"object":"instagram","entry":"?"})),
    ];
    for (name, body) in cases {
        assert_eq!(read(&body), (vec![], vec![]), "{name}");
    }
}

#[test]
fn odd_parts_are_set_aside_and_the_rest_goes_on() {
    let good = json!({ "id": "w2", "from": "447700900461", "type": "text", "text": { "body": "good" } });
    #[rustfmt::skip]
    let cases = [
        ("no id", json!({"messages":[{"type":"text"}, good]}), "message_without_id"),
        ("id of another type", json!({"messages":[{"id":7}, good]}), "message_without_id"),
        ("endless id", json!({"messages":[{"id":"x".repeat(600)}, good]}), "message_without_id"),
        ("no object", json!({"messages":["?", good]}), "message_unreadable"),
        ("edit of nothing", json!({"messages":[{"id":"w","type":"edit"}, good]}), "amendment_without_target"),
        ("status of nothing", json!({"statuses":[{"status":"sent"}],"messages":[good]}), "status_without_id"),
    ];
    for (name, value, word) in cases {
        let (events, quarantined) = read(&envelope(value));
        assert_eq!((events.len(), quarantined), (1, vec![word]), "{name}");
        assert_eq!(events[0]["text"], "good", "{name}");
    }
}

#[test]
fn one_request_may_serve_several_tenants() {
    let change = |number: &str| json!({"field":"messages","value":{"metadata":{"phone_number_id":number},"messages":[{"id":number,"type":"text","text":{"body":"x"}}]}});
    let body = json!({"object":"whatsapp_business_account","entry":[
        {"id":"1","changes":[change("11"), change("12")]},
        {"id":"2","changes":[change("21")]},
    ]});
    let keys: Vec<Value> = read(&body).0.iter().map(|event| event["tenant_key"].clone()).collect();
    assert_eq!(keys, ["whatsapp:11", "whatsapp:12", "whatsapp:21"]);
    assert_eq!(carrier().routing_keys(), ["whatsapp:183920475610238", "whatsapp:291733390021845"]);
    assert!(build(case_settings(&json!({"secrets":["s"]}))).unwrap().routing_keys().is_empty());
}

#[test]
fn bodies_that_cannot_be_read_are_malformed() {
    let cases: [(&[u8], &str); 6] = [
        (b"", "not_json"),
        (b"{\"object\":\"whatsapp_business_account\"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[]", "not_an_object"),
        (br#"{"object":"whatsapp_business_account"}"#, "entry_missing"),
        (br#"{"object":"whatsapp_business_account","entry":{}}"#, "entry_missing"),
    ];
    for (body, word) in cases {
        assert_eq!(webhook::parse(body), Err(Malformed(word)), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn times_are_seconds_or_milliseconds() {
    let cases = [
        (json!("1763650800"), Some("2025-11-20T15:00:00Z")),
        (json!(1_763_650_800_123_i64), Some("2025-11-20T15:00:00.123Z")),
        (json!("-5"), None),
        (json!(i64::MAX), None),
        (json!("yesterday"), None),
    ];
    for (value, expect) in cases {
        assert_eq!(webhook::timestamp(&value).map(|t| t.to_string()).as_deref(), expect, "{value}");
    }
}

// ---------------------------------------------------------------- proving

#[test]
fn only_a_right_signature_is_believed() {
    let body = br#"{"object":"page"}"#;
    let right = signed(body, SECRETS[0]);
    let value = right.header("x-hub-signature-256").unwrap().to_owned();
    let with = |headers: &[(&str, &str)]| request("POST", "https://gw.example.net/w", headers, body);
    let unverified = |word| Err(Refusal::Unverified(word));
    #[rustfmt::skip]
    let cases = [
        ("the new secret", right.clone(), Ok(())),
        ("the old secret", signed(body, SECRETS[1]), Ok(())),
        ("upper-case digits", with(&[("x-hub-signature-256", &value.to_uppercase().replace("SHA256", "sha256"))]), Ok(())),
        ("a stranger's secret", signed(body, "stranger"), unverified("signature_wrong")),
        ("no secret at all", signed(body, ""), unverified("signature_wrong")),
        ("no header", with(&[]), unverified("signature_missing")),
        ("the old header only", with(&[("x-hub-signature", "sha1=00")]), unverified("signature_missing")),
        ("twice", with(&[("x-hub-signature-256", &value), ("x-hub-signature-256", &value)]), unverified("signature_missing")),
        ("another prefix", with(&[("x-hub-signature-256", &value.replace("sha256", "SHA256"))]), unverified("signature_malformed")),
        ("too short", with(&[("x-hub-signature-256", &value[..70])]), unverified("signature_malformed")),
        ("blanks around", with(&[("x-hub-signature-256", &format!("{value} "))]), unverified("signature_malformed")),
        ("another body", WebhookRequest { body: Bytes::from_static(b"{}"), ..right.clone() }, unverified("signature_wrong")),
        ("another method", WebhookRequest { method: "PUT".into(), ..right }, Err(Refusal::Method)),
    ];
    for (name, request, expect) in cases {
        assert_eq!(carrier().verify(&request).map(drop), expect, "{name}");
    }
}

#[test]
fn the_challenge_is_answered_to_who_knows_the_token() {
    let get = |query: &str| request("GET", &format!("https://gw.example.net/w?{query}"), &[], b"");
    let cases = [
        ("hub.mode=subscribe&hub.challenge=1158&hub.verify_token=verify-me", 200, "1158"),
        ("hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token=verify%2Dme", 200, "<b>"),
        ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-m", 403, ""),
        ("hub.mode=other&hub.challenge=1&hub.verify_token=verify-me", 403, ""),
        ("hub.mode=subscribe&hub.verify_token=verify-me", 400, ""),
        ("hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=verify-me", 400, ""),
        ("", 400, ""),
    ];
    for (query, status, body) in cases {
        let reply = carrier().handshake(&get(query)).unwrap();
        assert_eq!((reply.status, &*reply.body), (status, body.as_bytes()), "{query}");
        assert_eq!(reply.headers.is_empty(), status != 200, "{query}");
    }
    assert!(carrier().handshake(&signed(b"{}", SECRETS[0])).is_none());
    assert!(carrier().verify(&get("")).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_malformed(body in proptest::collection::vec(any::<u8>(), 0..512)) {
        let (_, parsed) = receive(&*carrier(), &signed(&body, SECRETS[0])).unwrap();
        prop_assert_eq!(&parsed, &webhook::parse(&body));
    }

    #[test]
    fn a_changed_byte_is_refused(body in proptest::collection::vec(any::<u8>(), 1..128), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut request = signed(&body, SECRETS[0]);
        let mut changed = body.clone();
        changed[at.index(body.len())] ^= flip;
        request.body = changed.into();
        prop_assert!(carrier().verify(&request).is_err());
    }

    /// Right names, wrong shapes: nothing panics, and equal bodies give equal events.
    #[test]
    fn any_shape_is_read(value in shapes(), kind in "text|image|interactive|order|edit|system|location|contacts") {
        let message = json!({ "id": "w", "from": value, "type": kind, "timestamp": value, kind.as_str(): value,
            "context": value, "errors": value });
        let body = envelope(json!({ "contacts": value, "messages": [message, value], "statuses": [value, { "id": "w", "status": "failed", "errors": value, "pricing": value }], "errors": value }));
        prop_assert_eq!(read(&body), read(&body));
    }
}

fn shapes() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let names = "id|type|body|title|button_reply|nfm_reply|response_json|wa_id|code|latitude|product_items";
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(names, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

// ---------------------------------------------------------------- sending

fn message(content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        message_id: MessageId::from_bytes([0; 16]),
        client_ref: "msg_1.2".into(),
        channel: Channel::Whatsapp,
        from: "+447700900100".into(),
        to: "+447700900461".into(),
        content,
        reply_to: None,
        conversation_ref: None,
        status_url: None,
        expires_at: None,
    }
}

fn text(text: &str) -> OutboundContent {
    OutboundContent::Text { text: text.into() }
}

fn medium(mime: &str, text: Option<&str>) -> OutboundContent {
    let medium = OutboundMedia {
        url: Some("https://m.example/f".into()),
        mime: Some(mime.into()),
        filename: Some("f.bin".into()),
        ..OutboundMedia::default()
    };
    OutboundContent::Media { media: vec![medium], text: text.map(str::to_owned) }
}

fn choices(count: usize, list_label: Option<&str>) -> OutboundContent {
    let button = |n: usize| Button { id: format!("b{n}"), title: format!("Choice {n}"), description: None, url: None };
    OutboundContent::Interactive {
        text: "Which?".into(),
        header: None,
        footer: Some("foot".into()),
        buttons: (1..=count).map(button).collect(),
        list_label: list_label.map(str::to_owned),
    }
}

fn changed_button(change: impl Fn(&mut Button)) -> OutboundContent {
    let mut content = choices(2, None);
    if let OutboundContent::Interactive { buttons, .. } = &mut content {
        change(&mut buttons[1]);
    }
    content
}

fn template(params: &[(&str, &str)]) -> OutboundContent {
    OutboundContent::Template {
        template_id: "order_update".into(),
        language: None,
        params: params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

fn sent(message: &OutboundMessage) -> Value {
    serde_json::from_slice(&carrier().request(message).unwrap().body).unwrap()
}

#[test]
fn a_request_is_what_meta_documents() {
    let request = carrier().request(&message(text("hello"))).unwrap();
    assert_eq!((request.method, request.url.as_str()), ("POST", "https://graph.facebook.com/v23.0/183920475610238/messages"));
    assert!(request.headers.contains(&("authorization", "Bearer EAAG-token".into())));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+447700900461",
        "type": "text", "text": { "body": "hello" }, "biz_opaque_callback_data": "msg_1.2",
    }));
}

#[test]
fn every_content_has_its_object() {
    #[rustfmt::skip]
    let cases = [
        ("a link is previewed", text("see https://a.example"), "text", json!({"body":"see https://a.example","preview_url":true})),
        ("a picture", medium("image/png", Some("c")), "image", json!({"link":"https://m.example/f","caption":"c"})),
        ("a file", medium("application/pdf", None), "document", json!({"link":"https://m.example/f","filename":"f.bin"})),
        ("a sound", medium("audio/ogg; codecs=opus", None), "audio", json!({"link":"https://m.example/f"})),
        ("an upload", OutboundContent::Media { media: vec![OutboundMedia { id: Some("77".into()), mime: Some("image/webp".into()), ..OutboundMedia::default() }], text: None },
            "sticker", json!({"id":"77"})),
        ("a place", OutboundContent::Location { location: Location { lat: 51.5, lon: -0.08, name: Some("City Hall".into()), address: None } },
            "location", json!({"latitude":"51.5","longitude":"-0.08","name":"City Hall"})),
        ("a reaction taken back", OutboundContent::Reaction { target: "wamid.B".into(), emoji: String::new() }, "reaction", json!({"message_id":"wamid.B","emoji":""})),
        ("cards", OutboundContent::Contacts { contacts: json!([{"name":{"formatted_name":"Bo"}}]) }, "contacts", json!([{"name":{"formatted_name":"Bo"}}])),
        ("two buttons", choices(2, None), "interactive", json!({"type":"button","body":{"text":"Which?"},"footer":{"text":"foot"},"action":{"buttons":[
            {"type":"reply","reply":{"id":"b1","title":"Choice 1"}},{"type":"reply","reply":{"id":"b2","title":"Choice 2"}}]}})),
        ("a list by wish", choices(1, Some("Choose")), "interactive", json!({"type":"list","body":{"text":"Which?"},"footer":{"text":"foot"},
            "action":{"button":"Choose","sections":[{"rows":[{"id":"b1","title":"Choice 1"}]}]}})),
        ("a plain template", template(&[]), "template", json!({"name":"order_update","language":{"code":"en_US"}})),
        ("positions count as numbers", template(&[("1","a"),("10","j"),("2","b"),("3","c"),("4","d"),("5","e"),("6","f"),("7","g"),("8","h"),("9","i")]), "template",
            json!({"name":"order_update","language":{"code":"en_US"},"components":[{"type":"body","parameters":
                "abcdefghij".chars().map(|c| json!({"type":"text","text":c})).collect::<Vec<_>>()}]})),
        ("named parameters", template(&[("name","Maya")]), "template", json!({"name":"order_update","language":{"code":"en_US"},
            "components":[{"type":"body","parameters":[{"type":"text","parameter_name":"name","text":"Maya"}]}]})),
    ];
    for (name, content, kind, expect) in cases {
        let body = sent(&message(content));
        assert_eq!((&body["type"], &body[kind]), (&json!(kind), &expect), "{name}");
    }
    assert_eq!(sent(&message(choices(4, None)))["interactive"]["type"], "list");
    let link = changed_button(|_| ());
    let OutboundContent::Interactive { mut buttons, .. } = link else { unreachable!() };
    buttons.truncate(1);
    buttons[0].url = Some("https://a.example".into());
    let link = OutboundContent::Interactive { text: "Go".into(), header: Some("H".into()), footer: None, buttons, list_label: None };
    assert_eq!(sent(&message(link))["interactive"], json!({
        "type": "cta_url", "header": { "type": "text", "text": "H" }, "body": { "text": "Go" },
        "action": { "name": "cta_url", "parameters": { "display_text": "Choice 1", "url": "https://a.example" } },
    }));
}

#[test]
fn recipients_and_quotes() {
    let to = |to: &str| OutboundMessage { to: to.into(), ..message(text("x")) };
    let user = sent(&to("bsuid:GB.1"));
    assert_eq!((&user["recipient"], &user["to"]), (&json!("GB.1"), &Value::Null));
    let group = sent(&to("group:Y2Fw"));
    assert_eq!((&group["recipient_type"], &group["to"]), (&json!("group"), &json!("Y2Fw")));
    assert_eq!(
        carrier().request(&to("shortcode:55512")).err(),
        Some(SendError::Unsupported("recipient_is_no_whatsapp_address"))
    );
    let quoting = |content| OutboundMessage { reply_to: Some("wamid.Q".into()), ..message(content) };
    assert_eq!(sent(&quoting(text("x")))["context"], json!({ "message_id": "wamid.Q" }));
    for content in [template(&[]), OutboundContent::Reaction { target: "w".into(), emoji: "👍".into() }] {
        assert_eq!(sent(&quoting(content))["context"], Value::Null);
    }
}

#[test]
fn what_meta_would_refuse_never_leaves() {
    let long = |n: usize| "é".repeat(n);
    let bad = |code| (code, ErrorClass::BadRequest);
    let other = |word| (word, ErrorClass::Rejected);
    #[rustfmt::skip]
    let cases = [
        ("no words", text(" "), bad("text")),
        ("too many words", text(&long(4_097)), bad("text")),
        ("long caption", medium("image/png", Some(&long(1_025))), bad("caption")),
        ("captioned sound", medium("audio/mpeg", Some("c")), other("caption_not_carried")),
        ("a kind of picture", medium("image/tiff", None), other("media_type_not_carried")),
        ("nothing attached", OutboundContent::Media { media: vec![], text: None }, other("not_exactly_one_medium")),
        ("attached from nowhere", OutboundContent::Media { media: vec![OutboundMedia::default()], text: None }, bad("media")),
        ("no buttons", choices(0, None), bad("buttons")),
        ("eleven entries", choices(11, None), other("too_many_buttons")),
        ("long title", changed_button(|b| b.title = long(21)), bad("button_title")),
        ("equal titles", changed_button(|b| b.title = "Choice 1".into()), bad("button_title")),
        ("equal ids", changed_button(|b| b.id = "b1".into()), bad("button_id")),
        ("long id", changed_button(|b| b.id = long(257)), bad("button_id")),
        ("a link among buttons", changed_button(|b| b.url = Some("https://a.example".into())), other("link_among_buttons")),
        ("long list label", choices(4, Some(&long(21))), bad("list_label")),
        ("a gap in the positions", template(&[("1","a"),("3","c")]), bad("template_params")),
        ("cards without names", OutboundContent::Contacts { contacts: json!([{}]) }, bad("contacts")),
        ("no cards", OutboundContent::Contacts { contacts: json!([]) }, bad("contacts")),
    ];
    for (name, content, (code, class)) in cases {
        let error = carrier().request(&message(content)).unwrap_err();
        let got = match &error {
            SendError::Unsupported(word) => *word,
            other => other.code(),
        };
        assert_eq!((got, error.class()), (code, class), "{name}");
    }
    assert!(carrier().request(&message(text(&long(4_096)))).is_ok());
    let sms = OutboundMessage { channel: Channel::Sms, ..message(text("x")) };
    assert_eq!(carrier().request(&sms).err(), Some(SendError::Unsupported("channel_not_carried")));
}

fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: vec![("retry-after".into(), "7".into())], body: Bytes::copy_from_slice(body.as_bytes()) }
}

#[test]
fn answers_become_outcomes() {
    use ErrorClass as E;
    let error = |code: i64| json!({ "error": { "code": code, "message": "no" } }).to_string();
    let seven = Retry::After(std::time::Duration::from_secs(7));
    #[rustfmt::skip]
    let cases = [
        ("taken", 200, r#"{"messages":[{"id":"wamid.1","message_status":"accepted"}]}"#.to_owned(), Ok("wamid.1")),
        ("held", 200, r#"{"messages":[{"id":"wamid.1","message_status":"held_for_quality_assessment"}]}"#.into(), Ok("wamid.1")),
        ("paused", 200, r#"{"messages":[{"id":"wamid.1","message_status":"paused"}]}"#.into(), Err((E::Template, "paused", Retry::Never))),
        ("no id", 200, "{}".into(), Err((E::Ambiguous, "ambiguous", Retry::Reconcile))),
        ("no JSON", 200, "<html>".into(), Err((E::Ambiguous, "ambiguous", Retry::Reconcile))),
        ("window", 400, error(131_047), Err((E::WindowClosed, "131047", Retry::OtherCarrier))),
        ("token", 401, error(190), Err((E::Auth, "190", Retry::OtherCarrier))),
        ("too fast", 400, error(130_429), Err((E::Throttled, "130429", seven))),
        ("unknown code", 400, error(999_999), Err((E::BadRequest, "999999", Retry::Never))),
        ("said to be transient", 400, r#"{"error":{"code":999999,"is_transient":true}}"#.into(), Err((E::Transient, "999999", seven))),
        ("no error object", 500, String::new(), Err((E::Transient, "500", seven))),
        ("throttled at the edge", 429, String::new(), Err((E::Throttled, "429", seven))),
        ("a gateway in between", 504, "<html>".into(), Err((E::Ambiguous, "ambiguous", Retry::Reconcile))),
        ("a gateway with Meta's words", 502, error(2), Err((E::Transient, "2", seven))),
    ];
    for (name, status, body, expect) in cases {
        let got = carrier().outcome(&message(text("x")), &answer(status, &body));
        let got = match &got {
            Ok(accepted) => Ok(accepted.carrier_message_id.as_str()),
            Err(error) => Err((error.class(), error.code(), error.retry())),
        };
        assert_eq!(got, expect, "{name}");
    }
}

#[test]
fn the_dialled_number_may_be_another_one_to_meta() {
    let body = |wa_id: &str| json!({"contacts":[{"wa_id":wa_id}],"messages":[{"id":"w"}]}).to_string();
    let recipient = |wa_id| carrier().outcome(&message(text("x")), &answer(200, &body(wa_id))).unwrap().recipient;
    assert_eq!(recipient("447700900461"), None);
    assert_eq!(recipient("447700900999"), Some("+447700900999".into()));
}

#[test]
fn the_error_table_is_metas() {
    use ErrorClass as E;
    #[rustfmt::skip]
    let cases: [(E, &[i64]); 16] = [
        (E::Auth, &[0, 190]),
        (E::Permission, &[3, 10, 200, 250, 299, 131_005]),
        (E::Account, &[368, 131_031, 130_497, 131_042, 131_063, 131_064]),
        (E::Throttled, &[4, 80_007, 130_429, 613]),
        (E::PairLimited, &[131_056]),
        (E::QualityLimited, &[131_048, 133_016, 131_049]),
        (E::Transient, &[1, 2, 131_000, 131_016, 133_004, 131_057]),
        (E::BadRequest, &[33, 100, 131_008, 131_009, 135_000, 131_021, 131_051, 131_062]),
        (E::InvalidRecipient, &[131_026, 131_030]),
        (E::OptedOut, &[131_050]),
        (E::DoNotRetry, &[130_472, 137_000]),
        (E::WindowClosed, &[131_047]),
        (E::Template, &[132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_068, 132_069, 134_100, 134_101, 134_102]),
        (E::Media, &[131_052, 131_053]),
        (E::Registration, &[131_037, 131_045, 133_010, 133_000, 133_005, 133_015]),
        (E::Rejected, &[-1, 300, 999_999]),
    ];
    for (class, codes) in cases {
        for code in codes {
            assert_eq!(errors::class(&json!({ "code": code }), None), class, "{code}");
        }
    }
}

#[test]
fn errors_quote_no_address() {
    let body = json!({"error":{"code":131_030,"message":"(#131030) Recipient +447700900461 not in list"}}).to_string();
    let error = carrier().outcome(&message(text("x")), &answer(400, &body)).unwrap_err();
    assert!(!error.to_string().contains("7700900461"), "{error}");
    assert!(error.to_string().contains("131030"), "{error}");
}

// ---------------------------------------------------------------- settings and health

#[test]
fn settings_are_checked() {
    let with = |key: &str, value: Value| {
        let mut settings = settings();
        settings[key] = value;
        settings
    };
    let cases = [
        ("app_secrets", with("app_secrets", json!([]))),
        ("app_secrets", with("app_secrets", json!(["a", ""]))),
        ("verify_token", with("verify_token", json!(""))),
        ("access_token", with("access_token", json!(""))),
        ("base_url", with("base_url", json!("ftp://x"))),
        ("phone_number", with("phone_number", json!("typo"))),
    ];
    for (key, settings) in cases {
        assert_eq!(build(settings).err().unwrap().key.as_deref(), Some(key));
    }
}

#[test]
fn no_secret_is_printed() {
    let settings: Settings = serde_json::from_value(settings()).unwrap();
    let request = carrier().request(&message(text("hush"))).unwrap();
    let printed = format!("{settings:?} {request:?} {:?}", signed(b"hush", SECRETS[0]));
    for secret in ["EAAG-token", SECRETS[0], SECRETS[1], "verify-me", "hush"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn a_blocked_number_is_not_healthy() {
    let settings: Settings = serde_json::from_value(settings()).unwrap();
    let blocked = json!({"verified_name":"Acme","health_status":{"can_send_message":"BLOCKED","entities":[
        {"entity_type":"WABA","can_send_message":"BLOCKED","errors":[{"error_description":"No payment method"}]}]}});
    #[rustfmt::skip]
    let cases = [
        (200, json!({"verified_name":"Acme","quality_rating":"GREEN","health_status":{"can_send_message":"AVAILABLE"}}), true, "Acme may send"),
        (200, json!({"verified_name":"Acme"}), true, "token accepted"),
        (200, blocked, false, "WABA is blocked. No payment method"),
        (401, json!({"error":{"code":190,"message":"expired"}}), false, "401 (auth). expired"),
    ];
    for (status, body, ok, words) in cases {
        let health = account::health(&settings, &answer(status, &body.to_string()));
        assert_eq!(health.ok, ok, "{}", health.detail);
        assert!(health.detail.contains(words), "{}", health.detail);
    }
    let request = account::check_request(&settings);
    assert!(request.url.starts_with("https://graph.facebook.com/v23.0/183920475610238?fields=verified_name%2C"), "{}", request.url);
}
