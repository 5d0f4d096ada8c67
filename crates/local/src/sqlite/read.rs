//! Reads: one record by its key, or a page of a listing.

use bytes::Bytes;
use omni_core::id::JournalId;
use omni_core::store::{
    JournalEntry, JournalQuery, Listed, LoggedEvent, MOST_PAGE, NewEvent, Page, Query, StoreError, Table,
    decode,
};
use omni_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::apply::{ROWS_PER_MS, journal_row};
use super::{event_row, sql};
use crate::cache::Stored;
use crate::error::from_sqlite;
use crate::journal::{outcome_named, unpack};
use crate::prepare::PointerKey;
use crate::tenants::Tenant;

/// Message states that few messages are in; `message_rare` lists them.
const RARE: [&str; 4] = ["failed", "expired", "canceled", "scheduled"];

/// A small fact, expired or not.
pub(super) fn pointer(connection: &Connection, key: &PointerKey) -> Result<Option<Stored>, StoreError> {
    let read = || connection.prepare_cached(sql::pointer::GET)?.query_row([key], stored).optional();
    read().map_err(from_sqlite)
}

/// A record of a listed table, expired or not.
pub(super) fn row(
    connection: &Connection,
    table: Table,
    tenant: i64,
    key: &str,
) -> Result<Option<Stored>, StoreError> {
    let Some(sql) = sql::of(table) else { return Ok(None) };
    let read = || connection.prepare_cached(sql.get)?.query_row(params![tenant, key], stored).optional();
    read().map_err(from_sqlite)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        version: row.get(0)?,
        expires_at: row.get::<_, Option<i64>>(1)?.map(Timestamp::from_micros),
        body: Bytes::copy_from_slice(row.get_ref(2)?.as_bytes()?),
    })
}

/// One page. By group it walks the group's index, by a rare state that state's; any other
/// filter walks the tenant's records and drops what does not match.
pub(super) fn list(
    connection: &Connection,
    tenant: i64,
    query: &Query,
    now: Timestamp,
) -> Result<Page, StoreError> {
    if query.table == Table::Pointer {
        return Ok(Page::default());
    }
    let limit = query.limit.min(MOST_PAGE);
    let (sql, rare) = list_sql(query);
    let read = || -> rusqlite::Result<Page> {
        let mut statement = connection.prepare_cached(&sql)?;
        let (now, fetch) = (now.as_micros(), limit + 1);
        let mut values: Vec<&dyn ToSql> = vec![&tenant, &now, &fetch];
        let status = query.status.as_ref().filter(|_| rare.is_none());
        for value in [query.group.as_ref(), status, query.direction.as_ref(), query.after.as_ref()] {
            values.extend(value.map(|value| value as &dyn ToSql));
        }
        let mut rows = statement.query(values.as_slice())?;
        let mut page = Page::default();
        while let Some(row) = rows.next()? {
            if page.records.len() == limit {
                page.more = true;
                break;
            }
            page.records.push(Listed {
                key: row.get(0)?,
                version: row.get(1)?,
                body: Bytes::copy_from_slice(row.get_ref(2)?.as_bytes()?),
            });
        }
        Ok(page)
    };
    read().map_err(from_sqlite)
}

/// The statement, and the rare state that stands in it literally: SQLite uses a partial
/// index only if it sees that it applies.
fn list_sql(query: &Query) -> (String, Option<&'static str>) {
    let rare = query.status.as_deref().filter(|_| query.table == Table::Message);
    let rare = rare.and_then(|status| RARE.into_iter().find(|rare| *rare == status));
    // The plus keeps SQLite from walking the whole tenant where the group is the shorter way.
    let by_group = query.group.is_some() && matches!(query.table, Table::Message | Table::Conversation);
    let mut sql = format!(
        "SELECT id, version, body FROM {} WHERE {}tenant = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
        query.table.name(),
        if by_group { "+" } else { "" }
    );
    let (order, beyond) = if query.oldest_first { ("ASC", ">") } else { ("DESC", "<") };
    let mut next = 4;
    let mut add = |condition: &str| {
        sql.push_str(&format!(" AND {condition} ?{next}"));
        next += 1;
    };
    if query.group.is_some() {
        add("grp =");
    }
    if query.status.is_some() && rare.is_none() {
        add("status =");
    }
    if query.direction.is_some() {
        add("direction =");
    }
    if query.after.is_some() {
        add(&format!("id {beyond}"));
    }
    if let Some(rare) = rare {
        sql.push_str(&format!(" AND status = '{rare}'"));
    }
    sql.push_str(&format!(" ORDER BY id {order} LIMIT ?3"));
    (sql, rare)
}

