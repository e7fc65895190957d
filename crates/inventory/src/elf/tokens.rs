//! Dynamic string tokens (`ld.so(8)`, *Dynamic string tokens*).

use casehard_oci::RootPath;

use super::Elf;

/// The directories of a search path as written, its tokens expanded for the object that states it. `$LIB` has
/// several values, by how the loader was built; each is tried.
pub(super) fn directories(list: &[u8], separators: &[u8], origin: &RootPath, elf: &Elf) -> Vec<RootPath> {
    list.split(|byte| separators.contains(byte))
        .filter(|directory| !directory.is_empty())
        .flat_map(|directory| expand(directory, origin, elf))
        .collect()
}

/// One path with its tokens expanded. What is relative is relative to `/`: the directory a container starts in most.
pub(super) fn expand(path: &[u8], origin: &RootPath, elf: &Elf) -> Vec<RootPath> {
    let origin = [b"/", origin.as_bytes()].concat();
    let triplet = format!("lib/{}-linux-gnu", platform(elf.machine));
    let libraries: &[&[u8]] = if memchr::memmem::find(path, b"LIB").is_none() {
        &[b"lib"]
    } else {
        &[triplet.as_bytes(), b"lib64", b"lib"]
    };
    libraries
        .iter()
        .map(|library| {
            let path = replace(path, b"ORIGIN", &origin);
            let path = replace(&path, b"LIB", library);
            let path = replace(&path, b"PLATFORM", platform(elf.machine).as_bytes());
            RootPath::root().join_as_kernel(&path)
        })
        .collect()
}

/// What the kernel calls a processor (`AT_PLATFORM`), which is also what Debian's library directories are named by.
pub(super) const fn platform(machine: u16) -> &'static str {
    match machine {
        3 => "i386",
        21 => "powerpc64le",
        22 => "s390x",
        40 => "arm",
        62 => "x86_64",
        183 => "aarch64",
        243 => "riscv64",
        258 => "loongarch64",
        _ => "unknown",
    }
}

/// `$NAME` and `${NAME}` replaced.
fn replace(path: &[u8], name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = memchr::memchr(b'$', rest) {
        out.extend_from_slice(&rest[..at]);
        let token = &rest[at + 1..];
        let braced = token.strip_prefix(b"{").and_then(|token| token.strip_prefix(name)?.strip_prefix(b"}"));
        let ends =
            |tail: &&[u8]| !tail.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let plain = token.strip_prefix(name).filter(ends);
        rest = if let Some(tail) = braced.or(plain) {
            out.extend_from_slice(value);
            tail
        } else {
            out.push(b'$');
            token
        };
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_expanded() {
        let elf = Elf { machine: 62, is_64: true, ..Elf::default() };
        let origin: RootPath = "/opt/app/bin".parse().unwrap();
        let shown = |list: &str| -> Vec<String> {
            directories(list.as_bytes(), b":;", &origin, &elf).iter().map(ToString::to_string).collect()
        };
        assert_eq!(shown("$ORIGIN/../lib:${ORIGIN}:/x"), ["/opt/app/lib", "/opt/app/bin", "/x"]);
        assert_eq!(shown("/usr/$LIB"), ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"]);
        assert_eq!(shown("/p/$PLATFORM"), ["/p/x86_64"]);
        assert_eq!(shown("$ORIGINAL/$"), ["/$ORIGINAL/$"]);
        assert_eq!(shown(""), [""; 0]);
    }
}
