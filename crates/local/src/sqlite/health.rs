//! Whether the store can write: what the last attempt said, and how to find out.

use omni_core::store::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;

use crate::error::copy;

/// What the writer last learned about the disk.
#[derive(Debug, Default)]
pub(crate) struct Health {
    failure: Mutex<Option<StoreError>>,
}

impl Health {
    /// A transaction was committed.
    pub(super) fn wrote(&self) {
        let mut failure = self.failure.lock();
        if failure.take().is_some() {
            tracing::info!("the store can write again");
        }
    }

    /// A transaction failed.
    pub(super) fn failed(&self, error: &StoreError) {
        let mut failure = self.failure.lock();
        if failure.is_none() {
            tracing::error!(%error, "the store cannot write");
        }
        *failure = Some(copy(error));
    }

    /// Whether the last attempt failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failure.lock().is_some()
    }
}

/// Writes as much as a few messages need, and takes it back, in the caller's transaction.
/// A full file cannot grow even for the moment, and a full disk shows when the
/// transaction's pages reach the log.
pub(super) fn probe(connection: &Connection) -> rusqlite::Result<()> {
    let put = "INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', zeroblob(65536))";
    connection.prepare_cached(put)?.execute([])?;
    connection.prepare_cached("UPDATE meta SET value = 0 WHERE name = 'probe'")?.execute([])?;
    Ok(())
}
