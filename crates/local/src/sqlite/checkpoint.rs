//! Copying the write-ahead log into the database, beside the writer.
//!
//! A checkpoint inside the writer would stop every commit for its time. So a thread with
//! its own connection copies (PASSIVE) while the writer goes on. The log starts over only
//! when all of it is copied, which under load never happens by itself: when the thread has
//! come close, it asks the writer to do the small rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use super::files;
use crate::options::Checkpointing;

/// Bytes of one page in the log.
const FRAME: u64 = 4096 + 24;
/// So few frames are copied by the writer itself, in about a millisecond.
const SMALL_REST: i64 = 512;
/// How long every commit may wait for readers of the log to end.
const READERS_END: Duration = Duration::from_millis(5);
/// The least time between two passes.
const PAUSE: Duration = Duration::from_millis(20);

/// What the writer and the checkpoint thread tell each other.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Frames in the log since it last started over; the writer's commit hook counts.
    frames: AtomicU64,
    /// Frames that are known to be copied.
    copied: AtomicU64,
    /// The writer is to do the rest.
    rest: AtomicBool,
    stop: Mutex<bool>,
    wake: Condvar,
}

impl Progress {
    fn waiting_bytes(&self) -> u64 {
        self.frames.load(Ordering::Relaxed).saturating_sub(self.copied.load(Ordering::Relaxed)) * FRAME
    }
}

/// The writer's side.
pub(super) struct Checkpointer {
    settings: Checkpointing,
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own, and counts the frames of `writer`.
    pub(super) fn start(
        writer: &mut Connection,
        own: Connection,
        settings: Checkpointing,
    ) -> std::io::Result<Self> {
        let progress = Arc::new(Progress::default());
        count_frames(writer, &progress);
        let copier = Copier { connection: own, settings, progress: Arc::clone(&progress) };
        let thread =
            std::thread::Builder::new().name("omni-checkpoint".to_owned()).spawn(move || copier.run())?;
        Ok(Self { settings, progress, thread: Some(thread) })
    }

    /// After each batch: wakes the thread when there is enough to copy, and does the rest
    /// when asked to.
    pub(super) fn after_batch(&self, connection: &Connection) {
        if self.progress.rest.load(Ordering::Acquire) {
            restart(connection);
            self.progress.rest.store(false, Ordering::Release);
        } else if self.progress.waiting_bytes() >= self.settings.at_bytes {
            self.progress.wake.notify_one();
        }
    }

    /// Ends the thread.
    pub(super) fn stop(mut self) {
        *self.progress.stop.lock() = true;
        self.progress.wake.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the checkpoint thread had panicked");
        }
    }
}

/// Copies the rest and waits, a moment only, for readers of the log to end: then the next
/// commit writes at its beginning again. A longer reader means another try later.
fn restart(connection: &Connection) {
    connection.busy_timeout(READERS_END).ok();
    copy(connection, "PRAGMA wal_checkpoint(RESTART)");
    connection.busy_timeout(files::BUSY).ok();
}

fn count_frames(writer: &mut Connection, progress: &Arc<Progress>) {
    let progress = Arc::clone(progress);
    let count = move |_: &mut rusqlite::hooks::Wal, frames: std::ffi::c_int| {
        let frames = u64::try_from(frames).unwrap_or(0);
        if progress.frames.swap(frames, Ordering::Relaxed) > frames {
            // The log has started over.
            progress.copied.store(0, Ordering::Relaxed);
        }
        Ok(())
    };
    if let Err(error) = writer.wal_hook(Some(count)) {
        tracing::warn!(%error, "the log's length is not known; checkpoints go by time only");
    }
}

struct Copier {
    connection: Connection,
    settings: Checkpointing,
    progress: Arc<Progress>,
}

impl Copier {
    fn run(self) {
        yield_to_others();
        while self.wait() {
            // The writer has the rest in hand.
            if self.progress.rest.load(Ordering::Acquire) || self.progress.waiting_bytes() == 0 {
                continue;
            }
            let Some((in_log, copied)) = copy(&self.connection, "PRAGMA wal_checkpoint(PASSIVE)") else {
                continue;
            };
            self.progress.copied.store(u64::try_from(copied).unwrap_or(0), Ordering::Relaxed);
            let long = u64::try_from(in_log).unwrap_or(0) * FRAME >= self.settings.restart_at_bytes;
            if long && in_log - copied <= SMALL_REST {
                self.progress.rest.store(true, Ordering::Release);
            }
        }
    }

    /// Until it is time for a pass; `false` if that never comes.
    fn wait(&self) -> bool {
        let mut stop = self.progress.stop.lock();
        if !*stop {
            let pause = if self.progress.waiting_bytes() >= self.settings.at_bytes {
                PAUSE
            } else {
                self.settings.every
            };
            self.progress.wake.wait_for(&mut stop, pause);
        }
        !*stop
    }
}

/// Takes the lowest priority for this thread: commits and sends come first.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    {
        // On Linux a thread has a priority of its own, under its own id.
        let thread = rustix::thread::gettid();
        if let Err(error) = rustix::process::setpriority_process(Some(thread), 19) {
            tracing::debug!(%error, "the checkpoint thread keeps its priority");
        }
    }
}

/// One checkpoint; frames in the log and frames copied, or `None` if it could not run.
fn copy(connection: &Connection, pragma: &str) -> Option<(i64, i64)> {
    match connection.query_row(pragma, [], |row| Ok((row.get(1)?, row.get(2)?))) {
        Ok(progress) => Some(progress),
        Err(error) => {
            tracing::warn!(%error, "checkpoint failed");
            None
        }
    }
}
