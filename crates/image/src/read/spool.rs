//! The bytes of one file: in a buffer when they are few, in pages that are given back at once when they are more, and
//! in a file without a name when they are too many.

use std::{
    io::{self, Read, Write as _},
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Files larger than this are not put into the buffer.
const IN_BUFFER: u64 = 8 << 20;
/// A buffer larger than this is not kept for the next layer.
const KEPT: usize = 1 << 20;

/// Where the bytes of files are put, one file after the other.
#[derive(Debug)]
pub(super) struct Spool {
    /// Bytes that have been written once: filling them anew for each file would take as long as reading it.
    buffer: Vec<u8>,
    /// Pages for files that are larger.
    pages: Option<Pages>,
    room: Room,
}

/// Pages of memory without a file behind them, large ones where the system has such.
#[derive(Debug)]
struct Pages {
    memory: memmap2::MmapMut,
    /// Given back when the pages are.
    _taken: Taken,
}

/// Memory that the spools of one pass share, in bytes that are left.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<AtomicU64>);

impl Room {
    pub(super) fn of(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    /// Takes `size` bytes for as long as what is returned lives; `None` when they are not left.
    pub(super) fn take(&self, size: u64) -> Option<Taken> {
        let left = |left: u64| left.checked_sub(size);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).ok()?;
        Some(Taken { room: self.clone(), size })
    }
}

/// Memory that is taken.
#[derive(Debug)]
pub(super) struct Taken {
    room: Room,
    size: u64,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.room.0.fetch_add(self.size, Ordering::Relaxed);
    }
}

/// All bytes of a file.
pub(super) enum Bytes<'a> {
    Buffered(&'a [u8]),
    InPages(&'a [u8]),
    Mapped(memmap2::Mmap),
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Buffered(bytes) | Self::InPages(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}

impl Spool {
    pub(super) fn new(room: Room) -> Self {
        Self { buffer: Vec::new(), pages: None, room }
    }

    /// Where memory for large files is taken.
    pub(super) const fn room(&self) -> &Room {
        &self.room
    }

    /// Gives back what only large files need. Between the files of a layer it is kept: the system clears new memory.
    pub(super) fn rest(&mut self) {
        self.pages = None;
        self.buffer.truncate(KEPT);
        self.buffer.shrink_to_fit();
    }

    /// The bytes of a file of `size` bytes, of which `start` has been read already.
    pub(super) fn take(&mut self, start: &[u8], size: u64, rest: &mut impl Read) -> io::Result<Bytes<'_>> {
        if size > IN_BUFFER {
            let pages = usize::try_from(size).ok().and_then(|length| self.pages(length));
            let Some(pages) = pages else { return spooled(start, rest).map(Bytes::Mapped) };
            fill(pages, start, rest)?;
            return Ok(Bytes::InPages(pages));
        }
        let length = usize::try_from(size).unwrap_or(usize::MAX).max(start.len());
        if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
        let buffer = &mut self.buffer[..length];
        fill(buffer, start, rest)?;
        Ok(Bytes::Buffered(buffer))
    }

    /// As many bytes of pages; `None` when there is no room for them.
    fn pages(&mut self, length: usize) -> Option<&mut [u8]> {
        if self.pages.as_ref().is_none_or(|pages| pages.memory.len() < length) {
            self.pages = None;
            let taken = self.room.take(length as u64)?;
            let memory = memmap2::MmapMut::map_anon(length).ok()?;
            // A wish: a kernel without large pages says no.
            #[cfg(target_os = "linux")]
            let _ = memory.advise(memmap2::Advice::HugePage);
            self.pages = Some(Pages { memory, _taken: taken });
        }
        self.pages.as_mut().map(|pages| &mut pages.memory[..length])
    }
}

/// Puts `start` and what follows it into a buffer of the file's size.
fn fill(buffer: &mut [u8], start: &[u8], rest: &mut impl Read) -> io::Result<()> {
    buffer[..start.len()].copy_from_slice(start);
    rest.read_exact(&mut buffer[start.len()..])
}

#[expect(unsafe_code, reason = "large files must not be held in memory")]
fn spooled(start: &[u8], rest: &mut impl Read) -> io::Result<memmap2::Mmap> {
    let mut file = tempfile::tempfile()?;
    file.write_all(start)?;
    io::copy(rest, &mut file)?;
    // SAFETY: a map must not change or shrink while it is used. The file was made by us without a name, its only
    // descriptor is dropped here, and nothing is written to it any more.
    unsafe { memmap2::Mmap::map(&file) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(spool: &mut Spool, length: u64) -> Bytes<'_> {
        let mut whole = vec![7; usize::try_from(length).unwrap()];
        whole[9..].iter_mut().step_by(4099).for_each(|byte| *byte = length as u8);
        let bytes = spool.take(&whole[..10], length, &mut &whole[10..]).unwrap();
        assert!(*bytes == whole[..]);
        bytes
    }

    #[test]
    fn a_file_is_held_as_its_size_says() {
        let room = Room::of(3 * IN_BUFFER);
        let (mut one, mut other) = (Spool::new(room.clone()), Spool::new(room));
        assert!(matches!(take(&mut one, 2 * IN_BUFFER), Bytes::InPages(_)));
        // A smaller one is put into the same pages; beside them no room is left, and after them there is some again.
        assert!(matches!(take(&mut one, IN_BUFFER + 1), Bytes::InPages(_)));
        assert!(matches!(take(&mut other, 2 * IN_BUFFER), Bytes::Mapped(_)));
        one.rest();
        assert!(matches!(take(&mut other, 2 * IN_BUFFER), Bytes::InPages(_)));
        assert!(matches!(take(&mut one, IN_BUFFER), Bytes::Buffered(_)));
        assert!(matches!(take(&mut one, 10), Bytes::Buffered(_)));
        one.rest();
        assert!(one.buffer.capacity() <= 2 * KEPT, "{}", one.buffer.capacity());
    }

    #[test]
    fn a_file_that_ends_early_is_an_error() {
        let mut spool = Spool::new(Room::of(2 * IN_BUFFER));
        for size in [20, IN_BUFFER + 1] {
            assert!(spool.take(b"ab", size, &mut &b"c"[..]).is_err(), "{size}");
        }
    }
}
