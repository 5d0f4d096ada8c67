//! From files to a running store.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use omni_core::store::StoreError;
use omni_core::time::{Clock, Timestamp};
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::apply::Hands;
use super::checkpoint::Checkpointer;
use super::files::{self, Readers};
use super::health::Health;
use super::stats::Written;
use super::writer::Writer;
use super::{Shared, SqliteStore, event_row};
use crate::cache::Cache;
use crate::error::{from_io, from_sqlite};
use crate::migrate;
use crate::options::Options;
use crate::queue::{Entry, Queue, QueueHandle, Setup};
use crate::tenants::Tenants;

impl SqliteStore {
    /// Opens the store in `dir`, making it if there is none and bringing it to the newest
    /// schema if it is older. Jobs that were running when it was last open are ready
    /// again.
    ///
    /// Fails as unavailable if another process has it open or a newer program wrote it, as
    /// read-only if the directory cannot be written.
    pub fn open(dir: &Path, options: Options, clock: Arc<dyn Clock>) -> Result<Arc<Self>, StoreError> {
        Self::start(dir, options, clock, None).map(Arc::new)
    }

    /// A store that is deleted when it is dropped; for tests and demonstrations.
    pub fn temporary(clock: Arc<dyn Clock>) -> Result<Arc<Self>, StoreError> {
        let dir = tempfile::tempdir().map_err(from_io)?;
        let path = dir.path().to_owned();
        Self::start(&path, Options::default(), clock, Some(dir)).map(Arc::new)
    }

    fn start(
        dir: &Path,
        options: Options,
        clock: Arc<dyn Clock>,
        temporary: Option<tempfile::TempDir>,
    ) -> Result<Self, StoreError> {
        let lock = files::lock(dir)?;
        let mut connection = files::read_write(dir)?;
        migrate::to_newest(&mut connection)?;
        files::sync_names(dir)?;
        let restored = Restored::read(&mut connection, &options, clock.now()).map_err(from_sqlite)?;
        if let Some(pages) = options.max_pages {
            connection.pragma_update(None, "max_page_count", pages).map_err(from_sqlite)?;
        }
        let checkpointer =
            Checkpointer::start(&mut connection, files::read_write(dir)?, options.checkpointing)
                .map_err(from_io)?;
        let (requests, inbox) = mpsc::channel(options.queue);
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            cache: Cache::new(options.cache),
            options,
            tenants: restored.tenants,
            queue: QueueHandle::new(restored.queue, Arc::clone(&clock)),
            readers: Readers::new(dir.to_owned()),
            health: Health::default(),
            written: Written::start(),
            clock: Arc::clone(&clock),
        });
        let hands = Hands { connection, next_job: restored.next_job, last_journal: -1 };
        let writer = Writer {
            shared: Arc::clone(&shared),
            hands,
            requests: inbox,
            checkpointer,
            clock,
            lock,
            sequences: HashMap::new(),
        };
        let thread = std::thread::Builder::new().name("omni-writer".to_owned()).spawn(move || writer.run());
        Ok(Self {
            shared,
            requests: Some(requests),
            thread: Mutex::new(Some(thread.map_err(from_io)?)),
            swept_to: Mutex::new(None),
            _temporary: temporary,
        })
    }
}

/// What is in memory while the store is open, read from its tables.
struct Restored {
    tenants: Tenants,
    queue: Queue,
    next_job: u64,
}

impl Restored {
    fn read(connection: &mut Connection, options: &Options, now: Timestamp) -> rusqlite::Result<Self> {
        let setup = Setup {
            lease: options.lease,
            first_token: first_token(connection)?,
            held: options.held_jobs,
            keeps_leased: false,
        };
        let tenants = read_tenants(connection)?;
        let mut queue = Queue::new(setup);
        let mut next_job = 1;
        let mut statement = connection.prepare(
            "SELECT job.seq, tenant.name, job.id, job.lane, job.priority, job.not_before
               FROM job JOIN tenant ON tenant.number = job.tenant ORDER BY job.seq",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let seq: u64 = row.get(0)?;
            next_job = seq + 1;
            let (tenant, id) = (row.get_ref(1)?.as_str()?.parse(), row.get_ref(2)?.as_str()?.parse());
            let (Ok(tenant), Ok(id)) = (tenant, id) else {
                tracing::error!(row = seq, "an open job has no readable tenant or id; it is left out");
                continue;
            };
            let not_before = row.get::<_, Option<i64>>(5)?.map(Timestamp::from_micros);
            let entry = Entry { seq, id, priority: priority(row.get(4)?), not_before, job: None };
            queue.push(&tenant, row.get_ref(3)?.as_str()?, entry, now);
        }
        drop(rows);
        drop(statement);
        Ok(Self { tenants, queue, next_job })
    }
}

const fn priority(number: i64) -> omni_core::message::Priority {
    use omni_core::message::Priority::{High, Low, Normal};
    match number {
        0 => High,
        2 => Low,
        _ => Normal,
    }
}

/// Leases are numbered anew each time, beyond all earlier ones: a worker that outlived the
/// store it leased from completes nothing.
fn first_token(connection: &Connection) -> rusqlite::Result<u64> {
    let opened: u64 = connection.query_row(
        "INSERT INTO meta (name, value) VALUES ('opened', 1)
           ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value",
        [],
        |row| row.get(0),
    )?;
    // 2^44 leases of each of 2^20 openings.
    Ok((opened & 0xF_FFFF) << 44)
}

fn read_tenants(connection: &Connection) -> rusqlite::Result<Tenants> {
    let tenants = Tenants::default();
    let mut statement = connection.prepare("SELECT number, name FROM tenant")?;
    let mut newest = connection.prepare("SELECT max(seq) FROM event WHERE seq >= ?1 AND seq < ?2")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let Ok(name) = row.get_ref(1)?.as_str()?.parse() else { continue };
        let tenant = tenants.named(&name);
        tenant.set_number(number);
        let (from, to) = (event_row(number, 0), event_row(number + 1, 0));
        let last: Option<i64> = newest.query_row([from, to], |row| row.get(0))?;
        tenant.announce(last.map_or(0, |last| (last - from).cast_unsigned()));
    }
    drop(rows);
    drop(statement);
    drop(newest);
    Ok(tenants)
}
