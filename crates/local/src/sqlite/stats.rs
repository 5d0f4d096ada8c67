//! Numbers for metrics and health.

use std::fs;

use omni_core::store::StoreStats;

use super::{Shared, files};

/// What this process had written before the store was opened.
#[derive(Debug)]
pub(super) struct Written {
    before: u64,
}

impl Written {
    pub(super) fn start() -> Self {
        Self { before: process_writes() }
    }

    fn since(&self) -> u64 {
        process_writes().saturating_sub(self.before)
    }
}

/// Bytes that this process caused to be written to disks, as the kernel counts them: log
/// and database alike, and whatever else the process writes. 0 where there is no `/proc`.
fn process_writes() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

impl Shared {
    pub(super) fn stats(&self) -> StoreStats {
        let counts = self.queue.lock().counts(self.clock.now());
        let size = |name| fs::metadata(self.dir.join(name)).map_or(0, |file| file.len());
        let runnable = counts.ready + counts.leased;
        StoreStats {
            jobs_ready: runnable,
            jobs_waiting: counts.total.saturating_sub(runnable),
            jobs_leased: counts.leased,
            oldest_ready_ms: u64::try_from(counts.oldest_ready.as_millis()).unwrap_or(u64::MAX),
            bytes: size(files::DATABASE) + size(files::LOG),
            bytes_written: self.written.since(),
        }
    }
}
