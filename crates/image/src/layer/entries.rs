//! The entries of one layer.

use std::{
    fmt,
    io::{self, Read},
};

use casehard_oci::Digest;

use super::{Budget, feed::Feed};
use crate::{
    Head, Layer, Limits, ReadError,
    tar::{Extensions, Walk, WalkError},
};

/// The entries of one layer. Reading to the end checks digests and sizes; a layer that is not what its
/// descriptor says ends in an error.
pub struct Entries {
    layer: Digest,
    diff_id: Digest,
    walk: Walk<Feed>,
    budget: Budget,
    ended: bool,
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entries({})", self.layer)
    }
}

impl Entries {
    pub(crate) fn new(
        blob: Box<dyn Read + Send>,
        layer: &Layer,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Self, ReadError> {
        let digest = layer.descriptor.digest;
        let feed = Feed::start(blob, layer, limits, budget)?;
        let limits = Extensions { bytes: limits.extensions, depth: limits.depth };
        let walk = Walk::new(feed, limits);
        Ok(Self { layer: digest, diff_id: layer.diff_id, walk, budget: budget.clone(), ended: false })
    }

    /// The next entry with its content; what is left unread of a content is skipped.
    ///
    /// # Errors
    /// When the layer is broken, is not what its digests say, or exceeds a limit.
    #[expect(clippy::should_implement_trait, reason = "it lends, which iterators do not")]
    pub fn next(&mut self) -> Result<Option<EntryReader<'_>>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        match self.walk.next() {
            Ok(Some(head)) => {
                // Holes take no bytes of the tar, but who writes the content elsewhere writes them.
                self.budget.spend(self.walk.holes(), self.layer)?;
                Ok(Some(EntryReader { head, entries: self }))
            }
            Ok(None) => {
                self.ended = true;
                self.check().map(|()| None)
            }
            Err(error) => {
                self.ended = true;
                Err(self.explain(error))
            }
        }
    }

    /// Reads what follows the end of the tar, and compares digests and sizes.
    fn check(&mut self) -> Result<(), ReadError> {
        self.walk.drain().map_err(|error| self.explain(error.into()))?;
        let (blob, found) = self.walk.source().digests();
        if blob != self.layer {
            return Err(ReadError::BlobDigest { expected: self.layer, found: blob });
        }
        if found != self.diff_id {
            return Err(ReadError::DiffId { layer: self.layer, expected: self.diff_id, found });
        }
        Ok(())
    }

    fn explain(&self, error: WalkError) -> ReadError {
        match error {
            WalkError::Tar(offset, source) => ReadError::Tar { layer: self.layer, offset, source },
            WalkError::Io(source) => match ReadError::io("", source) {
                ReadError::Io { source, .. } => ReadError::Decompress { layer: self.layer, source },
                error => error,
            },
        }
    }
}

/// One entry with its content.
pub struct EntryReader<'a> {
    /// Its header.
    pub head: Head,
    /// What has the content.
    entries: &'a mut Entries,
}

impl fmt::Debug for EntryReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryReader({})", self.head.path)
    }
}

impl EntryReader<'_> {
    /// Where in the tar the content is stored as it is, from what has not been read on; `None` when it has holes.
    pub(crate) fn position(&self) -> Option<u64> {
        (!self.entries.walk.is_sparse()).then(|| self.entries.walk.position())
    }

    /// Passes over as many bytes of a content without holes.
    pub(crate) fn pass_over(&mut self, count: u64) -> io::Result<()> {
        self.entries.walk.pass_over(count).map_err(|error| self.explain(error))
    }

    fn explain(&self, error: io::Error) -> io::Error {
        match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => self.entries.explain(error.into()).into(),
        }
    }
}

impl Read for EntryReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.entries.walk.read(buffer).map_err(|error| self.explain(error))
    }
}
