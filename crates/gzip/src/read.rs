//! What was inflated, as chunks and as a reader.

use std::{
    io::{self, Read},
    ops::{Deref, Range},
};

use super::Gzip;

/// Bytes that were inflated, in a buffer that is to be filled again when they have been read.
#[derive(Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    shown: Range<usize>,
}

impl Chunk {
    /// Room for so many bytes, of which none is shown.
    pub(super) fn room(&mut self, length: usize) -> &mut [u8] {
        self.shown = 0..0;
        self.bytes.resize(length, 0);
        &mut self.bytes
    }

    pub(super) fn show(&mut self, range: Range<usize>) {
        self.shown = range;
    }

    /// A chunk for bytes that somebody else writes: `fill` gets room for `length` bytes and says how many it has filled.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn fill_with(
        &mut self,
        length: usize,
        fill: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        let filled = fill(self.room(length))?;
        self.shown = 0..filled;
        Ok(())
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.shown.clone()]
    }
}

/// Bytes that are inflated at once.
const CHUNK: usize = 64 << 10;

/// A gzip stream as a reader.
pub struct GzipReader<R> {
    gzip: Gzip<R>,
    chunk: Chunk,
    position: usize,
}

impl<R: Read> GzipReader<R> {
    /// Reads a gzip stream, from its beginning.
    pub fn new(source: R) -> Self {
        Self { gzip: Gzip::new(source), chunk: Chunk::default(), position: 0 }
    }
}

impl<R: Read> Read for GzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position == self.chunk.len() {
            self.position = 0;
            self.gzip.fill(&mut self.chunk, CHUNK)?;
        }
        let available = &self.chunk[self.position..];
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.position += count;
        Ok(count)
    }
}
