//! Ids that are a function of a seed.

use std::sync::{Mutex, PoisonError};

use omni_core::id::IdSource;
use omni_core::time::Timestamp;
use ulid::Ulid;

/// Makes the same ids from the same seed and the same calls; each sorts after the one
/// before.
#[derive(Debug)]
pub struct SeededIds(Mutex<State>);

#[derive(Debug)]
struct State {
    random: u64,
    last: u128,
}

impl SeededIds {
    /// A source that begins at `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(State { random: seed, last: 0 }))
    }
}

impl Default for SeededIds {
    fn default() -> Self {
        Self::new(4711)
    }
}

impl IdSource for SeededIds {
    fn ulid(&self, now: Timestamp) -> Ulid {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        let random = u128::from(state.next()) << 64 | u128::from(state.next());
        let fresh = Ulid::from_parts(millis, random).0;
        state.last = if fresh > state.last { fresh } else { state.last + 1 };
        Ulid(state.last)
    }
}

impl State {
    /// The next number: `SplitMix64`, after Sebastiano Vigna's published algorithm.
    const fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_them_and_they_ascend() {
        let run = |seed| {
            let ids = SeededIds::new(seed);
            (0..1_000).map(|n| ids.ulid(Timestamp::from_millis(1_000 + n / 100))).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert!(run(3).is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn they_ascend_even_when_the_clock_does_not() {
        let ids = SeededIds::default();
        let late = ids.ulid(Timestamp::from_secs(100));
        assert!(ids.ulid(Timestamp::from_secs(50)) > late);
    }
}
