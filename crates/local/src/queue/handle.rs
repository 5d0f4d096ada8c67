//! The queue as stores share it: a lock, a clock, and waking without polling.

use std::sync::Arc;
use std::time::Duration;

use omni_core::id::JobId;
use omni_core::time::{Clock, Timestamp};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::{Queue, Taken};

/// The queue behind its lock. Held for microseconds and never across an await.
pub(crate) struct QueueHandle {
    queue: Mutex<Queue>,
    changed: Notify,
    clock: Arc<dyn Clock>,
}

impl QueueHandle {
    pub(crate) fn new(queue: Queue, clock: Arc<dyn Clock>) -> Self {
        Self { queue: Mutex::new(queue), changed: Notify::new(), clock }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    /// Wakes one who waits, after jobs were added or lanes went on. One is enough: who
    /// leaves something behind wakes the next.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    pub(crate) fn extend(&self, job: JobId, token: u64) -> bool {
        self.lock().extend(job, token, self.clock.now())
    }

    /// Gives back a lease whose job cannot be read, for another try at `again`.
    pub(crate) fn put_aside(&self, token: u64, again: Timestamp) {
        self.lock().postpone(token, again, None, self.clock.now());
    }

    /// Up to `max` jobs; waits up to `wait` for the first.
    pub(crate) async fn take(&self, max: usize, wait: Duration) -> Vec<Taken> {
        let last = Instant::now() + wait.min(LONGEST_WAIT);
        loop {
            // Before looking, so that nothing that happens after the look is missed.
            let changed = self.changed.notified();
            let (taken, next, more) = self.look(max);
            if more {
                self.changed.notify_one();
            }
            if !taken.is_empty() || wait.is_zero() || max == 0 {
                return taken;
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(next.min(last)) => {
                    if Instant::now() >= last {
                        // Another one may have slept on the strength of our timer.
                        self.changed.notify_one();
                        return self.look(max).0;
                    }
                }
            }
        }
    }

    /// What can be leased, when to look again, and whether something is left.
    fn look(&self, max: usize) -> (Vec<Taken>, Instant, bool) {
        let now = self.clock.now();
        let mut queue = self.lock();
        let taken = queue.take(max, now);
        let next = queue.next_change().since(now).clamp(TICK, LONGEST_WAIT);
        (taken, Instant::now() + next, queue.has_ready())
    }
}

/// The shortest sleep: the timer's grain.
const TICK: Duration = Duration::from_millis(1);
/// The longest: far beyond any sensible wait, and no overflow of an `Instant`.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
