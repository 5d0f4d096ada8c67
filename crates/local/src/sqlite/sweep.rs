//! Throwing away what has outlived its time, a little at a time.
//!
//! Rows of listed tables are not swept: nothing in the pipeline lets them expire.

use omni_core::store::StoreError;
use omni_core::time::Timestamp;
use rusqlite::{Connection, params};
use serde::Serialize;

use super::apply::ROWS_PER_MS;
use super::writer::Request;
use super::{Shared, SqliteStore, event_row};
use crate::error::from_sqlite;
use crate::prepare::PointerKey;

/// Rows that one commit deletes.
const BATCH: usize = 500;
/// Pointers that one sweep looks at; the next goes on from there.
const MOST_POINTERS: usize = 1_000_000;

/// What a sweep deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Swept {
    /// Requests.
    pub journal: usize,
    /// Events.
    pub events: usize,
    /// Expired small facts.
    pub pointers: usize,
}

/// A few rows to delete.
pub(super) enum SweepBatch {
    /// Requests before a row.
    Journal { before: i64 },
    /// Of the oldest events between two rows, those older than a time.
    Events { from: i64, to: i64, before: Timestamp },
    /// Pointers, if they are still expired at a time.
    Pointers { keys: Vec<PointerKey>, now: Timestamp },
}

impl SweepBatch {
    /// Deletes; gives the number of rows.
    pub(super) fn run(&self, connection: &Connection) -> rusqlite::Result<usize> {
        match self {
            Self::Journal { before } => {
                let sql = "DELETE FROM journal WHERE row IN
                             (SELECT row FROM journal WHERE row < ?1 ORDER BY row LIMIT ?2)";
                connection.prepare_cached(sql)?.execute(params![before, BATCH])
            }
            Self::Events { from, to, before } => {
                let sql = "DELETE FROM event WHERE seq IN (SELECT seq FROM
                             (SELECT seq, at FROM event WHERE seq >= ?1 AND seq < ?2 ORDER BY seq LIMIT ?3)
                           WHERE at < ?4)";
                connection.prepare_cached(sql)?.execute(params![from, to, BATCH, before.as_micros()])
            }
            Self::Pointers { keys, now } => {
                let sql = "DELETE FROM pointer WHERE key = ?1 AND expires_at <= ?2";
                let mut statement = connection.prepare_cached(sql)?;
                keys.iter()
                    .try_fold(0, |sum, key| Ok(sum + statement.execute(params![key, now.as_micros()])?))
            }
        }
    }
}

impl SqliteStore {
    /// Deletes requests and events beyond their retention and expired small facts, in many
    /// small commits between which others get their turn.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, StoreError> {
        let journal = self.sweep_journal(now).await?;
        let events = self.sweep_events(now).await?;
        let pointers = self.sweep_pointers(now).await?;
        Ok(Swept { journal, events, pointers })
    }

    async fn sweep_journal(&self, now: Timestamp) -> Result<usize, StoreError> {
        let oldest = now - self.shared.options.journal_retention;
        let before = oldest.as_millis().saturating_mul(ROWS_PER_MS);
        let mut swept = 0;
        loop {
            let rows = self.sweep_batch(SweepBatch::Journal { before }).await?;
            swept += rows;
            if rows < BATCH {
                return Ok(swept);
            }
        }
    }

    async fn sweep_events(&self, now: Timestamp) -> Result<usize, StoreError> {
        let before = now - self.shared.options.event_retention;
        let mut swept = 0;
        for tenant in self.shared.tenants.all() {
            let Some(number) = tenant.number() else { continue };
            // The newest always stays: from it the numbering goes on after a restart.
            let (from, to) = (event_row(number, 0), event_row(number, tenant.newest()));
            loop {
                let rows = self.sweep_batch(SweepBatch::Events { from, to, before }).await?;
                swept += rows;
                if rows < BATCH {
                    break;
                }
            }
        }
        Ok(swept)
    }

    async fn sweep_pointers(&self, now: Timestamp) -> Result<usize, StoreError> {
        let (mut swept, mut seen) = (0, 0);
        while seen < MOST_POINTERS {
            let after = *self.swept_to.lock();
            let slice = self.read(move |shared| expired_pointers(shared, after, now)).await?;
            *self.swept_to.lock() = slice.last;
            seen += slice.seen;
            if !slice.expired.is_empty() {
                swept += self.sweep_batch(SweepBatch::Pointers { keys: slice.expired, now }).await?;
            }
            if slice.last.is_none() {
                break;
            }
        }
        Ok(swept)
    }

    async fn sweep_batch(&self, batch: SweepBatch) -> Result<usize, StoreError> {
        self.ask(|answer| Request::Sweep(batch, answer)).await
    }
}

/// Part of the pointer table.
struct Slice {
    expired: Vec<PointerKey>,
    seen: usize,
    /// Where to go on; `None` at the end of the table.
    last: Option<PointerKey>,
}

fn expired_pointers(shared: &Shared, after: Option<PointerKey>, now: Timestamp) -> Result<Slice, StoreError> {
    let read = |connection: &Connection| -> rusqlite::Result<Slice> {
        let sql = "SELECT key, expires_at FROM pointer WHERE key > ?1 ORDER BY key LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let after: &[u8] = after.as_ref().map_or(&[], |key| key);
        let mut rows = statement.query(params![after, BATCH])?;
        let mut slice = Slice { expired: Vec::new(), seen: 0, last: None };
        while let Some(row) = rows.next()? {
            let key: PointerKey = row.get(0)?;
            slice.seen += 1;
            slice.last = Some(key);
            if super::apply::is_expired(row.get(1)?, now) {
                slice.expired.push(key);
            }
        }
        if slice.seen < BATCH {
            slice.last = None;
        }
        Ok(slice)
    };
    shared.readers.with(|connection| read(connection).map_err(from_sqlite))
}
