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
