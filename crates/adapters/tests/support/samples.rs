//! One connection per carrier (and per generation or mode where they differ), as an operator
//! would write it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_adapters::carriers;
use omni_adapters::shared::hmac;
use omni_core::carrier::Carrier;
use p256::ecdsa::SigningKey;
use p256::pkcs8::EncodePublicKey as _;
use serde_json::{Value, json};

/// A connection that could be.
#[derive(Clone)]
pub(crate) struct Sample {
    /// The carrier's name.
    pub(crate) carrier: &'static str,
    /// Which of several kinds of connection: the value of the setting that decides. Empty
    /// where there is only one.
    pub(crate) kind: &'static str,
    /// Its table in the configuration.
    pub(crate) settings: Value,
    /// What its secrets were made of.
    pub(crate) salt: String,
    /// Its callback path below `/webhooks/<carrier>`.
    pub(crate) path: &'static str,
    /// Whether its proof covers the body.
    pub(crate) covers_body: bool,
    /// Whether its proof covers the URL.
    pub(crate) covers_url: bool,
}

impl Sample {
    /// Carrier and kind, for messages of tests.
    pub(crate) fn name(&self) -> String {
        if self.kind.is_empty() { self.carrier.to_owned() } else { format!("{} {}", self.carrier, self.kind) }
    }

    /// The connection.
    pub(crate) fn build(&self) -> Arc<dyn Carrier> {
        let plugin = carriers::find(self.carrier).expect("samples are of registered carriers");
        (plugin.build)(self.settings.clone()).unwrap_or_else(|error| panic!("{}: {error}", self.name()))
    }

    /// The callback URL.
    pub(crate) fn url(&self) -> String {
        format!("https://gw.example.net/webhooks/{}{}", self.carrier, self.path)
    }

    /// Every secret in the settings.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect_secrets(&self.settings, false, &mut found);
        found
    }
}

/// Every text below a member that is named like a secret.
fn collect_secrets(value: &Value, is_secret: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if is_secret => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect_secrets(value, is_secret, found)),
        Value::Object(members) => {
            for (name, value) in members {
                let public = matches!(name.as_str(), "public_keys" | "api_key_sid");
                let secret = ["token", "secret", "key", "password"].iter().any(|word| name.contains(word));
                collect_secrets(value, is_secret || (secret && !public), found);
            }
        }
        _ => {}
    }
}

/// The private key of the SendGrid sample with this salt.
pub(crate) fn signing_key(salt: &str) -> SigningKey {
    SigningKey::from_slice(&hmac::digest(salt.as_bytes())).expect("a digest is almost surely a scalar")
}

/// All samples; equal salts give equal secrets.
pub(crate) fn all(salt: &str) -> Vec<Sample> {
    let mut all = vec![whatsapp(salt), twilio(salt), bandwidth(salt), livechat(salt), sendgrid(salt)];
    all.extend(["sha256-concat", "hmac-sha256", "static-header"].map(|mode| inteliquent(salt, mode)));
    all.extend(["rest", "rest legacy", "bird", "platform"].map(|kind| messagebird(salt, kind)));
    all
}

fn sample(carrier: &'static str, salt: &str, path: &'static str, settings: Value) -> Sample {
    Sample { carrier, kind: "", settings, salt: salt.into(), path, covers_body: true, covers_url: true }
}

fn whatsapp(salt: &str) -> Sample {
    let settings = json!({
        "phone_number_id": "183920475610238",
        "business_account_id": "291733390021845",
        "display_number": "+447700900100",
        "access_token": format!("EAAG-access-{salt}"),
        "app_secrets": [format!("app-secret-new-{salt}"), format!("app-secret-old-{salt}")],
        "verify_token": format!("verify-token-{salt}"),
    });
    Sample { covers_url: false, ..sample("whatsapp", salt, "", settings) }
}

fn twilio(salt: &str) -> Sample {
    let settings = json!({
        "account_sid": "AC0123456789abcdef0123456789abcdef",
        "auth_tokens": [format!("auth-token-{salt}")],
        "shared_keys": { "k1": format!("shared-key-{salt}") },
        "api_key_sid": "SK0123456789abcdef0123456789abcdef",
        "api_key_secret": format!("api-key-secret-{salt}"),
        "numbers": ["+17205550142", "whatsapp:+447700900100", "rcs:acme_agent"],
        "messaging_service_sid": "MG0123456789abcdef0123456789abcdef",
        "signed_userinfo": format!("gateway:userinfo-secret-{salt}"),
    });
    sample("twilio", salt, "", settings)
}

