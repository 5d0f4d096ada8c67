//! `Idempotency-Key`: a repeated send gets the first answer again.
//!
//! A key is remembered for three hours. While its first request is under way, others with it
//! get 409 E01004; one with another body gets 409 E01005. Only a send that was taken is
//! remembered, so a refused or failed one can be tried again with its key.

use std::time::Duration;

use bytes::Bytes;
use omni_core::time::Timestamp;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::errors::ApiError;
use crate::bounded::Bounded;

/// How long a key is remembered.
const LIVES: Duration = Duration::from_secs(3 * 3_600);
/// The longest key.
const LONGEST: usize = 255;
/// How many keys are remembered.
const REMEMBERED: usize = 10_000;

/// The keys of the last three hours.
pub(super) struct Keys(Mutex<Bounded<Entry>>);

struct Entry {
    digest: [u8; 32],
    since: Timestamp,
    /// The answer; `None` while the request is under way.
    answer: Option<Bytes>,
}

/// What a request with a key is.
pub(super) enum Begun<'a> {
    /// The first one.
    First(UnderWay<'a>),
    /// A repetition; this was the answer.
    Again(Bytes),
}

impl Default for Keys {
    fn default() -> Self {
        Self(Mutex::new(Bounded::new(REMEMBERED)))
    }
}

impl Keys {
    /// Begins a request for `path` with `key`, if it has one.
    pub(super) fn begin(
        &self,
        key: Option<&str>,
        path: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Begun<'_>, ApiError> {
        let Some(key) = key else {
            return Ok(Begun::First(UnderWay { keys: self, key: None, answer: None }));
        };
        if key.is_empty() || key.len() > LONGEST {
            let message = "Idempotency-Key must have 1 to 255 characters.";
            return Err(ApiError::platform(400, 1_007, "InvalidIdempotencyKey", message, None));
        }
        let digest = Sha256::new().chain_update(path).chain_update([0]).chain_update(body).finalize().into();
        let mut entries = self.0.lock();
        match entries.get(key).filter(|entry| now.since(entry.since) < LIVES) {
            Some(entry) if entry.digest != digest => {
                let message = "This Idempotency-Key was used with another request.";
                Err(ApiError::platform(409, 1_005, "IdempotencyKeyReused", message, None))
            }
            Some(Entry { answer: Some(answer), .. }) => Ok(Begun::Again(answer.clone())),
            Some(_) => {
                let message = "A request with this Idempotency-Key is still in progress.";
                Err(ApiError::platform(409, 1_004, "RequestInProgress", message, None))
            }
            None => {
                entries.insert(key, Entry { digest, since: now, answer: None });
                Ok(Begun::First(UnderWay { keys: self, key: Some(key.to_owned()), answer: None }))
            }
        }
    }
}

/// The first request with a key. When it ends, however it ends (the client may have gone),
/// the key holds the answer, or is free again if nothing was taken.
pub(super) struct UnderWay<'a> {
    keys: &'a Keys,
    key: Option<String>,
    answer: Option<Bytes>,
}

impl UnderWay<'_> {
    /// The send was taken; this is the answer.
    pub(super) fn taken(&mut self, answer: &Bytes) {
        self.answer = Some(answer.clone());
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        let mut entries = self.keys.0.lock();
        let Some(answer) = self.answer.take() else {
            entries.remove(&key);
            return;
        };
        if let Some((digest, since)) = entries.get(&key).map(|entry| (entry.digest, entry.since)) {
            entries.insert(&key, Entry { digest, since, answer: Some(answer) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_763_650_800);

    fn begin<'a>(keys: &'a Keys, path: &str, body: &str, now: Timestamp) -> Result<Begun<'a>, u32> {
        keys.begin(Some("k"), path, body.as_bytes(), now).map_err(|error| error.code)
    }

    fn take(keys: &Keys, now: Timestamp, answer: &'static str) {
        let Ok(Begun::First(mut first)) = begin(keys, "sms", "a", now) else { panic!("the first one") };
        first.taken(&Bytes::from_static(answer.as_bytes()));
    }

    #[test]
    fn a_repetition_gets_the_first_answer_for_three_hours() {
        let keys = Keys::default();
        take(&keys, NOW, "one");
        let late = NOW + LIVES - Duration::from_secs(1);
        assert!(matches!(begin(&keys, "sms", "a", late), Ok(Begun::Again(answer)) if answer == "one"));
        assert_eq!(begin(&keys, "sms", "b", late).err(), Some(1_005), "another body");
        assert_eq!(begin(&keys, "whatsapp", "a", late).err(), Some(1_005), "another path");
        take(&keys, NOW + LIVES, "two");
        assert!(matches!(begin(&keys, "sms", "a", NOW + LIVES), Ok(Begun::Again(answer)) if answer == "two"));
    }

    #[test]
    fn a_request_under_way_excludes_others() {
        let keys = Keys::default();
        let first = begin(&keys, "sms", "a", NOW);
        assert_eq!(begin(&keys, "sms", "a", NOW).err(), Some(1_004));
        drop(first);
        assert!(matches!(begin(&keys, "sms", "a", NOW), Ok(Begun::First(_))), "nothing was taken");
    }

    #[test]
    fn keys_have_a_length_and_are_optional() {
        let keys = Keys::default();
        let long = "k".repeat(256);
        for key in ["", long.as_str()] {
            assert_eq!(keys.begin(Some(key), "sms", b"", NOW).err().map(|error| error.code), Some(1_007));
        }
        for _ in 0..2 {
            assert!(matches!(keys.begin(None, "sms", b"", NOW), Ok(Begun::First(_))));
        }
    }
}
