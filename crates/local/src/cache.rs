//! Recently used records, so that the pipeline's reads cost no B-tree.
//!
//! It holds only what is durable: the writer puts records in after its commit, before
//! anybody is told. A reader may put in what it read from the database, unless a commit
//! came between (then it may have read the older state). That a record does *not* exist
//! is remembered, too: most customers have no consent record.

use std::collections::HashMap;

use bytes::Bytes;
use omni_core::store::{Table, Versioned};
use omni_core::time::Timestamp;
use parking_lot::Mutex;
use ulid::Ulid;

use crate::prepare::PointerKey;

/// A record as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) version: u64,
    pub(crate) body: Bytes,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Stored {
    /// What a reader gets to see.
    pub(crate) fn visible(&self, now: Timestamp) -> Option<Versioned<Bytes>> {
        if self.expires_at.is_some_and(|at| at <= now) {
            return None;
        }
        Some(Versioned { value: self.body.clone(), version: self.version })
    }
}

/// Names a record: table, tenant's number, and 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey(Table, i64, u128);

impl CacheKey {
    /// A small fact; its key names the tenant.
    pub(crate) const fn pointer(key: &PointerKey) -> Self {
        Self(Table::Pointer, 0, u128::from_le_bytes(*key))
    }

    /// A row, if its key is an id as we print it. Other keys are not cached.
    pub(crate) fn row(table: Table, tenant: i64, key: &str) -> Option<Self> {
        let prefix = match table {
            Table::Message => "msg_",
            Table::Conversation => "conv_",
            Table::Customer => "cus_",
            Table::DeadLetter => "job_",
            Table::Pointer => return None,
        };
        let text = key.strip_prefix(prefix)?;
        let ulid = Ulid::from_string(text).ok()?;
        let mut canonical = [0; ulid::ULID_LEN];
        (ulid.array_to_str(&mut canonical) == text).then_some(Self(table, tenant, ulid.0))
    }

    const fn shard(self) -> usize {
        // Both hashes and the random part of ULIDs vary in their low bits.
        (self.2 ^ (self.2 >> 64)) as usize % SHARDS
    }
}

const SHARDS: usize = 64;
/// What an entry costs beside its body.
const OVERHEAD: usize = 128;

#[derive(Debug, Default)]
struct Shard {
    /// Used since the last turn-over.
    hot: HashMap<CacheKey, Option<Stored>>,
    /// Not used since; thrown away at the next.
    cold: HashMap<CacheKey, Option<Stored>>,
    bytes: usize,
    /// Counts what the writer changed here.
    generation: u64,
}

impl Shard {
    fn insert(&mut self, key: CacheKey, stored: Option<Stored>, most: usize) {
        self.cold.remove(&key);
        self.bytes += OVERHEAD + stored.as_ref().map_or(0, |stored| stored.body.len());
        if let Some(Some(old)) = self.hot.insert(key, stored) {
            self.bytes = self.bytes.saturating_sub(OVERHEAD + old.body.len());
        }
        if self.bytes > most / 2 {
            self.cold = std::mem::take(&mut self.hot);
            self.bytes = 0;
        }
    }
}

/// The records of one store.
#[derive(Debug)]
pub(crate) struct Cache {
    shards: Vec<Mutex<Shard>>,
    /// Bytes that one shard may hold.
    most: usize,
}

/// The answer to a look-up.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// This is what is stored.
    Known(Option<Stored>),
    /// Read it, and bring it back with this number.
    Unknown(u64),
}

impl Cache {
    pub(crate) fn new(bytes: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, most: bytes / SHARDS }
    }

    pub(crate) fn get(&self, key: CacheKey) -> Lookup {
        let mut shard = self.shards[key.shard()].lock();
        if let Some(stored) = shard.hot.get(&key) {
            return Lookup::Known(stored.clone());
        }
        match shard.cold.remove(&key) {
            Some(stored) => {
                shard.insert(key, stored.clone(), self.most);
                Lookup::Known(stored)
            }
            None => Lookup::Unknown(shard.generation),
        }
    }

    /// Remembers what a reader found, unless the writer was here since `generation`.
    pub(crate) fn learn(&self, key: CacheKey, generation: u64, stored: Option<Stored>) {
        let mut shard = self.shards[key.shard()].lock();
        if shard.generation == generation {
            shard.insert(key, stored, self.most);
        }
    }

    /// Remembers what the writer has made durable; `None` for a deleted record.
    pub(crate) fn wrote(&self, key: CacheKey, stored: Option<Stored>) {
        let mut shard = self.shards[key.shard()].lock();
        shard.generation += 1;
        shard.insert(key, stored, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u128) -> CacheKey {
        CacheKey::pointer(&n.to_le_bytes())
    }

    fn stored(version: u64, length: usize) -> Option<Stored> {
        Some(Stored { version, body: vec![b'x'; length].into(), expires_at: None })
    }

    fn version(cache: &Cache, key: CacheKey) -> Option<u64> {
        match cache.get(key) {
            Lookup::Known(stored) => stored.map(|stored| stored.version),
            Lookup::Unknown(_) => None,
        }
    }

    #[test]
    fn what_was_read_before_a_write_is_not_learned_after_it() {
        let cache = Cache::new(1 << 20);
        let Lookup::Unknown(generation) = cache.get(key(1)) else { panic!("known") };
        cache.wrote(key(1), stored(2, 10));
        cache.learn(key(1), generation, stored(1, 10));
        assert_eq!(version(&cache, key(1)), Some(2));
    }

    #[test]
    fn it_stays_within_its_bytes() {
        let cache = Cache::new(64 * 10_000);
        for n in 0..100_000 {
            cache.wrote(key(n), stored(1, 500));
        }
        let size = |shard: &Shard| shard.hot.len() + shard.cold.len();
        let held: usize = cache.shards.iter().map(|shard| size(&shard.lock())).sum();
        assert!(held * (500 + OVERHEAD) <= 64 * 11_000, "{held}");
        assert_eq!(version(&cache, key(99_999)), Some(1));
        assert_eq!(version(&cache, key(1)), None);
    }

    #[test]
    fn only_ids_as_we_print_them_are_keys() {
        let id = "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV";
        assert!(CacheKey::row(Table::Message, 1, id).is_some());
        assert_ne!(CacheKey::row(Table::Message, 1, id), CacheKey::row(Table::Message, 2, id));
        for (table, other) in [
            (Table::Message, "msg_01arz3ndektsv4rrffq69g5fav"),
            (Table::Message, "conv_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            (Table::Message, "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            (Table::Message, ""),
            (Table::Pointer, id),
        ] {
            assert!(CacheKey::row(table, 1, other).is_none(), "{other}");
        }
    }
}
