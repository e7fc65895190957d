//! What the kernel itself opens to execute a file: the interpreter of a script, the loader of an ELF program.

use std::{
    ffi::OsStr,
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::ffi::OsStrExt as _,
};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};

/// What a file is to the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProgramFile {
    /// `#!` and this path.
    Script(Vec<u8>),
    /// An ELF file, with the loader it names.
    Elf {
        /// `PT_INTERP`.
        loader: Option<Vec<u8>>,
        /// Whether it can be mapped at any place: a library, or a program of that form.
        shared: bool,
    },
    /// Something else.
    Other,
}

/// What the file at `path` (without a leading `/`, in the container's root) is. Reading leaves no access time.
pub(crate) fn look(path: &[u8]) -> io::Result<ProgramFile> {
    let mut absolute = vec![b'/'];
    absolute.extend_from_slice(path);
    let flags = OFlags::RDONLY | OFlags::NOATIME | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
    let how = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let mut file =
        std::fs::File::from(openat2(CWD, OsStr::from_bytes(&absolute), flags, Mode::empty(), how)?);
    if !file.metadata()?.is_file() {
        return Ok(ProgramFile::Other);
    }
    let mut head = [0; 256];
    let mut length = 0;
    while length < head.len() {
        match file.read(&mut head[length..])? {
            0 => break,
            read => length += read,
        }
    }
    let head = &head[..length];
    if let Some(line) = head.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_start();
        let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
        return Ok(ProgramFile::Script(line[..end].to_vec()));
    }
    Ok(elf(head, &mut file).unwrap_or(ProgramFile::Other))
}

/// Reads as much of an ELF file as the kernel looks at (`elf(5)`).
fn elf(head: &[u8], file: &mut std::fs::File) -> Option<ProgramFile> {
    const LOADER: u32 = 3;
    const SHARED: u16 = 3;
    if head.get(..4)? != b"\x7fELF" {
        return None;
    }
    let (wide, little) = (head.get(4)? == &2, head.get(5)? == &1);
    let number = |bytes: &[u8], at: usize, width: usize| -> Option<u64> {
        let bytes = bytes.get(at..at + width)?;
        let mut value = 0;
        for index in 0..width {
            let byte = if little { bytes[width - 1 - index] } else { bytes[index] };
            value = value << 8 | u64::from(byte);
        }
        Some(value)
    };
    let shared = number(head, 16, 2)? == u64::from(SHARED);
    let (offset, size, count) = if wide {
        (number(head, 32, 8)?, number(head, 54, 2)?, number(head, 56, 2)?)
    } else {
        (number(head, 28, 4)?, number(head, 42, 2)?, number(head, 44, 2)?)
    };
    let mut loader = None;
    file.seek(SeekFrom::Start(offset)).ok()?;
    let mut table = vec![0; usize::try_from(size * count.min(128)).ok()?.min(64 << 10)];
    file.read_exact(&mut table).ok()?;
    for entry in table.chunks_exact(usize::try_from(size).ok().filter(|&size| size >= 32)?) {
        if number(entry, 0, 4)? == u64::from(LOADER) {
            let (at, length) = if wide {
                (number(entry, 8, 8)?, number(entry, 32, 8)?)
            } else {
                (number(entry, 4, 4)?, number(entry, 16, 4)?)
            };
            let mut path = vec![0; usize::try_from(length).ok().filter(|&length| length <= 4096)?];
            file.seek(SeekFrom::Start(at)).ok()?;
            file.read_exact(&mut path).ok()?;
            path.truncate(path.iter().position(|byte| *byte == 0).unwrap_or(path.len()));
            loader = Some(path);
        }
    }
    Some(ProgramFile::Elf { loader, shared })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_scripts_are_told() {
        let own = std::fs::canonicalize("/proc/self/exe").unwrap();
        // A test program of a static target has no loader; then it is not shared with one either.
        let found = look(&own.as_os_str().as_bytes()[1..]).unwrap();
        let ProgramFile::Elf { loader, .. } = found else { panic!("{found:?}") };
        if let Some(loader) = loader {
            assert!(loader.starts_with(b"/lib"), "{loader:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let cases: [(&[u8], ProgramFile); 4] = [
            (b"#! /usr/bin/env -S x\n", ProgramFile::Script(b"/usr/bin/env".to_vec())),
            (b"#!/bin/sh", ProgramFile::Script(b"/bin/sh".to_vec())),
            (b"\x7fELF\x02\x01", ProgramFile::Other),
            (b"", ProgramFile::Other),
        ];
        for (content, expected) in cases {
            let path = top.join("file");
            std::fs::write(&path, content).unwrap();
            assert_eq!(look(&path.as_os_str().as_bytes()[1..]).unwrap(), expected);
        }
    }
}
