//! Finding a node by the hash of its directory and its name.
//!
//! A table that doubles holds its old self beside its new one while it grows, and is half empty after it: with millions of
//! nodes that is more than all their names. This one grows by half, where it stands, and is filled again from the nodes.

/// What stands at a place, by its tag.
const EMPTY: u8 = 0;
const GONE: u8 = 1;
/// Of so many places fewer than the others are taken.
const FULL: (usize, usize) = (4, 5);
const LEAST: usize = 64;

/// Nodes by hash: open addressing, place after place.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    /// For each place a part of the hash: most places need no look at their node.
    tags: Vec<u8>,
    nodes: Vec<u32>,
    /// Places that are not empty, those of nodes that are gone among them.
    taken: usize,
    /// Nodes.
    alive: usize,
}

impl Lookup {
    /// The node of this hash that is the one.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.place(hash, is_it).map(|place| self.nodes[place])
    }

    /// Whether it has to be [made larger](Self::enlarge) before another node is put in.
    pub(super) const fn is_full(&self) -> bool {
        self.taken * FULL.1 >= self.tags.len() * FULL.0
    }

    /// Empties it and gives it room for more; everything has to be put in again.
    pub(super) fn enlarge(&mut self) {
        let places = if self.alive * 2 < self.taken { self.tags.len() } else { self.tags.len() / 2 * 3 };
        let places = places.max(LEAST);
        self.tags.clear();
        self.tags.reserve_exact(places);
        self.tags.resize(places, EMPTY);
        self.nodes.clear();
        self.nodes.reserve_exact(places);
        self.nodes.resize(places, 0);
        (self.taken, self.alive) = (0, 0);
    }

    /// Puts a node in that is not there. There must be room.
    pub(super) fn insert(&mut self, hash: u64, node: u32) {
        let mut place = self.first(hash);
        while self.tags[place] > GONE {
            place = self.after(place);
        }
        self.taken += usize::from(self.tags[place] == EMPTY);
        self.alive += 1;
        (self.tags[place], self.nodes[place]) = (tag(hash), node);
    }

    /// Takes a node out; whether it was there.
    pub(super) fn remove(&mut self, hash: u64, node: u32) -> bool {
        let Some(place) = self.place(hash, |other| other == node) else { return false };
        self.tags[place] = GONE;
        self.alive -= 1;
        true
    }

    fn place(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        if self.tags.is_empty() {
            return None;
        }
        let mut place = self.first(hash);
        loop {
            match self.tags[place] {
                EMPTY => return None,
                found if found == tag(hash) && is_it(self.nodes[place]) => return Some(place),
                _ => place = self.after(place),
            }
        }
    }

    /// Where a hash begins to look: its upper bits decide.
    fn first(&self, hash: u64) -> usize {
        let scaled = u128::from(hash) * self.tags.len() as u128;
        usize::try_from(scaled >> 64).unwrap_or(0)
    }

    fn after(&self, place: usize) -> usize {
        if place + 1 == self.tags.len() { 0 } else { place + 1 }
    }
}

/// The lower bits of a hash as a tag of a node.
const fn tag(hash: u64) -> u8 {
    let low = (hash & 0xff) as u8;
    if low <= GONE { low + 2 } else { low }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few hashes, so that many nodes share one; compared with a map.
        #[test]
        fn it_finds_what_was_put_in(steps in prop::collection::vec((any::<bool>(), 0_u64..12, 0_u32..200), 1..400)) {
            let spread = |hash: u64| hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let (mut lookup, mut model) = (Lookup::default(), BTreeMap::new());
            let found = |lookup: &Lookup, node: u32| -> Vec<u64> {
                let has = |hash: &u64| lookup.find(*hash, |other| other == node).is_some();
                (0..12).map(spread).filter(has).collect()
            };
            for (put, hash, node) in steps {
                let known = model.get(&node).copied();
                if put && known.is_none() {
                    if lookup.is_full() {
                        lookup.enlarge();
                        model.iter().for_each(|(node, hash)| lookup.insert(*hash, *node));
                    }
                    lookup.insert(spread(hash), node);
                    model.insert(node, spread(hash));
                } else if let Some(hash) = known {
                    prop_assert!(lookup.remove(hash, node));
                    prop_assert!(!lookup.remove(hash, node));
                    model.remove(&node);
                }
                prop_assert_eq!(found(&lookup, node), Vec::from_iter(model.get(&node).copied()));
            }
            for node in 0..200 {
                prop_assert_eq!(found(&lookup, node), Vec::from_iter(model.get(&node).copied()));
            }
        }
    }
}
