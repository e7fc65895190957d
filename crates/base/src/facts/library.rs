//! What the loader's cache says about a shared library.

use std::io::{self, Read};

/// A shared library as `ldconfig(8)` sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Library {
    /// Its `DT_SONAME`.
    pub(crate) soname: Option<String>,
    /// The flags of its kind in the cache.
    pub(crate) flags: u32,
}

/// A library for the GNU C library 6, in the low byte of the flags.
const LIBC6: u32 = 0x0003;
const DYNAMIC_OBJECT: u64 = 3;
const LOAD: u64 = 1;
const DYNAMIC: u64 = 2;
const STRING_TABLE: u64 = 5;
const SONAME: u64 = 14;
/// Bytes at the start of a large library that hold its names: the largest known have 10 MB of them.
const START: u64 = 16 << 20;
/// Entries of a dynamic section; real ones have some forty.
const ENTRIES: usize = 4096;

/// A file of the Executable and Linkable Format (System V ABI, chapters 4 and 5), as far as a name is concerned.
struct Elf<'a> {
    bytes: &'a [u8],
    /// Bytes from further on, with where they stand.
    further: (u64, &'a [u8]),
    wide: bool,
    little: bool,
}

struct Segment {
    kind: u64,
    offset: u64,
    address: u64,
    size: u64,
}

/// Looks into a file; `None` when it is no shared library.
pub(crate) fn library(bytes: &[u8]) -> Option<Library> {
    Elf::new(bytes, (0, &[]))?.library()
}

/// As [`library`], for a file that is too large to be held: its start, where names stand, and its dynamic section.
pub(crate) fn large_library(reader: &mut dyn Read) -> io::Result<Option<Library>> {
    let mut start = Vec::with_capacity(START as usize);
    reader.take(START).read_to_end(&mut start)?;
    let elf = Elf::new(&start, (0, &[]));
    let dynamic = elf.and_then(|elf| elf.segments()?.into_iter().find(|segment| segment.kind == DYNAMIC));
    let Some(dynamic) = dynamic else { return Ok(None) };
    let mut further = Vec::new();
    if let Some(gap) = dynamic.offset.checked_sub(start.len() as u64) {
        io::copy(&mut reader.take(gap), &mut io::sink())?;
        reader.take(dynamic.size.min(1 << 16)).read_to_end(&mut further)?;
    }
    Ok(Elf::new(&start, (dynamic.offset, &further)).and_then(|elf| elf.library()))
}

impl<'a> Elf<'a> {
    fn new(bytes: &'a [u8], further: (u64, &'a [u8])) -> Option<Self> {
        let elf = Self { bytes, further, wide: bytes.get(4)? == &2, little: bytes.get(5)? == &1 };
        (bytes.starts_with(b"\x7fELF") && elf.number(16, 2)? == DYNAMIC_OBJECT).then_some(elf)
    }

    fn library(&self) -> Option<Library> {
        let elf = self;
        // glibc sysdeps/*/dl-cache.h: a processor has a value of its own where several kinds may stand in one cache.
        let kind = match (elf.number(18, 2)?, elf.wide) {
            (62, true) => 0x0300,
            (62, false) => 0x0800,
            (183, _) => 0x0a00,
            _ => 0,
        };
        let segments = elf.segments()?;
        let dynamic = segments.iter().find(|segment| segment.kind == DYNAMIC)?;
        Some(Library { soname: elf.soname(&segments, dynamic), flags: LIBC6 | kind })
    }

    fn number(&self, offset: u64, size: u64) -> Option<u64> {
        let end = offset.checked_add(size)?;
        let (start, bytes) = if end <= self.bytes.len() as u64 { (0, self.bytes) } else { self.further };
        let range = usize::try_from(offset.checked_sub(start)?).ok()?
            ..usize::try_from(end.checked_sub(start)?).ok()?;
        let bytes = bytes.get(range)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    }

    fn segments(&self) -> Option<Vec<Segment>> {
        let word = if self.wide { 8 } else { 4 };
        let (table, entry_size, count) = if self.wide { (32, 54, 56) } else { (28, 42, 44) };
        let (table, entry_size, count) =
            (self.number(table, word)?, self.number(entry_size, 2)?, self.number(count, 2)?);
        let [offset, address, size] = if self.wide { [8, 16, 32] } else { [4, 8, 16] };
        (0..count)
            .map(|number| {
                let start = table.checked_add(number * entry_size)?;
                Some(Segment {
                    kind: self.number(start, 4)?,
                    offset: self.number(start.checked_add(offset)?, word)?,
                    address: self.number(start.checked_add(address)?, word)?,
                    size: self.number(start.checked_add(size)?, word)?,
                })
            })
            .collect()
    }

    fn soname(&self, segments: &[Segment], dynamic: &Segment) -> Option<String> {
        let word = if self.wide { 8 } else { 4 };
        let (mut table, mut name) = (None, None);
        for number in 0..ENTRIES as u64 {
            let start = dynamic.offset.checked_add(number * word * 2)?;
            match self.number(start, word)? {
                0 => break,
                STRING_TABLE => table = self.number(start + word, word),
                SONAME => name = self.number(start + word, word),
                _ => {}
            }
        }
        // The table is given as an address; the segment that maps it says where it stands in the file.
        let address = table?.checked_add(name?)?;
        let holds = |segment: &&Segment| {
            segment.kind == LOAD && segment.address <= address && address - segment.address < segment.size
        };
        let segment = segments.iter().find(holds)?;
        let start = segment.offset.checked_add(address - segment.address)?;
        let rest = self.bytes.get(usize::try_from(start).ok()?..)?;
        let end = rest.iter().take(4096).position(|byte| *byte == 0)?;
        std::str::from_utf8(&rest[..end]).ok().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    #[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
    fn the_c_library_of_this_machine() {
        let found =
            ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6"]
                .iter()
                .find_map(|path| std::fs::read(path).ok());
        let Some(bytes) = found else {
            eprintln!("skipped: the_c_library_of_this_machine: no glibc in a known place");
            return;
        };
        let library = library(&bytes).unwrap();
        assert_eq!(library.soname.as_deref(), Some("libc.so.6"));
        assert!(library.flags & 0xff == LIBC6 && library.flags > LIBC6);
        assert_eq!(large_library(&mut &*bytes).unwrap(), Some(library.clone()));
        let start = &bytes[..1024.min(bytes.len())];
        assert_eq!(super::library(start).and_then(|cut| cut.soname), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), wide in 1u8..3) {
            let magic = [0x7f, b'E', b'L', b'F', wide, 1, 1, 0];
            let length = magic.len().min(bytes.len());
            bytes[..length].copy_from_slice(&magic[..length]);
            let _ = library(&bytes);
        }
    }
}
