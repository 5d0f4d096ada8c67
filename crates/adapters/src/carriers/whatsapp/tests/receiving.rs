//! Callbacks and what they become.

use super::*;

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
        ("document", json!({"document":{"id":"1","filename":"..\\..\\a\u{0}b\u{202e}.pdf"}}),
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
        ("an old number change with both ids", message(json!({"id":"w","type":"system","system":{"type":"customer_changed_number","customer":"447700900461","wa_id":"447700900461","new_wa_id":"447700900999"}})),
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
        ("the portfolio's limit", by("business_capability_update", json!({"metadata":null,"max_daily_conversations_per_business":2_000,"max_phone_numbers_per_waba":20})),
            json!({"kind":"account_event","max_daily_conversations_per_business":2_000,"max_phone_numbers_per_waba":20})),
        ("an alert", by("account_alerts", json!({"metadata":null,"entity_type":"WABA","alert_info":{"alert_type":"OBA_DENIED"}})),
            json!({"kind":"account_event","entity_type":"WABA","alert_info":{"alert_type":"OBA_DENIED"}})),
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
    assert_eq!(carrier().senders(), [(Channel::Whatsapp, "wa:183920475610238".into())]);
    let mut named = settings();
    named["display_number"] = json!("+44 7700 900100");
    assert_eq!(build(named).unwrap().senders(), [(Channel::Whatsapp, "+447700900100".into())]);
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
