//! How much the server takes on at a time, so that callers who may be anybody cannot make it
//! run out of memory: bodies are read before a signature can be checked.

use std::sync::Arc;

use omni_core::problem::{self, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Settings;

/// A body up to this size is small: hundreds of thousands fit, and it is not counted.
pub(crate) const SMALL: usize = 16 << 10;
/// What one permit stands for.
const UNIT: usize = 1 << 10;

/// Room that requests share: large bodies, and event streams.
#[derive(Debug)]
pub struct Room {
    bodies: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

/// Held for as long as something takes up room.
#[derive(Debug, Default)]
pub(crate) struct Held(Option<OwnedSemaphorePermit>);

impl Room {
    /// As much as `settings` say.
    pub fn new(settings: &Settings) -> Self {
        let permits = |wanted: usize| Arc::new(Semaphore::new(wanted.min(Semaphore::MAX_PERMITS)));
        Self { bodies: permits(settings.large_bodies / UNIT), streams: permits(settings.streams) }
    }

    /// Makes `held` cover a body of `bytes`.
    ///
    /// # Errors
    /// [`problem::OVERLOADED`] if other bodies take up the room.
    pub(crate) fn cover(&self, held: &mut Held, bytes: usize) -> Result<(), Problem> {
        if bytes <= SMALL {
            return Ok(());
        }
        let wanted = bytes.div_ceil(UNIT);
        let has = held.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(more) = wanted.checked_sub(has).filter(|more| *more > 0) else { return Ok(()) };
        let more = u32::try_from(more)
            .ok()
            .and_then(|more| Arc::clone(&self.bodies).try_acquire_many_owned(more).ok());
        let more =
            more.ok_or_else(|| overloaded("Other large requests take up the memory set aside for them."))?;
        match &mut held.0 {
            Some(held) => held.merge(more),
            None => held.0 = Some(more),
        }
        Ok(())
    }

    /// Room for one more event stream.
    ///
    /// # Errors
    /// [`problem::OVERLOADED`] if there are too many.
    pub(crate) fn stream(&self) -> Result<Held, Problem> {
        match Arc::clone(&self.streams).try_acquire_owned() {
            Ok(permit) => Ok(Held(Some(permit))),
            Err(_) => Err(overloaded("As many event streams as this server carries are open.")),
        }
    }
}

fn overloaded(why: &str) -> Problem {
    Problem::new(problem::OVERLOADED, format!("{why} Nothing was stored; send it again."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(large_bodies: usize, streams: usize) -> Room {
        Room::new(&Settings { large_bodies, streams, ..Settings::for_url("http://localhost") })
    }

    #[test]
    fn large_bodies_share_their_room_and_small_ones_need_none() {
        let room = room(100 << 10, 0);
        let (mut first, mut second) = (Held::default(), Held::default());
        room.cover(&mut first, 40 << 10).unwrap();
        room.cover(&mut first, 60 << 10).unwrap();
        room.cover(&mut second, 40 << 10).unwrap();
        let full = room.cover(&mut second, (40 << 10) + 1).unwrap_err();
        assert_eq!(full.code, problem::OVERLOADED);
        room.cover(&mut Held::default(), SMALL).unwrap();
        drop(first);
        room.cover(&mut second, 100 << 10).unwrap();
    }

    #[test]
    fn streams_are_counted_until_they_end() {
        let room = room(0, 1);
        let held = room.stream().unwrap();
        assert_eq!(room.stream().unwrap_err().code, problem::OVERLOADED);
        drop(held);
        room.stream().unwrap();
    }
}
