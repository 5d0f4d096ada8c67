//! Receiving is pure, complete, and holds against any bytes.

use omni_core::carrier::{Carrier, Parsed, receive};
use omni_core::event::{CarrierEvent, MessageType};
use omni_core::webhook::{Malformed, WebhookRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::cases::{self, Case};
use crate::support::samples;
use crate::support::sign::{request, sign};

fn genuine() -> Vec<Case> {
    cases::of("_inbound.json").into_iter().filter(Case::is_genuine).collect()
}

#[test]
fn the_same_request_twice_gives_equal_events() {
    for case in genuine() {
        let first = receive(&*case.carrier, &case.request);
        let again = receive(&*case.carrier, &case.request);
        assert_eq!(first, again, "{}", case.name);
    }
}

/// What later steps rely on in every event.
fn check(name: &str, carrier: &dyn Carrier, parsed: &Parsed) {
    for event in &parsed.events {
        let json = serde_json::to_value(event).expect("events serialise");
        let kind = json["kind"].as_str().unwrap_or_default();
        assert_eq!(kind, event.kind(), "{name}");
        assert_eq!(json["carrier"].as_str().unwrap_or(carrier.name().0), carrier.name().0, "{name}");
        if let CarrierEvent::Message(message) | CarrierEvent::Echo(message) | CarrierEvent::Note(message) =
            event
        {
            assert!(!message.external_id.is_empty(), "{name}: a message without an id cannot be stored once");
            assert!(!message.tenant_key.is_empty(), "{name}: nobody's message");
        }
    }
}

#[test]
fn events_are_whole() {
    for case in genuine() {
        if let Ok(parsed) = case.carrier.parse(&case.request) {
            check(&case.name, &*case.carrier, &parsed);
        }
    }
}

/// A message of a kind that nobody knows, per carrier and generation; the word is `pelican`.
fn unknown_messages() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        (
            "whatsapp",
            "",
            whatsapp(
                "messages",
                json!({
                    "messages": [{ "from": "447700900461", "id": "wamid.1", "timestamp": "1763650800",
                        "type": "pelican", "pelican": { "a": 1 } }],
                }),
            ),
        ),
        (
            "livechat",
            "",
            json!({ "action": "incoming_event",
            "organization_id": "0b6f2f6e-3c1d-4a55-9e0f-7d2c9b8a1e44",
            "payload": { "chat_id": "RZ4T7QK1M2", "thread_id": "T1", "event": {
                "id": "T1_3", "type": "pelican", "author_id": "7d3f9c1e-2b4a-4c6d-8e0f-1a2b3c4d5e6f",
                "created_at": "2025-11-20T15:00:00.000000Z", "visibility": "all" } } }),
        ),
        (
            "messagebird",
            "rest",
            json!({ "type": "message.created",
            "contact": { "id": "c1", "msisdn": 31_612_345_678_i64 },
            "conversation": { "id": "v1" },
            "message": { "id": "m1", "conversationId": "v1", "platform": "whatsapp", "from": "+31612345678",
                "to": "+31970102030", "channelId": "9a8b7c6d5e4f40312233445566778899", "type": "pelican",
                "content": { "pelican": { "a": 1 } }, "direction": "received", "status": "received",
                "createdDatetime": "2025-11-20T15:00:00Z" } }),
        ),
        (
            "messagebird",
            "bird",
            json!({ "service": "channels", "event": "whatsapp.inbound", "payload": {
            "id": "m1", "channelId": "77ffee00-1122-4334-8556-677889900aab",
            "sender": { "contact": { "id": "c1", "identifierKey": "phonenumber", "identifierValue": "+31612345678" } },
            "body": { "type": "pelican", "pelican": {} }, "status": "delivered", "direction": "incoming",
            "createdAt": "2025-11-20T15:00:00Z" } }),
        ),
        (
            "messagebird",
            "platform",
            json!({ "type": "whatsapp.received", "timestamp": "2025-11-20T15:00:00Z",
            "data": { "whatsapp_id": "wam_1", "workspace_id": "ws_01kahtx5z0e8r9s7t44vh8rt9m",
                "from": { "phone_number": "+31612345678" }, "to": { "phone_number": "+31970102030" },
                "unsupported": { "type": "pelican" } } }),
        ),
    ]
}

