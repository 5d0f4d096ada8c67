//! ECDSA P-256 over the timestamp header and the raw body.
//!
//! Signatures are ASN.1 DER in base64. Both halves of the curve are accepted (SendGrid does
//! not normalise), the 64-byte form is not.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::time::Timestamp;
use omni_core::webhook::{Proof, Refusal, WebhookRequest};
use p256::ecdsa::signature::DigestVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use sha2::{Digest, Sha256};

use super::account::{InboundSignature, Settings};

/// The public keys in force.
pub(super) struct Keys(Vec<VerifyingKey>);

impl Keys {
    /// Reads keys as the console shows them (base64 of `SubjectPublicKeyInfo`) or in PEM
    /// armour; `None` if one is neither. Empty ones are left out.
    pub(super) fn read(keys: &[String]) -> Option<Self> {
        let written = keys.iter().map(|key| key.trim()).filter(|key| !key.is_empty());
        written.map(read_key).collect::<Option<Vec<_>>>().map(Self)
    }
}

fn read_key(text: &str) -> Option<VerifyingKey> {
    if text.starts_with("-----BEGIN") {
        return VerifyingKey::from_public_key_pem(text).ok();
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    VerifyingKey::from_public_key_der(&STANDARD.decode(compact).ok()?).ok()
}

/// What may prove a request that is not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead {
    /// A bearer token came with it, and was good.
    Bearer,
    /// The secret path, if one is configured; the caller has compared it.
    Path,
    /// Nothing: only a signature proves this kind of request.
    Nothing,
}

pub(super) fn verify(
    settings: &Settings,
    keys: &Keys,
    request: &WebhookRequest,
    mode: InboundSignature,
    instead: Instead,
) -> Result<Proof, Refusal> {
    let signature_name = settings.signature_header.to_ascii_lowercase();
    let timestamp_name = settings.timestamp_header.to_ascii_lowercase();
    let unsigned = request.header_count(&signature_name) == 0 && request.header_count(&timestamp_name) == 0;
    let without = match mode {
        InboundSignature::Required => false,
        InboundSignature::IfPresent => unsigned,
        InboundSignature::PathSecretOnly => true,
    };
    if without {
        let has_path = settings.path_token.as_ref().is_some_and(|token| !token.is_empty());
        return match instead {
            Instead::Bearer => Ok(Proof::default()),
            Instead::Path if has_path => Ok(Proof::default()),
            Instead::Path => Err(Refusal::Unverified("path_token_not_configured")),
            Instead::Nothing => Err(Refusal::Unverified("signature_missing")),
        };
    }
    let signature = request.header(&signature_name).ok_or(Refusal::Unverified("signature_missing"))?;
    let timestamp = request.header(&timestamp_name).ok_or(Refusal::Unverified("timestamp_missing"))?;
    check_signature(keys, signature, timestamp, &request.body)?;
    check_age(settings, timestamp, request.received_at)?;
    Ok(Proof::default())
}

fn check_signature(keys: &Keys, signature: &str, timestamp: &str, body: &[u8]) -> Result<(), Refusal> {
    let der = STANDARD.decode(signature).map_err(|_| Refusal::Unverified("signature_malformed"))?;
    let signature = Signature::from_der(&der).map_err(|_| Refusal::Unverified("signature_malformed"))?;
    let digest = Sha256::new().chain_update(timestamp).chain_update(body);
    let genuine = |key: &VerifyingKey| key.verify_digest(digest.clone(), &signature).is_ok();
    if keys.0.iter().any(genuine) { Ok(()) } else { Err(Refusal::Unverified("signature_wrong")) }
}

/// Plain digits only: what is signed must have one reading.
fn check_age(settings: &Settings, timestamp: &str, now: Timestamp) -> Result<(), Refusal> {
    let plain = (1..=12).contains(&timestamp.len())
        && timestamp.bytes().all(|b| b.is_ascii_digit())
        && (timestamp == "0" || !timestamp.starts_with('0'));
    let secs = timestamp.parse().ok().filter(|_| plain).ok_or(Refusal::Unverified("timestamp_malformed"))?;
    let signed = Timestamp::from_secs(secs);
    if now.since(signed) > Duration::from_secs(settings.tolerance_past_s) {
        Err(Refusal::Unverified("timestamp_too_old"))
    } else if signed.since(now) > Duration::from_secs(settings.tolerance_future_s) {
        Err(Refusal::Unverified("timestamp_ahead"))
    } else {
        Ok(())
    }
}
