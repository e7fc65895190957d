//! Values of which a tree has few different ones, each stored once.

use std::hash::{BuildHasher as _, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// A list without repetitions: a value is named by its place.
#[derive(Debug)]
pub(super) struct Interned<T> {
    values: Vec<T>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// What was asked for last: the same value comes many times in turn.
    last: u32,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { values: Vec::new(), places: HashTable::new(), hasher: DefaultHashBuilder::default(), last: 0 }
    }
}

impl<T: Hash + Eq> Interned<T> {
    /// The place of a value, and whether it is new. A tree has fewer than `u32::MAX` nodes, and so fewer values.
    pub(super) fn intern(&mut self, value: T) -> (u32, bool) {
        if self.values.get(self.last as usize) == Some(&value) {
            return (self.last, false);
        }
        let hash = self.hasher.hash_one(&value);
        if let Some(place) = self.places.find(hash, |place| self.values[*place as usize] == value) {
            self.last = *place;
            return (*place, false);
        }
        let place = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.last = place;
        self.values.push(value);
        let (values, hasher) = (&self.values, &self.hasher);
        self.places.insert_unique(hash, place, |place| hasher.hash_one(&values[*place as usize]));
        (place, true)
    }

    pub(super) fn get(&self, place: u32) -> &T {
        &self.values[place as usize]
    }
}