fn whatsapp(field: &str, mut value: Value) -> Value {
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] =
        json!({ "display_phone_number": "447700900100", "phone_number_id": "183920475610238" });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "291733390021845",
        "changes": [{ "field": field, "value": value }] }] })
}

/// Receives `body` as JSON at a sample connection, signed.
fn received(carrier: &str, kind: &str, content_type: &str, body: String) -> Result<Parsed, Malformed> {
    let mut all = samples::all("s").into_iter();
    let mut sample = all.find(|sample| (sample.carrier, sample.kind) == (carrier, kind)).unwrap();
    if carrier == "sendgrid" && content_type == "application/json" {
        sample.path = "/events";
    }
    let mut request = request("POST", sample.url(), content_type, body);
    sign(&sample, &mut request);
    receive(&*sample.build(), &request).unwrap_or_else(|refusal| panic!("{carrier} {kind}: {refusal}")).1
}

#[test]
fn a_message_of_an_unknown_kind_is_kept_with_its_word() {
    for (carrier, kind, body) in unknown_messages() {
        let parsed = received(carrier, kind, "application/json", body.to_string()).unwrap();
        let [CarrierEvent::Message(message)] = parsed.events.as_slice() else {
            panic!("{carrier} {kind} read {} events: {parsed:?}", parsed.events.len());
        };
        assert_eq!(message.message_type, MessageType::Unsupported, "{carrier} {kind}");
        assert_eq!(message.unsupported_type.as_deref(), Some("pelican"), "{carrier} {kind}");
    }
}

/// The other carriers have no kinds of messages: whatever a message holds beyond what is
/// known, it stays a message.
#[test]
fn a_message_with_unknown_members_stays_a_message() {
    let form = "application/x-www-form-urlencoded";
    let mail = "--b\r\nContent-Disposition: form-data; name=\"envelope\"\r\n\r\n\
        {\"to\":[\"help@in.acme.example\"],\"from\":\"rosa@customer.example\"}\r\n--b\r\n\
        Content-Disposition: form-data; name=\"pelican\"\r\n\r\n1\r\n--b--\r\n";
    let bandwidth = json!([{ "type": "message-received", "time": "2025-11-20T15:00:00Z", "to": "+17205550142",
        "pelican": 1, "message": { "id": "1", "owner": "+17205550142", "direction": "in",
            "applicationId": "5f0c1d2e-7a8b-4c9d-8e1f-2a3b4c5d6e7f", "to": ["+17205550142"],
            "from": "+13035550177", "channel": "PELICAN", "pelican": {} } }]);
    let inteliquent =
        json!({ "referenceId": "1", "from": "13035550177", "to": ["17205550142"], "pelican": {} });
    let twilio = "MessageSid=SM1&AccountSid=AC0123456789abcdef0123456789abcdef&From=%2B13035550177\
        &To=%2B17205550142&SmsStatus=received&MessageType=pelican&Pelican=1";
    let cases = [
        ("twilio", "", form, twilio.to_owned()),
        ("bandwidth", "", "application/json", bandwidth.to_string()),
        ("inteliquent", "sha256-concat", "application/json", inteliquent.to_string()),
        ("sendgrid", "", "multipart/form-data; boundary=b", mail.to_owned()),
    ];
    for (carrier, kind, content_type, body) in cases {
        let parsed = received(carrier, kind, content_type, body).unwrap();
        let is_one_message = matches!(parsed.events.as_slice(), [CarrierEvent::Message(_)]);
        assert!(is_one_message, "{carrier}: {parsed:?}");
    }
}

