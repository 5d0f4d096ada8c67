mod channels;
mod conversations;
mod platform;
mod rest;

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
