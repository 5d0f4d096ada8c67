//! Proof that Meta sent a request: the signature of callbacks, and the set-up handshake.

use omni_core::secret::Secret;
use omni_core::webhook::{Proof, Refusal, WebhookReply, WebhookRequest};

use crate::shared::{form, hmac};

/// Checks `X-Hub-Signature-256` over the raw body. Any of the secrets may have signed: an
/// app's secret is replaced without a pause. The older `X-Hub-Signature` (SHA-1) proves
/// nothing here.
pub(super) fn verify(secrets: &[Secret], request: &WebhookRequest) -> Result<Proof, Refusal> {
    if request.method != "POST" {
        return Err(Refusal::Method);
    }
    let header = request.header("x-hub-signature-256").ok_or(Refusal::Unverified("signature_missing"))?;
    let presented: [u8; 32] = header
        .strip_prefix("sha256=")
        .and_then(hmac::unhex)
        .ok_or(Refusal::Unverified("signature_malformed"))?;
    let signed = |secret: &Secret| {
        !secret.is_empty()
            && hmac::equal(&hmac::sha256(secret.expose().as_bytes(), &[&request.body]), &presented)
    };
    if secrets.iter().any(signed) {
        Ok(Proof::default())
    } else {
        Err(Refusal::Unverified("signature_wrong"))
    }
}

/// Answers Meta's `GET` when the callback URL is set up: the challenge verbatim if the token
/// is ours, `403` if not, `400` if a parameter is missing or doubled.
pub(super) fn handshake(token: &Secret, request: &WebhookRequest) -> Option<WebhookReply> {
    if request.method != "GET" {
        return None;
    }
    let query = form::decode(request.query().as_bytes());
    let only = |name: &str| {
        let mut values = query.iter().filter(|(n, _)| n == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    };
    let (Some(mode), Some(challenge), Some(presented)) =
        (only("hub.mode"), only("hub.challenge"), only("hub.verify_token"))
    else {
        return Some(WebhookReply::empty(400));
    };
    if mode != "subscribe" || !token.matches(presented.as_bytes()) {
        return Some(WebhookReply::empty(403));
    }
    // The challenge comes from outside: no browser may ever read it as a page.
    let mut reply = WebhookReply::text(200, "text/plain; charset=utf-8", challenge.clone());
    reply.headers.push(("x-content-type-options", "nosniff".into()));
    Some(reply)
}
