use serde_json::json;

use super::{check, events};

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
