//! What one ELF file says of itself (System V ABI, chapters 4 and 5; ELF for the glibc `gABI` extensions).

use object::{
    Endianness, ReadRef,
    elf::{
        DF_1_PIE, DT_FLAGS_1, DT_NEEDED, DT_NULL, DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRSZ, DT_STRTAB,
        ET_CORE, ET_DYN, ET_EXEC, ET_REL, FileHeader32, FileHeader64, PT_DYNAMIC, PT_LOAD,
    },
    read::elf::{Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _},
};

use super::candidates;
use crate::Names;

/// What one ELF file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Elf {
    /// Whether addresses have 64 bits.
    pub is_64: bool,
    /// Whether numbers are stored big-endian.
    pub is_big_endian: bool,
    /// The processor: an `EM_` number (62 is x86-64, 183 is AArch64).
    pub machine: u16,
    /// What the file is.
    pub kind: ElfKind,
    /// The program that loads it (`PT_INTERP`).
    pub interpreter: Option<Box<[u8]>>,
    /// Libraries it needs (`DT_NEEDED`), in order.
    pub needed: Names,
    /// The name other files need it by (`DT_SONAME`).
    pub soname: Option<Box<[u8]>>,
    /// Where to look for libraries before `LD_LIBRARY_PATH`, also for what its libraries need (`DT_RPATH`), as written.
    pub rpath: Option<Box<[u8]>>,
    /// Where to look for its libraries after `LD_LIBRARY_PATH` (`DT_RUNPATH`), as written.
    pub runpath: Option<Box<[u8]>>,
    /// Libraries that its constants name and that it may open while it runs: `libx.so.1`, `/usr/lib/y.so`.
    pub opens: Names,
    /// Libraries that it states to open (UAPI group, *ELF note for dlopen metadata*).
    pub dlopen: Vec<DlopenNote>,
    /// Whether it converts between character sets by the C library (it imports `iconv_open`).
    pub converts: bool,
    /// Whether it verifies others with the system's certificates: it imports one of the calls that load them, or names
    /// their bundle by its path.
    pub verifies: bool,
    /// Whether it was linked by the Go linker (`.go.buildinfo`).
    pub is_go: bool,
    /// Whether it carries a list of its crates (`.dep-v0`, cargo-auditable).
    pub is_auditable: bool,
    /// Whether it has a dynamic section: neither interpreter nor dynamic section makes it static.
    pub is_dynamic: bool,
}

/// What an ELF file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ElfKind {
    /// A program at a fixed address.
    Executable,
    /// A program at any address.
    PositionIndependentExecutable,
    /// A library.
    Library,
    /// An object file or a kernel module.
    Relocatable,
    /// A memory image.
    Core,
    /// Something else.
    #[default]
    Other,
}

/// Libraries that a program opens while it runs, as its note says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DlopenNote {
    /// What needs them.
    pub feature: String,
    /// How badly.
    pub priority: Priority,
    /// Their names, the preferred first; one is enough.
    pub sonames: Vec<String>,
}

/// How badly a library of a [`DlopenNote`] is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Priority {
    /// It does not work without.
    Required,
    /// It is meant to have it.
    #[default]
    Recommended,
    /// It can have it.
    Suggested,
}

impl Elf {
    /// Whether a file's first bytes are those of an ELF file.
    #[must_use]
    pub fn is_elf(start: &[u8]) -> bool {
        start.starts_with(b"\x7fELF") && start.len() > 5
    }

    /// Reads an ELF file. What is broken is left out; `None` when its header is.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut elf = Self::linkage(bytes)?;
        if elf.kind != ElfKind::Relocatable {
            elf.opens = candidates::sonames(bytes, &elf);
        }
        elf.verifies = elf.verifies || memchr::memmem::find(bytes, BUNDLE).is_some();
        Some(elf)
    }

    /// Reads an ELF file but for what is sought in all of its bytes: [`Elf::opens`], and the path in [`Elf::verifies`].
    #[must_use]
    pub fn linkage(bytes: &[u8]) -> Option<Self> {
        Self::linkage_of(bytes)
    }

    /// The same of bytes that are read as they are needed.
    pub(crate) fn linkage_of<'d, R: ReadRef<'d>>(data: R) -> Option<Self> {
        match class(data)? {
            1 => read::<FileHeader32<Endianness>, R>(data),
            2 => read::<FileHeader64<Endianness>, R>(data),
            _ => None,
        }
    }

    /// Whether it runs without a loader: a program with neither interpreter nor needed libraries.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.is_program() && self.interpreter.is_none() && self.needed.is_empty()
    }

    /// Whether it is started rather than loaded.
    #[must_use]
    pub const fn is_program(&self) -> bool {
        matches!(self.kind, ElfKind::Executable | ElfKind::PositionIndependentExecutable)
    }
}

