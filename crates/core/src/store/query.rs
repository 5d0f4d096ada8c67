//! Listings, and numbers.

use bytes::Bytes;
use serde::Serialize;

use super::Table;
use crate::id::JournalId;

/// A page of a listing.
#[derive(Debug, Clone)]
pub struct Query {
    /// What to list.
    pub table: Table,
    /// Only this group.
    pub group: Option<String>,
    /// Only this status.
    pub status: Option<String>,
    /// Only this direction.
    pub direction: Option<String>,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
    /// After this key, in the direction of listing.
    pub after: Option<String>,
    /// At most this many, up to [`MOST_PAGE`](super::MOST_PAGE).
    pub limit: usize,
}

impl Query {
    /// The newest of a table.
    pub const fn newest(table: Table, limit: usize) -> Self {
        Self { table, group: None, status: None, direction: None, oldest_first: false, after: None, limit }
    }
}

/// One listed record.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its JSON.
    pub body: Bytes,
    /// Its version.
    pub version: u64,
}

/// Part of a listing.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The records.
    pub records: Vec<Listed>,
    /// Whether there may be more after the last one.
    pub more: bool,
}

/// A listing of the journal.
#[derive(Debug, Clone, Default)]
pub struct JournalQuery {
    /// Only what was set aside (quarantined, refused, unroutable).
    pub set_aside: bool,
    /// Older than this entry.
    pub before: Option<JournalId>,
    /// At most this many.
    pub limit: usize,
}

/// Numbers for metrics and health.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreStats {
    /// Jobs ready to run or running.
    pub jobs_ready: u64,
    /// Jobs waiting for their time or their lane.
    pub jobs_waiting: u64,
    /// Jobs leased now.
    pub jobs_leased: u64,
    /// Age of the oldest ready job in milliseconds.
    pub oldest_ready_ms: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Bytes written since start.
    pub bytes_written: u64,
}
