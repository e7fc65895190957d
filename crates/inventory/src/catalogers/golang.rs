//! Go programs: the build information that the linker leaves (`debug/buildinfo`).

use object::ReadRef;

use crate::{Cataloger, Ecosystem, File, Package, Pieces, Reads, Says, elf, facts};

/// Go modules in programs.
pub static GOLANG: Cataloger = Cataloger {
    name: "go",
    reads: Reads::Elf(|_, peek| {
        build_information(peek);
    }),
    limit: facts::ELF_LIMIT,
    gives: Ecosystem::Golang,
    parse,
};

const MAGIC: &[u8] = b"\xff Go buildinf:";
const HEADER: usize = 32;

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Some((version, modules)) = build_information(file.bytes) else { return };
    let mut add = |name: &str, version: &str| {
        let package = Package {
            ecosystem: Ecosystem::Golang,
            name: name.to_owned(),
            version: version.to_owned(),
            ..Package::default()
        };
        let subject = out.package(package);
        out.push(subject, Says::Itself);
    };
    // Distributions append words to it: `go1.22.1 X:boringcrypto`, `go1.20.6 (Red Hat 1.20.6-1)`.
    let language = version.split([' ', '-']).next().unwrap_or_default();
    add("stdlib", language.strip_prefix("go").unwrap_or(language));
    let mut main: Option<(&str, &str)> = None;
    let mut flags = "";
    let mut modules_found: Vec<(&str, &str)> = Vec::new();
    for line in modules.lines() {
        let mut fields = line.split('\t');
        match (fields.next(), fields.next(), fields.next()) {
            // Programs that were built without modules have a path alone.
            (Some("path"), Some(path), _) if path != "command-line-arguments" => main = Some((path, "")),
            (Some("mod"), Some(path), Some(version)) => main = Some((path, version)),
            (Some("dep"), Some(path), Some(version)) => modules_found.push((path, version)),
            // What the line before names was replaced by this.
            (Some("=>"), Some(path), Some(version)) => {
                if let Some(last) = modules_found.last_mut() {
                    *last = (path, version);
                }
            }
            (Some("build"), Some(setting), _) => {
                flags = setting.strip_prefix("-ldflags=").unwrap_or(flags);
            }
            _ => {}
        }
    }
    if let Some((path, version)) = main {
        if matches!(version, "(devel)" | "") {
            add(path, &linked_version(flags).map(|version| format!("v{version}")).unwrap_or_default());
        } else {
            add(path, version);
        }
    }
    for (path, version) in modules_found {
        add(path, if version == "(devel)" { "" } else { version });
    }
}

/// A version that the build passed to the linker, without its `v`: `-X path.version=v1.2.3`.
fn linked_version(flags: &str) -> Option<&str> {
    let flags = flags.trim_matches('"');
    let settings = flags.split_whitespace().filter_map(|word| word.trim_matches(['"', '\'']).split_once('='));
    settings
        .filter(|(name, _)| name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("version")))
        .map(|(_, value)| value.trim_start_matches('v'))
        .find(|value| value.starts_with(|c: char| c.is_ascii_digit()))
}

/// The Go version, and the module lines.
fn build_information<'d, R: ReadRef<'d>>(file: R) -> Option<(String, String)> {
    let data = match elf::section(file, b".go.buildinfo") {
        Some(data) if data.starts_with(MAGIC) => data,
        _ if elf::has_sections(file) => return None,
        // A file without a section table still has it, at a multiple of 16.
        _ => {
            let bytes = file.read_bytes_at(0, file.len().ok()?).ok()?;
            let at = memchr::memmem::find_iter(bytes, MAGIC).take(16).find(|at| at % 16 == 0)?;
            &bytes[at..]
        }
    };
    let (pointer, flags) = (usize::from(*data.get(14)?), *data.get(15)?);
    let (version, modules) = if flags & 2 != 0 {
        let (version, rest) = varint_string(data.get(HEADER..)?)?;
        (version, varint_string(rest).map(|(modules, _)| modules).unwrap_or_default())
    } else {
        let string = |at: usize| -> Option<&[u8]> {
            let address = number(data.get(at..)?, pointer, flags & 1 != 0)?;
            let head = elf::at_address(file, address, 16)?;
            let start = number(head, pointer, flags & 1 != 0)?;
            let length = number(head.get(pointer..)?, pointer, flags & 1 != 0)?;
            elf::at_address(file, start, length).filter(|text| text.len() as u64 == length)
        };
        (string(16)?, string(16 + pointer).unwrap_or_default())
    };
    // Markers of 16 bytes stand around the modules.
    let inner = modules.len().checked_sub(32).map(|_| &modules[16..modules.len() - 16]).unwrap_or_default();
    Some((String::from_utf8_lossy(version).into_owned(), String::from_utf8_lossy(inner).into_owned()))
}

/// An unsigned number of 4 or 8 bytes.
fn number(bytes: &[u8], size: usize, is_big_endian: bool) -> Option<u64> {
    let bytes = bytes.get(..size).filter(|_| matches!(size, 4 | 8))?;
    let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    Some(if is_big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
}

/// A length in base 128, and as many bytes.
fn varint_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0u64;
    for (index, byte) in bytes.iter().enumerate().take(9) {
        length |= u64::from(byte & 127) << (7 * index);
        if byte & 128 == 0 {
            return bytes.get(index + 1..)?.split_at_checked(usize::try_from(length).ok()?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cataloger::test::packages,
        elf::test_program::{Program, build},
    };

    fn program(modules: &str) -> Vec<u8> {
        let marked = [&[1u8; 16][..], modules.as_bytes(), &[2u8; 16]].concat();
        let mut data = [MAGIC, &[8, 2], &[0; 16]].concat();
        for text in [&b"go1.22.1 X:nocoverageredesign"[..], &marked] {
            let mut length = text.len();
            while length > 127 {
                data.push((length & 127) as u8 | 128);
                length >>= 7;
            }
            data.push(length as u8);
            data.extend(text);
        }
        build(&Program { sections: &[(".go.buildinfo", &data)], ..Program::default() })
    }

    #[test]
    fn modules_are_listed() {
        let text = "path\texample.com/app\nmod\texample.com/app\t(devel)\t\ndep\tgolang.org/x/net\tv0.17.0\th1:x=\n\
            dep\told.example/y\tv1.0.0\n=>\tnew.example/y\tv1.0.1\th1:z=\nbuild\t-ldflags=\"-s -w -X main.Version=v2.3.4\"\n";
        let found = packages(&GOLANG, "/usr/bin/app", &program(text));
        let shown: Vec<_> = found.iter().map(|one| format!("{}@{}", one.name, one.version)).collect();
        assert_eq!(
            shown,
            ["stdlib@1.22.1", "example.com/app@v2.3.4", "golang.org/x/net@v0.17.0", "new.example/y@v1.0.1"]
        );
    }

    #[test]
    fn cut_information_is_no_panic() {
        let whole = program("mod\ta\tv1\n");
        for cut in 0..whole.len() {
            let _ = build_information(&whole[..cut]);
        }
        assert!(packages(&GOLANG, "/bin/x", &build(&Program::default())).is_empty());
    }
}
