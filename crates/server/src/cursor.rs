//! Cursors: opaque to clients, bound to the listing that made them.
//!
//! A cursor is base64url of a checksum and the last key. The checksum covers the listing
//! (tenant, kind, filters), so a cursor of another listing is refused instead of silently
//! leaving things out. It is no secret: whoever forges one only skips in a listing that
//! they may read anyway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use omni_core::problem::{self, Problem};
use sha2::{Digest, Sha256};

const CHECK: usize = 8;
/// Longer than any cursor of ours.
const LONGEST: usize = 512;

/// The cursor behind `key` in the listing `scope`.
pub(crate) fn encode(scope: &str, key: &str) -> String {
    let mut bytes = checksum(scope, key).to_vec();
    bytes.extend_from_slice(key.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key that `cursor` stands behind.
///
/// # Errors
/// [`problem::CURSOR_INVALID`] if it is none of the listing `scope`.
pub(crate) fn decode(scope: &str, cursor: &str) -> Result<String, Problem> {
    let read = || {
        let bytes = Some(cursor).filter(|text| text.len() <= LONGEST)?;
        let bytes = URL_SAFE_NO_PAD.decode(bytes).ok()?;
        let (check, key) = bytes.split_at_checked(CHECK)?;
        let key = std::str::from_utf8(key).ok()?;
        (check == checksum(scope, key)).then(|| key.to_owned())
    };
    read().ok_or_else(|| {
        Problem::new(
            problem::CURSOR_INVALID,
            "`cursor` must be the `nextCursor` of an earlier page of this very listing, with the same \
             filters. Leave it out to start again.",
        )
    })
}

fn checksum(scope: &str, key: &str) -> [u8; CHECK] {
    let digest = Sha256::new().chain_update(scope).chain_update([0]).chain_update(key).finalize();
    let mut check = [0; CHECK];
    check.copy_from_slice(&digest[..CHECK]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_listing_only() {
        let cursor = encode("messages|acme", "msg_1");
        assert_eq!(decode("messages|acme", &cursor), Ok("msg_1".to_owned()));
        let mut changed = cursor.clone();
        changed.replace_range(..1, if cursor.starts_with('A') { "B" } else { "A" });
        let cases = [
            ("another tenant", "messages|umbrella", cursor.as_str()),
            ("another filter", "messages|acme|status=sent", cursor.as_str()),
            ("changed", "messages|acme", changed.as_str()),
            ("empty", "messages|acme", ""),
            ("short", "messages|acme", "AAAA"),
            ("not base64", "messages|acme", "!!!!"),
            ("not ASCII", "messages|acme", "ü"),
        ];
        for (what, scope, cursor) in cases {
            assert_eq!(decode(scope, cursor).unwrap_err().code, problem::CURSOR_INVALID, "{what}");
        }
        assert!(decode("x", &"A".repeat(100_000)).is_err());
    }
}
