//! The port towards the platform: what the pipeline remembers.
//!
//! A [`Changes`] is a *value*, applied whole or not at all: SQLite runs it inside one
//! transaction, DynamoDB as one `TransactWriteItems`. Reads follow declared access paths
//! only: one record by its key, or a page of a table by its listing. A backend is done
//! when it passes `omni_testkit::store_contract!`; a bug found on one backend becomes a
//! case there.
//!
//! How to store a new thing: give it a [`Table`] (or a [`Pointer`] if it is a small fact
//! found by an exact key), implement [`Record`], and use [`Changes::put`]. The backends
//! know tables, not things.
//!
//! Deliberately absent: queries by anything not declared, open transactions, per-message
//! delays on an ordered lane, and any type of any backend.

mod changes;
mod query;
mod record;
mod typed;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

pub use changes::*;
pub use query::*;
pub use record::*;
pub use typed::{StoreExt, decode};

use typed::encode;

use crate::id::{JobId, JournalId, TenantId};
use crate::job::Leased;

/// Most writes in one [`Changes`] (DynamoDB's transaction holds 100).
pub const MOST_WRITES: usize = 100;
/// Most bytes in one [`Changes`].
pub const MOST_BYTES: usize = 1 << 20;
/// Most records in one page.
pub const MOST_PAGE: usize = 500;
/// What the pipeline remembers.
#[async_trait]
pub trait Store: Send + Sync {
    /// One record. `None` is an answer, not an error; what has expired is absent.
    async fn get(
        &self,
        tenant: &TenantId,
        table: Table,
        key: &str,
    ) -> Result<Option<Versioned<Bytes>>, StoreError>;

    /// One page of a listing, newest first unless asked otherwise.
    async fn list(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError>;

    /// Applies `changes` whole or not at all, and returns once they are durable.
    async fn commit(&self, changes: Changes) -> Result<Committed, StoreError>;

    /// Keeps a request for which there is nothing else to commit (refused, unreadable,
    /// unroutable); returns once it is durable.
    async fn journal(&self, entry: JournalEntry) -> Result<(), StoreError>;

    /// Up to `max` jobs that may run now: heads of their lanes, due, lanes without a
    /// running job; high priority first, and among tenants the least recently served.
    /// Waits up to `wait` for the first one. A lease ends after the store's lease time
    /// unless extended; its job then comes back.
    async fn lease(&self, max: usize, wait: Duration) -> Result<Vec<Leased>, StoreError>;

    /// Heartbeat: the lease counts from now again. `false` if it is lost.
    async fn extend(&self, job: JobId, token: u64) -> Result<bool, StoreError>;

    /// Facts of a tenant after `sequence`, oldest first, at most `limit`. Waits up to
    /// `wait` for the first one.
    async fn events(
        &self,
        tenant: &TenantId,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<LoggedEvent>, StoreError>;

    /// The sequence of the newest event of a tenant; 0 if there is none.
    async fn last_event(&self, tenant: &TenantId) -> Result<u64, StoreError>;

    /// One journal entry, of a tenant or (with `None`) of nobody.
    async fn journal_entry(
        &self,
        tenant: Option<&TenantId>,
        id: JournalId,
    ) -> Result<Option<JournalEntry>, StoreError>;

    /// The newest journal entries, of a tenant or (with `None`) of nobody.
    async fn journal_list(
        &self,
        tenant: Option<&TenantId>,
        query: &JournalQuery,
    ) -> Result<Vec<JournalEntry>, StoreError>;

    /// Numbers for metrics and health.
    fn stats(&self) -> StoreStats;

    /// Whether it can write now; the reason if not.
    async fn ready(&self) -> Result<(), StoreError>;
}
