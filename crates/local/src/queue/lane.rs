//! Lanes, and the places they are kept in.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use omni_core::time::Timestamp;

use super::Entry;

/// Where the head of a lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It waits for its time (or the lane is being made).
    Due,
    /// It may run.
    Ready {
        /// Since when.
        since: Timestamp,
    },
    /// Somebody holds it.
    Leased,
}

/// Jobs that run one after another.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) tenant: usize,
    pub(super) name: Arc<str>,
    /// In order of arrival; a leased job stays in front until it is done.
    pub(super) waiting: VecDeque<Entry>,
    pub(super) state: State,
}

impl Lane {
    pub(super) const fn new(tenant: usize, name: Arc<str>) -> Self {
        Self { tenant, name, waiting: VecDeque::new(), state: State::Due }
    }
}

/// Lanes by number; numbers of lanes that ended are used again.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    all: Vec<Option<Lane>>,
    free: Vec<usize>,
}

impl Lanes {
    pub(super) fn add(&mut self, lane: Lane) -> usize {
        if let Some(index) = self.free.pop() {
            self.all[index] = Some(lane);
            return index;
        }
        self.all.push(Some(lane));
        self.all.len() - 1
    }

    /// Places, used or free.
    #[cfg(test)]
    pub(super) const fn capacity(&self) -> usize {
        self.all.len()
    }

    pub(super) fn remove(&mut self, index: usize) {
        self.all[index] = None;
        self.free.push(index);
    }
}

impl Index<usize> for Lanes {
    type Output = Lane;

    fn index(&self, index: usize) -> &Lane {
        self.all[index].as_ref().expect("numbers of ended lanes are forgotten with them")
    }
}

impl IndexMut<usize> for Lanes {
    fn index_mut(&mut self, index: usize) -> &mut Lane {
        self.all[index].as_mut().expect("numbers of ended lanes are forgotten with them")
    }
}
