//! The carriers' side: proving a request, written from their documentation (the adapters
//! hold the other side).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use omni_adapters::shared::{form, hmac};
use omni_core::time::Timestamp;
use omni_core::webhook::WebhookRequest;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Signer as _;
use serde_json::{Value, json};

use super::samples::{Sample, signing_key};

/// The date of all requests here: 2025-11-20T15:00:00Z.
pub(crate) const NOW: i64 = 1_763_650_800;

/// A request without any proof.
pub(crate) fn request(
    method: &str,
    url: String,
    content_type: &str,
    body: impl Into<Bytes>,
) -> WebhookRequest {
    WebhookRequest {
        method: method.into(),
        url,
        headers: vec![("content-type".into(), Bytes::copy_from_slice(content_type.as_bytes()))],
        body: body.into(),
        peer: None,
        received_at: Timestamp::from_secs(NOW),
    }
}

/// Adds what `sample`'s carrier would: headers, and for some a member of the body or a part
/// of the URL.
pub(crate) fn sign(sample: &Sample, request: &mut WebhookRequest) {
    match sample.carrier {
        "whatsapp" => whatsapp(sample, request),
        "twilio" => twilio(sample, request),
        "bandwidth" => bandwidth(sample, request),
        "livechat" => livechat(sample, request),
        "sendgrid" => sendgrid(sample, request),
        "inteliquent" => inteliquent(sample, request),
        "messagebird" => messagebird(sample, request),
        other => panic!("nobody knows how {other} signs: add it here"),
    }
}

fn add(request: &mut WebhookRequest, name: &str, value: String) {
    request.headers.retain(|(known, _)| known != name);
    request.headers.push((name.into(), value.into()));
}

fn text<'a>(settings: &'a Value, pointer: &str) -> &'a str {
    settings.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}"))
}

fn whatsapp(sample: &Sample, request: &mut WebhookRequest) {
    let mac = hmac::sha256(text(&sample.settings, "/app_secrets/0").as_bytes(), &[&request.body]);
    add(request, "x-hub-signature-256", format!("sha256={}", hmac::hex(&mac)));
}

fn twilio(sample: &Sample, request: &mut WebhookRequest) {
    let is_form = request.media_type() == "application/x-www-form-urlencoded";
    let mut fields = std::collections::BTreeSet::new();
    if request.method == "POST" && is_form {
        fields.extend(url::form_urlencoded::parse(&request.body).into_owned());
    } else if !request.body.is_empty() {
        let separator = if request.url.contains('?') { '&' } else { '?' };
        let digest = hmac::hex(&hmac::digest(&request.body));
        request.url = format!("{}{separator}bodySHA256={digest}", request.url);
    }
    // Each distinct value with its name before it, both sorted.
    let mut signed = request.url.clone();
    for (name, value) in &fields {
        signed.push_str(name);
        signed.push_str(value);
    }
    let mac = hmac::sha1(text(&sample.settings, "/auth_tokens/0").as_bytes(), &[signed.as_bytes()]);
    add(request, "x-twilio-signature", STANDARD.encode(mac));
}

fn bandwidth(sample: &Sample, request: &mut WebhookRequest) {
    let slot = if request.path().split('/').any(|s| s == "status") { "status" } else { "inbound" };
    let password = text(&sample.settings, &format!("/{slot}_credentials/0/password"));
    let pair = STANDARD.encode(format!("acme:{password}"));
    add(request, "authorization", format!("Basic {pair}"));
    add_path_token(sample, request);
}

/// Puts the secret segment at the end of the path.
fn add_path_token(sample: &Sample, request: &mut WebhookRequest) {
    let token = text(&sample.settings, "/path_token");
    let (url, query) = match request.url.split_once('?') {
        Some((url, query)) => (url, format!("?{query}")),
        None => (request.url.as_str(), String::new()),
    };
    request.url = format!("{}/{token}{query}", url.trim_end_matches('/'));
}

/// The secret is a member of the body, so the body is a JSON object without it.
fn livechat(sample: &Sample, request: &mut WebhookRequest) {
    let secrets = sample.settings["webhook_secrets"].as_object().expect("a table");
    let (id, secrets) = secrets.iter().next().expect("a webhook");
    if let Some(at) = request.body.iter().position(|b| *b == b'{') {
        let (before, after) = (&request.body[..=at], &request.body[at + 1..]);
        let is_empty = after.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'}');
        let comma = if is_empty { "" } else { "," };
        let proof = format!("\"webhook_id\":{},\"secret_key\":{}{comma}", json!(id), secrets[0]);
        request.body = [before, proof.as_bytes(), after].concat().into();
    }
    add_path_token(sample, request);
}

