//! The one thread that writes.
//!
//! It takes everything that waits, runs it in one transaction, commits once (with the
//! disk's guarantee), and only then tells the work queue, the cache and the callers. While
//! it waits for the disk the next batch gathers: that is the whole of group commit.

use std::fs::File;
use std::sync::Arc;

use omni_core::store::{Committed, StoreError};
use omni_core::time::{Clock, Timestamp};
use tokio::sync::{mpsc, oneshot};

use super::apply::{Found, Hands};
use super::checkpoint::Checkpointer;
use super::settle::settle;
use super::sweep::SweepBatch;
use super::{Shared, event_row};
use crate::error::{copy, from_sqlite};
use crate::journal::Packed;
use crate::prepare::Ready;
use crate::tenants::Tenant;

/// The answer to somebody who waits for the disk.
pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do.
pub(super) enum Request {
    /// Apply a commit.
    Commit(Box<Ready>, Answer<Committed>),
    /// Keep a request.
    Journal(Box<Packed>, Option<Arc<Tenant>>, Answer<()>),
    /// Delete a few old rows; answers how many.
    Sweep(SweepBatch, Answer<usize>),
    /// Find out whether something can be made durable.
    Probe(Answer<()>),
    /// Finish and close the files.
    Close(Answer<()>),
}

/// What became of a request, once the transaction is committed.
pub(super) enum Outcome {
    Applied(Written),
    Refused(Committed),
    Done(usize),
}

/// What the queue and the cache need to know of an applied commit.
#[derive(Default)]
pub(super) struct Written {
    pub(super) found: Vec<Found>,
    pub(super) first_job: u64,
    pub(super) postponed: Option<Box<omni_core::job::Job>>,
    /// The sequence of its last event.
    pub(super) newest_event: Option<u64>,
}

pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) hands: Hands,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) checkpointer: Checkpointer,
    pub(super) clock: Arc<dyn Clock>,
    /// Held until the connection is closed.
    pub(super) lock: File,
    /// The newest sequence used by each tenant, durable or not.
    pub(super) sequences: std::collections::HashMap<i64, u64>,
}

impl Writer {
    /// Works until it is told to close, or nobody can ask for anything any more.
    pub(super) fn run(mut self) {
        let mut batch = Vec::with_capacity(64);
        let mut close = None;
        while close.is_none()
            && let Some(first) = self.requests.blocking_recv()
        {
            self.gather(first, &mut batch, &mut close);
            self.process(std::mem::take(&mut batch));
            self.checkpointer.after_batch(&self.hands.connection);
        }
        self.requests.close();
        let outcome = self.finish();
        if let Some(answer) = close {
            answer.send(outcome).ok();
        }
    }

    /// Takes everything that waits, up to a batch; what came before a close is still done.
    fn gather(&mut self, first: Request, batch: &mut Vec<Request>, close: &mut Option<Answer<()>>) {
        let mut next = Some(first);
        while let Some(request) = next {
            if let Request::Close(answer) = request {
                *close = Some(answer);
                return;
            }
            batch.push(request);
            next = (batch.len() < self.shared.options.batch).then(|| self.requests.try_recv().ok()).flatten();
        }
    }

    fn finish(self) -> Result<(), StoreError> {
        self.checkpointer.stop();
        self.shared.readers.close();
        let outcome = self.hands.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
        let closed = self.hands.connection.close().map_err(|(_, error)| error);
        drop(self.lock);
        outcome.and(closed).map_err(from_sqlite)
    }

    fn process(&mut self, batch: Vec<Request>) {
        if batch.is_empty() {
            return;
        }
        let now = self.clock.now();
        match self.transact(&batch, now) {
            Ok(outcomes) => {
                self.shared.health.wrote();
                settle(&self.shared, batch, outcomes, now);
            }
            // Perhaps one of them is at fault: then the others must not suffer for it.
            Err(StoreError::Other(_) | StoreError::Corrupt(_)) if batch.len() > 1 => {
                for request in batch {
                    self.process(vec![request]);
                }
            }
            Err(error) => {
                self.shared.health.failed(&error);
                for request in batch {
                    request.fail(&error);
                }
            }
        }
    }

    /// Everything in one transaction, committed; on error nothing of it happened.
    fn transact(&mut self, batch: &[Request], now: Timestamp) -> Result<Vec<Outcome>, StoreError> {
        self.number_tenants(batch)?;
        let outcomes = self.write_all(batch, now);
        if outcomes.is_err() {
            self.roll_back();
            let mut queue = self.shared.queue.lock();
            for (_, token) in batch.iter().filter_map(Request::ready).flat_map(Ready::lease) {
                queue.unpin(token);
            }
        }
        outcomes
    }

