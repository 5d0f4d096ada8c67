//! Tables over all three generations; the shared vectors run in `tests/vectors.rs`.

mod receiving;
mod sending;
mod signatures;

use bytes::Bytes;
use omni_core::time::Timestamp;
use omni_core::webhook::WebhookRequest;
use serde_json::{Value, json};

use super::account::{Account, Settings};

/// 2025-11-20T15:00:00Z.
const NOW: i64 = 1_763_650_800;

/// The settings of a generation, with a sender for everything it carries.
fn settings(generation: &str) -> Value {
    match generation {
        "rest" => json!({
            "generation": "rest", "access_key": "live_access", "signing_keys": ["example-signing-key"],
            "numbers": ["+12025550143", "+18885550142", "51515", "PostNL"],
            "channels": { "wa1": "whatsapp:+31970102030", "fb1": "chat:1020304050" },
            "template_namespace": "ns_1",
        }),
        "bird" => json!({
            "generation": "bird", "access_key": "live_access", "signing_keys": ["example-signing-key"],
            "workspaces": ["ws 1"], "channels": { "sms1": "sms:+12025550143", "wa1": "whatsapp:+31970102030" },
        }),
        _ => json!({
            "generation": "platform", "access_key": "bk_eu1_secret",
            "signing_keys": ["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="],
            "workspaces": ["ws_1"], "numbers": ["+12025550143", "+31970102030"],
        }),
    }
}

fn account(generation: &str) -> Account {
    let settings: Settings = serde_json::from_value(settings(generation)).unwrap();
    Account::new(settings).unwrap_or_else(|error| panic!("{error}"))
}

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> WebhookRequest {
    WebhookRequest {
        method: method.into(),
        url: url.into(),
        headers: headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), Bytes::copy_from_slice(v.as_bytes())))
            .collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: None,
        received_at: Timestamp::from_secs(NOW),
    }
}

/// Whether `got` has at least what `expected` names; `null` means absent.
fn contains(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Object(e), Value::Object(g)) => {
            e.iter().all(|(name, value)| contains(value, g.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(e), Value::Array(g)) => {
            e.len() == g.len() && e.iter().zip(g).all(|(expected, got)| contains(expected, got))
        }
        _ => expected == got,
    }
}

#[test]
fn secrets_do_not_print_and_wrong_settings_name_their_key() {
    let settings: Settings = serde_json::from_value(settings("platform")).unwrap();
    let printed = format!("{settings:?}");
    assert!(!printed.contains("secret") && !printed.contains("MDEyMz"), "{printed}");
    let cases = [
        ("a typo", json!({ "generation": "rest", "acces_key": "x" }), "acces_key"),
        ("no generation", json!({}), "generation"),
        (
            "a webhook secret that is no base64",
            json!({ "generation": "platform", "signing_keys": ["whsec_?"] }),
            "signing_keys",
        ),
        (
            "a channel without its kind",
            json!({ "generation": "bird", "channels": { "a": "+1202" } }),
            "channels",
        ),
        ("a sender that is none", json!({ "generation": "rest", "numbers": ["\u{7}"] }), "numbers"),
    ];
    for (name, table, key) in cases {
        let error = (super::PLUGIN.build)(table).err().unwrap_or_else(|| panic!("{name} was taken"));
        assert_eq!(error.key.as_deref(), Some(key), "{name}: {error}");
    }
}

#[test]
fn every_generation_knows_its_keys_and_senders() {
    let cases = [
        ("rest", "messagebird:51515", "sms", "51515"),
        ("rest", "messagebird:wa1", "whatsapp", "+31970102030"),
        ("bird", "messagebird:sms1", "sms", "+12025550143"),
        ("platform", "messagebird:ws_1:+31970102030", "whatsapp", "+31970102030"),
    ];
    for (generation, key, channel, address) in cases {
        let account = account(generation);
        assert!(account.routing_keys().iter().any(|k| k == key), "{generation} {key}");
        let sender = (channel.parse().unwrap(), address.into());
        assert!(account.senders().contains(&sender), "{generation} {address}");
    }
}
