//! A map that remembers its last so many keys.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Keeps at most `limit` entries; the oldest key goes first.
#[derive(Debug)]
pub(crate) struct Bounded<V> {
    limit: usize,
    entries: HashMap<Arc<str>, V>,
    order: VecDeque<Arc<str>>,
}

impl<V> Bounded<V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, entries: HashMap::new(), order: VecDeque::new() }
    }

    /// Sets `key`; a key that is there keeps its place in the order. Gives back what was
    /// pushed out.
    pub(crate) fn insert(&mut self, key: &str, value: V) -> Option<V> {
        if let Some(present) = self.entries.get_mut(key) {
            *present = value;
            return None;
        }
        let pushed_out = if self.order.len() >= self.limit { self.remove_oldest() } else { None };
        let key: Arc<str> = key.into();
        self.order.push_back(Arc::clone(&key));
        self.entries.insert(key, value);
        pushed_out
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        let value = self.entries.remove(key)?;
        self.order.retain(|present| &**present != key);
        Some(value)
    }

    pub(crate) fn remove_oldest(&mut self) -> Option<V> {
        self.order.pop_front().and_then(|oldest| self.entries.remove(&oldest))
    }

    /// Oldest first.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.order.iter().filter_map(|key| self.entries.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut map = Bounded::new(2);
        assert_eq!(map.insert("a", 1), None);
        assert_eq!(map.insert("b", 2), None);
        assert_eq!(map.insert("a", 3), None);
        assert_eq!(map.insert("c", 4), Some(3));
        assert_eq!(map.values().copied().collect::<Vec<_>>(), [2, 4]);
        assert_eq!((map.get("a"), map.get("c")), (None, Some(&4)));
    }

    #[test]
    fn a_removed_key_comes_back_as_the_newest() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        assert_eq!(map.remove("a"), Some(1));
        assert_eq!(map.remove("a"), None);
        map.insert("a", 3);
        assert_eq!(map.insert("c", 4), Some(2));
    }
}
