//! Settings, and what they never print.

use super::*;

#[test]
fn settings_are_checked() {
    let changed = |changes: Value| {
        let mut settings = settings();
        settings.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        build(settings).err().map(|error| error.key.unwrap())
    };
    let cases = [
        (json!({ "auth_tokens": [], "shared_keys": {} }), Some("auth_tokens")),
        (json!({ "auth_tokens": ["a", ""] }), Some("auth_tokens")),
        (json!({ "shared_keys": { "k": "" } }), Some("auth_tokens")),
        (json!({ "api_key_sid": "SK1" }), Some("api_key_secret")),
        (json!({ "api_key_sid": "SK1", "api_key_secret": "" }), Some("api_key_secret")),
        (json!({ "api_key_sid": "", "api_key_secret": "k" }), Some("api_key_secret")),
        (json!({ "base_url": "nowhere" }), Some("base_url")),
        (json!({ "oauth": { "client_id": "", "client_secret": "s" } }), Some("oauth.client_id")),
        (
            json!({ "oauth": { "client_id": "OQ1", "client_secret": "s", "token_url": "ftp://a.example/" } }),
            Some("oauth.token_url"),
        ),
        (json!({ "oauth": { "client_id": "OQ1", "client_secret": "" } }), Some("oauth.client_secret")),
        (json!({ "oauth": { "client_id": "OQ1", "client_secret": "s" } }), None),
        (
            json!({ "oauth": { "client_id": "OQ1", "client_secret": "s" }, "api_key_sid": "SK1", "api_key_secret": "k" }),
            Some("oauth"),
        ),
        (json!({ "auth_token": "typo" }), Some("auth_token")),
        (json!({ "auth_tokens": [] }), None),
    ];
    for (changes, key) in cases {
        assert_eq!(changed(changes.clone()).as_deref(), key, "{changes}");
    }
}

#[test]
fn no_secret_is_printed() {
    let mut secrets = settings();
    secrets["api_key_sid"] = json!("SK1");
    secrets["oauth"] = json!({ "client_id": "OQ1", "client_secret": "oauth-secret" });
    secrets["api_key_secret"] = json!("key-secret");
    let settings: Settings = serde_json::from_value(secrets).unwrap();
    let request =
        send::draft(&settings, &message(Channel::Sms, text("hush"))).unwrap().request(&settings, None);
    let printed = format!("{settings:?} {request:?} {:?}", posted(URL, &inbound(&[("Body", "hush")])));
    for secret in [
        "primary-token",
        "secondary-token",
        "shared-secret",
        "pass-word",
        "key-secret",
        "oauth-secret",
        "hush",
    ] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
