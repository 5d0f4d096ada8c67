//! Is a callback from MessageBird? Four schemes, chosen by configuration.
//!
//! All of them cover the whole body; the first three cover the public URL or its query too,
//! so the URL must be the one that the carrier called, not the one behind a proxy.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::time::Timestamp;
use omni_core::webhook::{Once, Proof, Refusal, WebhookRequest};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::account::{Account, Generation};
use super::jwt;
use crate::shared::{form, hmac};

/// How long a message id of the platform is remembered: its retries span 27 hours, and its
/// owner may replay events later.
const REMEMBERED: Duration = Duration::from_secs(72 * 3_600);

/// Answers what the request's signature proves.
pub(super) fn verify(account: &Account, request: &WebhookRequest) -> Result<Proof, Refusal> {
    let generation = account.generation();
    match request.method.as_str() {
        "POST" => {}
        "GET" if generation == Generation::Rest => {}
        _ => return Err(Refusal::Method),
    }
    if account.keys.is_empty() {
        return Err(Refusal::Unverified("no_signing_key"));
    }
    match generation {
        Generation::Rest if account.settings.legacy_signature => legacy(account, request),
        Generation::Rest => token(account, request),
        Generation::Bird => notification(account, request),
        Generation::Platform => standard_webhook(account, request),
    }
}

/// `MessageBird-Signature-JWT`: claims over URL and body, each token good for one use.
fn token(account: &Account, request: &WebhookRequest) -> Result<Proof, Refusal> {
    let token = header(request, "messagebird-signature-jwt")?;
    let claims = jwt::open(token, &account.keys)?;
    if claims.iss != "MessageBird" || claims.jti.is_empty() {
        return Err(Refusal::Unverified("jwt_claims"));
    }
    let leeway = Duration::from_secs(account.settings.leeway_s);
    let until = Timestamp::from_secs(claims.exp) + leeway;
    if request.received_at + leeway < Timestamp::from_secs(claims.nbf) {
        return Err(Refusal::Unverified("not_yet_valid"));
    }
    if request.received_at > until {
        return Err(Refusal::Unverified("expired"));
    }
    if !is_hex_digest(&claims.url_hash, request.url.as_bytes()) {
        return Err(Refusal::Unverified("url_hash_wrong"));
    }
    let payload_matches = match &claims.payload_hash {
        Some(hash) => !request.body.is_empty() && is_hex_digest(hash, &request.body),
        None => request.body.is_empty(),
    };
    if !payload_matches {
        return Err(Refusal::Unverified("payload_hash_wrong"));
    }
    // MessageBird signs every delivery anew, its retries too: no token comes twice.
    Ok(Proof { once: Some(Once { token: claims.jti, until, digest: None }) })
}

/// Whether `hex` is the lower-case SHA-256 of `bytes`.
fn is_hex_digest(hex: &str, bytes: &[u8]) -> bool {
    hmac::equal(hex.as_bytes(), hmac::hex(&hmac::digest(bytes)).as_bytes())
}

/// The deprecated scheme: timestamp, sorted query and digest of the body, a line each.
fn legacy(account: &Account, request: &WebhookRequest) -> Result<Proof, Refusal> {
    let query = sorted_query(request.query());
    lines(account, request, query.as_bytes(), 60)
}

/// Bird's notifications: the same headers, but the second line is the URL.
fn notification(account: &Account, request: &WebhookRequest) -> Result<Proof, Refusal> {
    lines(account, request, request.url.as_bytes(), 300)
}

fn lines(
    account: &Account,
    request: &WebhookRequest,
    second: &[u8],
    tolerance: u64,
) -> Result<Proof, Refusal> {
    let signature = header(request, "messagebird-signature")?;
    let signature = STANDARD.decode(signature).map_err(|_| Refusal::Unverified("signature_malformed"))?;
    let timestamp = header(request, "messagebird-request-timestamp")?;
    recent(account, request, timestamp, tolerance)?;
    let body = hmac::digest(&request.body);
    let parts: [&[u8]; 5] = [timestamp.as_bytes(), b"\n", second, b"\n", &body];
    signed(account, &parts, |expected| hmac::equal(expected, &signature))
}

/// Standard Webhooks: `v1,<base64>` entries, any one of which may be ours; other versions
/// are skipped. The message id is the same in retries.
fn standard_webhook(account: &Account, request: &WebhookRequest) -> Result<Proof, Refusal> {
    let id = header(request, "webhook-id")?;
    let timestamp = header(request, "webhook-timestamp")?;
    let entries = header(request, "webhook-signature")?;
    recent(account, request, timestamp, 300)?;
    let presented: Vec<Vec<u8>> = entries
        .split(' ')
        .filter_map(|entry| STANDARD.decode(entry.strip_prefix("v1,")?).ok())
        .filter(|signature| signature.len() == 32)
        .collect();
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", &request.body];
    signed(account, &parts, |expected| presented.iter().any(|one| hmac::equal(expected, one)))?;
    let once = Once {
        token: id.to_owned(),
        until: request.received_at + REMEMBERED,
        digest: Some(hmac::digest(&request.body)),
    };
    Ok(Proof { once: Some(once) })
}

/// Whether any of the keys gives a MAC that `matches`.
fn signed(account: &Account, parts: &[&[u8]], matches: impl Fn(&[u8]) -> bool) -> Result<Proof, Refusal> {
    let found = account.keys.iter().fold(false, |found, key| found | matches(&hmac::sha256(key, parts)));
    if found { Ok(Proof::default()) } else { Err(Refusal::Unverified("signature_wrong")) }
}

/// The one value of a header that must be there.
fn header<'a>(request: &'a WebhookRequest, name: &str) -> Result<&'a str, Refusal> {
    match request.header(name).filter(|value| !value.is_empty()) {
        Some(value) => Ok(value),
        None if request.header_count(name) > 1 => Err(Refusal::Unverified("header_repeated")),
        None => Err(Refusal::Unverified("signature_missing")),
    }
}

/// Unix seconds within the tolerance, in either direction.
fn recent(
    account: &Account,
    request: &WebhookRequest,
    timestamp: &str,
    tolerance: u64,
) -> Result<(), Refusal> {
    let digits = timestamp.bytes().all(|b| b.is_ascii_digit());
    let secs = if digits { timestamp.parse::<i64>().ok() } else { None };
    let signed_at = Timestamp::from_secs(secs.ok_or(Refusal::Unverified("timestamp_malformed"))?);
    let tolerance = Duration::from_secs(account.settings.tolerance_s.unwrap_or(tolerance));
    let now = request.received_at;
    let apart = now.since(signed_at).max(signed_at.since(now));
    if apart > tolerance { Err(Refusal::Unverified("timestamp_out_of_window")) } else { Ok(()) }
}

/// The query as the legacy scheme signs it: decoded, sorted by name (equal names keep their
/// order), encoded again as a form.
fn sorted_query(query: &str) -> String {
    // What Python's and Go's form encoders leave as it is; ours leaves `*` instead of `~`.
    const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let mut pairs = form::decode(query.as_bytes());
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    let encode = |text: &str| {
        let words: Vec<String> =
            text.split(' ').map(|word| utf8_percent_encode(word, FORM).to_string()).collect();
        words.join("+")
    };
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}
