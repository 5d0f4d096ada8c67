//! One [`Ready`] inside the writer's transaction: check everything, then write.
//!
//! All conditions are checked before the first write, so a refused commit has changed
//! nothing and needs no savepoint of its own inside the batch.

use omni_core::store::{Committed, Expect, StoreError, Table, decode};
use omni_core::time::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::sql;
use crate::error::from_sqlite;
use crate::journal::{Packed, outcome_name};
use crate::prepare::{Place, PointerKey, Ready, ReadyEvent, ReadyJob, ReadyPut, postponed};

/// What a check found where a record is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A row that counts as absent.
    Expired { row: i64 },
    /// A row.
    At { row: i64, version: u64, same_group: bool },
}

impl Found {
    const fn meets(self, expect: Expect) -> bool {
        match (expect, self) {
            (Expect::Any, _) | (Expect::Absent, Self::Nothing | Self::Expired { .. }) => true,
            (Expect::Version(wanted), Self::At { version, .. }) => version == wanted,
            (Expect::Absent, Self::At { .. }) | (Expect::Version(_), _) => false,
        }
    }

    /// The version of the record to be written.
    pub(super) const fn next_version(self) -> u64 {
        match self {
            Self::At { version, .. } => version + 1,
            Self::Nothing | Self::Expired { .. } => 1,
        }
    }
}

/// JSON as text, without a copy.
struct Text<'a>(&'a [u8]);

impl ToSql for Text<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

/// The writer's hands: its connection, and the numbers it counts by itself.
pub(super) struct Hands {
    pub(super) connection: Connection,
    pub(super) next_job: u64,
    /// The last journal row that was written: ids of one millisecond count on from it.
    pub(super) last_journal: i64,
}

impl Hands {
    /// What stands where each record is to be written, or why the commit is refused.
    /// Leases are the caller's to check: `lease_lost` says how that went.
    pub(super) fn check(
        &self,
        ready: &Ready,
        number: i64,
        lease_lost: bool,
        now: Timestamp,
    ) -> rusqlite::Result<Result<Vec<Found>, Committed>> {
        let mut found = Vec::with_capacity(ready.puts.len());
        let mut conflict = lease_lost.then_some("lease");
        for put in &ready.puts {
            let (at, body) = self.find(&put.place, number, put.expect, put.group.as_deref(), now)?;
            if let (Some(of), Expect::Absent) = (body, put.expect) {
                return Ok(Err(Committed::Duplicate { of: of.into() }));
            }
            if conflict.is_none() && !at.meets(put.expect) {
                conflict = Some(put.place.table().name());
            }
            found.push(at);
        }
        for (place, expect) in &ready.checks {
            if conflict.is_none() && !self.find(place, number, *expect, None, now)?.0.meets(*expect) {
                conflict = Some(place.table().name());
            }
        }
        Ok(match conflict {
            Some(on) => Err(Committed::Conflict { on }),
            None => Ok(found),
        })
    }

    /// What stands there; with the body only if it is a pointer that should be absent.
    fn find(
        &self,
        place: &Place,
        number: i64,
        expect: Expect,
        group: Option<&str>,
        now: Timestamp,
    ) -> rusqlite::Result<(Found, Option<Vec<u8>>)> {
        match place {
            Place::Pointer(key) => self.find_pointer(key, expect, now),
            Place::Row(table, id) => Ok((self.find_row(*table, number, id, group, now)?, None)),
        }
    }

    fn find_pointer(
        &self,
        key: &PointerKey,
        expect: Expect,
        now: Timestamp,
    ) -> rusqlite::Result<(Found, Option<Vec<u8>>)> {
        let mut statement = self.connection.prepare_cached(sql::pointer::GET)?;
        let mut rows = statement.query([key.as_slice()])?;
        let Some(row) = rows.next()? else { return Ok((Found::Nothing, None)) };
        if is_expired(row.get(1)?, now) {
            return Ok((Found::Expired { row: 0 }, None));
        }
        let body = match expect {
            Expect::Absent => Some(row.get_ref(2)?.as_bytes()?.to_vec()),
            Expect::Version(_) | Expect::Any => None,
        };
        Ok((Found::At { row: 0, version: row.get(0)?, same_group: true }, body))
    }

    fn find_row(
        &self,
        table: Table,
        number: i64,
        id: &str,
        group: Option<&str>,
        now: Timestamp,
    ) -> rusqlite::Result<Found> {
        let Some(sql) = sql::of(table) else { return Ok(Found::Nothing) };
        let mut statement = self.connection.prepare_cached(sql.find)?;
        let mut rows = statement.query(params![number, id])?;
        let Some(row) = rows.next()? else { return Ok(Found::Nothing) };
        if is_expired(row.get(2)?, now) {
            return Ok(Found::Expired { row: row.get(0)? });
        }
        let same_group = row.get_ref(3)?.as_str_or_null()? == group;
        Ok(Found::At { row: row.get(0)?, version: row.get(1)?, same_group })
    }

