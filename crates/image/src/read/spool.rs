//! The bytes of one file, in memory when they are few and in a file without a name when they are many.

use std::{
    io::{self, Read, Write as _},
    ops::Deref,
};

/// Files larger than this are not held in memory.
const IN_MEMORY: u64 = 8 << 20;
/// A buffer larger than this is not kept for the next file.
const KEPT: usize = 1 << 20;

/// Where the bytes of files are put, one file after the other.
#[derive(Debug, Default)]
pub(super) struct Spool {
    buffer: Vec<u8>,
}

/// All bytes of a file.
pub(super) enum Bytes<'a> {
    Held(&'a [u8]),
    Mapped(memmap2::Mmap),
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}

impl Spool {
    /// The bytes of a file of `size` bytes, of which `start` has been read already.
    pub(super) fn take(&mut self, start: &[u8], size: u64, rest: &mut impl Read) -> io::Result<Bytes<'_>> {
        if size > IN_MEMORY {
            return spooled(start, rest).map(Bytes::Mapped);
        }
        self.buffer.clear();
        self.buffer.shrink_to(KEPT);
        self.buffer.extend_from_slice(start);
        rest.read_to_end(&mut self.buffer)?;
        Ok(Bytes::Held(&self.buffer))
    }
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

    #[test]
    fn large_files_are_mapped_and_small_ones_held() {
        let mut spool = Spool::default();
        let large = vec![7; usize::try_from(IN_MEMORY).unwrap() + 1];
        let bytes = spool.take(&large[..10], large.len() as u64, &mut &large[10..]).unwrap();
        assert!(matches!(bytes, Bytes::Mapped(_)) && *bytes == large[..]);
        drop(bytes);
        let bytes = spool.take(b"ab", 3, &mut &b"c"[..]).unwrap();
        assert!(matches!(bytes, Bytes::Held(_)) && *bytes == b"abc"[..]);
    }
}
