//! The same promises as SQLite's, in memory.
//!
//! For tests, and with [`MemoryStore::null`] for benchmarks: what the pipeline costs when
//! keeping costs nothing. It shares the work queue with [`SqliteStore`](crate::SqliteStore)
//! and nothing else, so each checks the other against the contract. Nothing survives it.
//! Listings scan everything: it is not meant for many records that are listed often.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use omni_core::id::{JobId, JournalId, TenantId};
use omni_core::job::Leased;
use omni_core::store::{
    Changes, Committed, Delete, Expect, JournalEntry, JournalQuery, Listed, LoggedEvent, MOST_PAGE, Page,
    Put, Query, Store, StoreError, StoreStats, Table, Versioned,
};
use omni_core::time::{Clock, Timestamp};
use parking_lot::Mutex;

use crate::journal::is_set_aside;
use crate::prepare::{check, postponed};
use crate::queue::{Entry, Queue, QueueHandle, Setup};
use crate::tenants::Tenants;

/// How much is kept.
#[derive(Debug, Clone, Copy)]
struct Keep {
    records: usize,
    events: usize,
    journal: bool,
}

/// A store in memory.
pub struct MemoryStore {
    state: Mutex<State>,
    tenants: Tenants,
    queue: QueueHandle,
    clock: Arc<dyn Clock>,
    keep: Keep,
}

type Key = (TenantId, Table, String);

#[derive(Default)]
struct State {
    records: HashMap<Key, Row>,
    /// Keys in the order of their first writing, with the stamp of it.
    order: VecDeque<(u64, Key)>,
    journal: BTreeMap<JournalId, JournalEntry>,
    events: HashMap<TenantId, VecDeque<LoggedEvent>>,
    jobs: u64,
    stamp: u64,
}

struct Row {
    stamp: u64,
    version: u64,
    body: Bytes,
    group: Option<String>,
    status: Option<&'static str>,
    direction: Option<&'static str>,
    expires_at: Option<Timestamp>,
}

impl Row {
    fn is_there(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }
}

impl MemoryStore {
    /// A store that keeps everything while it lives, with leases of `lease`.
    pub fn new(lease: Duration, clock: Arc<dyn Clock>) -> Arc<Self> {
        Self::keeping(Keep { records: usize::MAX, events: usize::MAX, journal: true }, lease, clock)
    }

    /// A store that keeps its jobs, who is who and their conversations, of all that comes with
    /// each message the newest 65,536 records and 1,024 events a tenant, and no journal.
    pub fn null(clock: Arc<dyn Clock>) -> Arc<Self> {
        let keep = Keep { records: 1 << 16, events: 1 << 10, journal: false };
        Self::keeping(keep, Duration::from_secs(30), clock)
    }

    fn keeping(keep: Keep, lease: Duration, clock: Arc<dyn Clock>) -> Arc<Self> {
        let queue = Queue::new(Setup { lease, first_token: 1, held: usize::MAX, keeps_leased: true });
        Arc::new(Self {
            state: Mutex::default(),
            tenants: Tenants::default(),
            queue: QueueHandle::new(queue, Arc::clone(&clock)),
            clock,
            keep,
        })
    }

    fn apply(&self, changes: Changes, now: Timestamp) -> Committed {
        let mut state = self.state.lock();
        let mut queue = self.queue.lock();
        let next_change = queue.next_change();
        let held = pin(&mut queue, &changes, now);
        if let Some(refusal) = state.refuses(&changes, held, now) {
            if held {
                leases(&changes).for_each(|(_, token)| queue.unpin(token));
            }
            return refusal;
        }
        let tenant = changes.tenant;
        for put in changes.puts {
            state.put(&tenant, put, self.keep.records, now);
        }
        for Delete { table, key } in changes.deletes {
            state.records.remove(&(tenant.clone(), table, key));
        }
        if let Some((_, token)) = changes.complete {
            queue.finish(token, now);
        }
        if let Some(postpone) = changes.postpone {
            let job = queue.leased_job(postpone.token).map(|job| Box::new(postponed(job.clone(), &postpone)));
            queue.postpone(postpone.token, postpone.not_before, job, now);
        }
        for job in changes.jobs {
            state.jobs += 1;
            let (seq, id, priority, not_before) = (state.jobs, job.id, job.priority, job.not_before);
            let lane = job.lane.clone();
            queue.push(
                &tenant,
                &lane,
                Entry { seq, id, priority, not_before, job: Some(Box::new(job)) },
                now,
            );
        }
        let wake = queue.has_ready() || queue.next_change() < next_change;
        drop(queue);
        if wake {
            self.queue.wake();
        }
        if let Some(entry) = changes.journal.filter(|_| self.keep.journal) {
            state.journal.insert(entry.id, entry);
        }
        if !changes.events.is_empty() {
            let known = self.tenants.named(&tenant);
            let log = state.events.entry(tenant).or_default();
            let mut sequence = known.newest();
            for event in changes.events {
                sequence += 1;
                if log.len() >= self.keep.events {
                    log.pop_front();
                }
                log.push_back(LoggedEvent { sequence, event });
            }
            known.announce(sequence);
        }
        Committed::Applied
    }
}

