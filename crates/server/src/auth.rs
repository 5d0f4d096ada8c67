//! API keys: `Authorization: Bearer omni_sk_{live|test}_<26 characters><6 for checking>`.
//!
//! Only a key's SHA-256 is kept. The last six characters are a checksum, so a mistyped key
//! is told apart from one that was never ours (or no longer is), and secret scanners can
//! tell a key from noise.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use omni_core::id::TenantId;
use omni_core::problem::{self, Problem};
use omni_pipeline::outbound::publish::Caller;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

use crate::Api;
use crate::error::Failure;

const LIVE: &str = "omni_sk_live_";
const TEST: &str = "omni_sk_test_";
/// Characters that carry randomness: 128 bits, five a character.
const BODY: usize = 26;
/// Characters that only check the others.
const CHECK: usize = 6;
/// RFC 4648, lower case: no digit that looks like a letter.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// One API key, as far as we keep it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// What people call it.
    pub name: String,
    /// Whose things it reaches.
    pub tenant: TenantId,
    /// SHA-256 of the whole key.
    pub sha256: [u8; 32],
    /// A test key: reaches sandbox connections only. A live key reaches the others.
    pub sandbox: bool,
    /// Its last four characters, to tell keys apart.
    pub last4: String,
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey")
            .field("name", &self.name)
            .field("tenant", &self.tenant)
            .field("sandbox", &self.sandbox)
            .field("last4", &self.last4)
            .finish_non_exhaustive()
    }
}

impl ApiKey {
    /// What we keep of `key`; `None` if it is no key or mistyped.
    pub fn of(key: &str, name: impl Into<String>, tenant: TenantId) -> Option<Self> {
        if shape(key) != Shape::Right {
            return None;
        }
        Some(Self {
            name: name.into(),
            tenant,
            sha256: hash(key),
            sandbox: key.starts_with(TEST),
            last4: key.get(key.len() - 4..)?.to_owned(),
        })
    }
}

/// Makes a key of 16 random bytes; the text is shown once and kept nowhere.
pub fn generate(
    name: impl Into<String>,
    tenant: TenantId,
    sandbox: bool,
    random: [u8; 16],
) -> (String, ApiKey) {
    let mut key = String::from(if sandbox { TEST } else { LIVE });
    push_base32(&mut key, u128::from_be_bytes(random), BODY);
    let check = checksum(&key);
    push_base32(&mut key, check, CHECK);
    let kept = ApiKey::of(&key, name, tenant).expect("a key made here is well-formed");
    (key, kept)
}

/// SHA-256 of a key, as configuration keeps it.
pub fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// The lowest `5 * characters` bits of `value`, highest first.
fn push_base32(text: &mut String, value: u128, characters: usize) {
    for at in (0..characters).rev() {
        let index = usize::try_from(value >> (5 * at) & 31).expect("five bits");
        text.push(char::from(ALPHABET[index]));
    }
}

fn checksum(of: &str) -> u128 {
    let digest: [u8; 32] = hash(of);
    u128::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) >> 2)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Not written like a key of ours.
    Foreign,
    /// Written like one, but the checksum says that a character is wrong.
    Mistyped,
    Right,
}

fn shape(key: &str) -> Shape {
    let Some(rest) = key.strip_prefix(LIVE).or_else(|| key.strip_prefix(TEST)) else {
        return Shape::Foreign;
    };
    if rest.len() != BODY + CHECK || !rest.bytes().all(|byte| ALPHABET.contains(&byte)) {
        return Shape::Mistyped;
    }
    let (body, check) = key.split_at(key.len() - CHECK);
    let mut expected = String::new();
    push_base32(&mut expected, checksum(body), CHECK);
    if expected == check { Shape::Right } else { Shape::Mistyped }
}

/// All keys of this server.
#[derive(Debug, Default)]
pub struct Keys(Vec<ApiKey>);

