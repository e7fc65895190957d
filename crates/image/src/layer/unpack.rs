//! From the bytes of a blob to those of its tar.

use std::{
    io::{self, BufReader, Read},
    sync::Arc,
};

use casehard_gzip::{Chunk, Gzip};
use casehard_oci::{Compression, Digest};

use super::Budget;
use crate::{Layer, Limits, ReadError, source::fill};

/// Bytes that are read at once.
const BUFFER: usize = 128 << 10;

/// Who is shown the bytes of a blob.
pub(super) type Tap = Box<dyn FnMut(&[u8]) -> io::Result<()> + Send>;

/// The bytes of a blob, counted, and shown to somebody as they come: hashing them is another thread's work.
pub(super) struct Tapped {
    source: Box<dyn Read + Send>,
    digest: Digest,
    size: u64,
    count: u64,
    tap: Tap,
}

impl Tapped {
    fn wrong_size(&self) -> io::Error {
        ReadError::BlobSize { digest: self.digest, expected: self.size, found: self.count }.into()
    }
}

impl Read for Tapped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.source.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => ReadError::io(format!("blob {}", self.digest), error).into(),
        })?;
        self.count += read as u64;
        if self.count > self.size || (read == 0 && self.count < self.size) {
            return Err(self.wrong_size());
        }
        if read > 0 {
            (self.tap)(&buffer[..read])?;
        }
        Ok(read)
    }
}

enum Decoder {
    Plain(Tapped),
    Gzip(Box<Gzip<Tapped>>),
    Zstd(zstd::stream::read::Decoder<'static, BufReader<Tapped>>),
}

/// A layer that is being decompressed, within the limits.
pub(super) struct Unpack {
    layer: Digest,
    decoder: Decoder,
    count: u64,
    budget: Budget,
    expansion: u64,
}

impl Unpack {
    /// `tap` is shown the compressed bytes; for a plain layer nothing, as they are the uncompressed ones.
    pub(super) fn new(
        source: Box<dyn Read + Send>,
        layer: &Layer,
        limits: &Limits,
        budget: &Budget,
        tap: Tap,
    ) -> Result<Self, ReadError> {
        let descriptor = &layer.descriptor;
        let is_plain = layer.compression == Compression::None;
        let tap: Tap = if is_plain { Box::new(|_| Ok(())) } else { tap };
        let tapped = Tapped { source, digest: descriptor.digest, size: descriptor.size, count: 0, tap };
        let decoder = match layer.compression {
            Compression::None => Decoder::Plain(tapped),
            Compression::Gzip => Decoder::Gzip(Box::new(Gzip::new(tapped))),
            Compression::Zstd => {
                let decoder =
                    zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(BUFFER, tapped));
                let explain =
                    |source| ReadError::Decompress { layer: descriptor.digest, source: Arc::new(source) };
                Decoder::Zstd(decoder.map_err(explain)?)
            }
        };
        Ok(Self {
            layer: descriptor.digest,
            decoder,
            count: 0,
            budget: budget.clone(),
            expansion: limits.expansion,
        })
    }

    /// Fills `chunk` with about `length` bytes, as far as there are some; empty means the end.
    pub(super) fn fill(&mut self, chunk: &mut Chunk, length: usize) -> io::Result<()> {
        let filled = match &mut self.decoder {
            Decoder::Plain(decoder) => chunk.fill_with(length, |room| fill(decoder, room)),
            Decoder::Gzip(decoder) => decoder.fill(chunk, length),
            Decoder::Zstd(decoder) => chunk.fill_with(length, |room| fill(decoder, room)),
        };
        filled.map_err(|error| self.explain(error))?;
        self.count += chunk.len() as u64;
        self.budget.spend(chunk.len() as u64, self.layer)?;
        self.check_expansion()
    }

    fn check_expansion(&self) -> io::Result<()> {
        let packed = match &self.decoder {
            Decoder::Plain(_) => return Ok(()),
            Decoder::Gzip(decoder) => decoder.source().count,
            Decoder::Zstd(decoder) => decoder.get_ref().get_ref().count,
        };
        if self.count > Limits::EXPANSION_FROM && self.count / self.expansion.max(1) > packed {
            return Err(ReadError::Expansion { layer: self.layer, limit: self.expansion }.into());
        }
        Ok(())
    }

    /// What went wrong: the blob, or if nothing did there, the decompression.
    fn explain(&self, error: io::Error) -> io::Error {
        match error.downcast::<ReadError>() {
            Ok(error) => error.into(),
            Err(source) => ReadError::Decompress { layer: self.layer, source: Arc::new(source) }.into(),
        }
    }
}
