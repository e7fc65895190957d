//! The documents in a path: a file, a folder, and what is inside zip, tar, gzip, xz and zstd, each bounded.

use super::ImportError;
use filebuffer::FileBuffer;
use flate2::read::MultiGzDecoder;
use std::{
    fs,
    io::{self, Cursor, Read},
    path::Path,
};

/// Most bytes of one document after inflating.
const DOCUMENT: u64 = 1 << 30;
/// Most documents in one path.
const DOCUMENTS: usize = 4_000_000;
/// Archives within archives: `feed.tar.zst` is two.
const DEPTH: usize = 4;
/// zstd frames may ask for a window of this many bits (128 MiB).
const WINDOW: u32 = 27;
/// xz may ask for this much memory, in KiB: `xz -9` takes 65 MiB.
const XZ_MEMORY: u32 = 128 << 10;

/// Calls `visit` with the name and bytes of each document in `path`, in a fixed order.
///
/// # Errors
/// If `path` or an archive in it cannot be read, or is over the bounds.
pub(super) fn each(path: &Path, visit: &mut dyn FnMut(&str, &[u8])) -> Result<(), ImportError> {
    let mut count = 0;
    let mut counted = |name: &str, bytes: &[u8]| {
        count += 1;
        if count <= DOCUMENTS {
            visit(name, bytes);
        }
    };
    walk(path, 0, &mut counted)?;
    if count > DOCUMENTS {
        return Err(ImportError::TooMany { path: path.to_owned(), limit: DOCUMENTS });
    }
    Ok(())
}

fn walk(path: &Path, depth: usize, visit: &mut dyn FnMut(&str, &[u8])) -> Result<(), ImportError> {
    let failed = |source| ImportError::Io { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        if depth > 64 {
            return Ok(());
        }
        let mut entries = fs::read_dir(path)
            .and_then(|entries| {
                entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
            })
            .map_err(failed)?;
        entries.sort();
        for entry in entries {
            // A link could lead back up.
            if !entry.is_symlink() {
                walk(&entry, depth + 1, visit)?;
            }
        }
        return Ok(());
    }
    if !metadata.is_file() {
        return Ok(());
    }
    let bytes = FileBuffer::open(path).map_err(failed)?;
    unpack(&path.to_string_lossy(), &bytes, 0, visit).map_err(failed)
}

fn unpack(name: &str, bytes: &[u8], depth: usize, visit: &mut dyn FnMut(&str, &[u8])) -> io::Result<()> {
    if depth > DEPTH {
        return Err(io::Error::other(format!("{name} is an archive within {DEPTH} archives")));
    }
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => zip(bytes, depth, visit),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let mut decoder = zstd::stream::Decoder::new(bytes)?;
            decoder.window_log_max(WINDOW)?;
            inflated(name.strip_suffix(".zst").unwrap_or(name), decoder, depth, visit)
        }
        [0x1f, 0x8b, ..] => {
            let name = name.strip_suffix(".gz").unwrap_or(name);
            inflated(name, MultiGzDecoder::new(bytes), depth, visit)
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            let name = name.strip_suffix(".xz").unwrap_or(name);
            inflated(name, lzma_rust2::XzReader::new_mem_limit(bytes, true, XZ_MEMORY), depth, visit)
        }
        _ if is_tar(bytes) => tar(bytes, depth, visit),
        _ => {
            visit(name, bytes);
            Ok(())
        }
    }
}

/// Goes on with a stream: a tar archive is walked as it inflates, anything else is held whole.
fn inflated(
    name: &str,
    mut stream: impl Read,
    depth: usize,
    visit: &mut dyn FnMut(&str, &[u8]),
) -> io::Result<()> {
    let mut head = Vec::new();
    stream.by_ref().take(512).read_to_end(&mut head)?;
    if is_tar(&head) {
        return tar(Cursor::new(head).chain(stream), depth, visit);
    }
    let bytes = bounded(name, Cursor::new(head).chain(stream))?;
    unpack(name, &bytes, depth + 1, visit)
}

fn tar(stream: impl Read, depth: usize, visit: &mut dyn FnMut(&str, &[u8])) -> io::Result<()> {
    for entry in tar::Archive::new(stream).entries()? {
        let entry = entry?;
        if entry.header().entry_type().is_file() {
            let name = entry.path()?.to_string_lossy().into_owned();
            let bytes = bounded(&name, entry)?;
            unpack(&name, &bytes, depth + 1, visit)?;
        }
    }
    Ok(())
}

fn zip(bytes: &[u8], depth: usize, visit: &mut dyn FnMut(&str, &[u8])) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(io::Error::other)?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(io::Error::other)?;
        if entry.is_file() {
            let name = entry.name().map_err(io::Error::other)?.into_owned();
            let bytes = bounded(&name, entry)?;
            unpack(&name, &bytes, depth + 1, visit)?;
        }
    }
    Ok(())
}

fn bounded(name: &str, stream: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if stream.take(DOCUMENT + 1).read_to_end(&mut bytes)? as u64 > DOCUMENT {
        return Err(io::Error::other(format!("{name} is over {DOCUMENT} bytes")));
    }
    Ok(bytes)
}

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

#[cfg(test)]
mod tests {
    use super::unpack;
    use std::io::Write as _;

    #[test]
    fn finds_documents_in_archives() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(2);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, "a/b.json", &b"{}"[..]).expect("writing to memory");
        let tar = tar.into_inner().expect("writing to memory");
        let zst = zstd::encode_all(&tar[..], 1).expect("compressing");
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("x.tar.zst", zip::write::SimpleFileOptions::default()).expect("writing to memory");
        zip.write_all(&zst).expect("writing to memory");
        let zip = zip.finish().expect("writing to memory").into_inner();
        let mut seen = Vec::new();
        unpack("all.zip", &zip, 0, &mut |name, bytes| seen.push((name.to_owned(), bytes.to_vec())))
            .expect("sound");
        assert_eq!(seen, [("a/b.json".to_owned(), b"{}".to_vec())]);
    }

    #[test]
    fn reads_xz() {
        // `printf {} | xz`
        let bytes = [
            0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01,
            0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x01, 0x7b, 0x7d, 0x00, 0x00, 0x00,
            0x5d, 0xd5, 0xde, 0x75, 0x6a, 0x59, 0x91, 0x93, 0x00, 0x01, 0x1a, 0x02, 0xdc, 0x2e, 0xa5, 0x7e,
            0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
        ];
        let mut seen = Vec::new();
        unpack("feed.json.xz", &bytes, 0, &mut |name, bytes| seen.push((name.to_owned(), bytes.to_vec())))
            .expect("sound");
        assert_eq!(seen, [("feed.json".to_owned(), b"{}".to_vec())]);
        assert!(unpack("feed.json.xz", &bytes[..bytes.len() - 20], 0, &mut |_, _| ()).is_err());
    }

    #[test]
    fn refuses_nesting_without_end() {
        let mut bytes = b"{}".to_vec();
        for _ in 0..8 {
            bytes = zstd::encode_all(&bytes[..], 1).expect("compressing");
        }
        assert!(unpack("x.zst", &bytes, 0, &mut |_, _| ()).is_err());
    }
}