/// Events of a tenant after a sequence, oldest first.
pub(super) fn events(
    connection: &Connection,
    tenant: i64,
    after: u64,
    limit: usize,
) -> Result<Vec<LoggedEvent>, StoreError> {
    let read = || -> rusqlite::Result<Vec<RawEvent>> {
        let sql = "SELECT seq, at, type, data FROM event WHERE seq > ?1 AND seq < ?2 ORDER BY seq LIMIT ?3";
        let mut statement = connection.prepare_cached(sql)?;
        let (from, to) = (event_row(tenant, after), event_row(tenant + 1, 0));
        let rows = statement.query_map(params![from, to, limit], |row| {
            let data = row.get_ref(3)?.as_bytes()?.to_vec();
            Ok(RawEvent { seq: row.get(0)?, at: row.get(1)?, event_type: row.get(2)?, data })
        })?;
        rows.collect()
    };
    let logged = |raw: RawEvent| {
        let sequence = (raw.seq - event_row(tenant, 0)).cast_unsigned();
        let (at, event_type) = (Timestamp::from_micros(raw.at), raw.event_type);
        Ok(LoggedEvent { sequence, event: NewEvent { event_type, at, data: decode(&raw.data)? } })
    };
    read().map_err(from_sqlite)?.into_iter().map(logged).collect()
}

/// An event's row, before its data is understood.
struct RawEvent {
    seq: i64,
    at: i64,
    event_type: String,
    data: Vec<u8>,
}

const JOURNAL_COLUMNS: &str = "SELECT journal.id, tenant.name, journal.carrier, journal.connection,
    journal.outcome, journal.reasons, journal.received_at, journal.head, journal.body, journal.unpacked
  FROM journal LEFT JOIN tenant ON tenant.number = journal.tenant";

/// One entry of a tenant.
pub(super) fn journal_entry(
    connection: &Connection,
    tenant: Option<&Tenant>,
    id: JournalId,
) -> Result<Option<JournalEntry>, StoreError> {
    let number = tenant.and_then(Tenant::number);
    if tenant.is_some() && number.is_none() {
        return Ok(None);
    }
    let sql = format!(
        "{JOURNAL_COLUMNS} WHERE row >= ?1 AND row < ?2 AND journal.id = ?3 AND journal.tenant IS ?4"
    );
    let first = journal_row(id);
    let read = || -> rusqlite::Result<Option<RawEntry>> {
        let mut statement = connection.prepare_cached(&sql)?;
        let values = params![first, first + ROWS_PER_MS, id.to_string(), number];
        statement.query_row(values, RawEntry::read).optional()
    };
    read().map_err(from_sqlite)?.map(RawEntry::entry).transpose()
}

/// The newest entries of a tenant, or of nobody.
pub(super) fn journal_list(
    connection: &Connection,
    tenant: Option<&Tenant>,
    query: &JournalQuery,
) -> Result<Vec<JournalEntry>, StoreError> {
    let number = tenant.and_then(Tenant::number);
    if tenant.is_some() && number.is_none() {
        return Ok(Vec::new());
    }
    let sql = journal_list_sql(query.set_aside);
    let read = || -> rusqlite::Result<Vec<RawEntry>> {
        let before = match query.before {
            Some(id) => row_of(connection, id)?,
            None => i64::MAX,
        };
        let mut statement = connection.prepare_cached(&sql)?;
        let rows =
            statement.query_map(params![number, before, query.limit.min(MOST_PAGE)], RawEntry::read)?;
        rows.collect()
    };
    read().map_err(from_sqlite)?.into_iter().map(RawEntry::entry).collect()
}

