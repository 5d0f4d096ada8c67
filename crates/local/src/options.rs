//! What can be set about a store.

use std::time::Duration;

/// Settings of a [`SqliteStore`](crate::SqliteStore).
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a leased job belongs to its worker without a heartbeat.
    pub lease: Duration,
    /// How long requests stay in the journal.
    pub journal_retention: Duration,
    /// How long events can be read again.
    pub event_retention: Duration,
    /// When the write-ahead log is copied into the database.
    pub checkpointing: Checkpointing,
    /// Commits that may wait for the writer; who comes then waits outside.
    pub queue: usize,
    /// Most commits in one transaction.
    pub batch: usize,
    /// Bytes of recently written records that reads find without SQLite.
    pub cache: usize,
    /// Jobs whose content is held in memory; of those beyond it only the place is.
    pub held_jobs: usize,
    /// Most pages of 4 kB that the database file may have; a full file answers like a full
    /// disk.
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            lease: Duration::from_secs(30),
            journal_retention: DAY * 7,
            event_retention: DAY * 30,
            checkpointing: Checkpointing::default(),
            queue: 4_096,
            batch: 1_024,
            cache: 64 << 20,
            held_jobs: 100_000,
            max_pages: None,
        }
    }
}

/// When the write-ahead log is copied into the database, by a thread of its own.
#[derive(Debug, Clone, Copy)]
pub struct Checkpointing {
    /// At least this often, if there is anything to copy.
    pub every: Duration,
    /// As soon as the log has this many bytes.
    pub at_bytes: u64,
    /// From this many bytes on, the writer helps to finish, so that the log starts over.
    pub restart_at_bytes: u64,
}

impl Default for Checkpointing {
    fn default() -> Self {
        Self { every: Duration::from_secs(5), at_bytes: 16 << 20, restart_at_bytes: 64 << 20 }
    }
}
