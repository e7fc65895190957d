//! The nodes that stay, each with its reasons.
//!
//! An image may have millions of files that stay for one and the same reason, so a reason is stored once, and a node has
//! its number.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use casehard_image::{NodeId, Tree};

use crate::plan::Reason;

/// The nodes that stay, each with its reasons.
pub(crate) struct Kept {
    /// By node: the first reason, or [`GONE`].
    first: Vec<u32>,
    /// Further reasons of the nodes that have some.
    further: HashMap<NodeId, Vec<u32>>,
    reasons: Vec<Arc<Reason>>,
    numbers: HashMap<Arc<Reason>, u32>,
    length: usize,
}

/// In place of a reason: the node does not stay.
const GONE: u32 = u32::MAX;

impl Kept {
    pub fn new(tree: &Tree) -> Self {
        Self {
            first: vec![GONE; tree.capacity()],
            further: HashMap::new(),
            reasons: Vec::new(),
            numbers: HashMap::new(),
            length: 0,
        }
    }

    pub fn contains(&self, node: NodeId) -> bool {
        self.first[node.index()] != GONE
    }

    /// How many nodes stay.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Adds a reason of a node, which stays from now on.
    pub fn add(&mut self, node: NodeId, reason: Reason) {
        let number = self.number(reason);
        let first = &mut self.first[node.index()];
        if *first == GONE {
            *first = number;
            self.length += 1;
        } else if *first != number {
            let further = self.further.entry(node).or_default();
            if !further.contains(&number) {
                further.push(number);
            }
        }
    }

    /// Gives a node that does not stay a reason to; `false` when it has one.
    pub fn add_first(&mut self, node: NodeId, reason: &Reason) -> bool {
        let is_new = !self.contains(node);
        if is_new {
            self.add(node, reason.clone());
        }
        is_new
    }

    /// Lets a node go; `false` when it did not stay.
    pub fn remove(&mut self, node: NodeId) -> bool {
        let first = std::mem::replace(&mut self.first[node.index()], GONE);
        self.further.remove(&node);
        self.length -= usize::from(first != GONE);
        first != GONE
    }

    /// The reasons of a node, none when it goes.
    pub fn reasons(&self, node: NodeId) -> impl Iterator<Item = &Reason> {
        self.numbers_of(node).map(|number| &*self.reasons[number as usize])
    }

    /// The nodes that stay, in the order of their numbers.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        let stays = |(index, first): (usize, &u32)| (*first != GONE).then(|| NodeId::at(index));
        self.first.iter().enumerate().filter_map(stays)
    }

    /// The sorted reasons of each node that stays, equal lists shared.
    pub fn lists(&self) -> impl Iterator<Item = (NodeId, Arc<[Reason]>)> {
        let mut known: BTreeMap<Vec<u32>, Arc<[Reason]>> = BTreeMap::new();
        self.nodes().map(move |node| {
            let numbers: Vec<u32> = self.numbers_of(node).collect();
            let list = known.entry(numbers).or_insert_with_key(|numbers| {
                let reasons = numbers.iter().map(|number| &self.reasons[*number as usize]);
                let mut reasons: Vec<Reason> = reasons.map(|reason| Reason::clone(reason)).collect();
                reasons.sort();
                reasons.into()
            });
            (node, Arc::clone(list))
        })
    }

    fn numbers_of(&self, node: NodeId) -> impl Iterator<Item = u32> {
        let first = Some(self.first[node.index()]).filter(|first| *first != GONE);
        let further = self.further.get(&node).filter(|_| !self.further.is_empty());
        first.into_iter().chain(further.into_iter().flatten().copied())
    }

    fn number(&mut self, reason: Reason) -> u32 {
        if let Some(number) = self.numbers.get(&reason) {
            return *number;
        }
        // There are fewer reasons than nodes times their rules, and nodes are counted in 32 bits.
        let number = u32::try_from(self.reasons.len()).unwrap_or(GONE - 1);
        let reason = Arc::new(reason);
        self.reasons.push(Arc::clone(&reason));
        self.numbers.insert(reason, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use casehard_testkit::image;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map_of_sets(
            steps in proptest::collection::vec((0..3u8, 1..7usize, 0..5u8), 0..60),
        ) {
            let image = image(&["f a = 1\nf b = 2\nf c = 3\nf d = 4\nf e = 5\nf f = 6"], Default::default());
            let (tree, _) = casehard_image::read(&image.image, &()).unwrap();
            let (mut kept, mut map) = (Kept::new(&tree), BTreeMap::<usize, BTreeSet<Reason>>::new());
            for (step, node, reason) in steps {
                let reason = match reason {
                    0 => Reason::Holds,
                    1 => Reason::Level,
                    other => Reason::Asked { by: other.to_string() },
                };
                match step {
                    0 => { kept.add(NodeId::at(node), reason.clone()); map.entry(node).or_default().insert(reason); }
                    1 => {
                        prop_assert_eq!(kept.add_first(NodeId::at(node), &reason), !map.contains_key(&node));
                        map.entry(node).or_insert_with(|| BTreeSet::from([reason]));
                    }
                    _ => prop_assert_eq!(kept.remove(NodeId::at(node)), map.remove(&node).is_some()),
                }
            }
            prop_assert_eq!(kept.len(), map.len());
            let lists: Vec<(usize, BTreeSet<Reason>)> =
                kept.lists().map(|(node, list)| (node.index(), list.iter().cloned().collect())).collect();
            prop_assert!(kept.lists().all(|(_, list)| list.is_sorted()));
            prop_assert_eq!(lists, map.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn equal_lists_are_one() {
        let image = image(&["f a = 1\nf b = 2"], Default::default());
        let (tree, _) = casehard_image::read(&image.image, &()).unwrap();
        let mut kept = Kept::new(&tree);
        for node in [2, 1] {
            kept.add(NodeId::at(node), Reason::Level);
            kept.add(NodeId::at(node), Reason::Holds);
        }
        let lists: Vec<_> = kept.lists().collect();
        assert!(Arc::ptr_eq(&lists[0].1, &lists[1].1));
    }
}
