//! The chunks of a layer between the thread that decompresses and the one that reads, hashed by whoever would wait.
//!
//! Which of the two is slower depends on the layer: with few large files it is decompressing, with many small ones
//! walking them. Hashing belongs to neither. The reader hashes what has not been hashed when it gets there; when so much
//! waits that the decompressing thread cannot go on, that thread hashes instead.

use std::{
    collections::VecDeque,
    io,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use casehard_gzip::Chunk;
use casehard_oci::{Digest, Hasher};

/// What may wait.
const WAITING: usize = 4;

/// What is to be hashed, in the order of the layer.
pub(super) enum Item {
    /// Bytes of the blob, which nobody reads.
    Packed(Vec<u8>),
    /// Bytes of the tar.
    Unpacked(Chunk),
}

enum Place {
    Fresh(Item),
    /// Somebody is hashing it.
    Taken,
    Hashed(Chunk),
}

/// The queue of one layer.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    hashers: Mutex<Hashers>,
}

#[derive(Default)]
struct State {
    /// First what is hashed, then at most one place that is taken, then what is fresh.
    places: VecDeque<Place>,
    /// Chunks that have been read, to be filled again.
    used: Vec<Chunk>,
    /// Set when nothing follows, or why it does not.
    end: Option<io::Result<()>>,
    /// Nobody reads any more.
    is_left: bool,
    is_awaited: bool,
}

#[derive(Default)]
struct Hashers {
    packed: Hasher,
    unpacked: Hasher,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.is_awaited = true;
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Telling is a system call, so only when somebody waits.
    fn tell(&self, state: &mut State) {
        if std::mem::take(&mut state.is_awaited) {
            self.changed.notify_all();
        }
    }

    /// Adds what is next. Hashes while there is no room.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub(super) fn push(&self, item: Item) -> io::Result<()> {
        let mut state = self.lock();
        loop {
            if state.is_left {
                return Err(io::Error::other("nobody reads this layer any more"));
            }
            if state.places.len() < WAITING {
                state.places.push_back(Place::Fresh(item));
                self.tell(&mut state);
                return Ok(());
            }
            state = match state.take_fresh() {
                Some(item) => {
                    drop(state);
                    self.hash(item)
                }
                None => self.wait(state),
            };
        }
    }

    /// A chunk to fill, best one that has been read.
    pub(super) fn spare(&self) -> Chunk {
        self.lock().used.pop().unwrap_or_default()
    }

    /// Nothing follows, or cannot.
    pub(super) fn end(&self, result: io::Result<()>) {
        let mut state = self.lock();
        if state.end.is_none() {
            state.end = Some(result);
        }
        self.tell(&mut state);
    }

    /// Nobody reads any more.
    pub(super) fn leave(&self) {
        let mut state = self.lock();
        state.is_left = true;
        self.tell(&mut state);
    }

    /// The next chunk of the tar, hashed, for one that has been read; `None` at the end. Not to be called again after
    /// the end or an error.
    pub(super) fn pop(&self, used: Chunk) -> io::Result<Option<Chunk>> {
        let mut state = self.lock();
        state.used.push(used);
        loop {
            if let Some(Place::Hashed(chunk)) = state.places.front_mut() {
                let chunk = std::mem::take(chunk);
                state.places.pop_front();
                self.tell(&mut state);
                return Ok(Some(chunk));
            }
            state = match state.take_fresh() {
                Some(item) => {
                    drop(state);
                    self.hash(item)
                }
                None if state.places.is_empty() && state.end.is_some() => {
                    return state.end.take().unwrap_or(Ok(())).map(|()| None);
                }
                None => self.wait(state),
            };
        }
    }

    /// Hashes what has been taken, and puts it back where it is to be read.
    fn hash(&self, item: Item) -> MutexGuard<'_, State> {
        let mut hashers = self.hashers.lock().unwrap_or_else(PoisonError::into_inner);
        let hashed = match item {
            Item::Packed(bytes) => {
                hashers.packed.update(&bytes);
                None
            }
            Item::Unpacked(chunk) => {
                hashers.unpacked.update(&chunk);
                Some(chunk)
            }
        };
        drop(hashers);
        let mut state = self.lock();
        if let Some(at) = state.places.iter().position(|place| matches!(place, Place::Taken)) {
            match hashed {
                Some(chunk) => state.places[at] = Place::Hashed(chunk),
                None => drop(state.places.remove(at)),
            }
        }
        self.tell(&mut state);
        state
    }

    /// The digests of the blob's bytes and of the tar's, once everything has been read.
    pub(super) fn digests(&self) -> (Digest, Digest) {
        let hashers = self.hashers.lock().unwrap_or_else(PoisonError::into_inner);
        (hashers.packed.clone().finish(), hashers.unpacked.clone().finish())
    }
}

