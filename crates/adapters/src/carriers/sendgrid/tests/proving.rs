//! What counts as proof, and what does not.

use super::*;

#[test]
fn timestamps_have_one_reading_and_an_age() {
    let now = NOW.to_string();
    let cases = [
        ("now", now.clone(), Ok(())),
        ("a day old", (NOW - 86_400).to_string(), Ok(())),
        ("two days old", (NOW - 2 * 86_400).to_string(), Err("timestamp_too_old")),
        ("ahead", (NOW + 301).to_string(), Err("timestamp_ahead")),
        ("signed number", format!("+{now}"), Err("timestamp_malformed")),
        ("leading nought", format!("0{now}"), Err("timestamp_malformed")),
        ("no number", "now".into(), Err("timestamp_malformed")),
        ("endless", "1".repeat(300), Err("timestamp_malformed")),
    ];
    for (name, timestamp, expect) in cases {
        assert_eq!(verdict(&json!({}), &signed("events", &timestamp, b"[]")), expect, "{name}");
    }
}

#[test]
fn unsigned_mail_counts_only_where_the_path_is_secret() {
    let plain = |path: &str| request(path, Bytes::new(), &[]);
    let token = "a-secret-segment";
    let good = format!("inbound/{token}");
    let wrong = signed(&good, &NOW.to_string(), b"x");
    let wrong = WebhookRequest { body: Bytes::from_static(b"y"), ..wrong };
    let cases = [
        ("required", json!({"path_token": token}), plain(&good), Err("signature_missing")),
        (
            "by path",
            json!({"path_token": token, "inbound_signature": "path_secret_only"}),
            plain(&good),
            Ok(()),
        ),
        (
            "no token configured",
            json!({"inbound_signature": "path_secret_only"}),
            plain("inbound"),
            Err("path_token_not_configured"),
        ),
        (
            "another path",
            json!({"path_token": token, "inbound_signature": "path_secret_only"}),
            plain("inbound/x"),
            Err("path_token_wrong"),
        ),
        (
            "if present, absent",
            json!({"path_token": token, "inbound_signature": "if_present"}),
            plain(&good),
            Ok(()),
        ),
        (
            "if present, wrong",
            json!({"path_token": token, "inbound_signature": "if_present"}),
            wrong,
            Err("signature_wrong"),
        ),
        (
            "events always need one",
            json!({"path_token": token, "inbound_signature": "path_secret_only"}),
            plain(&format!("events/{token}")),
            Err("signature_missing"),
        ),
        (
            "no keys",
            json!({"public_keys": []}),
            signed("events", &NOW.to_string(), b"[]"),
            Err("signature_wrong"),
        ),
    ];
    for (name, settings, request, expect) in cases {
        assert_eq!(verdict(&settings, &request), expect, "{name}");
    }
}

#[test]
fn a_key_that_is_none_is_a_mistake_in_the_settings() {
    let error = (PLUGIN.build)(json!({ "public_keys": ["nonsense"] })).err().unwrap();
    assert_eq!(error.key.as_deref(), Some("public_keys"));
}

#[test]
fn no_secret_shows() {
    assert!(!format!("{:?}", settings(&json!({"path_token": "tok-1"}))).contains("-1\""));
}
