use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use omni_core::webhook::{Refusal, WebhookRequest};
use serde_json::{Value, json};

use super::super::signature::verify;
use super::{NOW, account, request};
use crate::shared::hmac;

const URL: &str = "https://gw.example.net/webhooks/messagebird/status?id=abc&status=delivered";
const KEY: &[u8] = b"example-signing-key";

fn word(result: Result<omni_core::webhook::Proof, Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.reason(), |_| "verified")
}

fn claims() -> Value {
    json!({
        "iss": "MessageBird", "nbf": NOW, "exp": NOW + 60, "jti": "j1",
        "url_hash": hmac::hex(&hmac::digest(URL.as_bytes())),
    })
}

fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mac = match header["alg"].as_str() {
        Some("HS384") => hmac::sha384(KEY, &[signed.as_bytes()]).to_vec(),
        Some("HS512") => hmac::sha512(KEY, &[signed.as_bytes()]).to_vec(),
        _ => hmac::sha256(KEY, &[signed.as_bytes()]).to_vec(),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}

fn with_token(token: &str, body: &str) -> WebhookRequest {
    let method = if body.is_empty() { "GET" } else { "POST" };
    request(method, URL, &[("messagebird-signature-jwt", token)], body)
}

#[test]
fn the_published_example_of_the_token_verifies() {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let hash = "f9b2c11d11bd1ba0d19b36980cac7202e4b100252d31770b33bf8fe2d570a03d";
    let claims = format!(
        r#"{{"iss":"MessageBird","nbf":1763650800,"exp":1763650860,"jti":"j1","url_hash":"{hash}"}}"#
    );
    let claims = URL_SAFE_NO_PAD.encode(claims);
    let token = format!("{header}.{claims}.U0_K7OKfmQRrPfPQfYp8aPyaKQX2fe1IJDMLHEHhxFs");
    let proof = verify(&account("rest"), &with_token(&token, "")).unwrap();
    let once = proof.once.unwrap();
    assert_eq!((once.token.as_str(), once.until.as_secs(), once.digest), ("j1", NOW + 65, None));
}

#[test]
fn a_token_must_be_exactly_right() {
    let good = json!({ "alg": "HS256", "typ": "JWT" });
    let body_hash = hmac::hex(&hmac::digest(b"x"));
    let change = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let cases = [
        ("as it should be", good.clone(), claims(), "", "verified"),
        ("HS384", json!({ "alg": "HS384" }), claims(), "", "verified"),
        ("HS512", json!({ "alg": "HS512" }), claims(), "", "verified"),
        ("a body and its hash", good.clone(), change("payload_hash", json!(body_hash)), "x", "verified"),
        ("at the end of the leeway", good.clone(), change("exp", json!(NOW - 5)), "", "verified"),
        ("at the start of the leeway", good.clone(), change("nbf", json!(NOW + 5)), "", "verified"),
        ("after the leeway", good.clone(), change("exp", json!(NOW - 6)), "", "expired"),
        ("before the leeway", good.clone(), change("nbf", json!(NOW + 6)), "", "not_yet_valid"),
        ("a body without its hash", good.clone(), claims(), "x", "payload_hash_wrong"),
        (
            "a hash without its body",
            good.clone(),
            change("payload_hash", json!(body_hash)),
            "",
            "payload_hash_wrong",
        ),
        (
            "an upper-case hash",
            good.clone(),
            change("payload_hash", json!(body_hash.to_uppercase())),
            "x",
            "payload_hash_wrong",
        ),
        ("another URL", good.clone(), change("url_hash", json!("00")), "", "url_hash_wrong"),
        ("another issuer", good.clone(), change("iss", json!("messagebird")), "", "jwt_claims"),
        ("no issuer", good.clone(), without("iss"), "", "jwt_claims"),
        ("no start", good.clone(), without("nbf"), "", "jwt_claims"),
        ("no end", good.clone(), without("exp"), "", "jwt_claims"),
        ("no URL", good.clone(), without("url_hash"), "", "jwt_claims"),
        ("an empty id", good.clone(), change("jti", json!("")), "", "jwt_claims"),
        ("an end that is text", good.clone(), change("exp", json!("1763650860")), "", "jwt_claims"),
        ("no algorithm", json!({ "alg": "none" }), claims(), "", "jwt_algorithm"),
        ("another family of algorithms", json!({ "alg": "RS256" }), claims(), "", "jwt_algorithm"),
        ("a lower-case algorithm", json!({ "alg": "hs256" }), claims(), "", "jwt_algorithm"),
        (
            "a key of the sender's choice",
            json!({ "alg": "HS256", "kid": "../../dev/null" }),
            claims(),
            "",
            "jwt_header",
        ),
        (
            "a key set elsewhere",
            json!({ "alg": "HS256", "jku": "https://evil.example" }),
            claims(),
            "",
            "jwt_header",
        ),
        ("another type", json!({ "alg": "HS256", "typ": "JWE" }), claims(), "", "jwt_header"),
    ];
    for (name, header, claims, body, expect) in cases {
        let request = with_token(&token(&header, &claims), body);
        assert_eq!(word(verify(&account("rest"), &request)), expect, "{name}");
    }
}

