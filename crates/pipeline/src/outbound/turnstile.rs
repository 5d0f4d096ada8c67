//! One after another, where many would only get in each other's way.
//!
//! Requests to one person change one conversation. They decide on the same version of it and
//! only one can be right, so whoever was too late once waits here for the others of its kind.
//! Nothing rests on it: another process has turnstiles of its own, and the version decides.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

/// How many there are; different people rarely share one.
const TURNSTILES: usize = 256;

/// All turnstiles.
#[derive(Debug)]
pub struct Turnstiles {
    turnstiles: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Default for Turnstiles {
    fn default() -> Self {
        let turnstiles = (0..TURNSTILES).map(|_| Mutex::default()).collect();
        Self { turnstiles, hasher: RandomState::new() }
    }
}

impl Turnstiles {
    /// Waits for its turn among those with an equal `key`; it lasts until the guard is dropped.
    pub async fn turn(&self, key: impl std::hash::Hash) -> MutexGuard<'_, ()> {
        let place = usize::try_from(self.hasher.hash_one(key) % TURNSTILES as u64).unwrap_or(0);
        self.turnstiles[place].lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn equal_keys_take_turns() {
        let turnstiles = Turnstiles::default();
        let turn = turnstiles.turn(("acme", "+1")).await;
        let next = turnstiles.turn(("acme", "+1"));
        assert!(futures::FutureExt::now_or_never(next).is_none());
        drop(turn);
        assert!(futures::FutureExt::now_or_never(turnstiles.turn(("acme", "+1"))).is_some());
    }
}