fn sendgrid(sample: &Sample, request: &mut WebhookRequest) {
    let timestamp = NOW.to_string();
    let signed = [timestamp.as_bytes(), &request.body].concat();
    let signature: Signature = signing_key(&sample.salt).sign(&signed);
    let encoded = STANDARD.encode(signature.to_der());
    add(request, "x-twilio-email-event-webhook-signature", encoded);
    add(request, "x-twilio-email-event-webhook-timestamp", timestamp);
    add(request, "authorization", format!("Bearer {}", token(sample)));
}

/// A token from the connection's own endpoint, fetched as SendGrid would.
fn token(sample: &Sample) -> String {
    let oauth = &sample.settings["oauth"];
    let client = [("client_id", text(oauth, "/client_id")), ("client_secret", text(oauth, "/client_secret"))];
    let form = form::encode([("grant_type", "client_credentials")].into_iter().chain(client));
    let url = "https://gw.example.net/webhooks/sendgrid/acme/oauth/token".to_owned();
    let asking = self::request("POST", url, "application/x-www-form-urlencoded", form);
    let reply = sample.build().handshake(&asking).expect("the token URL");
    let answer: Value = serde_json::from_slice(&reply.body).expect("JSON");
    text(&answer, "/access_token").to_owned()
}

fn inteliquent(sample: &Sample, request: &mut WebhookRequest) {
    let key = text(&sample.settings, "/auth/keys/0").as_bytes();
    let id = b"0d4f7b1e-6a2c-4f83-9b55-1c7e2d9a4410";
    let token = match sample.kind {
        "sha256-concat" => hmac::digest(&[key, id].concat()),
        "hmac-sha256" => hmac::sha256(key, &[id]),
        _ => {
            add(request, "authorization", String::from_utf8_lossy(key).into_owned());
            return add_path_token(sample, request);
        }
    };
    add(request, "messageid", String::from_utf8_lossy(id).into_owned());
    add(request, "verificationtoken", hmac::hex(&token));
    add_path_token(sample, request);
}

fn messagebird(sample: &Sample, request: &mut WebhookRequest) {
    let key = text(&sample.settings, "/signing_keys/0").as_bytes();
    let now = NOW.to_string();
    let digest = hmac::digest(&request.body);
    let lines = |second: &str| {
        STANDARD.encode(hmac::sha256(key, &[now.as_bytes(), b"\n", second.as_bytes(), b"\n", &digest]))
    };
    match sample.kind {
        "rest" => {
            let token = jwt(key, request);
            add(request, "messagebird-signature-jwt", token);
        }
        "platform" => {
            let encoded = text(&sample.settings, "/signing_keys/0").trim_start_matches("whsec_");
            let key = STANDARD.decode(encoded).expect("base64");
            let mac = hmac::sha256(&key, &[b"msg_1", b".", now.as_bytes(), b".", &request.body]);
            add(request, "webhook-id", "msg_1".into());
            add(request, "webhook-timestamp", now);
            add(request, "webhook-signature", format!("v1,{}", STANDARD.encode(mac)));
        }
        kind => {
            let second = if kind == "bird" { request.url.clone() } else { sorted_query(request) };
            let signature = lines(&second);
            add(request, "messagebird-signature", signature);
            add(request, "messagebird-request-timestamp", now);
        }
    }
}

fn jwt(key: &[u8], request: &WebhookRequest) -> String {
    let hash = |bytes: &[u8]| hmac::hex(&hmac::digest(bytes));
    let mut claims = json!({
        "iss": "MessageBird", "nbf": NOW, "exp": NOW + 60, "jti": "j1", "url_hash": hash(request.url.as_bytes()),
    });
    if !request.body.is_empty() {
        claims["payload_hash"] = json!(hash(&request.body));
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(&claims));
    let mac = URL_SAFE_NO_PAD.encode(hmac::sha256(key, &[signed.as_bytes()]));
    format!("{signed}.{mac}")
}

fn sorted_query(request: &WebhookRequest) -> String {
    let mut pairs: Vec<_> = url::form_urlencoded::parse(request.query().as_bytes()).into_owned().collect();
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
