//! The real clock and real randomness: the only place that reads them.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use omni_core::id::IdSource;
use omni_core::time::{Clock, Timestamp};
use ulid::Ulid;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one real clock")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Fresh ULIDs; within one millisecond each is the one before plus one, so ids of this
/// process always ascend.
#[derive(Debug, Default)]
pub struct RandomIds {
    last: Mutex<Ulid>,
}

impl IdSource for RandomIds {
    fn ulid(&self, now: Timestamp) -> Ulid {
        let millis = u64::try_from(now.as_millis()).unwrap_or_default();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if millis > last.timestamp_ms() {
            Ulid::from_parts(millis, random_u128())
        } else {
            // Also when the clock steps back: ids still ascend.
            last.increment().unwrap_or_else(|| Ulid::from_parts(last.timestamp_ms() + 1, random_u128()))
        };
        *last = next;
        next
    }
}

fn random_u128() -> u128 {
    u128::from_le_bytes(random())
}

/// Bytes from the operating system.
///
/// # Panics
/// If the system has no randomness: nothing can be safe then.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_even_when_the_clock_steps_back() {
        let ids = RandomIds::default();
        let times = [1_000, 1_000, 1_001, 1_000, 5];
        let made: Vec<_> = times.iter().map(|ms| ids.ulid(Timestamp::from_millis(*ms))).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]), "{made:?}");
    }
}
