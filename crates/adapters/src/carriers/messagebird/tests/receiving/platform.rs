use serde_json::{Value, json};

use super::{check, events};

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
            json!({ "document": file(json!({ "filename": "a/b\u{202e}.pdf" })) }),
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
        (
            "whatsapp_suppression.created",
            json!({ "suppression_id": "was_1", "address": "+31612345678", "waba": null, "reason": "manual" }),
            json!([{ "kind": "consent", "value": "stop", "address": "+31612345678", "sender": null, "reason": "manual", "event_id": "was_1/stop", "tenant_key": "messagebird:ws_1:+12025550143" }]),
        ),
        (
            "whatsapp_suppression.created",
            json!({ "suppression_id": "was_2", "address": "NL.1", "waba": "102", "reason": "brand_new" }),
            json!([{ "address": "bsuid:NL.1", "waba": "102" }]),
        ),
        ("whatsapp.read", json!({ "direction": "inbound" }), json!([])),
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
