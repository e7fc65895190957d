//! The stream as bits, the least significant of a byte first: RFC 1951, section 3.1.1.

use std::io::{self, Read};

use super::Corrupt;

/// Bytes that are read at once.
const ROOM: usize = 128 << 10;
/// Zeros behind the last bytes of a stream, so that a look ahead finds something.
const BEHIND: usize = 64;
/// Bytes that are there before a block begins, if the stream has them: more than the codes of one take (553).
const AHEAD: usize = 1024;
/// Bytes that one step of decoding may look at.
const STEP: usize = 32;
const HELD: usize = ROOM + BEHIND;

/// The bytes of a stream that are held, and where the reader is in them.
pub(super) struct Input<R> {
    pub(super) source: R,
    buffer: Box<[u8; HELD]>,
    end: usize,
    ended: bool,
    place: Place,
}

/// Where a reader is: at a byte, with bits of those before it in hand.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    position: usize,
    bits: u64,
    count: u32,
}

/// A stream that ends before it says so.
fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the compressed bytes end too early")
}

impl<R: Read> Input<R> {
    pub(super) fn new(source: R) -> Self {
        let buffer = Box::new([0; HELD]);
        Self { source, buffer, end: 0, ended: false, place: Place::default() }
    }

    /// Reads on until enough is there for what comes next, or the stream has ended.
    pub(super) fn look_ahead(&mut self) -> io::Result<()> {
        while !self.ended && self.end < self.place.position + AHEAD {
            // Bytes whose bits are in hand stay too: they may be given back.
            let from = self.place.position.saturating_sub(8);
            self.buffer.copy_within(from..self.end, 0);
            self.end -= from;
            self.place.position -= from;
            match self.source.read(&mut self.buffer[self.end..ROOM]) {
                Ok(0) => {
                    self.ended = true;
                    self.buffer[self.end..][..BEHIND].fill(0);
                }
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Nothing of the stream is left.
    pub(super) fn is_at_end(&mut self) -> io::Result<bool> {
        self.look_ahead()?;
        Ok(self.ended && self.place.position - self.place.count as usize / 8 >= self.end)
    }

    /// Uses bits. A stream that ends too early is called that, whatever the bits behind its end were taken for.
    pub(super) fn use_bits<T>(
        &mut self,
        take: impl FnOnce(&mut Bits<'_>) -> Result<T, Corrupt>,
    ) -> io::Result<T> {
        self.look_ahead()?;
        let limit = if self.ended { self.end + 8 } else { self.end.saturating_sub(STEP) };
        let mut bits = Bits { bytes: &self.buffer, limit, place: self.place };
        let result = take(&mut bits);
        self.place = bits.place;
        if self.ended && self.place.position > self.end + self.place.count as usize / 8 {
            return Err(cut());
        }
        Ok(result?)
    }

    /// The next whole byte.
    pub(super) fn byte(&mut self) -> io::Result<u8> {
        self.use_bits(|bits| {
            bits.drop_partial_byte();
            bits.refill();
            Ok(bits.take(8) as u8)
        })
    }

    /// Copies bytes that stand in the stream as they are: as many as are held and fit.
    pub(super) fn copy(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // What is in hand goes back: whole bytes, since a stored block begins with one.
        self.place.position -= self.place.count as usize / 8;
        (self.place.bits, self.place.count) = (0, 0);
        self.look_ahead()?;
        let held = self.end.saturating_sub(self.place.position);
        if held == 0 && !into.is_empty() {
            return Err(cut());
        }
        let count = held.min(into.len());
        into[..count].copy_from_slice(&self.buffer[self.place.position..][..count]);
        self.place.position += count;
        Ok(count)
    }
}

/// Bits that are being used.
pub(super) struct Bits<'a> {
    bytes: &'a [u8; HELD],
    limit: usize,
    place: Place,
}

impl Bits<'_> {
    /// What is held may not be enough for another step.
    #[inline(always)]
    pub(super) fn is_low(&self) -> bool {
        self.place.position >= self.limit
    }

    /// Has 56 bits at least in hand.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let Place { position, bits, count } = &mut self.place;
        let word = if *position < HELD - 8 { self.bytes[*position..].first_chunk() } else { None };
        *bits |= u64::from_le_bytes(word.copied().unwrap_or_default()) << (*count & 63);
        *position += (63 - *count as usize) >> 3;
        *count |= 56;
    }

    /// The same bits, for a loop to hold in registers until it gives them back.
    #[inline(always)]
    pub(super) fn hold(&self) -> Self {
        Self { bytes: self.bytes, limit: self.limit, place: self.place }
    }

    /// The bits in hand, the next one lowest.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.place.bits
    }

    /// Passes over bits: as many as the lowest byte of `count` says, at most 63.
    #[inline(always)]
    pub(super) fn pass(&mut self, count: u32) {
        self.place.bits >>= count & 63;
        self.place.count = self.place.count.wrapping_sub(count & 63);
    }

    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u64 {
        let bits = self.place.bits & ((1 << count) - 1);
        self.pass(count);
        bits
    }

    /// Goes on with a whole byte.
    pub(super) fn drop_partial_byte(&mut self) {
        self.pass(self.place.count % 8);
    }
}
