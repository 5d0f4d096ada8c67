//! The files of a store, and connections to them.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use omni_core::store::StoreError;
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};

use crate::error::{from_io, from_sqlite};

/// The database's file name in the data directory.
pub(crate) const DATABASE: &str = "omni.db";
/// Its write-ahead log.
pub(crate) const LOG: &str = "omni.db-wal";
/// Held by the process that has the store open.
const LOCK: &str = "omni.lock";

/// How long to wait for somebody else's lock on the database (a user's `sqlite3`, a
/// checkpoint that ends just now).
pub(super) const BUSY: Duration = Duration::from_millis(250);

/// Makes `dir` if it is missing, and takes its lock: one process has a store open at a
/// time. The lock ends with the returned file, however the process ends.
pub(crate) fn lock(dir: &Path) -> Result<File, StoreError> {
    fs::create_dir_all(dir).map_err(from_io)?;
    let file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK));
    let file = file.map_err(from_io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Locked(format!("another process has the store in {} open", dir.display())))
        }
        Err(TryLockError::Error(error)) => Err(from_io(error)),
    }
}

/// Makes the names of new files in `dir` durable.
pub(crate) fn sync_names(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(from_io)
}

/// A connection that may write. The lock must be held.
///
/// Its page cache is small on purpose. Splitting a page of an index moves pages through a
/// number far beyond the file's end, and the commit then looks through the whole cache for
/// what lies beyond the end: with 64 MiB that was a quarter of the writer's time. The
/// system's own cache serves what this one misses.
pub(crate) fn read_write(dir: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(dir.join(DATABASE)).map_err(from_sqlite)?;
    let set_up = || -> rusqlite::Result<()> {
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(
            "PRAGMA page_size = 4096;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = 268435456;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -8192;",
        )?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(())
    };
    set_up().map_err(from_sqlite)?;
    Ok(connection)
}

/// A connection that only reads.
pub(crate) fn read_only(dir: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(dir.join(DATABASE), flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch("PRAGMA cache_size = -4096;")?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(from_sqlite)
}

/// Read-only connections that nobody uses just now.
#[derive(Debug)]
pub(crate) struct Readers {
    dir: std::path::PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Most connections that wait for use.
    const MOST_IDLE: usize = 8;

    pub(crate) const fn new(dir: std::path::PathBuf) -> Self {
        Self { dir, idle: Mutex::new(Vec::new()) }
    }

    /// Runs `read` on a connection of its own; opens one if all are busy.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => read_only(&self.dir)?,
        };
        let outcome = read(&connection);
        let mut idle = self.idle.lock();
        if idle.len() < Self::MOST_IDLE {
            idle.push(connection);
        }
        outcome
    }

    /// Closes those that nobody uses.
    pub(crate) fn close(&self) {
        self.idle.lock().clear();
    }
}
