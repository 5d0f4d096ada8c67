//! What the disk itself can do: the floor that a benchmark's figures stand on.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use serde::Serialize;

/// Bytes of one record: about what one message costs in a log that holds nothing else.
const RECORD: [u8; 1024] = [b'r'; 1024];

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Floor {
    /// How many wrote at once, each waiting for its record before the next.
    pub writers: usize,
    /// Records that became durable, a second.
    pub commits_per_second: f64,
    /// Syncs of the file, a second: each made all records durable that waited for it.
    pub syncs_per_second: f64,
}

#[derive(Default)]
struct State {
    /// Records that wait to be written.
    waiting: usize,
    /// Numbers the group that gathers now.
    group: u64,
    /// The newest group that is durable.
    durable: u64,
}

#[derive(Default)]
struct Log {
    state: Mutex<State>,
    gathered: Condvar,
    synced: Condvar,
    stop: AtomicBool,
}

/// Measures for `seconds` how many 1 kB records `writers` threads can make durable in a
/// plain file in `dir`: append, one `fdatasync` for all that wait, next group. The file is
/// gone afterwards.
pub fn disk_floor(dir: &Path, seconds: Duration, writers: usize) -> io::Result<Floor> {
    let mut file = tempfile::tempfile_in(dir)?;
    let log = Arc::new(Log::default());
    let threads: Vec<_> = (0..writers)
        .map(|_| {
            let log = Arc::clone(&log);
            thread::spawn(move || write_until_stopped(&log))
        })
        .collect();
    let measured = sync_groups(&mut file, &log, seconds);
    log.stop.store(true, Ordering::Relaxed);
    // Nobody syncs any more: whoever waits is let go.
    log.state.lock().durable = u64::MAX;
    log.synced.notify_all();
    for thread in threads {
        thread.join().map_err(|_| io::Error::other("a writer panicked"))?;
    }
    let (commits, syncs, took) = measured?;
    let rate = |count: u32| f64::from(count) / took.as_secs_f64();
    Ok(Floor { writers, commits_per_second: rate(commits), syncs_per_second: rate(syncs) })
}

fn write_until_stopped(log: &Log) {
    while !log.stop.load(Ordering::Relaxed) {
        let mut state = log.state.lock();
        state.waiting += 1;
        let group = state.group;
        log.gathered.notify_one();
        log.synced.wait_while(&mut state, |state| state.durable <= group);
    }
}

/// Records, syncs and the time they took.
fn sync_groups(file: &mut File, log: &Log, seconds: Duration) -> io::Result<(u32, u32, Duration)> {
    let started = Instant::now();
    let (mut commits, mut syncs) = (0u32, 0u32);
    while started.elapsed() < seconds {
        let count = {
            let mut state = log.state.lock();
            // Without writers there is nothing to wait for but the end.
            log.gathered.wait_while_for(&mut state, |state| state.waiting == 0, Duration::from_millis(50));
            state.group += 1;
            std::mem::take(&mut state.waiting)
        };
        if count == 0 {
            continue;
        }
        file.write_all(&RECORD.repeat(count))?;
        file.sync_data()?;
        let mut state = log.state.lock();
        state.durable = state.group;
        drop(state);
        log.synced.notify_all();
        commits = commits.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        syncs += 1;
    }
    Ok((commits, syncs, started.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_syncs_for_several_writers_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let alone = disk_floor(dir.path(), Duration::from_millis(150), 1).unwrap();
        let together = disk_floor(dir.path(), Duration::from_millis(150), 16).unwrap();
        assert!(alone.commits_per_second > 0.0);
        assert!((alone.commits_per_second - alone.syncs_per_second).abs() < 1e-6, "{alone:?}");
        assert!(together.commits_per_second > together.syncs_per_second, "{together:?}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn nobody_writing_measures_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let floor = disk_floor(dir.path(), Duration::from_millis(20), 0).unwrap();
        assert!(floor.commits_per_second.abs() < f64::EPSILON);
    }
}