    /// Writes one record over what was found.
    pub(super) fn put(&self, number: i64, put: &ReadyPut, found: Found) -> rusqlite::Result<()> {
        let version = found.next_version();
        let expires = put.expires_at.map(Timestamp::as_micros);
        let body = Text(&put.body);
        let (table, id) = match &put.place {
            Place::Pointer(key) => {
                let mut statement = self.connection.prepare_cached(sql::pointer::PUT)?;
                statement.execute(params![key.as_slice(), version, expires, body])?;
                return Ok(());
            }
            Place::Row(table, id) => (*table, id),
        };
        let Some(sql) = sql::of(table) else { return Ok(()) };
        let (status, direction, group) = (put.status, put.direction, put.group.as_deref());
        match found {
            Found::Nothing => self
                .connection
                .prepare_cached(sql.insert)?
                .execute(params![number, id, version, status, direction, group, expires, body])?,
            Found::At { row, same_group: true, .. } => self
                .connection
                .prepare_cached(sql.update)?
                .execute(params![row, version, status, direction, expires, body])?,
            Found::At { row, .. } | Found::Expired { row } => self
                .connection
                .prepare_cached(sql.update_group)?
                .execute(params![row, version, status, direction, expires, body, group])?,
        };
        Ok(())
    }

    pub(super) fn delete(&self, number: i64, place: &Place) -> rusqlite::Result<()> {
        match place {
            Place::Pointer(key) => {
                self.connection.prepare_cached(sql::pointer::DELETE)?.execute([key.as_slice()])?;
            }
            Place::Row(table, id) => {
                let Some(sql) = sql::of(*table) else { return Ok(()) };
                self.connection.prepare_cached(sql.delete)?.execute(params![number, id])?;
            }
        }
        Ok(())
    }

    /// Adds a job at the end of the table; gives its row.
    pub(super) fn add_job(&mut self, number: i64, ready: &ReadyJob) -> rusqlite::Result<u64> {
        let seq = self.next_job;
        self.next_job += 1;
        let job = &ready.job;
        let not_before = job.not_before.map(Timestamp::as_micros);
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO job (seq, tenant, id, lane, priority, not_before, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let id = job.id.to_string();
        statement.execute(params![seq, number, id, job.lane, job.priority as i64, not_before, ready.json])?;
        Ok(seq)
    }

    pub(super) fn end_job(&self, seq: u64) -> rusqlite::Result<()> {
        self.connection.prepare_cached("DELETE FROM job WHERE seq = ?1")?.execute([seq])?;
        Ok(())
    }

    /// Writes down that a job is to be tried again; gives it as it is now.
    pub(super) fn postpone_job(
        &self,
        seq: u64,
        postpone: &omni_core::store::Postpone,
    ) -> Result<Box<omni_core::job::Job>, StoreError> {
        let job = read_job(&self.connection, seq)?;
        let job = postponed(job, postpone);
        let body = serde_json::to_string(&job).expect("jobs serialise");
        let write = || -> rusqlite::Result<()> {
            let sql = "UPDATE job SET not_before = ?2, body = ?3 WHERE seq = ?1";
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.execute(params![seq, postpone.not_before.as_micros(), body])?;
            Ok(())
        };
        write().map_err(from_sqlite)?;
        Ok(Box::new(job))
    }

    pub(super) fn add_event(&self, seq: i64, event: &ReadyEvent) -> rusqlite::Result<()> {
        let sql = "INSERT INTO event (seq, at, type, data) VALUES (?1, ?2, ?3, ?4)";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.execute(params![seq, event.at.as_micros(), event.event_type, event.data])?;
        Ok(())
    }

    pub(super) fn add_journal(&mut self, tenant: Option<i64>, packed: &Packed) -> rusqlite::Result<()> {
        let entry = &packed.entry;
        let row = self.next_journal_row(journal_row(entry.id))?;
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO journal (row, id, tenant, carrier, connection, outcome, reasons, received_at,
               head, body, unpacked) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        statement.execute(params![
            row,
            entry.id.to_string(),
            tenant,
            entry.carrier,
            entry.connection,
            outcome_name(entry.outcome),
            packed.reasons,
            entry.received_at.as_micros(),
            Text(&entry.head),
            entry.body.as_ref(),
            packed.unpacked.map(|length| length as u64)
        ])?;
        self.last_journal = row;
        Ok(())
    }

    /// The first free row of the millisecond that begins at `first`.
    fn next_journal_row(&self, first: i64) -> rusqlite::Result<i64> {
        if self.last_journal >= first && self.last_journal < first + ROWS_PER_MS {
            return Ok(self.last_journal + 1);
        }
        let sql = "SELECT max(row) FROM journal WHERE row >= ?1 AND row < ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let last: Option<i64> = statement.query_row([first, first + ROWS_PER_MS], |row| row.get(0))?;
        Ok(last.map_or(first, |last| last + 1))
    }
}

/// Rows that the journal has for one millisecond.
pub(super) const ROWS_PER_MS: i64 = 1 << 15;

/// The first row for entries of an id's millisecond.
pub(super) fn journal_row(id: omni_core::id::JournalId) -> i64 {
    // A ULID's time has 48 bits: with 15 more it stays positive.
    let millis = i64::try_from(id.ulid().timestamp_ms()).expect("48 bits");
    millis * ROWS_PER_MS
}

/// Whether an expiry lies behind.
pub(super) const fn is_expired(expires_at: Option<i64>, now: Timestamp) -> bool {
    matches!(expires_at, Some(at) if at <= now.as_micros())
}

/// The job of that row.
pub(super) fn read_job(connection: &Connection, seq: u64) -> Result<omni_core::job::Job, StoreError> {
    let read = || -> rusqlite::Result<Option<Vec<u8>>> {
        let mut statement = connection.prepare_cached("SELECT body FROM job WHERE seq = ?1")?;
        statement.query_row([seq], |row| Ok(row.get_ref(0)?.as_bytes()?.to_vec())).optional()
    };
    let body = read().map_err(from_sqlite)?;
    decode(&body.ok_or_else(|| StoreError::Corrupt("an open job has no row".to_owned()))?)
}
