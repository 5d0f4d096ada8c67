//! Bearer tokens of our own: made by the token endpoint, shown with every callback.
//!
//! A token is its end and a keyed digest of it, so nothing has to be stored and every node
//! with the same settings takes it: base64url of `end (8 bytes, seconds) ‖ HMAC-SHA256(key,
//! end ‖ client id)`. The key is derived from the client secret that fetched the token; when
//! the secret is replaced, tokens live as long as the old one stays in the settings.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use omni_core::secret::Secret;
use omni_core::time::Timestamp;
use omni_core::webhook::{Refusal, WebhookReply, WebhookRequest};

use super::account::{BearerMode, Oauth};
use crate::shared::hmac;

/// What the key is for: no other use of the client secret can be taken for a token.
const PURPOSE: &[u8] = b"omniservice/sendgrid/webhook access token/1";
/// A token is taken for so long after its end: a mail whose token ended on its way would be
/// refused, and nobody promises that SendGrid repeats a mail after a 401.
const GRACE: Duration = Duration::from_secs(300);
/// The length of a token: 8 + 32 bytes in base64.
const LENGTH: usize = 54;

/// A token that is good until `ends`, keyed with `secret`.
pub(super) fn mint(client_id: &str, secret: &Secret, ends: Timestamp) -> String {
    let ends = ends.as_secs().to_be_bytes();
    URL_SAFE_NO_PAD.encode([&ends[..], &mac(client_id, secret, ends)].concat())
}

fn mac(client_id: &str, secret: &Secret, ends: [u8; 8]) -> [u8; 32] {
    let key = hmac::sha256(secret.expose().as_bytes(), &[PURPOSE]);
    hmac::sha256(&key, &[&ends, client_id.as_bytes()])
}

/// Whether a good token came with the callback. `false`: there is none, and none has to be.
pub(super) fn is_shown(oauth: &Oauth, request: &WebhookRequest) -> Result<bool, Refusal> {
    let shown = match request.header_count("authorization") {
        0 => None,
        1 => request.header("authorization").ok_or(Refusal::Unverified("bearer_malformed"))?.split_once(' '),
        _ => return Err(Refusal::Unverified("bearer_repeated")),
    };
    // Another scheme is no bearer token: credentials in the webhook's URL arrive as `Basic`.
    match shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        Some((_, shown)) => verify(oauth, shown.trim(), request.received_at).map(|()| true),
        None if oauth.mode == BearerMode::IfPresent => Ok(false),
        None => Err(Refusal::Unverified("bearer_missing")),
    }
}

fn verify(oauth: &Oauth, shown: &str, now: Timestamp) -> Result<(), Refusal> {
    let (ends, shown_mac) = parts(shown).ok_or(Refusal::Unverified("bearer_malformed"))?;
    // Both secrets are always tried: the time does not tell which one it was.
    let good = oauth
        .secrets()
        .fold(false, |good, secret| good | hmac::equal(&mac(&oauth.client_id, secret, ends), &shown_mac));
    let ends = Timestamp::from_secs(i64::from_be_bytes(ends));
    match good {
        false => Err(Refusal::Unverified("bearer_wrong")),
        true if now >= ends + GRACE => Err(Refusal::Unverified("bearer_expired")),
        true => Ok(()),
    }
}

/// The answer to a refused callback. One that lacks a good token hears so in the words of
/// RFC 6750, section 3, so that a client fetches another one.
pub(super) fn refuse(refusal: &Refusal) -> WebhookReply {
    let mut reply = WebhookReply::empty(match refusal {
        Refusal::Unverified(_) | Refusal::Replayed(_) => 401,
        Refusal::Forbidden(_) => 403,
        Refusal::Method => 405,
    });
    let reason = refusal.reason();
    if reason.starts_with("bearer_") {
        let error = if reason == "bearer_missing" { "" } else { r#", error="invalid_token""# };
        let challenge = format!(r#"Bearer realm="omniservice webhooks"{error}"#);
        reply.headers.push(("www-authenticate", challenge));
    }
    reply
}

fn parts(shown: &str) -> Option<([u8; 8], [u8; 32])> {
    if shown.len() != LENGTH {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(shown).ok()?;
    let (ends, mac) = bytes.split_at_checked(8)?;
    Some((ends.try_into().ok()?, mac.try_into().ok()?))
}
