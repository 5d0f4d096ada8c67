//! A store that stops one commit at its door, so that others can overtake it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use omni_core::id::{JobId, JournalId, TenantId};
use omni_core::job::Leased;
use omni_core::store::{
    Changes, Committed, JournalEntry, JournalQuery, LoggedEvent, Page, Query, Store, StoreError, StoreStats,
    Table, Versioned,
};
use omni_local::MemoryStore;
use tokio::sync::Notify;

/// Holds one of the commits that write a key which begins with `prefix`.
pub(crate) struct Gate {
    inner: Arc<MemoryStore>,
    prefix: &'static str,
    /// How many such commits pass before.
    pass: std::sync::Mutex<Option<usize>>,
    reached: Notify,
    open: Notify,
}

impl Gate {
    /// Holds the first.
    pub(crate) fn before(inner: &Arc<MemoryStore>, prefix: &'static str) -> Arc<Self> {
        Self::after(0, inner, prefix)
    }

    /// Lets `pass` of them pass and holds the next.
    pub(crate) fn after(pass: usize, inner: &Arc<MemoryStore>, prefix: &'static str) -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            prefix,
            pass: Some(pass).into(),
            reached: Notify::new(),
            open: Notify::new(),
        })
    }

    /// Until somebody stands there.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    pub(crate) fn open(&self) {
        self.open.notify_one();
    }

    fn stops(&self, changes: &Changes) -> bool {
        if !changes.puts.iter().any(|put| put.key.starts_with(self.prefix)) {
            return false;
        }
        let mut pass = self.pass.lock().unwrap();
        let stops = *pass == Some(0);
        *pass = pass.and_then(|left| left.checked_sub(1));
        stops
    }
}

#[async_trait]
impl Store for Gate {
    async fn get(
        &self,
        tenant: &TenantId,
        table: Table,
        key: &str,
    ) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.inner.get(tenant, table, key).await
    }
    async fn list(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError> {
        self.inner.list(tenant, query).await
    }
    async fn commit(&self, changes: Changes) -> Result<Committed, StoreError> {
        if self.stops(&changes) {
            self.reached.notify_one();
            self.open.notified().await;
        }
        self.inner.commit(changes).await
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
        tenant: Option<&TenantId>,
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