/// Carriers add kinds of callbacks without notice. One must be no error (it would come back
/// for days), and must not cost its neighbours in the same request.
#[test]
fn a_callback_of_an_unknown_kind_costs_nothing_else() {
    let alone = [
        ("whatsapp", "", whatsapp("pelicans", json!({ "pelicans": [1] }))),
        ("livechat", "", json!({ "action": "pelican_landed", "payload": { "chat_id": "C" } })),
        ("bandwidth", "", json!([{ "type": "pelican", "message": { "id": "1" } }])),
        (
            "sendgrid",
            "",
            json!([{ "event": "pelican", "sg_event_id": "e", "email": "a@b.example", "timestamp": 1 }]),
        ),
        ("messagebird", "rest", json!({ "type": "pelican.created" })),
        ("messagebird", "bird", json!({ "service": "channels", "event": "whatsapp.pelican", "payload": {} })),
        ("messagebird", "platform", json!({ "type": "pelican.received", "timestamp": "x", "data": {} })),
    ];
    for (carrier, kind, body) in alone {
        let parsed = received(carrier, kind, "application/json", body.to_string());
        assert!(parsed.is_ok_and(|parsed| parsed.events.is_empty()), "{carrier} {kind}");
    }
    let message = json!({ "from": "447700900461", "id": "wamid.1", "timestamp": "1763650800", "type": "text",
        "text": { "body": "hello" } });
    let mut whatsapp_both = whatsapp("pelicans", json!({}));
    let known = whatsapp("messages", json!({ "messages": [message] }));
    let changes = whatsapp_both["entry"][0]["changes"].as_array_mut().unwrap();
    changes.push(known["entry"][0]["changes"][0].clone());
    let bandwidth_known = json!({ "type": "message-received", "time": "2025-11-20T15:00:00Z", "to": "+17205550142",
        "message": { "id": "1", "owner": "+17205550142", "direction": "in", "text": "hello",
            "applicationId": "5f0c1d2e-7a8b-4c9d-8e1f-2a3b4c5d6e7f", "to": ["+17205550142"], "from": "+13035550177" } });
    let delivered = json!({ "event": "delivered", "sg_event_id": "e", "sg_message_id": "m.recvd",
        "email": "rosa@customer.example", "timestamp": 1_763_650_800 });
    let batches = [
        ("whatsapp", whatsapp_both),
        ("bandwidth", json!([{ "type": "pelican" }, bandwidth_known])),
        ("sendgrid", json!([{ "event": "pelican" }, delivered])),
    ];
    for (carrier, body) in batches {
        let parsed = received(carrier, "", "application/json", body.to_string()).unwrap();
        assert_eq!(parsed.events.len(), 1, "{carrier}: {parsed:?}");
    }
}

/// A change of some bytes: where (as a share of the body), and what happens there.
#[derive(Debug, Clone)]
enum Change {
    Put(f64, u8),
    Insert(f64, Vec<u8>),
    Remove(f64, usize),
    Repeat(f64, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let place = 0.0..1.0;
    prop_oneof![
        (place.clone(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (place.clone(), proptest::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, b)| Change::Insert(at, b)),
        (place.clone(), 1_usize..60).prop_map(|(at, count)| Change::Remove(at, count)),
        (place, 1_usize..200).prop_map(|(at, count)| Change::Repeat(at, count)),
    ]
}

fn changed(mut body: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let place = |share: f64| (share * body.len() as f64) as usize;
        match change {
            Change::Put(at, byte) => {
                let at = place(*at);
                if let Some(place) = body.get_mut(at) {
                    *place = *byte;
                }
            }
            Change::Insert(at, bytes) => {
                let at = place(*at);
                body.splice(at..at, bytes.iter().copied());
            }
            Change::Remove(at, count) => {
                let at = place(*at);
                body.drain(at..(at + count).min(body.len()));
            }
            Change::Repeat(at, count) => {
                let at = place(*at);
                let again = body[at..(at + count).min(body.len())].to_vec();
                body.splice(at..at, again);
            }
        }
    }
    body
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bodies_never_panic(changes in proptest::collection::vec(change(), 1..6)) {
        for case in &genuine_once().0 {
            let body = changed(case.request.body.to_vec(), &changes);
            let request = WebhookRequest { body: body.into(), ..case.request.clone() };
            let _either_is_fine = case.carrier.verify(&request);
            let _blanked = case.carrier.journal_body(&request);
            let parsed = case.carrier.parse(&request);
            prop_assert_eq!(&parsed, &case.carrier.parse(&request), "{} reads it in two ways", case.name);
            if let Ok(parsed) = &parsed {
                check(&case.name, &*case.carrier, parsed);
            }
        }
    }
}

struct Cases(Vec<Case>);

/// Building two hundred connections for every input would be most of the time.
fn genuine_once() -> &'static Cases {
    static CASES: std::sync::OnceLock<Cases> = std::sync::OnceLock::new();
    CASES.get_or_init(|| Cases(genuine()))
}
