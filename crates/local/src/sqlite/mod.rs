//! The store on SQLite: one file, one writer, readers beside it.
//!
//! * [`writer`]: the thread that writes, group commit; [`apply`]: one commit inside it;
//!   [`settle`]: who learns of it afterwards.
//! * [`read`]: reads on connections of their own, which see what is committed.
//! * [`open`]: files to running store; the work queue is rebuilt from the open jobs.
//! * [`checkpoint`] and [`sweep`]: the house-keeping.
//!
//! Every commit is synced (`synchronous = FULL`) before anybody hears of it.

mod apply;
mod checkpoint;
pub(crate) mod files;
mod health;
mod open;
mod read;
mod settle;
mod sql;
mod stats;
mod sweep;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use omni_core::id::{JobId, JournalId, TenantId};
use omni_core::job::Leased;
use omni_core::store::{
    Changes, Committed, JournalEntry, JournalQuery, LoggedEvent, MOST_PAGE, Page, Query, Store, StoreError,
    StoreStats, Table, Versioned,
};
use omni_core::time::Clock;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use crate::cache::{Cache, CacheKey, Lookup};
use crate::error::closed;
use crate::journal::Packed;
use crate::options::Options;
use crate::prepare::{PointerKey, Ready, pointer_key};
use crate::queue::{QueueHandle, Taken};
use crate::tenants::Tenants;
use files::Readers;
use health::Health;
pub use sweep::Swept;
use writer::{Answer, Request};

/// How long a job whose row cannot be read is left alone.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(60);

/// The store on SQLite. Made by [`SqliteStore::open`]; closed by [`SqliteStore::close`] or,
/// waiting for its thread, by dropping it.
pub struct SqliteStore {
    shared: Arc<Shared>,
    requests: Option<mpsc::Sender<Request>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Where the sweep of pointers stopped.
    swept_to: Mutex<Option<PointerKey>>,
    /// Of a temporary store: deleted with it.
    _temporary: Option<TempDir>,
}

/// What callers and the writer thread share.
pub(crate) struct Shared {
    dir: PathBuf,
    options: Options,
    clock: Arc<dyn Clock>,
    tenants: Tenants,
    queue: QueueHandle,
    cache: Cache,
    readers: Readers,
    health: Health,
    written: stats::Written,
}

/// The row of a tenant's event.
const fn event_row(tenant: i64, sequence: u64) -> i64 {
    // Both stay far within their bits: 2^23 tenants, 2^40 events of each.
    (tenant << 40) | (sequence & 0xFF_FFFF_FFFF).cast_signed()
}

