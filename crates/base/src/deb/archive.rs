//! The `.deb` container: an `ar` archive of two tars (`deb(5)`).

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// The control part of any package is smaller than this when unpacked.
const CONTROL_LIMIT: u64 = 64 << 20;
/// More than `xz -9` wants (64 MiB), in KiB.
const XZ_MEMORY: u32 = 256 << 10;

/// Why a package file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DebError {
    /// The file cannot be read, or ends early, or a compressed part is broken.
    #[error("package file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no `ar` archive of the form of `deb(5)`.
    #[error("package file {path} is not a Debian package: {what}")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        what: &'static str,
    },
    /// A part is compressed in a way that is not known.
    #[error("package file {path}: member {member:?} is compressed in an unknown way")]
    Compression {
        /// The file.
        path: PathBuf,
        /// The name of the member.
        member: String,
    },
}

/// A package file on disk.
#[derive(Debug, Clone)]
pub(crate) struct Deb {
    path: PathBuf,
    control: Member,
    data: Member,
}

#[derive(Debug, Clone)]
struct Member {
    name: String,
    offset: u64,
    size: u64,
}

impl Deb {
    /// Finds the two parts of a package file.
    pub(crate) fn open(path: &Path) -> Result<Self, DebError> {
        let read = |source| DebError::Read { path: path.to_owned(), source };
        let form = |what| DebError::Form { path: path.to_owned(), what };
        let mut file = BufReader::new(File::open(path).map_err(read)?);
        let mut magic = [0; 8];
        file.read_exact(&mut magic).map_err(read)?;
        if &magic != b"!<arch>\n" {
            return Err(form("it is no ar archive"));
        }
        let mut offset = 8;
        let (mut control, mut data) = (None, None);
        let mut header = [0; 60];
        while control.is_none() || data.is_none() {
            match file.read_exact(&mut header) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(read(error)),
            }
            let text = std::str::from_utf8(&header).map_err(|_| form("a member header is not text"))?;
            let name = text[..16].trim_end().trim_end_matches('/').to_owned();
            let size: u64 = text[48..58].trim().parse().map_err(|_| form("a member header has no size"))?;
            offset += 60;
            let member = Member { name, offset, size };
            offset += size + size % 2;
            file.seek(SeekFrom::Start(offset)).map_err(read)?;
            if member.name.starts_with("control.tar") {
                control = Some(member);
            } else if member.name.starts_with("data.tar") {
                data = Some(member);
            }
        }
        let control = control.ok_or_else(|| form("it has no control.tar"))?;
        let data = data.ok_or_else(|| form("it has no data.tar"))?;
        Ok(Self { path: path.to_owned(), control, data })
    }

    /// An error of reading this file.
    pub(crate) fn error(&self, source: io::Error) -> DebError {
        DebError::Read { path: self.path.clone(), source }
    }

    /// The files of the control part, by name.
    pub(crate) fn control(&self) -> Result<BTreeMap<String, Vec<u8>>, DebError> {
        let mut files = BTreeMap::new();
        let mut archive = tar::Archive::new(self.member(&self.control)?.take(CONTROL_LIMIT));
        for entry in archive.entries().map_err(|error| self.error(error))? {
            let mut entry = entry.map_err(|error| self.error(error))?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let name = entry.path_bytes();
            let name = name.strip_prefix(b"./").unwrap_or(&name);
            let Ok(name) = std::str::from_utf8(name).map(str::to_owned) else { continue };
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(|error| self.error(error))?;
            files.insert(name, bytes);
        }
        Ok(files)
    }

    /// The tar of what the package installs.
    pub(crate) fn data(&self) -> Result<tar::Archive<Box<dyn Read + Send>>, DebError> {
        Ok(tar::Archive::new(self.member(&self.data)?))
    }

    fn member(&self, member: &Member) -> Result<Box<dyn Read + Send>, DebError> {
        let mut file = File::open(&self.path).map_err(|error| self.error(error))?;
        file.seek(SeekFrom::Start(member.offset)).map_err(|error| self.error(error))?;
        let file = BufReader::with_capacity(1 << 16, file.take(member.size));
        decompress(&member.name, file)
            .map_err(|error| self.error(error))?
            .ok_or_else(|| DebError::Compression { path: self.path.clone(), member: member.name.clone() })
    }
}

/// A reader of the plain bytes, by the suffix of a name; `None` when the suffix is not known.
pub(crate) fn decompress<'a>(
    name: &str,
    reader: impl io::BufRead + Send + 'a,
) -> io::Result<Option<Box<dyn Read + Send + 'a>>> {
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    Ok(Some(match suffix {
        "xz" => Box::new(lzma_rust2::XzReader::new_mem_limit(reader, true, XZ_MEMORY)),
        "gz" => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
        "zst" => {
            let mut decoder = zstd::Decoder::with_buffer(reader)?;
            decoder.window_log_max(27)?;
            Box::new(decoder)
        }
        "bz2" | "lzma" | "lz4" => return Ok(None),
        _ => Box::new(reader),
    }))
}