fn leases(changes: &Changes) -> impl Iterator<Item = (JobId, u64)> {
    let postponed = changes.postpone.as_ref().map(|postpone| (postpone.job, postpone.token));
    changes.complete.into_iter().chain(postponed)
}

/// Holds the leases that the commit ends; `false` (and none held) if one is lost.
fn pin(queue: &mut Queue, changes: &Changes, now: Timestamp) -> bool {
    let mut held = Vec::new();
    for (job, token) in leases(changes) {
        if queue.pin(job, token, now).is_none() {
            held.into_iter().for_each(|token| queue.unpin(token));
            return false;
        }
        held.push(token);
    }
    true
}

/// Whether a record comes with each message. The others are as many as there are people, and
/// a conversation that is forgotten while it goes on would stop it.
fn passes((_, table, key): &Key) -> bool {
    match table {
        Table::Message | Table::DeadLetter => true,
        Table::Pointer => key.starts_with("in|") || key.starts_with("ref|"),
        Table::Conversation | Table::Customer => false,
    }
}

fn met(expect: Expect, found: Option<&Row>) -> bool {
    match expect {
        Expect::Any => true,
        Expect::Absent => found.is_none(),
        Expect::Version(version) => found.is_some_and(|row| row.version == version),
    }
}

impl State {
    /// Why the commit cannot be, if it cannot.
    fn refuses(&self, changes: &Changes, lease_held: bool, now: Timestamp) -> Option<Committed> {
        let mut conflict = (!lease_held).then_some("lease");
        let there = |table, key: &str| {
            let found = self.records.get(&(changes.tenant.clone(), table, key.to_owned()));
            found.filter(|row| row.is_there(now))
        };
        for put in &changes.puts {
            let found = there(put.table, &put.key);
            if met(put.expect, found) {
                continue;
            }
            if let (Table::Pointer, Expect::Absent, Some(row)) = (put.table, put.expect, found) {
                return Some(Committed::Duplicate { of: row.body.clone() });
            }
            conflict.get_or_insert(put.table.name());
        }
        for check in &changes.checks {
            if !met(check.expect, there(check.table, &check.key)) {
                conflict.get_or_insert(check.table.name());
            }
        }
        conflict.map(|on| Committed::Conflict { on })
    }

