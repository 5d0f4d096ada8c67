//! Is a callback from LiveChat? The secret is a member of the body.
//!
//! So the body is read before anything is proven: at most 1 MiB, nested at most 128 deep,
//! nothing kept but two strings. Nothing else in it counts until the secret does.

use bytes::Bytes;
use omni_core::secret::Secret;
use omni_core::webhook::{Proof, Refusal, WebhookRequest};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::Settings;
use crate::shared::{hmac, json};

/// Largest callback that is read.
const LARGEST: usize = 1 << 20;

/// The word for a wrong path token; it is answered differently.
pub(super) const WRONG_PATH: &str = "path_token_wrong";

/// Answers whether the request carries the secret of the webhook that it names.
pub(super) fn verify(settings: &Settings, request: &WebhookRequest) -> Result<Proof, Refusal> {
    if request.method != "POST" {
        return Err(Refusal::Method);
    }
    if !ends_in_token(settings, request.path()) {
        return Err(Refusal::Unverified(WRONG_PATH));
    }
    if request.body.len() > LARGEST {
        return Err(Refusal::Unverified("body_too_large"));
    }
    let claim: Claim = json::read(&request.body).map_err(|_| Refusal::Unverified("body_unreadable"))?;
    let presented = claim.secret_key.ok_or(Refusal::Unverified("secret_missing"))?;
    let webhook = claim.webhook_id.ok_or(Refusal::Unverified("webhook_unknown"))?;
    let secrets = settings.webhook_secrets.get(&webhook).ok_or(Refusal::Unverified("webhook_unknown"))?;
    // An empty secret matches nothing, so an empty setting closes the door.
    if secrets.iter().fold(false, |found, secret| found | secret.matches(presented.as_bytes())) {
        Ok(Proof::default())
    } else {
        Err(Refusal::Unverified("secret_wrong"))
    }
}

/// Whether the path's last segment is our token; without one any path will do.
pub(super) fn ends_in_token(settings: &Settings, path: &str) -> bool {
    let last = path.split('/').rfind(|segment| !segment.is_empty()).unwrap_or_default();
    settings.path_token.as_ref().is_none_or(|token| token.matches(last.as_bytes()))
}

/// What the body says about itself. A member named twice is refused: parsers disagree about
/// which of the two counts.
#[derive(Default)]
struct Claim {
    webhook_id: Option<String>,
    secret_key: Option<String>,
}

impl<'de> Deserialize<'de> for Claim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Claim;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Claim, A::Error> {
                let mut claim = Claim::default();
                while let Some(name) = members.next_key::<String>()? {
                    let place = match name.as_str() {
                        "webhook_id" => &mut claim.webhook_id,
                        "secret_key" => &mut claim.secret_key,
                        _ => {
                            members.next_value::<Skipped>()?;
                            continue;
                        }
                    };
                    if place.replace(members.next_value()?).is_some() {
                        return Err(A::Error::custom("a member named twice"));
                    }
                }
                Ok(claim)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// Any value, read and dropped. Unlike serde's own `IgnoredAny` it goes through the parser's
/// depth limit, so what is verified can also be read.
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Skipped {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

/// The body as it may be kept: whatever stood in `secret_key` is blanked, and so is each of
/// our secrets wherever else it stands (in bodies that are no JSON, too).
pub(super) fn without_secret(settings: &Settings, body: &Bytes) -> Bytes {
    let mut kept = match json::parse(body) {
        Ok(Value::Object(mut members)) => {
            if let Some(secret) = members.get_mut("secret_key") {
                *secret = Value::from("***");
            }
            serde_json::to_vec(&members).unwrap_or_default()
        }
        _ => body.to_vec(),
    };
    for secret in settings.webhook_secrets.values().flatten().filter(|secret| !secret.is_empty()) {
        kept = blanked(&kept, secret);
    }
    kept.into()
}

fn blanked(bytes: &[u8], secret: &Secret) -> Vec<u8> {
    let needle = secret.expose().as_bytes();
    let mut kept = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(needle) {
            kept.extend_from_slice(b"***");
            at += needle.len();
        } else {
            kept.push(bytes[at]);
            at += 1;
        }
    }
    kept
}

/// The identity of an action that has no id: equal payloads are one fact.
pub(super) fn digest(value: &Value) -> String {
    format!("sha256:{}", hmac::hex(&hmac::digest(value.to_string().as_bytes())))
}