impl Keys {
    /// These keys.
    pub const fn new(keys: Vec<ApiKey>) -> Self {
        Self(keys)
    }

    /// The key that somebody presents.
    ///
    /// # Errors
    /// [`problem::UNAUTHORIZED`], saying whether it is mistyped or unknown.
    pub fn find(&self, presented: &str) -> Result<&ApiKey, Problem> {
        let digest = hash(presented);
        // Every key is compared, whole, so time tells nothing about any of them.
        let mut found = None;
        for key in &self.0 {
            if bool::from(key.sha256.ct_eq(&digest)) {
                found = Some(key);
            }
        }
        found.ok_or_else(|| match shape(presented) {
            Shape::Foreign => unauthorized("This is not an omniservice key; they begin with `omni_sk_`."),
            Shape::Mistyped => {
                unauthorized("The key is mistyped or cut: its checksum is wrong. Copy it again.")
            }
            Shape::Right => {
                unauthorized("The key is well-formed but unknown here: revoked, or of another server.")
            }
        })
    }
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(problem::UNAUTHORIZED, detail)
}

/// Proof that a request came with a key: the only way to a tenant's things.
#[derive(Debug, Clone)]
pub struct Bearer(
    /// Whose things it may see.
    pub Caller,
);

impl FromRequestParts<Arc<Api>> for Bearer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Failure> {
        let mut values = parts.headers.get_all("authorization").iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(unauthorized("Send the header `Authorization: Bearer omni_sk_…` once.").into());
        };
        let key = value.to_str().ok().and_then(|value| {
            let (scheme, key) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
        });
        let Some(key) = key else {
            return Err(unauthorized("Write the header as `Authorization: Bearer omni_sk_…`.").into());
        };
        let key = api.keys.find(key)?;
        Ok(Self(Caller { tenant: key.tenant.clone(), sandbox: key.sandbox }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme() -> TenantId {
        "acme".parse().unwrap()
    }

    #[test]
    fn a_key_tells_its_kind_and_is_found_again() {
        for sandbox in [true, false] {
            let (key, kept) = generate("ci", acme(), sandbox, [7; 16]);
            assert!(key.starts_with(if sandbox { "omni_sk_test_" } else { "omni_sk_live_" }), "{key}");
            assert_eq!(key.len(), 13 + 26 + 6);
            assert!(key.ends_with(&kept.last4));
            assert_eq!(ApiKey::of(&key, "ci", acme()).as_ref(), Some(&kept));
            assert_eq!(Keys::new(vec![kept.clone()]).find(&key), Ok(&kept));
        }
    }

    #[test]
    fn different_randomness_makes_different_keys() {
        let mut last_bit = [0; 16];
        last_bit[15] = 1;
        let mut first_bit = [0; 16];
        first_bit[0] = 0x80;
        let keys = [[0; 16], last_bit, first_bit].map(|random| generate("k", acme(), true, random).0);
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2], "{keys:?}");
    }

    #[test]
    fn a_401_tells_mistyped_from_unknown() {
        let (key, _) = generate("ci", acme(), true, [7; 16]);
        let swapped = key.replacen("omni_sk_test_a", "omni_sk_test_b", 1);
        let cases = [
            (key.as_str(), "unknown"),
            (&key[..key.len() - 1], "mistyped"),
            (swapped.as_str(), "mistyped"),
            ("omni_sk_live_é", "mistyped"),
            ("sk_live_123", "not an omniservice key"),
            ("", "not an omniservice key"),
        ];
        assert_ne!(swapped, key);
        for (presented, word) in cases {
            let problem = Keys::default().find(presented).unwrap_err();
            assert!(problem.detail.contains(word), "{presented}: {}", problem.detail);
        }
    }

    #[test]
    fn debug_shows_no_hash() {
        let (_, kept) = generate("ci", acme(), true, [7; 16]);
        assert!(!format!("{kept:?}").contains("sha256"));
    }
}
