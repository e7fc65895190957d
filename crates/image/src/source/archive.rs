//! A tar that holds an image. It is never unpacked: where its members lie is found out once, and they are read there.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, BufReader, Read, Seek, Write},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use casehard_oci::{Digest, RootPath};

use super::Blobs;
use crate::{
    Kind, Limits, ReadError, TarError,
    tar::{Extensions, Walk, WalkError},
};

/// Symbolic and hard links between members that are followed.
const MAX_LINKS: usize = 8;
/// Members of an archive: a few for each layer.
const MAX_MEMBERS: usize = 1_000_000;

/// Why a file cannot be used as an archive.
#[derive(Debug)]
pub(crate) enum ArchiveError {
    Io(io::Error),
    /// It begins as no tar does.
    NotTar,
    /// It is a tar that breaks off or is broken at this byte.
    Tar(u64, TarError),
    TooManyMembers,
    /// The names of its members take too much memory.
    Names(u64),
    Unpacked(u64),
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A tar file and where its members lie.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    file: Arc<File>,
    members: BTreeMap<RootPath, Member>,
    /// Blobs that do not stand at `blobs/sha256/`.
    blobs: HashMap<Digest, RootPath>,
}

#[derive(Debug)]
enum Member {
    File { offset: u64, size: u64 },
    Link(RootPath),
}

impl Archive {
    pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Self, ArchiveError> {
        Self::of_file(super::open_file(path)?, path, limits)
    }

    /// The archive in a file; `path` is for messages.
    pub(crate) fn of_file(mut file: File, path: &Path, limits: &Limits) -> Result<Self, ArchiveError> {
        if let Some(unpacked) = decompressed(&mut file, path, limits)? {
            file = unpacked;
        }
        let members = members(&file, limits)?;
        Ok(Self { path: path.to_owned(), file: Arc::new(file), members, blobs: HashMap::new() })
    }

    /// Has the blob of that digest read from a member.
    pub(crate) fn name_blob(&mut self, digest: Digest, member: RootPath) {
        self.blobs.insert(digest, member);
    }

    pub(crate) fn has(&self, member: &RootPath) -> bool {
        self.find(member).is_some()
    }

    /// The size and the bytes of a member.
    pub(crate) fn member(&self, path: &RootPath) -> Option<(u64, Section)> {
        let (offset, size) = self.find(path)?;
        Some((size, Section { file: Arc::clone(&self.file), at: offset, end: offset + size }))
    }

    fn find(&self, path: &RootPath) -> Option<(u64, u64)> {
        let mut path = path;
        for _ in 0..MAX_LINKS {
            match self.members.get(path)? {
                Member::File { offset, size } => return Some((*offset, *size)),
                Member::Link(target) => path = target,
            }
        }
        None
    }
}

impl Blobs for Archive {
    fn blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError> {
        match self.section(digest) {
            Some(section) => Ok(Box::new(section)),
            None => Err(ReadError::Missing { digest: *digest, image: self.path.display().to_string() }),
        }
    }

    fn section(&self, digest: &Digest) -> Option<Section> {
        let usual = || RootPath::root().child(b"blobs").child(b"sha256").child(digest.hex().as_bytes());
        let path = self.blobs.get(digest).cloned().unwrap_or_else(usual);
        self.member(&path).map(|(_, section)| section)
    }
}

/// A part of a file. Several can be read at once.
#[derive(Debug)]
pub(crate) struct Section {
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl Section {
    /// The first `size` bytes of a file.
    pub(crate) const fn new(file: Arc<File>, size: u64) -> Self {
        Self { file, at: 0, end: size }
    }

    /// Fills `buffer` from a place in it, whatever has been read.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], place: u64) -> io::Result<()> {
        let at = self.at.checked_add(place).filter(|at| *at <= self.end);
        match at.filter(|at| self.end - at >= buffer.len() as u64) {
            Some(at) => self.file.read_exact_at(buffer, at),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        if left == 0 {
            return Ok(0);
        }
        let read = self.file.read_at(&mut buffer[..left], self.at)?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends within a member"));
        }
        self.at += read as u64;
        Ok(read)
    }
}

fn members(file: &File, limits: &Limits) -> Result<BTreeMap<RootPath, Member>, ArchiveError> {
    let length = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    reader.rewind()?;
    let extensions = Extensions { bytes: limits.extensions, depth: limits.depth };
    let mut walk = Walk::new(reader, extensions);
    let mut members = BTreeMap::new();
    let mut names = 0;
    loop {
        let head = match walk.next() {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(members),
            Err(WalkError::Tar(0, TarError::Checksum | TarError::Number(_) | TarError::Truncated)) => {
                return Err(ArchiveError::NotTar);
            }
            Err(WalkError::Tar(offset, error)) => return Err(ArchiveError::Tar(offset, error)),
            Err(WalkError::Io(error)) => return Err(ArchiveError::Io(error)),
        };
        let member = match head.kind {
            Kind::File => {
                let offset = walk.position();
                if offset.checked_add(head.size).is_none_or(|end| end > length) {
                    return Err(ArchiveError::Tar(offset, TarError::Truncated));
                }
                walk.seek_past()?;
                Member::File { offset, size: head.size }
            }
            Kind::Hardlink(target) => Member::Link(target),
            Kind::Symlink(target) => {
                let directory = head.path.parent().unwrap_or_else(RootPath::root);
                Member::Link(directory.join_as_kernel(&target))
            }
            _ => continue,
        };
        names += head.path.as_bytes().len() as u64;
        if let Member::Link(target) = &member {
            names += target.as_bytes().len() as u64;
        }
        if names > limits.metadata {
            return Err(ArchiveError::Names(limits.metadata));
        }
        members.insert(head.path, member);
        if members.len() > MAX_MEMBERS {
            return Err(ArchiveError::TooManyMembers);
        }
    }
}

/// A compressed archive cannot be read at any place, so its bytes are put into a file without a name, which is gone
/// with this program.
fn decompressed(file: &mut File, path: &Path, limits: &Limits) -> Result<Option<File>, ArchiveError> {
    let mut start = [0; 4];
    let read = file.read_at(&mut start, 0)?;
    let source = BufReader::with_capacity(128 << 10, &*file);
    let mut source: Box<dyn Read + '_> = match start[..read] {
        [0x1f, 0x8b, ..] => Box::new(casehard_gzip::GzipReader::new(source)),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::stream::read::Decoder::with_buffer(source)?),
        _ => return Ok(None),
    };
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Where the archive is there is room for its like; where that cannot be written, anywhere.
    let mut unpacked = tempfile::tempfile_in(beside).or_else(|_| tempfile::tempfile())?;
    let mut buffer = vec![0; 128 << 10];
    let mut count = 0;
    loop {
        let read = match source.read(&mut buffer) {
            Ok(0) => return Ok(Some(unpacked)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        count += read as u64;
        if count > limits.unpacked {
            return Err(ArchiveError::Unpacked(limits.unpacked));
        }
        unpacked.write_all(&buffer[..read])?;
    }
}
