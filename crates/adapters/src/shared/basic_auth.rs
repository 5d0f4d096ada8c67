//! HTTP Basic authentication (RFC 7617), from the side of who is called.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::secret::Secret;
use omni_core::webhook::{Refusal, WebhookRequest};
use serde::Deserialize;

use super::hmac;

/// A user name with its password.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

impl Credential {
    /// The value of an `Authorization` header.
    pub fn header(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password.expose())))
    }

    /// A credential with an empty half is not configured and matches nothing.
    fn matches(&self, user: &[u8], password: &[u8]) -> bool {
        let same_user = hmac::equal(self.user.as_bytes(), user);
        let same_password = self.password.matches(password);
        same_user & same_password & !self.user.is_empty()
    }
}

/// Requires exactly one `Authorization` header that proves one of `credentials` (several
/// while a password is being changed). No early end: the time does not tell which matched.
pub fn verify(request: &WebhookRequest, credentials: &[Credential]) -> Result<(), Refusal> {
    let header = match request.header_count("authorization") {
        0 => return Err(Refusal::Unverified("credential_missing")),
        1 => request.header("authorization").ok_or(Refusal::Unverified("credential_malformed"))?,
        _ => return Err(Refusal::Unverified("credential_repeated")),
    };
    let (user, password) = decode(header).ok_or(Refusal::Unverified("credential_malformed"))?;
    let matched = credentials.iter().fold(false, |matched, credential| {
        matched | credential.matches(user.as_bytes(), password.as_bytes())
    });
    if matched { Ok(()) } else { Err(Refusal::Unverified("credential_wrong")) }
}

/// User name and password of an `Authorization` header: the scheme in any case, blanks, padded
/// base64 of UTF-8, split at the first colon.
pub fn decode(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim_start_matches(' ')).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
