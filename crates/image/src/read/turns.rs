//! Layers are read several at a time, and laid onto the tree one after the other.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use super::Facts;
use crate::{Head, Image, Kind, ReadError, Tree, tree::Merge};

/// Bytes of entries of one layer that wait until the layers below are done; whoever has more waits too, so that memory
/// does not grow with the image.
const WAITING: usize = 4 << 20;

/// An entry on its way to the tree.
pub(super) struct Read<T> {
    pub head: Head,
    pub ordinal: u32,
    pub fact: Option<T>,
}

impl<T> Read<T> {
    /// About how many bytes of memory it takes.
    pub(super) fn weight(&self) -> usize {
        let xattrs: usize = self.head.xattrs.iter().map(|(name, value)| name.len() + value.len() + 64).sum();
        let target = match &self.head.kind {
            Kind::Symlink(target) => target.len(),
            Kind::Hardlink(target) => target.as_bytes().len(),
            _ => 0,
        };
        size_of::<Self>() + self.head.path.as_bytes().len() + xattrs + target
    }
}

/// Entries of a layer that wait.
struct Waiting<T> {
    entries: Vec<Read<T>>,
    bytes: usize,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), bytes: 0 }
    }
}

/// The tree in the making, and whose turn it is.
pub(super) struct Turns<'a, T> {
    image: &'a Image,
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    merge: Merge,
    facts: HashMap<u32, T>,
    /// The layer that is being laid onto the tree.
    turn: usize,
    waiting: BTreeMap<usize, Waiting<T>>,
    done: Vec<bool>,
    /// The lowest layer that failed, and why. Layers above it stop; those below go on, since the lowest failure is the
    /// one that is told.
    failure: Option<(usize, ReadError)>,
}

impl<'a, T> Turns<'a, T> {
    pub(super) fn new(image: &'a Image) -> Self {
        let mut merge = Merge::new(image.limits());
        merge.begin(0);
        let state = State {
            merge,
            facts: HashMap::new(),
            turn: 0,
            waiting: BTreeMap::new(),
            done: vec![false; image.layers().len()],
            failure: None,
        };
        Self { image, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next entries of a layer. Returns whether the layer is still wanted.
    pub(super) fn take(&self, layer: usize, entries: &mut Vec<Read<T>>) -> bool {
        let mut state = self.lock();
        loop {
            if state.is_over(layer) {
                return false;
            }
            if state.turn == layer {
                state.apply(self.image, layer, entries.drain(..));
                return !state.is_over(layer);
            }
            let waiting = state.waiting.entry(layer).or_default();
            if waiting.bytes < WAITING {
                waiting.bytes += entries.iter().map(Read::weight).sum::<usize>();
                waiting.entries.append(entries);
                return true;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The layer has been read to its end, and was what its digests say.
    pub(super) fn finish(&self, layer: usize) {
        let mut state = self.lock();
        state.done[layer] = true;
        state.advance(self.image);
        drop(state);
        self.changed.notify_all();
    }

    /// The layer cannot be read.
    pub(super) fn fail(&self, layer: usize, error: ReadError) {
        self.lock().fail(layer, error);
        self.changed.notify_all();
    }

    pub(super) fn into_tree(self) -> Result<(Tree, Facts<T>), ReadError> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.failure {
            Some((_, error)) => Err(error),
            None => Ok((state.merge.finish(), Facts(state.facts))),
        }
    }
}

impl<T> State<T> {
    fn is_over(&self, layer: usize) -> bool {
        self.failure.as_ref().is_some_and(|(failed, _)| *failed <= layer)
    }

    fn fail(&mut self, layer: usize, error: ReadError) {
        if !self.is_over(layer) {
            self.failure = Some((layer, error));
        }
    }

    fn apply(&mut self, image: &Image, layer: usize, entries: impl Iterator<Item = Read<T>>) {
        for Read { head, ordinal, fact } in entries {
            match self.merge.apply(&head, ordinal) {
                Ok(inode) => {
                    for dead in self.merge.dead.drain(..) {
                        self.facts.remove(&dead);
                    }
                    if let (Some(inode), Some(fact)) = (inode, fact) {
                        self.facts.insert(inode, fact);
                    }
                }
                Err(source) => {
                    let layer_digest = image.layers()[layer].descriptor.digest;
                    self.fail(layer, ReadError::Merge { layer: layer_digest, source });
                    return;
                }
            }
        }
    }

    /// Passes the turn on from layers that are done.
    fn advance(&mut self, image: &Image) {
        while self.done.get(self.turn).copied().unwrap_or(false) {
            self.turn += 1;
            self.merge.begin(u16::try_from(self.turn).unwrap_or(u16::MAX));
            let waiting = self.waiting.remove(&self.turn).unwrap_or_default();
            if !self.is_over(self.turn) {
                self.apply(image, self.turn, waiting.entries.into_iter());
            }
        }
    }
}
