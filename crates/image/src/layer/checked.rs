//! Bytes that are checked while they stream past.

use std::io::{self, Read};

use casehard_oci::{Descriptor, Digest, Hasher};

use crate::ReadError;

/// A blob that must have the size and the digest of its descriptor: reading it ends in an error otherwise.
pub(crate) struct Checked<R> {
    source: R,
    digest: Digest,
    size: u64,
    read: u64,
    hasher: Option<Hasher>,
}

impl<R> std::fmt::Debug for Checked<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Checked({}, {} of {} bytes)", self.digest, self.read, self.size)
    }
}

impl<R: Read> Checked<R> {
    pub(crate) fn new(source: R, descriptor: &Descriptor) -> Self {
        Self {
            source,
            digest: descriptor.digest,
            size: descriptor.size,
            read: 0,
            hasher: Some(Hasher::new()),
        }
    }

    fn wrong_size(&self) -> ReadError {
        ReadError::BlobSize { digest: self.digest, expected: self.size, found: self.read }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.source.read(buffer)?;
        self.read += read as u64;
        if self.read > self.size {
            return Err(self.wrong_size().into());
        }
        if read > 0 {
            if let Some(hasher) = &mut self.hasher {
                hasher.update(&buffer[..read]);
            }
            return Ok(read);
        }
        if self.read < self.size {
            return Err(self.wrong_size().into());
        }
        if let Some(hasher) = self.hasher.take() {
            let found = hasher.finish();
            if found != self.digest {
                return Err(ReadError::BlobDigest { expected: self.digest, found }.into());
            }
        }
        Ok(0)
    }
}
