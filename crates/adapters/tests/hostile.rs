//! What must hold for every carrier, whatever arrives: no bytes may panic, and the same
//! request gives the same events.
#![expect(clippy::unwrap_used, reason = "a vector file that cannot be read must fail the test")]

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use omni_adapters::carriers::REGISTRY;
use omni_core::carrier::Carrier;
use omni_core::time::Timestamp;
use omni_core::webhook::WebhookRequest;
use proptest::prelude::*;
use serde_json::Value;

/// A carrier with a request that it reads.
type Case = (String, Arc<dyn Carrier>, WebhookRequest);

/// The inbound cases of all vector files.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let plugin = REGISTRY.iter().find(|plugin| file.starts_with(plugin.name.0)).unwrap();
        let listed: Vec<Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for case in listed.iter().filter(|case| case["expect"].is_object()) {
            let name = format!("{file}: {}", case["name"].as_str().unwrap());
            let carrier = (plugin.build)((plugin.case_settings)(case)).unwrap();
            cases.push((name, carrier, request(case)));
        }
    }
    cases
}

fn request(case: &Value) -> WebhookRequest {
    let encoded = case["body_base64"].as_str().or(case["body_b64"].as_str());
    let body = match encoded {
        Some(text) => base64::engine::general_purpose::STANDARD.decode(text).unwrap(),
        None => case["body"].as_str().unwrap_or_default().as_bytes().to_vec(),
    };
    let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
    WebhookRequest {
        method: text("method"),
        url: format!("https://gw.example.net{}", text("path")) + &text("url"),
        headers: vec![("content-type".into(), Bytes::from(text("content_type")))],
        body: body.into(),
        peer: None,
        received_at: Timestamp::from_secs(1_763_650_800),
    }
}

#[test]
fn the_same_request_gives_the_same_events() {
    for (name, carrier, request) in cases() {
        assert_eq!(carrier.parse(&request), carrier.parse(&request), "{name}");
    }
}

#[test]
fn cut_and_bent_requests_never_panic() {
    for (_, carrier, whole) in cases() {
        let step = (whole.body.len() / 40).max(1);
        for end in (0..whole.body.len()).step_by(step) {
            let cut = WebhookRequest { body: whole.body.slice(..end), ..whole.clone() };
            let _either_is_fine = carrier.parse(&cut);
            let mut bent = whole.body.to_vec();
            bent[end] ^= 0x15;
            let _either_is_fine = carrier.parse(&WebhookRequest { body: bent.into(), ..whole.clone() });
        }
    }
}

#[test]
fn endless_lists_end_soon() {
    let many = |item: &str| vec![item; 100_000].join(",");
    let numbers = (0..100_000).map(|n| format!("\"+1303{n:07}\"")).collect::<Vec<_>>().join(",");
    let ids = (0..50_000).map(|n| format!("\"i{n}\":\"attachment1\"")).collect::<Vec<_>>().join(",");
    let part = |name: &str, data: &str| {
        format!("--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n{data}\r\n")
    };
    let files: String = (0..900).map(|n| part(&format!("attachment{n}"), "x")).collect();
    let cases = [
        (
            "bandwidth",
            format!(
                r#"[{{"type":"message-received","message":{{"id":"1","from":"1","to":[{numbers}],"media":[{}]}}}}]"#,
                many("\"\"")
            ),
        ),
        ("inteliquent", format!(r#"{{"referenceId":"1","from":"13035550177","to":[{numbers}]}}"#)),
        (
            "inteliquent",
            format!(
                r#"{{"referenceId":"1","from":"13035550177","to":[{}],"text":"{}"}}"#,
                many("17205550142"),
                "x".repeat(65_000)
            ),
        ),
        (
            "inteliquent",
            format!(
                r#"{{"type":"delivery_report_sms","batch_id":"1","statuses":[{{"recipients":[{numbers}]}}]}}"#
            ),
        ),
        (
            "sendgrid",
            part("content-ids", &format!("{{{ids}}}"))
                + &files
                + &part("envelope", &format!(r#"{{"to":[{}]}}"#, many("\"a@b\"")))
                + &part("from", &"a,".repeat(500_000))
                + "--b--",
        ),
    ];
    for (name, body) in cases {
        let plugin = REGISTRY.iter().find(|plugin| plugin.name.0 == name).unwrap();
        let settings = serde_json::json!({ "config": { "numbers": ["17205550142"] }, "secrets": [] });
        let carrier = (plugin.build)((plugin.case_settings)(&settings)).unwrap();
        let request = request(&serde_json::json!({
            "url": "/inbound", "method": "POST", "content_type": "multipart/form-data; boundary=b", "body": body,
        }));
        let start = std::time::Instant::now();
        let events = carrier.parse(&request).map_or(0, |parsed| parsed.events.len());
        assert!(events <= 500, "{name}: {events} events of one message");
        assert!(start.elapsed().as_secs() < 5, "{name} took {:?}", start.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..400), header in ".{0,80}") {
        for plugin in REGISTRY {
            let case = serde_json::json!({ "secrets": [], "config": {} });
            let Ok(carrier) = (plugin.build)((plugin.case_settings)(&case)) else { continue };
            for content_type in ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"] {
                let request = WebhookRequest {
                    method: "POST".into(),
                    url: format!("https://gw.example.net/webhooks/{}/inbound?{header}", plugin.name),
                    headers: vec![
                        ("content-type".into(), Bytes::from(content_type)),
                        ("authorization".into(), Bytes::from(header.clone())),
                    ],
                    body: body.clone().into(),
                    peer: None,
                    received_at: Timestamp::from_secs(1_763_650_800),
                };
                prop_assert!(carrier.verify(&request).is_err(), "{} believes anything", plugin.name);
                let _either_is_fine = carrier.parse(&request);
            }
        }
    }
}
