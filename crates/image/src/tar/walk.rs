//! A walk over the entries of a tar, as a stream.

use std::io::{self, BufRead};

use casehard_oci::RootPath;

use super::{
    header::{BLOCK, Block, TarError, number, shown, text},
    pax::{Records, decimal},
    sparse::SparseMap,
};
use crate::{Head, Kind, Limits, Mark};

/// What may be read before one entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extensions {
    /// Bytes of extended headers, and of a map of holes.
    pub bytes: u64,
    /// Components of a path.
    pub depth: usize,
}

/// Why a walk stops.
#[derive(Debug)]
pub(crate) enum WalkError {
    /// The source cannot be read.
    Io(io::Error),
    /// The source is no tar, from this byte on.
    Tar(u64, TarError),
}

impl From<io::Error> for WalkError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A walk over a tar.
#[derive(Debug)]
pub(crate) struct Walk<R> {
    source: R,
    position: u64,
    /// Where the header of the current entry begins.
    entry: u64,
    limits: Extensions,
    /// Stored bytes of the current entry that have not been read.
    remaining: u64,
    padding: u64,
    sparse: Option<SparseMap>,
    ended: bool,
}

impl<R: BufRead> Walk<R> {
    pub(crate) const fn new(source: R, limits: Extensions) -> Self {
        Self { source, position: 0, entry: 0, limits, remaining: 0, padding: 0, sparse: None, ended: false }
    }

    /// The next entry; what is left of the one before is skipped. Global headers and the
    /// bookkeeping of AUFS (`.wh..wh.*`) are passed over.
    pub(crate) fn next(&mut self) -> Result<Option<Head>, WalkError> {
        loop {
            let left = self.remaining.saturating_add(self.padding);
            self.skip(left)?;
            (self.remaining, self.padding, self.sparse) = (0, 0, None);
            if self.ended {
                return Ok(None);
            }
            self.entry = self.position;
            match self.read_entry()? {
                Some(Some(head)) => return Ok(Some(head)),
                Some(None) => {}
                None => {
                    self.ended = true;
                    return Ok(None);
                }
            }
        }
    }

