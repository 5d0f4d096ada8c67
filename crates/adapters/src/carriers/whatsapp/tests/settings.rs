//! Settings, what they never print, and the health of the number.

use super::*;

#[test]
fn settings_are_checked() {
    let with = |key: &str, value: Value| {
        let mut settings = settings();
        settings[key] = value;
        settings
    };
    let cases = [
        ("app_secrets", with("app_secrets", json!([]))),
        ("app_secrets", with("app_secrets", json!(["a", ""]))),
        ("verify_token", with("verify_token", json!(""))),
        ("access_token", with("access_token", json!(""))),
        ("base_url", with("base_url", json!("ftp://x"))),
        ("phone_number", with("phone_number", json!("typo"))),
    ];
    for (key, settings) in cases {
        assert_eq!(build(settings).err().unwrap().key.as_deref(), Some(key));
    }
}

#[test]
fn no_secret_is_printed() {
    let settings: Settings = serde_json::from_value(settings()).unwrap();
    let request = carrier().request(&message(text("hush"))).unwrap();
    let printed = format!("{settings:?} {request:?} {:?}", signed(b"hush", SECRETS[0]));
    for secret in ["EAAG-token", SECRETS[0], SECRETS[1], "verify-me", "hush"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn a_blocked_number_is_not_healthy() {
    let settings: Settings = serde_json::from_value(settings()).unwrap();
    let blocked = json!({"verified_name":"Acme","health_status":{"can_send_message":"BLOCKED","entities":[
        {"entity_type":"WABA","can_send_message":"BLOCKED","errors":[{"error_description":"No payment method"}]}]}});
    #[rustfmt::skip]
    let cases = [
        (200, json!({"verified_name":"Acme","quality_rating":"GREEN","health_status":{"can_send_message":"AVAILABLE"}}), true, "Acme may send"),
        (200, json!({"verified_name":"Acme"}), true, "token accepted"),
        (200, blocked, false, "WABA is blocked. No payment method"),
        (401, json!({"error":{"code":190,"message":"expired"}}), false, "401 (auth). expired"),
    ];
    for (status, body, ok, words) in cases {
        let health = account::health(&settings, &answer(status, &body.to_string()));
        assert_eq!(health.ok, ok, "{}", health.detail);
        assert!(health.detail.contains(words), "{}", health.detail);
    }
    let request = account::check_request(&settings);
    assert!(
        request.url.starts_with("https://graph.facebook.com/v23.0/183920475610238?fields=verified_name%2C"),
        "{}",
        request.url
    );
}