    fn put(&mut self, tenant: &TenantId, put: Put, most: usize, now: Timestamp) {
        let key = (tenant.clone(), put.table, put.key);
        let known = self.records.get(&key);
        let version = known.filter(|row| row.is_there(now)).map_or(1, |row| row.version + 1);
        let stamp = known.map_or(self.stamp + 1, |row| row.stamp);
        if stamp > self.stamp {
            self.stamp = stamp;
            if most != usize::MAX && passes(&key) {
                self.order.push_back((stamp, key.clone()));
            }
        }
        let row = Row {
            stamp,
            version,
            body: put.body,
            group: put.group,
            status: put.facets.status,
            direction: put.facets.direction,
            expires_at: put.expires_at,
        };
        self.records.insert(key, row);
        while self.order.len() > most {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((stamp, key)) = self.order.pop_front() else { return };
        // Unless it was deleted and written anew.
        if self.records.get(&key).is_some_and(|row| row.stamp == stamp) {
            self.records.remove(&key);
        }
    }

    fn list(&self, tenant: &TenantId, query: &Query, now: Timestamp) -> Page {
        let wanted = |(key, row): &(&Key, &Row)| {
            key.0 == *tenant
                && key.1 == query.table
                && row.is_there(now)
                && query.group.as_ref().is_none_or(|group| row.group.as_ref() == Some(group))
                && query.status.as_deref().is_none_or(|status| row.status == Some(status))
                && query.direction.as_deref().is_none_or(|direction| row.direction == Some(direction))
                && query
                    .after
                    .as_ref()
                    .is_none_or(|after| if query.oldest_first { key.2 > *after } else { key.2 < *after })
        };
        let mut found: Vec<_> = self.records.iter().filter(wanted).collect();
        found.sort_unstable_by(|a, b| if query.oldest_first { a.0.2.cmp(&b.0.2) } else { b.0.2.cmp(&a.0.2) });
        let limit = query.limit.min(MOST_PAGE);
        let listed = |(key, row): (&Key, &Row)| Listed {
            key: key.2.clone(),
            body: row.body.clone(),
            version: row.version,
        };
        Page { more: found.len() > limit, records: found.into_iter().take(limit).map(listed).collect() }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(
        &self,
        tenant: &TenantId,
        table: Table,
        key: &str,
    ) -> Result<Option<Versioned<Bytes>>, StoreError> {
        let now = self.clock.now();
        let state = self.state.lock();
        let found = state.records.get(&(tenant.clone(), table, key.to_owned()));
        let found = found.filter(|row| row.is_there(now));
        Ok(found.map(|row| Versioned { value: row.body.clone(), version: row.version }))
    }

    async fn list(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError> {
        if query.table == Table::Pointer {
            return Ok(Page::default());
        }
        Ok(self.state.lock().list(tenant, query, self.clock.now()))
    }

    async fn commit(&self, changes: Changes) -> Result<Committed, StoreError> {
        check(&changes)?;
        Ok(self.apply(changes, self.clock.now()))
    }

    async fn journal(&self, entry: JournalEntry) -> Result<(), StoreError> {
        if self.keep.journal {
            self.state.lock().journal.insert(entry.id, entry);
        }
        Ok(())
    }

    async fn lease(&self, max: usize, wait: Duration) -> Result<Vec<Leased>, StoreError> {
        let taken = self.queue.take(max, wait).await;
        let leased = |taken: crate::queue::Taken| {
            let job = *taken.job.expect("this queue keeps every job");
            Leased { job, token: taken.token }
        };
        Ok(taken.into_iter().map(leased).collect())
    }

    async fn extend(&self, job: JobId, token: u64) -> Result<bool, StoreError> {
        Ok(self.queue.extend(job, token))
    }

    async fn events(
        &self,
        tenant: &TenantId,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        let known = self.tenants.named(tenant);
        if known.newest() <= after {
            tokio::time::timeout(wait, known.wait_beyond(after)).await.ok();
        }
        let state = self.state.lock();
        let Some(log) = state.events.get(tenant) else { return Ok(Vec::new()) };
        let first = log.partition_point(|logged| logged.sequence <= after);
        Ok(log.range(first..).take(limit.min(MOST_PAGE)).cloned().collect())
    }

    async fn last_event(&self, tenant: &TenantId) -> Result<u64, StoreError> {
        Ok(self.tenants.named(tenant).newest())
    }

    async fn journal_entry(
        &self,
        tenant: Option<&TenantId>,
        id: JournalId,
    ) -> Result<Option<JournalEntry>, StoreError> {
        let state = self.state.lock();
        Ok(state.journal.get(&id).filter(|entry| entry.tenant.as_ref() == tenant).cloned())
    }

    async fn journal_list(
        &self,
        tenant: Option<&TenantId>,
        query: &JournalQuery,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let state = self.state.lock();
        let newest_first = state.journal.values().rev();
        let found = newest_first.filter(|entry| {
            entry.tenant.as_ref() == tenant
                && (!query.set_aside || is_set_aside(entry.outcome))
                && query.before.is_none_or(|before| entry.id < before)
        });
        Ok(found.take(query.limit.min(MOST_PAGE)).cloned().collect())
    }

    fn stats(&self) -> StoreStats {
        let counts = self.queue.lock().counts(self.clock.now());
        let runnable = counts.ready + counts.leased;
        StoreStats {
            jobs_ready: runnable,
            jobs_waiting: counts.total.saturating_sub(runnable),
            jobs_leased: counts.leased,
            oldest_ready_ms: u64::try_from(counts.oldest_ready.as_millis()).unwrap_or(u64::MAX),
            bytes: 0,
            bytes_written: 0,
        }
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
