//! A file that can be looked at before it is read.

use std::{fmt, io};

/// A file whose bytes lie where they can be read before their turn. They are not checked against the layer's digest:
/// they may decide what is looked at, and nothing else.
pub struct Ahead<'a> {
    size: u64,
    read: &'a dyn Fn(&mut [u8], u64) -> io::Result<()>,
}

impl fmt::Debug for Ahead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ahead({} bytes)", self.size)
    }
}

impl<'a> Ahead<'a> {
    /// A file of `size` bytes; `read` fills a buffer from a place in it.
    #[must_use]
    pub const fn new(size: u64, read: &'a dyn Fn(&mut [u8], u64) -> io::Result<()>) -> Self {
        Self { size, read }
    }

    /// Its size in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Fills `buffer` from a place in the file.
    ///
    /// # Errors
    /// When it ends before, or cannot be read.
    pub fn read_exact_at(&self, buffer: &mut [u8], place: u64) -> io::Result<()> {
        if place.checked_add(buffer.len() as u64).is_none_or(|end| end > self.size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        (self.read)(buffer, place)
    }
}
