//! The proof of a callback: a token over a random id, or a fixed header.

use std::time::Duration;

use omni_core::secret::Secret;
use omni_core::webhook::{Once, Proof, Refusal, WebhookRequest};

use super::{Mode, Settings};
use crate::shared::hmac;

/// How long a `messageID` is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);

pub(super) fn verify(settings: &Settings, request: &WebhookRequest) -> Result<Proof, Refusal> {
    let auth = &settings.auth;
    let keys = auth.keys.as_deref().unwrap_or(std::slice::from_ref(&settings.api_key));
    match auth.mode {
        Mode::StaticHeader => {
            let name = auth.header_name.as_deref().unwrap_or("authorization").to_ascii_lowercase();
            verify_header(request, &name, keys)
        }
        Mode::Sha256Concat => verify_token(request, keys, |key, id| hmac::digest(&[key, id].concat())),
        Mode::HmacSha256 => verify_token(request, keys, |key, id| hmac::sha256(key, &[id])),
    }
}

/// The configured value, whole; exactly one occurrence.
fn verify_header(request: &WebhookRequest, name: &str, values: &[Secret]) -> Result<Proof, Refusal> {
    if request.header_count(name) > 1 {
        return Err(Refusal::Unverified("header_repeated"));
    }
    let presented = request.header(name).ok_or(Refusal::Unverified("header_missing"))?;
    let matched = values.iter().fold(false, |matched, value| matched | value.matches(presented.as_bytes()));
    if matched { Ok(Proof::default()) } else { Err(Refusal::Unverified("header_wrong")) }
}

/// Lower-case hex of `digest(key, messageID)`. An empty key proves nothing: anybody can
/// compute with it.
fn verify_token(
    request: &WebhookRequest,
    keys: &[Secret],
    digest: impl Fn(&[u8], &[u8]) -> [u8; 32],
) -> Result<Proof, Refusal> {
    let one = |name, missing| {
        request.header(name).filter(|value| !value.is_empty()).ok_or(Refusal::Unverified(missing))
    };
    let id = one("messageid", "message_id_missing")?;
    let token = one("verificationtoken", "token_missing")?;
    let matched = keys.iter().filter(|key| !key.is_empty()).fold(false, |matched, key| {
        let expected = hmac::hex(&digest(key.expose().as_bytes(), id.as_bytes()));
        matched | hmac::equal(expected.as_bytes(), token.as_bytes())
    });
    if !matched {
        return Err(Refusal::Unverified("token_wrong"));
    }
    // The token does not cover the body: one observed pair must not carry another message.
    let once = Once {
        token: id.to_owned(),
        until: request.received_at + REMEMBERED,
        digest: Some(hmac::digest(&request.body)),
    };
    Ok(Proof { once: Some(once) })
}
