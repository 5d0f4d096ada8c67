//! Replay defence for schemes that carry a one-time token.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use omni_core::id::ConnectionId;
use omni_core::time::Timestamp;
use omni_core::webhook::Once;

/// Most tokens that are remembered; beyond it the soonest to expire is forgotten. Doubles
/// of messages are refused by the store whatever happens here.
const MOST: usize = 100_000;

/// Remembers one-time tokens until they expire. In memory: windows are minutes to a day,
/// and a message that slips through after a restart is still stored only once.
#[derive(Debug, Default)]
pub struct ReplayCache {
    tokens: Mutex<Tokens>,
}

/// Whose token, and which.
type Key = (ConnectionId, String);

#[derive(Debug, Default)]
struct Tokens {
    seen: HashMap<Key, Once>,
    /// The same by expiry, so that making room for one looks at one.
    expiring: BTreeSet<(Timestamp, Key)>,
}

impl Tokens {
    fn forget_soonest(&mut self) {
        if let Some((_, key)) = self.expiring.pop_first() {
            self.seen.remove(&key);
        }
    }

    fn insert(&mut self, key: Key, once: Once) {
        let until = once.until;
        if let Some(before) = self.seen.insert(key.clone(), once) {
            self.expiring.remove(&(before.until, key.clone()));
        }
        self.expiring.insert((until, key));
    }
}

/// What the cache knows of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Never before.
    Fresh,
    /// Before, and with the same content: the carrier's own retry.
    Retry,
    /// Before: a replay.
    Replay,
}

impl ReplayCache {
    /// What is known of `once`.
    pub fn look_up(&self, connection: &ConnectionId, once: &Once, now: Timestamp) -> Seen {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        match tokens.seen.get(&(connection.clone(), once.token.clone())).filter(|before| before.until >= now)
        {
            None => Seen::Fresh,
            Some(before) if before.digest.is_some() && before.digest == once.digest => Seen::Retry,
            Some(_) => Seen::Replay,
        }
    }

    /// Remembers `once`. Only when its request is safely stored: a carrier that got a 5xx
    /// comes back with the same token.
    pub fn remember(&self, connection: &ConnectionId, once: Once, now: Timestamp) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        while tokens.expiring.first().is_some_and(|(until, _)| *until < now) || tokens.seen.len() >= MOST {
            tokens.forget_soonest();
        }
        tokens.insert((connection.clone(), once.token.clone()), once);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_fresh_until_it_is_remembered_and_after_its_window() {
        let cache = ReplayCache::default();
        let connection: ConnectionId = "mb".parse().unwrap();
        let once = |digest| Once { token: "jti".into(), until: Timestamp::from_secs(60), digest };
        let at = |secs| Timestamp::from_secs(secs);
        let look_up = |digest, secs| cache.look_up(&connection, &once(digest), at(secs));
        assert_eq!((look_up(None, 0), look_up(None, 0)), (Seen::Fresh, Seen::Fresh));
        cache.remember(&connection, once(None), at(0));
        assert_eq!((look_up(None, 60), look_up(None, 61)), (Seen::Replay, Seen::Fresh));
        cache.remember(&connection, once(Some([1; 32])), at(0));
        assert_eq!((look_up(Some([1; 32]), 60), look_up(Some([2; 32]), 60)), (Seen::Retry, Seen::Replay));
    }

    #[test]
    fn a_full_cache_forgets_what_expires_first() {
        let cache = ReplayCache::default();
        let connection: ConnectionId = "mb".parse().unwrap();
        let once = |n: usize| Once {
            token: format!("jti-{n}"),
            until: Timestamp::from_secs(1_000 + n as i64),
            digest: None,
        };
        let now = Timestamp::from_secs(0);
        for n in 0..=MOST {
            cache.remember(&connection, once(n), now);
        }
        assert_eq!(cache.look_up(&connection, &once(0), now), Seen::Fresh);
        assert_eq!(cache.look_up(&connection, &once(1), now), Seen::Replay);
        cache.remember(&connection, once(1), now);
        let tokens = cache.tokens.lock().unwrap();
        assert_eq!((tokens.seen.len(), tokens.expiring.len()), (MOST, MOST));
    }
}
