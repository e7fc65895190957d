//! The bytes of a layer's tar, decompressed on a thread of its own and hashed on the reader's.
//!
//! Decompressing takes longer than everything else together, so a layer takes as long as that alone: both digests are
//! taken on this side.

use std::{
    io::{self, BufRead, Read},
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

use casehard_gzip::Chunk;
use casehard_oci::{Compression, Digest, Hasher};

use super::{Budget, unpack::Unpack};
use crate::{Layer, Limits, ReadError};

/// Bytes of a chunk.
const CHUNK: usize = 256 << 10;
/// Chunks that wait.
const WAITING: usize = 4;

enum Message {
    /// Bytes of the blob, to be hashed only.
    Packed(Vec<u8>),
    /// Bytes of the tar.
    Unpacked(Chunk),
    /// The end, or why there is none.
    End(io::Result<()>),
}

/// The bytes of a layer's tar.
pub(super) struct Feed {
    chunks: Receiver<Message>,
    /// Chunks that have been read go back to be filled again.
    used: Sender<Chunk>,
    chunk: Chunk,
    position: usize,
    ended: bool,
    packed: Hasher,
    unpacked: Hasher,
    is_plain: bool,
}

impl Feed {
    pub(super) fn start(
        blob: Box<dyn Read + Send>,
        layer: &Layer,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Self, ReadError> {
        let (sender, chunks) = sync_channel(WAITING);
        let (used, free) = channel();
        let tap = sender.clone();
        let tap = move |bytes: &[u8]| tap.send(Message::Packed(bytes.to_vec())).map_err(|_| gone());
        let unpack = Unpack::new(blob, layer, limits, budget, Box::new(tap))?;
        thread::Builder::new()
            .name("unpack".to_owned())
            .spawn(move || send_all(unpack, &sender, &free))
            .map_err(|error| ReadError::io("a thread to decompress with", error))?;
        Ok(Self {
            chunks,
            used,
            chunk: Chunk::default(),
            position: 0,
            ended: false,
            packed: Hasher::new(),
            unpacked: Hasher::new(),
            is_plain: layer.compression == Compression::None,
        })
    }

    /// The digests of the blob and of the tar, once everything has been read.
    pub(super) fn digests(&self) -> (Digest, Digest) {
        let unpacked = self.unpacked.clone().finish();
        (if self.is_plain { unpacked } else { self.packed.clone().finish() }, unpacked)
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        self.position = 0;
        let chunk = std::mem::take(&mut self.chunk);
        // The other side has ended: nothing is to be filled any more.
        let _ = self.used.send(chunk);
        while !self.ended {
            match self.chunks.recv() {
                Ok(Message::Packed(bytes)) => self.packed.update(&bytes),
                Ok(Message::Unpacked(bytes)) => {
                    self.unpacked.update(&bytes);
                    self.chunk = bytes;
                    return Ok(());
                }
                Ok(Message::End(result)) => {
                    self.ended = true;
                    return result;
                }
                Err(_) => {
                    self.ended = true;
                    return Err(io::Error::other("the decompressing thread has stopped"));
                }
            }
        }
        Ok(())
    }
}

fn gone() -> io::Error {
    io::Error::other("nobody reads this layer any more")
}

fn send_all(mut unpack: Unpack, sender: &SyncSender<Message>, free: &Receiver<Chunk>) {
    loop {
        let mut chunk = free.try_recv().unwrap_or_default();
        let message = match unpack.fill(&mut chunk, CHUNK) {
            Ok(()) if chunk.is_empty() => Message::End(Ok(())),
            Ok(()) => Message::Unpacked(chunk),
            Err(error) => Message::End(Err(error)),
        };
        let is_end = matches!(message, Message::End(_));
        if sender.send(message).is_err() || is_end {
            break;
        }
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