impl SqliteStore {
    /// Does what waits, copies the log into the database and closes the files. Afterwards
    /// every call fails as unavailable.
    pub async fn close(&self) -> Result<(), StoreError> {
        let closed = self.ask(Request::Close).await;
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // It has answered: what is left of it takes no time.
            tokio::task::spawn_blocking(move || thread.join().ok()).await.ok();
        }
        closed
    }

    /// Asks the writer for something, and waits for the disk.
    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let requests = self.requests.as_ref().ok_or_else(closed)?;
        requests.send(request(answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Reads something longer than a record on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let done = tokio::task::spawn_blocking(move || read(&shared)).await;
        done.map_err(|error| StoreError::Other(Box::new(error)))?
    }

    /// The job of a lease; if its row cannot be read, the lease is given back for later:
    /// one unreadable job must not stop the others.
    fn leased(&self, taken: Taken) -> Option<Leased> {
        let token = taken.token;
        if let Some(job) = taken.job {
            return Some(Leased { job: *job, token });
        }
        match self.shared.readers.with(|connection| apply::read_job(connection, taken.seq)) {
            Ok(job) => Some(Leased { job, token }),
            Err(error) => {
                tracing::error!(row = taken.seq, %error, "a job cannot be read; its lane waits");
                self.shared.queue.put_aside(token, self.shared.clock.now() + UNREADABLE_PAUSE);
                None
            }
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the writer thread had panicked");
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(
        &self,
        tenant: &TenantId,
        table: Table,
        key: &str,
    ) -> Result<Option<Versioned<Bytes>>, StoreError> {
        let shared = &*self.shared;
        let tenant = shared.tenants.named(tenant);
        let Some(number) = tenant.number() else { return Ok(None) };
        let now = shared.clock.now();
        let pointer = (table == Table::Pointer).then(|| pointer_key(&tenant.name, key));
        let cached = match &pointer {
            Some(pointer) => Some(CacheKey::pointer(pointer)),
            None => CacheKey::row(table, number, key),
        };
        let generation = match cached.map(|cached| shared.cache.get(cached)) {
            Some(Lookup::Known(found)) => return Ok(found.and_then(|found| found.visible(now))),
            Some(Lookup::Unknown(generation)) => Some(generation),
            None => None,
        };
        let found = shared.readers.with(|connection| match &pointer {
            Some(pointer) => read::pointer(connection, pointer),
            None => read::row(connection, table, number, key),
        })?;
        if let (Some(cached), Some(generation)) = (cached, generation) {
            shared.cache.learn(cached, generation, found.clone());
        }
        Ok(found.and_then(|found| found.visible(now)))
    }

    async fn list(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError> {
        let Some(number) = self.shared.tenants.named(tenant).number() else { return Ok(Page::default()) };
        let query = query.clone();
        self.read(move |shared| {
            let now = shared.clock.now();
            shared.readers.with(|connection| read::list(connection, number, &query, now))
        })
        .await
    }

    async fn commit(&self, changes: Changes) -> Result<Committed, StoreError> {
        let ready = Ready::new(changes, &self.shared.tenants)?;
        self.ask(|answer| Request::Commit(Box::new(ready), answer)).await
    }

    async fn journal(&self, entry: JournalEntry) -> Result<(), StoreError> {
        let tenant = entry.tenant.as_ref().map(|tenant| self.shared.tenants.named(tenant));
        let packed = Box::new(Packed::new(entry));
        self.ask(|answer| Request::Journal(packed, tenant, answer)).await
    }

    async fn lease(&self, max: usize, wait: Duration) -> Result<Vec<Leased>, StoreError> {
        let taken = self.shared.queue.take(max, wait).await;
        Ok(taken.into_iter().filter_map(|taken| self.leased(taken)).collect())
    }

    async fn extend(&self, job: JobId, token: u64) -> Result<bool, StoreError> {
        Ok(self.shared.queue.extend(job, token))
    }

    async fn events(
        &self,
        tenant: &TenantId,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        let tenant = self.shared.tenants.named(tenant);
        if tenant.newest() <= after {
            // Running out of time is no error: there is nothing to tell.
            tokio::time::timeout(wait, tenant.wait_beyond(after)).await.ok();
        }
        let (newest, limit) = (tenant.newest(), limit.min(MOST_PAGE));
        let Some(number) = tenant.number().filter(|_| newest > after && limit > 0) else {
            return Ok(Vec::new());
        };
        self.read(move |shared| {
            shared.readers.with(|connection| read::events(connection, number, after, limit))
        })
        .await
    }

    async fn last_event(&self, tenant: &TenantId) -> Result<u64, StoreError> {
        Ok(self.shared.tenants.named(tenant).newest())
    }

    async fn journal_entry(
        &self,
        tenant: Option<&TenantId>,
        id: JournalId,
    ) -> Result<Option<JournalEntry>, StoreError> {
        let tenant = tenant.map(|tenant| self.shared.tenants.named(tenant));
        self.read(move |shared| {
            shared.readers.with(|connection| read::journal_entry(connection, tenant.as_deref(), id))
        })
        .await
    }

    async fn journal_list(
        &self,
        tenant: Option<&TenantId>,
        query: &JournalQuery,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let tenant = tenant.map(|tenant| self.shared.tenants.named(tenant));
        let query = query.clone();
        self.read(move |shared| {
            shared.readers.with(|connection| read::journal_list(connection, tenant.as_deref(), &query))
        })
        .await
    }

    fn stats(&self) -> StoreStats {
        self.shared.stats()
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if self.requests.as_ref().is_none_or(mpsc::Sender::is_closed) {
            return Err(closed());
        }
        if self.shared.health.is_failing() {
            return self.ask(Request::Probe).await;
        }
        Ok(())
    }
}
