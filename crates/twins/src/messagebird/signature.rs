//! How the three generations sign their callbacks.
//!
//! | generation | header | over |
//! |---|---|---|
//! | `rest` | `MessageBird-Signature-JWT`, good for a minute | hashes of URL and body |
//! | `bird` | `MessageBird-Signature` | timestamp, URL, hash of the body |
//! | `platform` | `Webhook-Signature` (Standard Webhooks) | id, timestamp, body |

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use omni_core::time::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::dice::hex;

/// How long a token is good, in seconds.
const TOKEN_LIVES: i64 = 60;

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    nbf: i64,
    exp: i64,
    jti: &'a str,
    url_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_hash: Option<String>,
}

/// The token of a `rest` callback; `jti` makes it good for one use.
pub(super) fn token(key: &str, url: &str, body: &[u8], now: Timestamp, jti: &str) -> String {
    let claims = Claims {
        iss: "MessageBird",
        nbf: now.as_secs(),
        exp: now.as_secs().saturating_add(TOKEN_LIVES),
        jti,
        url_hash: hex(&Sha256::digest(url)),
        payload_hash: (!body.is_empty()).then(|| hex(&Sha256::digest(body))),
    };
    let claims = serde_json::to_vec(&claims).expect("our wire types serialise");
    let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let mac = mac(key.as_bytes(), &[signed.as_bytes()]);
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// The signature of a `bird` notification.
pub(super) fn notification(key: &str, url: &str, body: &[u8], now: Timestamp) -> String {
    let timestamp = now.as_secs().to_string();
    let digest = Sha256::digest(body);
    STANDARD.encode(mac(key.as_bytes(), &[timestamp.as_bytes(), b"\n", url.as_bytes(), b"\n", &digest]))
}

/// The signature of a `platform` event; `key` is what `whsec_` stands before, decoded.
pub(super) fn standard_webhook(key: &[u8], id: &str, body: &[u8], now: Timestamp) -> String {
    let timestamp = now.as_secs().to_string();
    let mac = mac(key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
    format!("v1,{}", STANDARD.encode(mac))
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_763_650_800);
    const KEY: &str = "example-signing-key";

    #[test]
    fn a_token_as_in_the_worked_example() {
        let url = "https://gw.example.net/webhooks/messagebird/status?id=abc&status=delivered";
        let token = token(KEY, url, b"", NOW, "j1");
        let parts: Vec<&str> = token.split('.').collect();
        let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        let expect = r#"{"iss":"MessageBird","nbf":1763650800,"exp":1763650860,"jti":"j1","url_hash":"f9b2c11d11bd1ba0d19b36980cac7202e4b100252d31770b33bf8fe2d570a03d"}"#;
        assert_eq!(String::from_utf8(claims).unwrap(), expect);
        assert_eq!(parts[2], "U0_K7OKfmQRrPfPQfYp8aPyaKQX2fe1IJDMLHEHhxFs");
    }

    #[test]
    fn only_a_body_has_a_payload_hash() {
        let with_body = token(KEY, "https://x/", b"id=1", NOW, "j1");
        let claims = URL_SAFE_NO_PAD.decode(with_body.split('.').nth(1).unwrap()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["payload_hash"], hex(&Sha256::digest("id=1")));
    }

    #[test]
    fn a_notification_as_in_the_worked_example() {
        let url = "https://gw.example.net/webhooks/messagebird/bird";
        let signature = notification(KEY, url, br#"{"a":1}"#, NOW);
        assert_eq!(signature, "2i/20O204ujdu7myWNaVmL+d/qafoErgMC4wU/X5Up4=");
    }

    #[test]
    fn an_event_as_in_the_worked_example() {
        let key = STANDARD.decode("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").unwrap();
        let signature = standard_webhook(&key, "msg_1", br#"{"a":1}"#, NOW);
        assert_eq!(signature, "v1,PzypN+P7IIa7doz+L/RgL+2IpzNhEE6PSYsNB30wtgk=");
    }
}