/// Where Debian and all that follow it keep the certificates in one file. Programs that bring their TLS with them
/// (Go's `crypto/x509`, rustls) and libraries that were told at their building (libcurl) hold this path.
const BUNDLE: &[u8] = b"/etc/ssl/certs/ca-certificates.crt";
/// Calls that load the system's certificates: beginnings of names, as some have kin (`_ex`), and the libraries of which they are.
const LOADS_CERTIFICATES: &[(&[u8], &[u8])] = &[
    (b"\0SSL_CTX_set_default_verify_", b"libssl."),
    (b"\0X509_STORE_set_default_paths", b"libcrypto."),
    (b"\0gnutls_x509_trust_list_add_system_trust", b"libgnutls."),
    (b"\0gnutls_certificate_set_x509_system_trust", b"libgnutls."),
];

/// Whether the dynamic strings name one of [`LOADS_CERTIFICATES`], and the library is not one that only passes it on.
fn imports_certificates(strings: &[u8], soname: &[u8]) -> bool {
    LOADS_CERTIFICATES.iter().all(|(_, library)| !soname.starts_with(library))
        && LOADS_CERTIFICATES.iter().any(|(name, _)| memchr::memmem::find(strings, name).is_some())
}

/// More program headers than this make no program.
const MOST_SEGMENTS: usize = 4096;
/// More entries of the dynamic section than this are not read.
const MOST_DYNAMIC: usize = 1 << 16;

/// How long its addresses are (`EI_CLASS`).
fn class<'d, R: ReadRef<'d>>(data: R) -> Option<u8> {
    data.read_bytes_at(4, 1).ok()?.first().copied()
}

fn read<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(data: R) -> Option<Elf> {
    let header = H::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, data).unwrap_or_default();
    let segments = &segments[..segments.len().min(MOST_SEGMENTS)];
    let mut elf = Elf {
        is_64: header.is_type_64(),
        is_big_endian: header.is_big_endian(),
        machine: header.e_machine(endian).0,
        ..Elf::default()
    };
    let mut dynamic = None;
    for segment in segments {
        if let Ok(Some(path)) = segment.interpreter(endian, data) {
            elf.interpreter = Some(path.into());
        }
        if segment.p_type(endian) == PT_DYNAMIC {
            dynamic = segment.dynamic(endian, data).ok().flatten();
            elf.is_dynamic = true;
        }
    }
    let mut is_pie = false;
    if let Some(dynamic) = dynamic {
        let entries = || dynamic.iter().take(MOST_DYNAMIC).take_while(|entry| entry.tag(endian) != DT_NULL);
        let value = |tag| entries().find(|entry| entry.tag(endian) == tag).map(|entry| entry.val(endian));
        let size = value(DT_STRSZ).unwrap_or(u64::MAX);
        let strings =
            value(DT_STRTAB).and_then(|address| loaded::<H, R>(segments, endian, data, address, size));
        let strings = strings.unwrap_or_default();
        let string = |offset: u64| -> Option<&[u8]> {
            let rest = strings.get(usize::try_from(offset).ok()?..)?;
            rest.get(..memchr::memchr(0, rest)?)
        };
        elf.needed = entries()
            .filter(|entry| entry.tag(endian) == DT_NEEDED)
            .filter_map(|entry| string(entry.val(endian)))
            .filter(|name| name.len() < 4096)
            .take(4096)
            .collect();
        let named = |tag| value(tag).and_then(string).map(Box::from);
        elf.soname = named(DT_SONAME);
        elf.rpath = named(DT_RPATH);
        elf.runpath = named(DT_RUNPATH);
        let is_libc = elf.soname.as_deref().is_some_and(|name| name.starts_with(b"libc."));
        elf.converts = !is_libc && memchr::memmem::find(strings, b"\0iconv_open\0").is_some();
        elf.verifies = imports_certificates(strings, elf.soname.as_deref().unwrap_or_default());
        is_pie = value(DT_FLAGS_1).is_some_and(|flags| flags & DF_1_PIE.0 != 0);
    }
    elf.kind = match header.e_type(endian) {
        ET_EXEC => ElfKind::Executable,
        // A library with an interpreter (libc.so.6) can be started too, but others load it; it has a name.
        ET_DYN if is_pie || (elf.interpreter.is_some() && elf.soname.is_none()) => {
            ElfKind::PositionIndependentExecutable
        }
        ET_DYN => ElfKind::Library,
        ET_REL => ElfKind::Relocatable,
        ET_CORE => ElfKind::Core,
        _ => ElfKind::Other,
    };
    sections(header, endian, data, &mut elf);
    Some(elf)
}

/// The bytes from an address of the loaded program on, up to the end of their segment, and not more than `most`.
fn loaded<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(
    segments: &[H::ProgramHeader],
    endian: Endianness,
    data: R,
    address: u64,
    most: u64,
) -> Option<&'d [u8]> {
    let length = data.len().ok()?;
    let place = |segment: &H::ProgramHeader| {
        let offset = address.checked_sub(segment.p_vaddr(endian).into())?;
        let (start, size) = segment.file_range(endian);
        start.checked_add(size).filter(|end| *end <= length)?;
        let left = size.checked_sub(offset).filter(|left| *left > 0)?;
        Some((start + offset, left))
    };
    let mut loads = segments.iter().filter(|segment| segment.p_type(endian) == PT_LOAD);
    let (start, left) = loads.find_map(place)?;
    data.read_bytes_at(start, left.min(most)).ok()
}

