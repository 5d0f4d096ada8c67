//! Keyed digests and their constant-time comparison.

use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

macro_rules! keyed {
    ($(#[$doc:meta])* $name:ident, $hash:ty, $len:literal) => {
        $(#[$doc])*
        pub fn $name(key: &[u8], parts: &[&[u8]]) -> [u8; $len] {
            let mut mac = Hmac::<$hash>::new_from_slice(key).expect("HMAC takes keys of any length");
            for part in parts {
                mac.update(part);
            }
            mac.finalize().into_bytes().into()
        }
    };
}

keyed!(
    /// HMAC-SHA1 of the parts, one after another.
    sha1, Sha1, 20
);
keyed!(
    /// HMAC-SHA256 of the parts, one after another.
    sha256, Sha256, 32
);
keyed!(
    /// HMAC-SHA384 of the parts, one after another.
    sha384, Sha384, 48
);
keyed!(
    /// HMAC-SHA512 of the parts, one after another.
    sha512, Sha512, 64
);

/// SHA-256.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

/// Exactly `N` bytes from `2 N` hexadecimal digits of either case; `None` for anything else.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != N * 2 {
        return None;
    }
    let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trips_and_refuses_the_rest() {
        assert_eq!(unhex::<2>(&hex(&[0x0f, 0xa0])), Some([0x0f, 0xa0]));
        for bad in ["", "0", "00000", "zz00", "é00"] {
            assert_eq!(unhex::<2>(bad), None, "{bad}");
        }
    }
}