    fn write_all(&mut self, batch: &[Request], now: Timestamp) -> Result<Vec<Outcome>, StoreError> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for request in batch {
            outcomes.push(self.write(request, now)?);
        }
        self.execute("COMMIT")?;
        Ok(outcomes)
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        let run = || self.hands.connection.prepare_cached(sql)?.execute([]);
        run().map(|_| ()).map_err(from_sqlite)
    }

    fn roll_back(&self) {
        // SQLite has already rolled back after some failures.
        if !self.hands.connection.is_autocommit()
            && let Err(error) = self.hands.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    fn write(&mut self, request: &Request, now: Timestamp) -> Result<Outcome, StoreError> {
        match request {
            Request::Commit(ready, _) => self.commit(ready, now),
            Request::Journal(packed, tenant, _) => {
                let number = tenant.as_ref().and_then(|tenant| tenant.number());
                self.hands.add_journal(number, packed).map_err(from_sqlite)?;
                Ok(Outcome::Done(1))
            }
            Request::Sweep(sweep, _) => {
                sweep.run(&self.hands.connection).map(Outcome::Done).map_err(from_sqlite)
            }
            Request::Probe(_) => {
                super::health::probe(&self.hands.connection).map_err(from_sqlite)?;
                Ok(Outcome::Done(0))
            }
            Request::Close(_) => unreachable!("`gather` keeps it out of the batch"),
        }
    }

    fn commit(&mut self, ready: &Ready, now: Timestamp) -> Result<Outcome, StoreError> {
        let number = ready.tenant.number().expect("`number_tenants` ran");
        let leases = self.pin(ready, now);
        let checked = self.hands.check(ready, number, leases.is_none(), now).map_err(from_sqlite)?;
        match (checked, leases) {
            (Ok(found), Some(rows)) => self.apply(ready, number, found, rows).map(Outcome::Applied),
            (refused, pinned) => {
                if pinned.is_some() {
                    let mut queue = self.shared.queue.lock();
                    ready.lease().for_each(|(_, token)| queue.unpin(token));
                }
                let refusal = refused.err().unwrap_or(Committed::Conflict { on: "lease" });
                Ok(Outcome::Refused(refusal))
            }
        }
    }

    /// Holds the leases that the commit ends: rows of the completed and the postponed job;
    /// `None` (and none held) if one is lost.
    fn pin(&self, ready: &Ready, now: Timestamp) -> Option<[Option<u64>; 2]> {
        let mut queue = self.shared.queue.lock();
        let mut rows = [None, None];
        if let Some((job, token)) = ready.complete {
            rows[0] = Some(queue.pin(job, token, now)?);
        }
        if let Some(postpone) = &ready.postpone {
            rows[1] = queue.pin(postpone.job, postpone.token, now);
            if rows[1].is_none() {
                if let Some((_, token)) = ready.complete {
                    queue.unpin(token);
                }
                return None;
            }
        }
        Some(rows)
    }

    fn apply(
        &mut self,
        ready: &Ready,
        number: i64,
        found: Vec<Found>,
        [completed, postponed]: [Option<u64>; 2],
    ) -> Result<Written, StoreError> {
        let mut written = Written { found, first_job: self.hands.next_job, ..Written::default() };
        if let (Some(seq), Some(postpone)) = (postponed, &ready.postpone) {
            written.postponed = Some(self.hands.postpone_job(seq, postpone)?);
        }
        let mut write = || -> rusqlite::Result<()> {
            for (put, found) in ready.puts.iter().zip(&written.found) {
                self.hands.put(number, put, *found)?;
            }
            for place in &ready.deletes {
                self.hands.delete(number, place)?;
            }
            if let Some(seq) = completed {
                self.hands.end_job(seq)?;
            }
            for job in &ready.jobs {
                self.hands.add_job(number, job)?;
            }
            for event in &ready.events {
                let newest = self.sequences.entry(number).or_insert_with(|| ready.tenant.newest());
                *newest += 1;
                self.hands.add_event(event_row(number, *newest), event)?;
                written.newest_event = Some(*newest);
            }
            if let Some(packed) = &ready.journal {
                let tenant = packed.entry.tenant.as_ref().map(|_| number);
                self.hands.add_journal(tenant, packed)?;
            }
            Ok(())
        };
        write().map_err(from_sqlite)?;
        Ok(written)
    }

    /// Gives numbers to tenants that have none, in a commit before the batch: a number,
    /// once used in memory, must never be rolled back.
    fn number_tenants(&self, batch: &[Request]) -> Result<(), StoreError> {
        for tenant in batch.iter().filter_map(Request::tenant) {
            if tenant.number().is_some() {
                continue;
            }
            let add = "INSERT INTO tenant (name) VALUES (?1) ON CONFLICT DO UPDATE SET name = name
                       RETURNING number";
            let number = self.hands.connection.query_row(add, [tenant.name.as_str()], |row| row.get(0));
            tenant.set_number(number.map_err(from_sqlite)?);
        }
        Ok(())
    }
}

impl Request {
    fn ready(&self) -> Option<&Ready> {
        match self {
            Self::Commit(ready, _) => Some(ready),
            _ => None,
        }
    }

    fn tenant(&self) -> Option<&Tenant> {
        match self {
            Self::Commit(ready, _) => Some(&ready.tenant),
            Self::Journal(_, tenant, _) => tenant.as_deref(),
            _ => None,
        }
    }

    pub(super) fn fail(self, error: &StoreError) {
        match self {
            Self::Commit(_, answer) => drop(answer.send(Err(copy(error)))),
            Self::Journal(_, _, answer) | Self::Probe(answer) | Self::Close(answer) => {
                drop(answer.send(Err(copy(error))));
            }
            Self::Sweep(_, answer) => drop(answer.send(Err(copy(error)))),
        }
    }
}
