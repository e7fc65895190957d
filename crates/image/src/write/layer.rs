//! A layer in the making.

use std::{
    fmt,
    io::{self, Read},
    path::Path,
};

use casehard_oci::{Compression, Descriptor, Digest, Hasher, MediaType};

use super::{blob::BlobFile, compress::Encoder, error::WriteError};
use crate::{Head, Kind, Mark, source::fill, tar::write_header};

const BUFFER: usize = 128 << 10;

/// A layer that has been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenLayer {
    /// Its blob.
    pub descriptor: Descriptor,
    /// The digest of its uncompressed tar.
    pub diff_id: Digest,
    /// Its uncompressed size in bytes; 0 for a layer that was copied as it is.
    pub unpacked: u64,
}

/// A layer in the making: tar (PAX where ustar does not reach), compressed on all processors with the same bytes at
/// any number of them.
pub struct LayerWriter {
    encoder: Encoder<BlobFile>,
    compression: Compression,
    /// For messages.
    path: std::path::PathBuf,
    hasher: Hasher,
    unpacked: u64,
    buffer: Vec<u8>,
    clamp: Option<i64>,
}

impl fmt::Debug for LayerWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LayerWriter({} bytes)", self.unpacked)
    }
}

impl LayerWriter {
    pub(crate) fn create(
        blobs: &Path,
        compression: Compression,
        clamp: Option<i64>,
    ) -> Result<Self, WriteError> {
        let blob = BlobFile::create(blobs)?;
        let path = blob.path().to_owned();
        let encoder = Encoder::new(blob, compression);
        Ok(Self {
            encoder,
            compression,
            path,
            hasher: Hasher::new(),
            unpacked: 0,
            buffer: Vec::with_capacity(BUFFER + 4096),
            clamp,
        })
    }

    /// Writes an entry; `content` must yield `head.size` bytes for a regular file and is not read for others.
    ///
    /// # Errors
    /// When the content ends early or the blob cannot be written.
    pub fn entry(&mut self, head: &Head, content: &mut dyn Read) -> Result<(), WriteError> {
        match self.clamp {
            Some(latest) if head.mtime > latest => {
                write_header(&mut self.buffer, &Head { mtime: latest, ..head.clone() });
            }
            _ => write_header(&mut self.buffer, head),
        }
        if head.kind == Kind::File && head.mark == Mark::Present {
            self.content(head, content)?;
        }
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        Ok(())
    }

    fn content(&mut self, head: &Head, content: &mut dyn Read) -> Result<(), WriteError> {
        let mut left = head.size;
        while left > 0 {
            if self.buffer.len() >= BUFFER {
                self.flush()?;
            }
            let start = self.buffer.len();
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(BUFFER);
            self.buffer.resize(start + wanted, 0);
            let read =
                fill(content, &mut self.buffer[start..]).map_err(|source| {
                    match crate::ReadError::io("", source) {
                        crate::ReadError::Io { source, .. } => {
                            WriteError::Source { path: head.path.clone(), source: io::Error::other(source) }
                        }
                        error => error.into(),
                    }
                })?;
            self.buffer.truncate(start + read);
            if read == 0 {
                let found = head.size - left;
                return Err(WriteError::Content { path: head.path.clone(), expected: head.size, found });
            }
            left -= read as u64;
        }
        let padding = usize::try_from(head.size.wrapping_neg() % 512).unwrap_or(0);
        self.buffer.resize(self.buffer.len() + padding, 0);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        self.hasher.update(&self.buffer);
        self.unpacked += self.buffer.len() as u64;
        let written = self.encoder.write_all(&self.buffer);
        self.buffer.clear();
        written.map_err(|source| WriteError::Io { path: self.path.clone(), source })
    }

    /// Ends the layer.
    ///
    /// # Errors
    /// When the blob cannot be written.
    pub fn finish(self) -> Result<WrittenLayer, WriteError> {
        let (compression, (blob, diff_id, unpacked)) = (self.compression, self.end()?);
        let (digest, size) = blob.finish()?;
        let descriptor = Descriptor::new(MediaType::OciLayer(compression), digest, size);
        Ok(WrittenLayer { descriptor, diff_id, unpacked })
    }

    /// Ends it as a file of its own.
    pub(crate) fn finish_as(self, path: &Path) -> Result<(), WriteError> {
        self.end()?.0.finish_as(path)
    }

    fn end(mut self) -> Result<(BlobFile, Digest, u64), WriteError> {
        self.buffer.resize(self.buffer.len() + 1024, 0);
        self.flush()?;
        let path = self.path;
        let blob = self.encoder.finish().map_err(|source| WriteError::Io { path, source })?;
        Ok((blob, self.hasher.finish(), self.unpacked))
    }
}
