//! ECDSA P-256 over the timestamp and the raw body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::DigestSigner;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;
use sha2::{Digest, Sha256};

/// A key pair that follows from the seed.
pub(super) struct Key {
    signing: SigningKey,
    public: String,
}

impl Key {
    pub(super) fn new(seed: u64, label: &str) -> Self {
        // All but one of 2^32 digests are keys.
        let candidates = (0_u32..).filter_map(|turn| {
            let digest = Sha256::digest(format!("omni twin/sendgrid/{label}_key/{seed}/{turn}"));
            SigningKey::from_bytes(&digest).ok()
        });
        let signing = candidates.take(1).next().expect("most digests are keys");
        let der = signing.verifying_key().to_public_key_der().expect("a P-256 key has a DER form");
        Self { public: STANDARD.encode(der.as_bytes()), signing }
    }

    /// Base64 of the public key's `SubjectPublicKeyInfo`, as the console shows it.
    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// Base64 of the signature in DER.
    pub(super) fn sign(&self, timestamp: &str, body: &[u8]) -> String {
        let digest = Sha256::new().chain_update(timestamp).chain_update(body);
        let signature: Signature = self.signing.sign_digest(digest);
        STANDARD.encode(signature.to_der().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier;
    use p256::pkcs8::DecodePublicKey;

    use super::*;

    #[test]
    fn keys_follow_the_seed() {
        let public = |seed, label| Key::new(seed, label).public;
        assert_eq!(public(7, "event"), public(7, "event"));
        assert_ne!(public(7, "event"), public(8, "event"));
        assert_ne!(public(7, "event"), public(7, "parse"));
        assert!(public(7, "event").starts_with("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"));
    }

    #[test]
    fn signs_timestamp_and_bytes() {
        let key = Key::new(7, "event");
        let public = VerifyingKey::from_public_key_der(&STANDARD.decode(key.public()).unwrap()).unwrap();
        let signature = Signature::from_der(&STANDARD.decode(key.sign("1763650800", b"\xff\r\n")).unwrap());
        let signature = signature.unwrap();
        assert!(public.verify(b"1763650800\xff\r\n", &signature).is_ok());
        assert!(public.verify(b"1763650801\xff\r\n", &signature).is_err());
    }
}