    /// Content of the current entry, holes filled with zeros.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self { source, position, remaining, sparse, .. } = self;
        let mut stored = |buffer: &mut [u8]| {
            let wanted = usize::try_from(*remaining).unwrap_or(usize::MAX).min(buffer.len());
            if wanted == 0 {
                return Ok(0);
            }
            let read = source.read(&mut buffer[..wanted])?;
            if read == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, TarError::Truncated));
            }
            *remaining -= read as u64;
            *position += read as u64;
            Ok(read)
        };
        match sparse {
            Some(map) => map.read(buffer, stored),
            None => stored(buffer),
        }
    }

    /// Passes over content of the current entry, which has no holes.
    pub(crate) fn pass_over(&mut self, count: u64) -> io::Result<()> {
        let wanted = count.min(self.remaining);
        let left = self.advance(wanted)?;
        self.remaining -= wanted - left;
        if left > 0 || wanted < count {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, TarError::Truncated));
        }
        Ok(())
    }

    /// Reads to the end of the source, past the end of the tar.
    pub(crate) fn drain(&mut self) -> io::Result<()> {
        loop {
            let length = self.source.fill_buf()?.len();
            if length == 0 {
                return Ok(());
            }
            self.source.consume(length);
            self.position += length as u64;
        }
    }

    /// Bytes of the current entry, not read yet, that are holes.
    pub(crate) fn holes(&self) -> u64 {
        self.sparse.as_ref().map_or(0, |map| map.size() - self.remaining)
    }

    /// Whether the current entry is stored without its holes.
    pub(crate) const fn is_sparse(&self) -> bool {
        self.sparse.is_some()
    }

    /// Where the content of the current entry begins, or how far it has been read.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    pub(crate) const fn source(&self) -> &R {
        &self.source
    }

    fn tar(&self, error: TarError) -> WalkError {
        WalkError::Tar(self.entry, error)
    }

    fn skip(&mut self, count: u64) -> Result<(), WalkError> {
        let left = self.advance(count)?;
        if left == 0 {
            return Ok(());
        }
        // Only padding may be missing: the content is complete.
        if left <= self.padding && self.padding < BLOCK as u64 {
            self.ended = true;
            return Ok(());
        }
        Err(self.tar(TarError::Truncated))
    }

    /// Passes over as many bytes; how many are missing when the source ends before.
    fn advance(&mut self, mut count: u64) -> io::Result<u64> {
        while count > 0 {
            let length = self.source.fill_buf()?.len();
            if length == 0 {
                break;
            }
            let taken = usize::try_from(count).unwrap_or(usize::MAX).min(length);
            self.source.consume(taken);
            self.position += taken as u64;
            count -= taken as u64;
        }
        Ok(count)
    }

    /// Reads a block; `false` at the end of the source.
    fn block(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, WalkError> {
        let mut filled = 0;
        while filled < BLOCK {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                if filled == 0 {
                    return Ok(false);
                }
                return Err(self.tar(TarError::Truncated));
            }
            let taken = buffer.len().min(BLOCK - filled);
            block[filled..filled + taken].copy_from_slice(&buffer[..taken]);
            self.source.consume(taken);
            self.position += taken as u64;
            filled += taken;
        }
        Ok(true)
    }

    /// Reads a block that must be there.
    fn block_within(&mut self, block: &mut [u8; BLOCK]) -> Result<(), WalkError> {
        if self.block(block)? { Ok(()) } else { Err(self.tar(TarError::Truncated)) }
    }

    /// Reads the content of an extended header, within the limit.
    fn extension(&mut self, size: u64, so_far: &mut u64) -> Result<Vec<u8>, WalkError> {
        *so_far = so_far.saturating_add(size);
        if *so_far > self.limits.bytes {
            return Err(self.tar(TarError::Extensions(self.limits.bytes)));
        }
        // Whoever states a size need not deliver it, so memory is taken as bytes come.
        let (mut bytes, mut block) = (Vec::new(), [0; BLOCK]);
        let mut left = size.next_multiple_of(BLOCK as u64);
        while left > 0 {
            self.block_within(&mut block)?;
            bytes.extend_from_slice(&block);
            left -= BLOCK as u64;
        }
        bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    /// Reads headers up to the next entry. `None` at the end, `Some(None)` for what is no entry of an image.
    fn read_entry(&mut self) -> Result<Option<Option<Head>>, WalkError> {
        let mut records = Records::default();
        let (mut long_name, mut long_link) = (None, None);
        let (mut extensions, mut bytes) = (0, [0; BLOCK]);
        loop {
            if !self.block(&mut bytes)? {
                return if extensions == 0 { Ok(None) } else { Err(self.tar(TarError::Truncated)) };
            }
            if bytes == [0; BLOCK] {
                let is_followed = self.block(&mut bytes)? && bytes != [0; BLOCK];
                return if is_followed { Err(self.tar(TarError::ZeroBlock)) } else { Ok(None) };
            }
            let block = Block::check(&bytes).map_err(|error| self.tar(error))?;
            let size = block.size().map_err(|error| self.tar(error))?;
            match block.kind() {
                b'x' | b'X' => {
                    let bytes = self.extension(size, &mut extensions)?;
                    records.read(&bytes).map_err(|error| self.tar(error))?;
                }
                // Runtimes pass over global headers, so an image cannot rely on them.
                b'g' => {
                    self.extension(size, &mut extensions)?;
                }
                b'L' => long_name = Some(self.extension(size, &mut extensions)?),
                b'K' => long_link = Some(self.extension(size, &mut extensions)?),
                _ => {
                    if let Some(name) = long_name {
                        records.path = Some(text(&name).to_vec());
                    }
                    if let Some(link) = long_link {
                        records.link = Some(text(&link).to_vec());
                    }
                    return self.entry(block, records).map(Some);
                }
            }
        }
    }

    fn entry(&mut self, block: Block<'_>, mut records: Records) -> Result<Option<Head>, WalkError> {
        let name = records.sparse.name.take().or_else(|| records.path.take()).unwrap_or_else(|| block.name());
        let parts = read_parts(block, &records, &name, self.limits.depth).map_err(|error| self.tar(error))?;
        // Types without content may state a size (of the linked file, or by mistake): no content follows.
        if parts.kind == Kind::File {
            let stored = match records.size {
                Some(size) => size,
                None => block.size().map_err(|error| self.tar(error))?,
            };
            self.remaining = stored;
            self.padding = stored.wrapping_neg() % BLOCK as u64;
            self.read_sparse(block, &mut records, &name)?;
        }
        let Some((path, mark)) = parts.place else { return Ok(None) };
        let size = match &self.sparse {
            Some(map) => map.size(),
            None => self.remaining,
        };
        Ok(Some(Head {
            path,
            mark,
            kind: parts.kind,
            mode: parts.mode,
            uid: parts.uid,
            gid: parts.gid,
            mtime: parts.mtime,
            size,
            xattrs: records.xattrs,
        }))
    }

    fn read_sparse(&mut self, block: Block<'_>, records: &mut Records, name: &[u8]) -> Result<(), WalkError> {
        let broken = |walk: &Self| walk.tar(TarError::Sparse(shown(name)));
        let (pieces, size) = if block.kind() == b'S' {
            (self.old_sparse_map(block)?, block.real_size().map_err(|error| self.tar(error))?)
        } else if records.sparse.any {
            let Some(size) = records.sparse.size else { return Err(broken(self)) };
            if records.sparse.major == Some(1) {
                (self.leading_sparse_map(name)?, size)
            } else {
                (std::mem::take(&mut records.sparse.map), size)
            }
        } else {
            return Ok(());
        };
        let map = SparseMap::new(pieces, size, self.remaining).ok_or_else(|| broken(self))?;
        self.sparse = Some(map);
        Ok(())
    }

    /// GNU's old format: four pieces in the header, 21 in each block that follows.
    fn old_sparse_map(&mut self, block: Block<'_>) -> Result<Vec<(u64, u64)>, WalkError> {
        let mut pieces = Vec::new();
        let mut add = |bytes: &[u8]| -> Result<(), TarError> {
            for pair in bytes.chunks_exact(24).filter(|pair| pair[0] != 0) {
                let part = |field| {
                    u64::try_from(number(field, "map of holes")?)
                        .map_err(|_| TarError::Number("map of holes"))
                };
                pieces.push((part(&pair[..12])?, part(&pair[12..])?));
            }
            Ok(())
        };
        add(&block.0[386..482]).map_err(|error| self.tar(error))?;
        let mut more = block.0[482] != 0;
        let (mut read, mut block) = (0, [0; BLOCK]);
        while more {
            read += BLOCK as u64;
            if read > self.limits.bytes {
                return Err(self.tar(TarError::Extensions(self.limits.bytes)));
            }
            self.block_within(&mut block)?;
            add(&block[..504]).map_err(|error| self.tar(error))?;
            more = block[504] != 0;
        }
        Ok(pieces)
    }

    /// GNU's PAX format 1.0: before the content, decimal lines (their number, then offset and length of each piece),
    /// filled up to whole blocks.
    fn leading_sparse_map(&mut self, name: &[u8]) -> Result<Vec<(u64, u64)>, WalkError> {
        let broken = |walk: &Self| walk.tar(TarError::Sparse(shown(name)));
        let mut text: Vec<u8> = Vec::new();
        let mut numbers: Vec<u64> = Vec::new();
        let mut expected = 1;
        let (mut read, mut block) = (0_u64, [0; BLOCK]);
        while numbers.len() < expected {
            if self.remaining < BLOCK as u64 {
                return Err(broken(self));
            }
            read += BLOCK as u64;
            if read > self.limits.bytes {
                return Err(self.tar(TarError::Extensions(self.limits.bytes)));
            }
            self.block_within(&mut block)?;
            self.remaining -= BLOCK as u64;
            text.extend_from_slice(&block);
            let mut lines = text.split_inclusive(|byte| *byte == b'\n').peekable();
            let mut used = 0;
            while numbers.len() < expected
                && let Some(line) = lines.next_if(|line| line.ends_with(b"\n"))
            {
                used += line.len();
                let value = decimal(&line[..line.len() - 1]).map_err(|_| broken(self))?;
                if numbers.is_empty() {
                    // Each piece takes four bytes at least, so what does not fit in the limit is refused early.
                    let pieces = usize::try_from(value.min(self.limits.bytes)).unwrap_or(usize::MAX);
                    expected = pieces.saturating_mul(2).saturating_add(1);
                }
                numbers.push(value);
            }
            text.drain(..used);
        }
        Ok(numbers[1..].chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    }
}

impl<F: io::Read + io::Seek> Walk<io::BufReader<F>> {
    /// Passes over the content of the current entry without reading it. Whether it is there is the caller's to
    /// check: a seek reaches beyond the end of a file.
    pub(crate) fn seek_past(&mut self) -> io::Result<()> {
        let left = self.remaining.saturating_add(self.padding);
        let jump = i64::try_from(left).map_err(io::Error::other)?;
        self.source.seek_relative(jump)?;
        self.position += left;
        (self.remaining, self.padding, self.sparse) = (0, 0, None);
        Ok(())
    }
}

/// A header without its sizes.
struct Parts {
    /// `None` for what is no entry of an image.
    place: Option<(RootPath, Mark)>,
    kind: Kind,
    mode: u32,
    uid: u32,
    gid: u32,
    mtime: i64,
}

fn read_parts(block: Block<'_>, records: &Records, name: &[u8], depth: usize) -> Result<Parts, TarError> {
    let place = read_place(name, depth)?;
    let link = || records.link.as_deref().unwrap_or_else(|| block.link());
    let device = || -> Result<(u32, u32), TarError> {
        let major = records.major.map_or_else(|| block.major(), Ok)?;
        Ok((major, records.minor.map_or_else(|| block.minor(), Ok)?))
    };
    let kind = match block.kind() {
        // Tars older than ustar mark directories by a slash only.
        b'0' | 0 if name.ends_with(b"/") => Kind::Directory,
        b'0' | 0 | b'7' | b'S' => Kind::File,
        b'1' => {
            let target = RootPath::parse(link())?;
            check_names(target.as_bytes(), depth)?;
            Kind::Hardlink(target)
        }
        b'2' => {
            let target = link();
            if target.len() > Limits::TARGET {
                let path = RootPath::parse(name)?;
                return Err(TarError::Target { path, length: target.len() });
            }
            Kind::Symlink(target.into())
        }
        b'3' => device().map(|(major, minor)| Kind::CharDevice { major, minor })?,
        b'4' => device().map(|(major, minor)| Kind::BlockDevice { major, minor })?,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        other => return Err(TarError::Type { path: shown(name), kind: char::from(other) }),
    };
    Ok(Parts {
        place,
        kind,
        mode: block.mode()?,
        uid: records.uid.map_or_else(|| block.uid(), Ok)?,
        gid: records.gid.map_or_else(|| block.gid(), Ok)?,
        mtime: records.mtime.map_or_else(|| block.mtime(), Ok)?,
    })
}

/// Where an entry stands, whiteouts (OCI image specification, `layer.md`) read as what they hide.
fn read_place(name: &[u8], depth: usize) -> Result<Option<(RootPath, Mark)>, TarError> {
    let path = RootPath::parse(name)?;
    check_names(path.as_bytes(), depth)?;
    // Few paths have any mark.
    if !path.as_bytes().windows(4).any(|four| four == b".wh.") {
        return Ok(Some((path, Mark::Present)));
    }
    // AUFS kept its own files beside the content of old layers.
    let aufs = |name: &[u8]| name.starts_with(b".wh..wh.") && name != b".wh..wh..opq";
    if path.components().any(aufs) {
        return Ok(None);
    }
    let Some(hidden) = path.file_name().and_then(|name| name.strip_prefix(b".wh.")) else {
        return Ok(Some((path, Mark::Present)));
    };
    let directory = path.parent().unwrap_or_else(RootPath::root);
    match hidden {
        b".wh..opq" => Ok(Some((directory, Mark::Opaque))),
        b"" | b"." | b".." => Err(TarError::Whiteout(shown(path.as_bytes()))),
        _ => Ok(Some((directory.child(hidden), Mark::Whiteout))),
    }
}

fn check_names(path: &[u8], depth: usize) -> Result<(), TarError> {
    if path.len() > Limits::NAME
        && let Some(name) = path.split(|byte| *byte == b'/').find(|name| name.len() > Limits::NAME)
    {
        return Err(TarError::Name { path: shown(path), length: name.len() });
    }
    if path.iter().filter(|byte| **byte == b'/').count() >= depth {
        return Err(TarError::Depth { path: shown(path), limit: depth });
    }
    Ok(())
}
