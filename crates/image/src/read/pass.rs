//! Reading all layers of an image.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{
    Ahead, Facts, Inspect, Want,
    holed::Holed,
    spool::{Room, Spool},
    turns::{Read, Turns},
};
use crate::{
    EntryReader, Image, Kind, Mark, ReadError, Tree,
    layer::Budget,
    source::{Section, fill},
};

/// Bytes of a file that decide whether it is wanted.
const START: usize = 4096;
/// Of files that are no smaller it is asked which parts are enough: looking them up takes as long as reading this much.
const LARGE: u64 = 2 << 20;
/// Entries that are handed on together, and bytes of them.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 1 << 20;
/// Layers that are read at once: each has buffers.
const MAX_THREADS: usize = 4;

/// Reads every layer of `image` once, layers in parallel where the machine has processors, into the merged tree. The
/// result does not depend on how many there are.
///
/// # Errors
/// When a layer cannot be read, is not what its digests say, or exceeds a limit.
pub fn read<I: Inspect>(image: &Image, inspect: &I) -> Result<(Tree, Facts<I::Fact>), ReadError> {
    let count = image.layers().len();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(count).min(MAX_THREADS);
    let turns = Turns::new(image);
    let (next, budget, room) = (AtomicUsize::new(0), Budget::new(image.limits()), Room::of(inspect.room()));
    let work = || {
        let mut scratch =
            Scratch { start: vec![0; START], spool: Spool::new(room.clone()), budget: budget.clone() };
        loop {
            let layer = next.fetch_add(1, Ordering::Relaxed);
            if layer >= count {
                break;
            }
            let _unfinished = Unfinished { turns: &turns, layer };
            let result = read_layer(image, layer, inspect, &turns, &mut scratch);
            scratch.spool.rest();
            match result {
                Ok(()) => turns.finish(layer),
                Err(error) => turns.fail(layer, error),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    turns.into_tree()
}

/// Whoever inspects may panic: then nobody must wait for the layer.
struct Unfinished<'a, T> {
    turns: &'a Turns<'a, T>,
    layer: usize,
}

impl<T> Drop for Unfinished<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            let stopped = io::Error::other("a reading thread has stopped");
            self.turns.fail(self.layer, ReadError::io("a layer", stopped));
        }
    }
}

/// What one thread works with.
struct Scratch {
    start: Vec<u8>,
    spool: Spool,
    budget: Budget,
}

fn read_layer<I: Inspect>(
    image: &Image,
    layer: usize,
    inspect: &I,
    turns: &Turns<'_, I::Fact>,
    scratch: &mut Scratch,
) -> Result<(), ReadError> {
    let mut entries = image.entries_within(layer, &scratch.budget)?;
    let section = image.section(layer);
    let mut batch = Vec::with_capacity(BATCH);
    let (mut ordinal, mut bytes) = (0, 0);
    while let Some(mut entry) = entries.next()? {
        let fact = look(&mut entry, section.as_ref(), inspect, scratch)?;
        let read = Read { head: entry.head, ordinal, fact };
        bytes += read.weight();
        batch.push(read);
        ordinal += 1;
        if batch.len() == BATCH || bytes > BATCH_BYTES {
            if !turns.take(layer, &mut batch) {
                return Ok(());
            }
            bytes = 0;
        }
    }
    turns.take(layer, &mut batch);
    Ok(())
}

/// The fact of an entry, if it is a file that is wanted.
fn look<I: Inspect>(
    entry: &mut EntryReader<'_>,
    section: Option<&Section>,
    inspect: &I,
    scratch: &mut Scratch,
) -> Result<Option<I::Fact>, ReadError> {
    let is_file = entry.head.mark == Mark::Present && entry.head.kind == Kind::File;
    if !is_file || !inspect.looks_at(&entry.head) {
        return Ok(None);
    }
    let stored = section.zip(entry.position());
    let filled = fill(entry, &mut scratch.start).map_err(|error| explain(entry, error))?;
    let (start, head) = (&scratch.start[..filled], &entry.head);
    match inspect.wants(head, start) {
        Want::Whole(limit) if head.size <= limit => {}
        _ => return Ok(None),
    }
    let parts = stored.filter(|_| head.size >= LARGE).and_then(|(section, position)| {
        let read =
            |buffer: &mut [u8], place: u64| section.read_exact_at(buffer, position.saturating_add(place));
        inspect.parts(head, start, &Ahead::new(head.size, &read))
    });
    let size = head.size;
    if let Some(mut holed) = parts.and_then(|parts| Holed::new(size, parts, scratch.spool.room())) {
        let bytes = match holed.fill(start, entry) {
            Ok(bytes) => bytes,
            Err(error) => return Err(explain(entry, error)),
        };
        return Ok(inspect.inspect(&entry.head.path, &entry.head, bytes));
    }
    let bytes = match scratch.spool.take(start, size, entry) {
        Ok(bytes) => bytes,
        Err(error) => return Err(explain(entry, error)),
    };
    Ok(inspect.inspect(&entry.head.path, &entry.head, &bytes))
}

fn explain(entry: &EntryReader<'_>, error: io::Error) -> ReadError {
    ReadError::io(entry.head.path.to_string(), error)
}
