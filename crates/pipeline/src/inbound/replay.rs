//! Replay defence for schemes that carry a one-time token.

use std::collections::HashMap;
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
    seen: Mutex<HashMap<(ConnectionId, String), Once>>,
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
    /// Looks `once` up and remembers it.
    pub fn check(&self, connection: &ConnectionId, once: &Once, now: Timestamp) -> Seen {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (connection.clone(), once.token.clone());
        if let Some(before) = seen.get(&key).filter(|before| before.until >= now) {
            let same = before.digest.is_some() && before.digest == once.digest;
            return if same { Seen::Retry } else { Seen::Replay };
        }
        if seen.len() >= MOST {
            seen.retain(|_, once| once.until >= now);
        }
        if seen.len() >= MOST
            && let Some(soonest) = seen.iter().min_by_key(|(_, once)| once.until).map(|(key, _)| key.clone())
        {
            seen.remove(&soonest);
        }
        seen.insert(key, once.clone());
        Seen::Fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_fresh_once_within_its_window() {
        let cache = ReplayCache::default();
        let connection: ConnectionId = "mb".parse().unwrap();
        let once = |digest| Once { token: "jti".into(), until: Timestamp::from_secs(60), digest };
        let at = |secs| Timestamp::from_secs(secs);
        assert_eq!(cache.check(&connection, &once(None), at(0)), Seen::Fresh);
        assert_eq!(cache.check(&connection, &once(None), at(60)), Seen::Replay);
        assert_eq!(cache.check(&connection, &once(Some([1; 32])), at(61)), Seen::Fresh);
        assert_eq!(cache.check(&connection, &once(Some([1; 32])), at(60)), Seen::Retry);
        assert_eq!(cache.check(&connection, &once(Some([2; 32])), at(60)), Seen::Replay);
    }
}