#[test]
fn a_token_must_be_whole_and_alone() {
    let good = token(&json!({ "alg": "HS256" }), &claims());
    let (signed, _) = good.rsplit_once('.').unwrap();
    let long = "a".repeat(9_000);
    let cases = [
        ("empty", "", "signature_missing"),
        ("no parts", "abc", "jwt_malformed"),
        ("two parts", "a.b", "jwt_malformed"),
        ("four parts", &format!("{good}.x"), "jwt_malformed"),
        ("no signature", &format!("{signed}."), "signature_wrong"),
        ("padded base64", &format!("{good}="), "jwt_malformed"),
        ("not ASCII", "é.é.é", "jwt_malformed"),
        ("too long", &long, "jwt_malformed"),
    ];
    for (name, token, expect) in cases {
        assert_eq!(word(verify(&account("rest"), &with_token(token, ""))), expect, "{name}");
    }
    let header = ("messagebird-signature-jwt", good.as_str());
    let twice = request("GET", URL, &[header, header], "");
    assert_eq!(word(verify(&account("rest"), &twice)), "header_repeated");
    assert_eq!(word(verify(&account("rest"), &request("PUT", URL, &[header], ""))), "method_not_allowed");
}

#[test]
fn a_claim_named_twice_is_no_claim() {
    let claims = format!(r#"{{"iss":"Evil",{}"#, claims().to_string().strip_prefix('{').unwrap());
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", part(r#"{"alg":"HS256"}"#), part(&claims));
    let mac = URL_SAFE_NO_PAD.encode(hmac::sha256(KEY, &[signed.as_bytes()]));
    let request = with_token(&format!("{signed}.{mac}"), "");
    assert_eq!(word(verify(&account("rest"), &request)), "jwt_claims");
}

#[test]
fn the_published_examples_of_the_other_schemes_verify() {
    let mut legacy = super::settings("rest");
    legacy["legacy_signature"] = json!(true);
    let legacy = super::Account::new(serde_json::from_value(legacy).unwrap()).unwrap();
    let at = NOW.to_string();
    let signed =
        |signature| [("messagebird-request-timestamp", at.as_str()), ("messagebird-signature", signature)];
    let get =
        request("GET", "https://h/?b=2&a=1", &signed("ydKiAWhUedOj1jIblirG7XTyo7r6BtGuJ+s5i8r3biw="), "");
    assert_eq!(word(verify(&legacy, &get)), "verified");

    let url = "https://gw.example.net/webhooks/messagebird/bird";
    let post = request("POST", url, &signed("2i/20O204ujdu7myWNaVmL+d/qafoErgMC4wU/X5Up4="), r#"{"a":1}"#);
    assert_eq!(word(verify(&account("bird"), &post)), "verified");
    // The headers are the same, the second line is not: one scheme never passes for the other.
    assert_eq!(word(verify(&legacy, &post)), "signature_wrong");

    let headers = [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", at.as_str()),
        ("webhook-signature", "v1,PzypN+P7IIa7doz+L/RgL+2IpzNhEE6PSYsNB30wtgk="),
    ];
    let post = request("POST", url, &headers, r#"{"a":1}"#);
    let once = verify(&account("platform"), &post).unwrap().once.unwrap();
    assert_eq!(once.token, "msg_1");
    assert_eq!(once.digest, Some(hmac::digest(br#"{"a":1}"#)), "a retry with the same body is harmless");
    assert!(once.until.as_secs() >= NOW + 72 * 3_600);
}

#[test]
fn timestamps_are_plain_and_near() {
    let cases = [
        (NOW - 300, "verified"),
        (NOW + 300, "verified"),
        (NOW - 301, "timestamp_out_of_window"),
        (NOW + 301, "timestamp_out_of_window"),
    ];
    let url = "https://h/";
    let sign = |at: &str| {
        let body = hmac::digest(b"");
        STANDARD.encode(hmac::sha256(KEY, &[at.as_bytes(), b"\n", url.as_bytes(), b"\n", &body]))
    };
    for (at, expect) in cases {
        let at = at.to_string();
        let signature = sign(&at);
        let headers = [("messagebird-request-timestamp", at.as_str()), ("messagebird-signature", &signature)];
        assert_eq!(word(verify(&account("bird"), &request("POST", url, &headers, ""))), expect, "{at}");
    }
    for at in ["+1763650800", "1763650800.0", " 1763650800", "99999999999999999999", "é"] {
        let signature = sign(at);
        let headers = [("messagebird-request-timestamp", at), ("messagebird-signature", &signature)];
        let result = verify(&account("bird"), &request("POST", url, &headers, ""));
        assert_eq!(word(result), "timestamp_malformed", "{at}");
    }
}

#[test]
fn without_a_key_nothing_verifies() {
    for keys in [json!([]), json!([""])] {
        let mut settings = super::settings("bird");
        settings["signing_keys"] = keys;
        let account = super::Account::new(serde_json::from_value(settings).unwrap()).unwrap();
        let signature =
            STANDARD.encode(hmac::sha256(b"", &[b"1763650800\nhttps://h/\n", &hmac::digest(b"")]));
        let headers =
            [("messagebird-request-timestamp", "1763650800"), ("messagebird-signature", &signature)];
        assert_eq!(word(verify(&account, &request("POST", "https://h/", &headers, ""))), "no_signing_key");
    }
    // Nothing behind the prefix: an empty key, with which anybody can sign.
    let mut settings = super::settings("platform");
    settings["signing_keys"] = json!(["whsec_"]);
    let account = super::Account::new(serde_json::from_value(settings).unwrap()).unwrap();
    let signature = format!("v1,{}", STANDARD.encode(hmac::sha256(b"", &[b"m1.1763650800."])));
    let headers =
        [("webhook-id", "m1"), ("webhook-timestamp", "1763650800"), ("webhook-signature", &signature)];
    assert_eq!(word(verify(&account, &request("POST", "https://h/", &headers, ""))), "no_signing_key");
}