fn journal_list_sql(set_aside: bool) -> String {
    // Word for word as in the index, or SQLite would not use it.
    let only = if set_aside { "AND journal.outcome IN ('quarantine', 'unroutable', 'reject')" } else { "" };
    format!("{JOURNAL_COLUMNS} WHERE journal.tenant IS ?1 AND row < ?2 {only} ORDER BY row DESC LIMIT ?3")
}

/// The row of an entry, or where it would have begun if it is gone.
fn row_of(connection: &Connection, id: JournalId) -> rusqlite::Result<i64> {
    let sql = "SELECT row FROM journal WHERE row >= ?1 AND row < ?2 AND id = ?3";
    let first = journal_row(id);
    let mut statement = connection.prepare_cached(sql)?;
    let found =
        statement.query_row(params![first, first + ROWS_PER_MS, id.to_string()], |row| row.get(0)).optional();
    Ok(found?.unwrap_or(first))
}

/// A journal row, before its words are understood.
struct RawEntry {
    id: String,
    tenant: Option<String>,
    carrier: String,
    connection: Option<String>,
    outcome: String,
    reasons: Vec<u8>,
    received_at: i64,
    head: Vec<u8>,
    body: Vec<u8>,
    unpacked: Option<usize>,
}

impl RawEntry {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            tenant: row.get(1)?,
            carrier: row.get(2)?,
            connection: row.get(3)?,
            outcome: row.get(4)?,
            reasons: row.get_ref(5)?.as_bytes()?.to_vec(),
            received_at: row.get(6)?,
            head: row.get_ref(7)?.as_bytes()?.to_vec(),
            body: row.get_ref(8)?.as_bytes()?.to_vec(),
            unpacked: row.get(9)?,
        })
    }

    fn entry(self) -> Result<JournalEntry, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("journal {what}"));
        let tenant = self.tenant.map(|name| name.parse().map_err(|_| corrupt("tenant"))).transpose()?;
        Ok(JournalEntry {
            id: self.id.parse().map_err(|_| corrupt("id"))?,
            tenant,
            carrier: self.carrier,
            connection: self.connection,
            outcome: outcome_named(&self.outcome).ok_or_else(|| corrupt("outcome"))?,
            reasons: decode(&self.reasons)?,
            head: self.head.into(),
            body: unpack(&self.body, self.unpacked)?,
            received_at: Timestamp::from_micros(self.received_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How SQLite would walk, in its own words.
    fn plan(sql: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = super::super::files::read_write(dir.path()).unwrap();
        crate::migrate::to_newest(&mut connection).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let values = vec![rusqlite::types::Value::Null; statement.parameter_count()];
        let steps = statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3));
        steps.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn every_listing_walks_an_index_in_its_order() {
        let newest = || Query::newest(Table::Message, 50);
        let cases = [
            ("all", newest(), "message_id (tenant=?)"),
            ("after", Query { after: Some(String::new()), ..newest() }, "message_id (tenant=? AND id<?)"),
            ("group", Query { group: Some(String::new()), ..newest() }, "message_grp (grp=?)"),
            (
                "rare",
                Query { status: Some("failed".into()), ..newest() },
                "message_rare (tenant=? AND status=?)",
            ),
            ("common", Query { status: Some("sent".into()), ..newest() }, "message_id (tenant=?)"),
        ];
        for (name, query, wanted) in cases {
            let plan = plan(&list_sql(&query).0);
            assert!(plan.contains(wanted), "{name}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{name}: {plan}");
        }
    }

    #[test]
    fn what_was_set_aside_is_found_without_walking_the_journal() {
        let plan = plan(&journal_list_sql(true));
        assert!(plan.contains("journal_set_aside (tenant=? AND row<?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
