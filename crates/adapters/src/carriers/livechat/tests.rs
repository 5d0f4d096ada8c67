//! Tables over callbacks, proof and chats; the shared vectors run in `tests/vectors.rs`.

mod actions;
mod asking;
mod contents;
mod receiving;
mod sending;
mod signatures;

use omni_core::time::Timestamp;
use omni_core::webhook::WebhookRequest;
use serde_json::{Value, json};

use super::Settings;

const BOT: &str = "5f1e2d3c4b5a69788796a5b4c3d2e1f0";
const CUSTOMER: &str = "7d3f1c22-0a55-4b1e-8c66-2f9e0d1a3b4c";

fn table() -> Value {
    json!({
        "organization_id": "org-1",
        "bot_agent_ids": [BOT],
        "webhook_secrets": { "w1": ["s3cret-one", "s3cret-old"], "w2": ["s3cret-two"], "w3": [""] },
        "account_id": "acc-1",
        "personal_access_token": "pat-s3cret",
    })
}

fn settings() -> Settings {
    serde_json::from_value(table()).unwrap()
}

fn request(url: &str, body: &str) -> WebhookRequest {
    WebhookRequest {
        method: "POST".into(),
        url: url.into(),
        headers: Vec::new(),
        body: body.to_owned().into(),
        peer: None,
        received_at: Timestamp::EPOCH,
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
    let mut whole = table();
    whole["bot"] = json!({ "bot_id": BOT, "bot_secret": "bot-s3cret", "client_id": "c" });
    whole["path_token"] = json!("path-s3cret");
    let settings: Settings = serde_json::from_value(whole).unwrap();
    assert!(!format!("{settings:?}").contains("s3cret"), "{settings:?}");
    let bot = json!({ "bot_id": BOT, "bot_secret": "x", "client_id": "c" });
    let cases = [
        ("a typo", json!({ "webhook_secret": {} }), "webhook_secret"),
        ("a token of nobody", json!({ "personal_access_token": "x" }), "account_id"),
        ("a bot of no organization", json!({ "bot": bot }), "organization_id"),
    ];
    for (name, table, key) in cases {
        let error = (super::PLUGIN.build)(table).err().unwrap_or_else(|| panic!("{name} was taken"));
        assert_eq!(error.key.as_deref(), Some(key), "{name}: {error}");
    }
}
