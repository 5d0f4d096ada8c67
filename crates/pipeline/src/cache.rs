//! Conversation heads in memory: a store that answers repeated reads of the same records
//! without asking the disk.
//!
//! Reads go through, commits write through. Several processes may share one backend: a
//! stale copy only makes a commit answer [`Committed::Conflict`], which evicts what the
//! commit touched, so the next read is fresh.
//!
//! [`Committed::Conflict`]: omni_core::store::Committed::Conflict

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use omni_core::id::{JobId, JournalId, TenantId};
use omni_core::job::Leased;
use omni_core::store::{
    Changes, Committed, Expect, JournalEntry, JournalQuery, LoggedEvent, Page, Put, Query, Store, StoreError,
    StoreStats, Table, Versioned,
};
use omni_core::time::{Clock, Timestamp};
use parking_lot::Mutex;

const SHARDS: usize = 16;

type Key = (TenantId, Table, String);

#[derive(Clone)]
struct Entry {
    found: Versioned<Bytes>,
    expires_at: Option<Timestamp>,
}

/// Two generations: when the young one is full it becomes the old one, and what was not
/// read since is forgotten. No order to keep, no list to walk.
#[derive(Default)]
struct Shard {
    young: HashMap<Key, Entry>,
    old: HashMap<Key, Entry>,
}

impl Shard {
    fn get(&mut self, key: &Key) -> Option<Entry> {
        if let Some(entry) = self.young.get(key) {
            return Some(entry.clone());
        }
        let entry = self.old.remove(key)?;
        self.young.insert(key.clone(), entry.clone());
        Some(entry)
    }

    fn put(&mut self, key: Key, entry: Entry, most: usize) {
        // Two commits may report back in either order; the newer record stays. A record
        // that was made anew starts again at version 1.
        let known = self.young.get(&key).or_else(|| self.old.get(&key));
        if entry.found.version > 1 && known.is_some_and(|known| known.found.version > entry.found.version) {
            return;
        }
        self.old.remove(&key);
        if self.young.len() >= most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, entry);
    }

    fn evict(&mut self, key: &Key) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

/// A store with its most recently used records in memory.
pub struct CachedStore {
    inner: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    most_per_shard: usize,
}

impl CachedStore {
    /// Keeps between `records` and twice as many in memory (a record is 1 to 4 kB).
    pub fn new(inner: Arc<dyn Store>, clock: Arc<dyn Clock>, records: usize) -> Self {
        Self {
            inner,
            clock,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            most_per_shard: (records / SHARDS).max(8),
        }
    }

    fn shard(&self, key: &Key) -> &Mutex<Shard> {
        let at = self.hasher.hash_one(key) % SHARDS as u64;
        &self.shards[usize::try_from(at).unwrap_or(0)]
    }

    fn remember(&self, tenant: &TenantId, put: &Put) {
        let version = match put.expect {
            Expect::Absent => 1,
            Expect::Version(version) => version + 1,
            Expect::Any => return self.forget(tenant, put.table, &put.key),
        };
        // Keys against doubles are written once and hardly ever read.
        if put.table == Table::Pointer && !is_worth_keeping(&put.key) {
            return;
        }
        let key = (tenant.clone(), put.table, put.key.clone());
        let entry =
            Entry { found: Versioned { value: put.body.clone(), version }, expires_at: put.expires_at };
        self.shard(&key).lock().put(key.clone(), entry, self.most_per_shard);
    }

    fn forget(&self, tenant: &TenantId, table: Table, key: &str) {
        let key = (tenant.clone(), table, key.to_owned());
        self.shard(&key).lock().evict(&key);
    }
}

fn is_worth_keeping(key: &str) -> bool {
    !(key.starts_with("in|") || key.starts_with("idem|"))
}

#[async_trait]
impl Store for CachedStore {
    async fn get(
        &self,
        tenant: &TenantId,
        table: Table,
        key: &str,
    ) -> Result<Option<Versioned<Bytes>>, StoreError> {
        let cached = (tenant.clone(), table, key.to_owned());
        let entry = self.shard(&cached).lock().get(&cached);
        match entry {
            Some(entry) if entry.expires_at.is_none_or(|at| at > self.clock.now()) => Ok(Some(entry.found)),
            // An expiry is not known of what was read, so only what was written is kept.
            _ => self.inner.get(tenant, table, key).await,
        }
    }

    async fn list(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError> {
        self.inner.list(tenant, query).await
    }

    async fn commit(&self, changes: Changes) -> Result<Committed, StoreError> {
        let tenant = changes.tenant.clone();
        let (puts, deletes) = (changes.puts.clone(), changes.deletes.clone());
        let committed = self.inner.commit(changes).await;
        let applied = matches!(committed, Ok(Committed::Applied));
        for put in &puts {
            if applied {
                self.remember(&tenant, put);
            } else {
                self.forget(&tenant, put.table, &put.key);
            }
        }
        for delete in &deletes {
            self.forget(&tenant, delete.table, &delete.key);
        }
        committed
    }

    async fn journal(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.inner.journal(entry).await
    }

    async fn lease(&self, max: usize, wait: Duration) -> Result<Vec<Leased>, StoreError> {
        self.inner.lease(max, wait).await
    }

    async fn extend(&self, job: JobId, token: u64) -> Result<bool, StoreError> {
        self.inner.extend(job, token).await
    }

    async fn events(
        &self,
        tenant: &TenantId,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        self.inner.events(tenant, after, limit, wait).await
    }

    async fn last_event(&self, tenant: &TenantId) -> Result<u64, StoreError> {
        self.inner.last_event(tenant).await
    }

    async fn journal_entry(
        &self,
        tenant: &TenantId,
        id: JournalId,
    ) -> Result<Option<JournalEntry>, StoreError> {
        self.inner.journal_entry(tenant, id).await
    }

    async fn journal_list(
        &self,
        tenant: Option<&TenantId>,
        query: &JournalQuery,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        self.inner.journal_list(tenant, query).await
    }

    fn stats(&self) -> StoreStats {
        self.inner.stats()
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}
