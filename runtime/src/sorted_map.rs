//! A small map in a sorted vector, in place of the standard library's maps.
//!
//! A map of the standard library compiles about 5 KiB for every type of its keys and values, and this one a few hundred
//! bytes. Lookups are a binary search. An insertion moves the later entries, so use it for few entries, or for keys that
//! come in their order.

use std::mem;

/// A map whose entries are sorted by their keys.
#[derive(Clone, Debug)]
pub(crate) struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let at = self.position(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.position(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Sets the value of the key. Returns the earlier value.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.position(&key) {
            Ok(at) => self.0.get_mut(at).map(|(_, old)| mem::replace(old, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// Changes the value of the key. A key without a value gets `first` before the change.
    pub(crate) fn change(&mut self, key: K, mut first: V, change: impl FnOnce(&mut V)) {
        match self.position(&key) {
            Ok(at) => {
                if let Some((_, value)) = self.0.get_mut(at) {
                    change(value);
                }
            }
            Err(at) => {
                change(&mut first);
                self.0.insert(at, (key, first));
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.position(key).ok().map(|at| self.0.remove(at).1)
    }

    /// Returns the entries in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }

    /// Returns the first entry whose key is greater than this one.
    pub(crate) fn first_after(&self, key: &K) -> Option<&(K, V)> {
        self.0.get(self.0.partition_point(|(own, _)| own <= key))
    }

    fn position(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_replaced_and_removed_in_the_order_of_their_keys() {
        let mut map = SortedMap::default();
        assert!(map.is_empty());
        for (key, value) in [(5, "five"), (1, "one"), (3, "three"), (4, "four")] {
            assert_eq!(map.insert(key, value), None);
        }
        assert_eq!(map.insert(3, "THREE"), Some("three"));
        assert_eq!((map.get(&3), map.get(&2)), (Some(&"THREE"), None));
        assert_eq!(map.get_mut(&2), None);
        *map.get_mut(&5).unwrap() = "FIVE";
        assert_eq!((map.remove(&4), map.remove(&4)), (Some("four"), None));
        assert_eq!(map.iter().copied().collect::<Vec<_>>(), [(1, "one"), (3, "THREE"), (5, "FIVE")]);
        assert!(!map.is_empty());
    }

    #[test]
    fn the_next_entry_is_found_also_without_the_key_itself() {
        let map = SortedMap(vec![(1, 'a'), (3, 'b')]);
        let next = |key| map.first_after(&key).map(|(_, value)| *value);
        assert_eq!([0, 1, 2, 3].map(next), [Some('a'), Some('b'), Some('b'), None]);
    }

    #[test]
    fn a_change_applies_to_the_earlier_value_or_to_the_first_one() {
        let mut map = SortedMap::default();
        for (key, more) in [("b", 1), ("a", 10), ("b", 2)] {
            map.change(key, 100, |sum| *sum += more);
        }
        assert_eq!(map.iter().copied().collect::<Vec<_>>(), [("a", 110), ("b", 103)]);
    }
}