fn bandwidth(salt: &str) -> Sample {
    let settings = json!({
        "account_id": "5500123",
        "applications": {
            "5f0c1d2e-7a8b-4c9d-8e1f-2a3b4c5d6e7f": ["+17205550142", "+17205550143", "55512", "acme_agent"],
        },
        "api_user": "api-user",
        "api_password": format!("api-password-{salt}"),
        "inbound_credentials": [{ "user": "acme", "password": format!("inbound-password-{salt}") }],
        "status_credentials": [{ "user": "acme", "password": format!("status-password-{salt}") }],
        "path_token": format!("path-token-{salt}"),
    });
    Sample { covers_body: false, covers_url: false, ..sample("bandwidth", salt, "/inbound", settings) }
}

fn livechat(salt: &str) -> Sample {
    let settings = json!({
        "organization_id": "0b6f2f6e-3c1d-4a55-9e0f-7d2c9b8a1e44",
        "bot_agent_ids": ["5f1e2d3c4b5a69788796a5b4c3d2e1f0"],
        "webhook_secrets": { "f1d2c3b4a5968778695a4b3c2d1e0f00": [format!("webhook-secret-{salt}")] },
        "path_token": format!("path-token-{salt}"),
        "account_id": "b7eff798-f8df-4364-8059-649c35c9ed0c",
        "personal_access_token": format!("dal:personal-token-{salt}"),
    });
    Sample { covers_body: false, covers_url: false, ..sample("livechat", salt, "", settings) }
}

fn sendgrid(salt: &str) -> Sample {
    let public = signing_key(salt).verifying_key().to_public_key_der().expect("a key encodes");
    let settings = json!({
        "api_key": format!("SG.api-key-{salt}"),
        "domains": ["in.acme.example"],
        "public_keys": [STANDARD.encode(public.as_bytes())],
        "oauth": { "client_id": "sendgrid-acme", "client_secret": format!("client-secret-{salt}") },
        "from": "support@acme.example",
        "from_name": "Acme",
        "reply_to": "support@in.acme.example",
    });
    Sample { covers_url: false, ..sample("sendgrid", salt, "/inbound", settings) }
}

fn inteliquent(salt: &str, mode: &'static str) -> Sample {
    let settings = json!({
        "api_key": format!("api-key-{salt}"),
        "numbers": ["+17205550142", "+17205550143"],
        "auth": { "mode": mode, "keys": [format!("callback-key-{salt}")] },
        "path_token": format!("path-token-{salt}"),
    });
    let sample = sample("inteliquent", salt, "", settings);
    Sample { kind: mode, covers_body: false, covers_url: false, ..sample }
}

fn messagebird(salt: &str, kind: &'static str) -> Sample {
    let webhook_secret = format!("whsec_{}", STANDARD.encode(format!("webhook-secret-{salt}")));
    let numbers = json!(["+12025550143", "+31970102030", "51515"]);
    let settings = match kind {
        "bird" => json!({
            "generation": "bird",
            "access_key": format!("access-key-{salt}"),
            "signing_keys": [format!("subscription-key-{salt}")],
            "workspaces": ["ws_01kahtx5z0e8r9s7t44vh8rt9m"],
            "channels": {
                "1b2c3d4e-5f60-4718-9a2b-3c4d5e6f7081": "sms:+12025550143",
                "77ffee00-1122-4334-8556-677889900aab": "whatsapp:+31970102030",
            },
        }),
        "platform" => json!({
            "generation": "platform",
            "access_key": format!("bk_us1_{salt}"),
            "signing_keys": [webhook_secret],
            "workspaces": ["ws_01kahtx5z0e8r9s7t44vh8rt9m"],
            "numbers": numbers,
        }),
        _ => json!({
            "generation": "rest",
            "legacy_signature": kind == "rest legacy",
            "access_key": format!("access-key-{salt}"),
            "signing_keys": [format!("signing-key-{salt}")],
            "numbers": numbers,
            "channels": { "9a8b7c6d5e4f40312233445566778899": "whatsapp:+31970102030" },
            "template_namespace": "acme_templates",
        }),
    };
    let path = match kind {
        "bird" => "/bird",
        "platform" => "/v1",
        _ => "",
    };
    // Standard Webhooks sign id, time and body; the legacy scheme the query, not the path.
    let covers_url = matches!(kind, "rest" | "bird");
    Sample { kind, covers_url, ..sample("messagebird", salt, path, settings) }
}
