//! The entries of one layer.

use std::{
    fmt,
    io::{self, BufReader, Read},
    sync::Arc,
};

use casehard_oci::{Compression, Digest, Hasher};

use super::Checked;
use crate::{
    Head, Layer, Limits, ReadError,
    tar::{Extensions, Walk, WalkError},
};

/// Bytes that are read at once.
const BUFFER: usize = 128 << 10;

/// The entries of one layer. Reading to the end checks digests and sizes; a layer that is not what its
/// descriptor says ends in an error.
pub struct Entries {
    layer: Digest,
    diff_id: Digest,
    walk: Walk<BufReader<Unpacked>>,
    ended: bool,
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entries({})", self.layer)
    }
}

impl Entries {
    pub(crate) fn new(blob: Box<dyn Read + Send>, layer: &Layer, limits: &Limits) -> Result<Self, ReadError> {
        let digest = layer.descriptor.digest;
        let unpacked = Unpacked::new(blob, layer, limits)?;
        let limits = Extensions { bytes: limits.extensions, depth: limits.depth };
        let walk = Walk::new(BufReader::with_capacity(BUFFER, unpacked), limits);
        Ok(Self { layer: digest, diff_id: layer.diff_id, walk, ended: false })
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
            Ok(Some(head)) => Ok(Some(EntryReader { head, entries: self })),
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
        let found = self.walk.source().get_ref().hasher.clone().finish();
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

impl Read for EntryReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.entries.walk.read(buffer) {
            Ok(read) => Ok(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.entries.explain(error.into()).into()),
        }
    }
}

type Blob = Checked<Box<dyn Read + Send>>;

enum Decoder {
    Plain(Blob),
    Gzip(Box<flate2::bufread::MultiGzDecoder<BufReader<Blob>>>),
    Zstd(zstd::stream::read::Decoder<'static, BufReader<Blob>>),
}

/// The uncompressed bytes of a layer, hashed and counted.
struct Unpacked {
    layer: Digest,
    decoder: Decoder,
    hasher: Hasher,
    count: u64,
    limits: Limits,
}

impl Unpacked {
    fn new(blob: Box<dyn Read + Send>, layer: &Layer, limits: &Limits) -> Result<Self, ReadError> {
        let digest = layer.descriptor.digest;
        let checked = Checked::new(blob, &layer.descriptor);
        let buffered = |checked| BufReader::with_capacity(BUFFER, checked);
        let decoder = match layer.compression {
            Compression::None => Decoder::Plain(checked),
            Compression::Gzip => {
                Decoder::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(buffered(checked))))
            }
            Compression::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(buffered(checked))
                    .map_err(|source| ReadError::Decompress { layer: digest, source: Arc::new(source) })?;
                Decoder::Zstd(decoder)
            }
        };
        Ok(Self { layer: digest, decoder, hasher: Hasher::new(), count: 0, limits: *limits })
    }

    fn packed(&self) -> u64 {
        match &self.decoder {
            Decoder::Plain(checked) => checked.count(),
            Decoder::Gzip(decoder) => decoder.get_ref().get_ref().count(),
            Decoder::Zstd(decoder) => decoder.get_ref().get_ref().count(),
        }
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.decoder {
            Decoder::Plain(decoder) => decoder.read(buffer),
            Decoder::Gzip(decoder) => decoder.read(buffer),
            Decoder::Zstd(decoder) => decoder.read(buffer),
        }?;
        self.hasher.update(&buffer[..read]);
        self.count += read as u64;
        let Limits { unpacked, expansion, .. } = self.limits;
        if self.count > unpacked {
            return Err(ReadError::Unpacked { layer: self.layer, limit: unpacked }.into());
        }
        if self.count > Limits::EXPANSION_FROM && self.count / expansion.max(1) > self.packed() {
            return Err(ReadError::Expansion { layer: self.layer, limit: expansion }.into());
        }
        Ok(read)
    }
}
