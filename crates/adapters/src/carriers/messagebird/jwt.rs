//! The compact JSON Web Signature that MessageBird puts into a header, and nothing more of
//! that standard: three HMAC algorithms, one issuer, the six claims, no key hints.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use omni_core::webhook::Refusal;
use serde::Deserialize;

use crate::shared::hmac;

/// Longest token that is looked at; real ones have about 500 bytes.
const LONGEST: usize = 8 * 1024;

/// What a token with a good signature claims. All but `payload_hash` are required, a claim
/// named twice is refused, further claims are ignored.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    /// The issuer.
    pub(super) iss: String,
    /// Valid from, unix seconds.
    pub(super) nbf: i64,
    /// Valid until, unix seconds.
    pub(super) exp: i64,
    /// The token's own id.
    pub(super) jti: String,
    /// Hex SHA-256 of the public URL as called.
    pub(super) url_hash: String,
    /// Hex SHA-256 of the body; absent if there is none.
    pub(super) payload_hash: Option<String>,
}

/// `kid`, `jku` and their kin would let the sender say which key proves it, and `crit` names
/// demands that we do not know: a header with one of them is refused.
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<serde::de::IgnoredAny>,
    jku: Option<serde::de::IgnoredAny>,
    jwk: Option<serde::de::IgnoredAny>,
    x5u: Option<serde::de::IgnoredAny>,
    x5c: Option<serde::de::IgnoredAny>,
    crit: Option<serde::de::IgnoredAny>,
}

impl Header {
    fn hints_at_a_key(&self) -> bool {
        let hints = [&self.kid, &self.jku, &self.jwk, &self.x5u, &self.x5c, &self.crit];
        hints.iter().any(|hint| hint.is_some())
    }
}

/// The claims of `token`, if one of `keys` signed it.
pub(super) fn open(token: &str, keys: &[Vec<u8>]) -> Result<Claims, Refusal> {
    const MALFORMED: Refusal = Refusal::Unverified("jwt_malformed");
    if token.len() > LONGEST {
        return Err(MALFORMED);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(MALFORMED)?;
    let (header, claims) = signed.split_once('.').ok_or(MALFORMED)?;
    if claims.contains('.') {
        return Err(MALFORMED);
    }
    let header: Header = decode(header).ok_or(MALFORMED)?;
    let typed = header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    if !typed || header.hints_at_a_key() {
        return Err(Refusal::Unverified("jwt_header"));
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| MALFORMED)?;
    let mut matched = false;
    for key in keys {
        let expected =
            mac(&header.alg, key, signed.as_bytes()).ok_or(Refusal::Unverified("jwt_algorithm"))?;
        matched |= hmac::equal(&expected, &signature);
    }
    if !matched {
        return Err(Refusal::Unverified("signature_wrong"));
    }
    decode(claims).ok_or(Refusal::Unverified("jwt_claims"))
}

fn mac(algorithm: &str, key: &[u8], signed: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        "HS256" => Some(hmac::sha256(key, &[signed]).to_vec()),
        "HS384" => Some(hmac::sha384(key, &[signed]).to_vec()),
        "HS512" => Some(hmac::sha512(key, &[signed]).to_vec()),
        _ => None,
    }
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
