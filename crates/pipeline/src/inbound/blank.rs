//! Secrets that come in the clear, on their way into the journal.

use bytes::Bytes;
use omni_core::secret::Secret;

/// What stands in a secret's place.
const BLANK: &[u8] = b"***";

/// `bytes` without any of `secrets`; the same bytes, not a copy, if none is in them.
pub(super) fn blanked(bytes: &Bytes, secrets: &[&Secret]) -> Bytes {
    let needles: Vec<&[u8]> =
        secrets.iter().map(|s| s.expose().as_bytes()).filter(|s| !s.is_empty()).collect();
    let at = |rest: &[u8]| needles.iter().filter(|needle| rest.starts_with(needle)).map(|n| n.len()).max();
    let mut kept = Vec::new();
    let (mut copied, mut position) = (0, 0);
    while !needles.is_empty() && position < bytes.len() {
        match at(&bytes[position..]) {
            Some(length) => {
                kept.extend_from_slice(&bytes[copied..position]);
                kept.extend_from_slice(BLANK);
                position += length;
                copied = position;
            }
            None => position += 1,
        }
    }
    if copied == 0 {
        return bytes.clone();
    }
    kept.extend_from_slice(&bytes[copied..]);
    kept.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_blanked_wherever_it_stands() {
        let secrets = ["s3cret", "s3cret-longer", ""].map(Secret::new);
        let secrets: Vec<&Secret> = secrets.iter().collect();
        let cases = [
            ("", ""),
            ("nothing of it", "nothing of it"),
            ("s3cret", "***"),
            ("a s3cret and s3crets3cret.", "a *** and ******."),
            ("the s3cret-longer one", "the *** one"),
            ("s3cre", "s3cre"),
        ];
        for (bytes, expect) in cases {
            assert_eq!(blanked(&Bytes::from(bytes), &secrets), expect, "{bytes}");
            assert_eq!(blanked(&Bytes::from(bytes), &[]), bytes);
        }
    }
}