/// What the section table tells: marks of Go and cargo-auditable, and notes. A file may have none.
fn sections<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(
    header: &H,
    endian: Endianness,
    data: R,
    elf: &mut Elf,
) {
    let Ok(sections) = header.sections(endian, data) else { return };
    for section in sections.iter().take(1 << 16) {
        match sections.section_name(endian, section) {
            Ok(b".go.buildinfo") => elf.is_go = true,
            Ok(b".dep-v0") => elf.is_auditable = true,
            Ok(b".note.dlopen") => {
                if let Ok(notes) = section.data(endian, data) {
                    elf.dlopen.extend(candidates::dlopen_notes(notes, elf.is_big_endian));
                }
            }
            _ => {}
        }
    }
}

/// The content of the section called `name`.
pub(crate) fn section<'d, R: ReadRef<'d>>(data: R, name: &[u8]) -> Option<&'d [u8]> {
    fn find<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(
        data: R,
        name: &[u8],
    ) -> Option<&'d [u8]> {
        let header = H::parse(data).ok()?;
        let endian = header.endian().ok()?;
        let (_, section) = header.sections(endian, data).ok()?.section_by_name(endian, name)?;
        section.data(endian, data).ok()
    }
    match class(data)? {
        1 => find::<FileHeader32<Endianness>, R>(data, name),
        2 => find::<FileHeader64<Endianness>, R>(data, name),
        _ => None,
    }
}

/// Whether the file has a table of sections with names.
pub(crate) fn has_sections<'d, R: ReadRef<'d>>(data: R) -> bool {
    fn any<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(data: R) -> Option<bool> {
        let header = H::parse(data).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.sections(endian, data).ok()?;
        Some(
            sections
                .iter()
                .any(|section| sections.section_name(endian, section).is_ok_and(|name| !name.is_empty())),
        )
    }
    let any = match class(data) {
        Some(1) => any::<FileHeader32<Endianness>, R>(data),
        Some(2) => any::<FileHeader64<Endianness>, R>(data),
        _ => None,
    };
    any.unwrap_or_default()
}

/// The file's bytes from an address of the loaded program on: up to `most` of them.
pub(crate) fn at_address<'d, R: ReadRef<'d>>(data: R, address: u64, most: u64) -> Option<&'d [u8]> {
    fn find<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(
        data: R,
        address: u64,
        most: u64,
    ) -> Option<&'d [u8]> {
        let header = H::parse(data).ok()?;
        let endian = header.endian().ok()?;
        let segments = header.program_headers(endian, data).ok()?;
        loaded::<H, R>(&segments[..segments.len().min(MOST_SEGMENTS)], endian, data, address, most)
    }
    match class(data)? {
        1 => find::<FileHeader32<Endianness>, R>(data, address, most),
        2 => find::<FileHeader64<Endianness>, R>(data, address, most),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
    fn the_test_program_itself_is_read() {
        let path = std::env::current_exe().unwrap();
        let bytes = std::fs::read(path).unwrap();
        if !Elf::is_elf(&bytes) {
            return eprintln!(
                "skipped: the_test_program_itself_is_read: this machine's programs are not ELF"
            );
        }
        let elf = Elf::read(&bytes).unwrap();
        assert!(elf.is_program() && !elf.is_go && elf.soname.is_none());
        assert_eq!(elf.is_static(), elf.needed.is_empty() && elf.interpreter.is_none());
        assert!(section(&bytes[..], b".text").is_some_and(|text| !text.is_empty()));
    }

    #[test]
    fn who_verifies_others_is_known_by_what_it_imports_or_names() {
        use crate::elf::test_program::{Program, build};
        let cases: [(&str, &[&str], &[&str], bool); 5] = [
            ("a client", &["SSL_CTX_set_default_verify_paths"], &[], true),
            ("another", &["gnutls_certificate_set_x509_system_trust"], &[], true),
            ("a library that was told where", &[], &["/etc/ssl/certs/ca-certificates.crt"], true),
            ("a server", &["SSL_CTX_use_certificate"], &["/etc/ssl/openssl.cnf"], false),
            ("a name that ends so", &["my_SSL_CTX_set_default_verify_paths"], &[], false),
        ];
        for (name, imports, constants, expected) in cases {
            let bytes = build(&Program { imports, constants, ..Program::default() });
            assert_eq!(Elf::read(&bytes).unwrap().verifies, expected, "{name}");
        }
        // The library that has the call passes it on to its users.
        let imports = &["SSL_CTX_set_default_verify_paths", "X509_STORE_set_default_paths"];
        let bytes = build(&Program { soname: Some("libssl.so.3"), imports, ..Program::default() });
        assert!(!Elf::read(&bytes).unwrap().verifies);
    }

    proptest::proptest! {
        #[test]
        fn broken_files_do_not_panic(cut in 0usize..4096, at in 0usize..4096, byte: u8) {
            let mut bytes = candidates::test::program();
            bytes.truncate(cut.max(5));
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = Elf::read(&bytes);
        }
    }
}