impl State {
    /// What is to be hashed next, unless it is being hashed.
    fn take_fresh(&mut self) -> Option<Item> {
        let place = self.places.iter_mut().find(|place| !matches!(place, Place::Hashed(_)))?;
        match std::mem::replace(place, Place::Taken) {
            Place::Fresh(item) => Some(item),
            Place::Taken | Place::Hashed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    fn chunk(bytes: &[u8]) -> Chunk {
        let mut chunk = Chunk::default();
        let fill = |room: &mut [u8]| {
            room.copy_from_slice(bytes);
            Ok(bytes.len())
        };
        chunk.fill_with(bytes.len(), fill).unwrap();
        chunk
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Pieces of both kinds, sent and read by two threads of which now one and now the other is slow.
        #[test]
        fn everything_is_read_and_hashed_in_order(
            pieces in prop::collection::vec((any::<bool>(), 1_usize..2000, any::<bool>()), 0..24),
            slow_reader in any::<bool>(),
        ) {
            let queue = Queue::default();
            let bytes = |at: usize, length: usize| vec![u8::try_from(at).unwrap(); length];
            let (mut packed, mut unpacked, mut tar) = (Hasher::new(), Hasher::new(), Vec::new());
            for (at, (is_packed, length, _)) in pieces.iter().enumerate() {
                let bytes = bytes(at, *length);
                if *is_packed {
                    packed.update(&bytes);
                } else {
                    unpacked.update(&bytes);
                    tar.extend_from_slice(&bytes);
                }
            }
            let read = thread::scope(|scope| {
                scope.spawn(|| {
                    for (at, (is_packed, length, is_slow)) in pieces.iter().enumerate() {
                        if *is_slow && !slow_reader {
                            thread::yield_now();
                        }
                        let bytes = bytes(at, *length);
                        let item = if *is_packed { Item::Packed(bytes) } else { Item::Unpacked(chunk(&bytes)) };
                        queue.push(item).unwrap();
                    }
                    queue.end(Ok(()));
                });
                let (mut read, mut used) = (Vec::new(), Chunk::default());
                while let Some(chunk) = queue.pop(used).unwrap() {
                    if slow_reader {
                        thread::yield_now();
                    }
                    read.extend_from_slice(&chunk);
                    used = chunk;
                }
                read
            });
            prop_assert_eq!(read, tar);
            prop_assert_eq!(queue.digests(), (packed.finish(), unpacked.finish()));
        }
    }

    #[test]
    fn while_nobody_reads_the_sender_hashes_and_then_waits() {
        let queue = Queue::default();
        thread::scope(|scope| {
            let sender =
                scope.spawn(|| (0..=WAITING).try_for_each(|_| queue.push(Item::Unpacked(chunk(b"abc")))));
            while !queue.lock().is_awaited {
                thread::yield_now();
            }
            let is_hashed = |place: &Place| matches!(place, Place::Hashed(_));
            assert!(queue.lock().places.iter().all(is_hashed));
            queue.leave();
            let error = sender.join().unwrap().unwrap_err();
            assert_eq!(error.to_string(), "nobody reads this layer any more");
        });
    }

    #[test]
    fn an_error_comes_after_what_was_sent_before_it() {
        let queue = Queue::default();
        queue.push(Item::Unpacked(chunk(b"abc"))).unwrap();
        queue.end(Err(io::Error::other("broken")));
        queue.end(Ok(()));
        assert_eq!(&*queue.pop(Chunk::default()).unwrap().unwrap(), b"abc");
        assert_eq!(queue.pop(Chunk::default()).map(|_| ()).unwrap_err().to_string(), "broken");
    }
}
