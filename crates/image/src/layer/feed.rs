//! The bytes of a layer's tar, decompressed on a thread of its own.

use std::{
    io::{self, BufRead, Read},
    sync::Arc,
    thread,
};

use casehard_gzip::Chunk;
use casehard_oci::{Compression, Digest};

use super::{
    Budget,
    queue::{Item, Queue},
    unpack::Unpack,
};
use crate::{Layer, Limits, ReadError};

/// Bytes of a chunk.
const CHUNK: usize = 256 << 10;

/// The bytes of a layer's tar.
pub(super) struct Feed {
    queue: Arc<Queue>,
    chunk: Chunk,
    position: usize,
    ended: bool,
    is_plain: bool,
}

impl Feed {
    pub(super) fn start(
        blob: Box<dyn Read + Send>,
        layer: &Layer,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Self, ReadError> {
        let queue = Arc::new(Queue::default());
        let (tapped, filled) = (Arc::clone(&queue), Filled(Arc::clone(&queue)));
        let tap = move |bytes: &[u8]| tapped.push(Item::Packed(bytes.to_vec()));
        let unpack = Unpack::new(blob, layer, limits, budget, Box::new(tap))?;
        thread::Builder::new()
            .name("unpack".to_owned())
            .spawn(move || filled.0.end(send_all(unpack, &filled.0)))
            .map_err(|error| ReadError::io("a thread to decompress with", error))?;
        let is_plain = layer.compression == Compression::None;
        Ok(Self { queue, chunk: Chunk::default(), position: 0, ended: false, is_plain })
    }

    /// The digests of the blob and of the tar, once everything has been read.
    pub(super) fn digests(&self) -> (Digest, Digest) {
        let (packed, unpacked) = self.queue.digests();
        (if self.is_plain { unpacked } else { packed }, unpacked)
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        self.position = 0;
        let used = std::mem::take(&mut self.chunk);
        if self.ended {
            return Ok(());
        }
        let next = self.queue.pop(used);
        self.ended = !matches!(next, Ok(Some(_)));
        self.chunk = next?.unwrap_or_default();
        Ok(())
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.queue.leave();
    }
}

/// The side that fills the queue: should it panic, nobody must wait for it.
struct Filled(Arc<Queue>);

impl Drop for Filled {
    fn drop(&mut self) {
        self.0.end(Err(io::Error::other("the decompressing thread has stopped")));
    }
}

fn send_all(mut unpack: Unpack, queue: &Queue) -> io::Result<()> {
    loop {
        let mut chunk = queue.spare();
        unpack.fill(&mut chunk, CHUNK)?;
        if chunk.is_empty() {
            return Ok(());
        }
        queue.push(Item::Unpacked(chunk))?;
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.chunk.len() {
            self.next_chunk()?;
        }
        Ok(&self.chunk[self.position..])
    }

    fn consume(&mut self, count: usize) {
        self.position = (self.position + count).min(self.chunk.len());
    }
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}
