//! Which parts of an ELF file its readers read, found out by letting them read those parts ahead.

use std::{
    cell::{Cell, OnceCell},
    ops::Range,
};

use casehard_image::Ahead;
use object::ReadRef;

/// More bytes than this are not read ahead of one file.
const MOST: u64 = 16 << 20;
/// More often than this is not read ahead of one file.
const MOST_PIECES: usize = 256;
/// Bytes that are read at once, at the least: names of sections stand side by side.
const BLOCK: u64 = 4096;
/// A longer string is not looked for.
const LONGEST: u64 = 1024;

/// A file that is read ahead, and what has been read of it.
#[derive(Debug)]
pub struct Peek<'a> {
    ahead: &'a Ahead<'a>,
    first: OnceCell<Box<Piece>>,
    left: Cell<u64>,
    /// Something was asked for that is too much, or could not be read.
    is_refused: Cell<bool>,
}

/// What was read from a place, and what was read after that. Pieces are only added, so they can be lent.
#[derive(Debug)]
struct Piece {
    at: u64,
    bytes: Box<[u8]>,
    next: OnceCell<Box<Self>>,
}

impl<'a> Peek<'a> {
    pub(crate) const fn new(ahead: &'a Ahead<'a>) -> Self {
        Self { ahead, first: OnceCell::new(), left: Cell::new(MOST), is_refused: Cell::new(false) }
    }

    /// Says that all of the file is needed.
    pub(crate) fn needs_all(&self) {
        self.is_refused.set(true);
    }

    /// The parts that have been read; `None` when not all was read that was asked for.
    pub(crate) fn parts(&self) -> Option<Vec<Range<u64>>> {
        let part = |piece: &Piece| piece.at..piece.at + piece.bytes.len() as u64;
        (!self.is_refused.get()).then(|| self.pieces().map(part).collect())
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        std::iter::successors(self.first.get(), |piece| piece.next.get()).map(Box::as_ref)
    }

    /// Reads from a place that is within the file.
    fn read(&self, at: u64, size: u64) -> Option<&Piece> {
        let left = self.left.get().checked_sub(size)?;
        let mut bytes = vec![0; usize::try_from(size).ok()?].into_boxed_slice();
        self.ahead.read_exact_at(&mut bytes, at).ok()?;
        self.left.set(left);
        let (mut slot, mut count) = (&self.first, 0);
        while let Some(piece) = slot.get() {
            (slot, count) = (&piece.next, count + 1);
        }
        if count >= MOST_PIECES {
            return None;
        }
        Some(slot.get_or_init(|| Box::new(Piece { at, bytes, next: OnceCell::new() })))
    }
}

/// Reading as from all bytes of the file, but for what is refused.
impl<'p> ReadRef<'p> for &'p Peek<'_> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.ahead.size())
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'p [u8], ()> {
        let end = offset.checked_add(size).filter(|end| *end <= self.ahead.size()).ok_or(())?;
        if size == 0 {
            return Ok(&[]);
        }
        let has = |piece: &Piece| piece.at <= offset && end <= piece.at + piece.bytes.len() as u64;
        let found = self.pieces().find(|piece| has(piece)).or_else(|| {
            let start = offset / BLOCK * BLOCK;
            let end = end.checked_next_multiple_of(BLOCK)?.min(self.ahead.size());
            self.read(start, end - start)
        });
        let Some(piece) = found else {
            self.needs_all();
            return Err(());
        };
        let start = usize::try_from(offset - piece.at).map_err(|_| ())?;
        let size = usize::try_from(size).map_err(|_| ())?;
        piece.bytes.get(start..start + size).ok_or(())
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'p [u8], ()> {
        let size = range.end.checked_sub(range.start).filter(|_| range.end <= self.ahead.size()).ok_or(())?;
        let bytes = self.read_bytes_at(range.start, size.min(LONGEST))?;
        match memchr::memchr(delimiter, bytes) {
            Some(end) => Ok(&bytes[..end]),
            None => {
                self.is_refused.set(self.is_refused.get() || size > LONGEST);
                Err(())
            }
        }
    }
}
