//! `/etc/ld.so.cache` as `ldconfig(8)` writes it, form `glibc-ld.so.cache1.1` (glibc `sysdeps/generic/dl-cache.h`).

use std::{cmp::Ordering, collections::BTreeMap};

use casehard_oci::RootPath;

use super::{Library, at};
use crate::{
    root::{Content, Kind, Node, Root, Store},
    script,
};

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
/// What announces the extensions after the strings, and the one that names the generator.
const EXTENSION_MAGIC: u32 = 0xeaa4_2174;

/// A line of the cache: name, flags, path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    flags: u32,
    path: String,
}

/// Writes the cache, and the links from sonames to their files that are missing. A root without a loader gets none.
pub(super) fn write(root: &mut Root, store: &Store<'_>) -> bool {
    let Some(generator) = generator(root, store) else { return false };
    let mut lines: Vec<Line> = Vec::new();
    for folder in folders(root, store) {
        let mut found: BTreeMap<(String, u32), (RootPath, bool)> = BTreeMap::new();
        for (path, node) in root.children(&at(&folder)) {
            let name = String::from_utf8_lossy(path.file_name().unwrap_or_default()).into_owned();
            let is_link = matches!(node.kind, Kind::Symlink(_));
            if !(name.starts_with("lib") || name.starts_with("ld-") || name.starts_with("ld."))
                || !name.contains(".so")
            {
                continue;
            }
            let Some(library) = library_at(root, store, &path) else { continue };
            let soname = library.soname.clone().unwrap_or_else(|| name.clone());
            // A link that is not the soname itself (`libx.so` of a development package) does not name the library.
            if is_link && name != soname {
                continue;
            }
            let key = (soname, library.flags);
            let newer = match found.get(&key) {
                Some((other, other_is_link)) => {
                    let other_name =
                        String::from_utf8_lossy(other.file_name().unwrap_or_default()).into_owned();
                    match (is_link, other_is_link) {
                        (true, false) => true,
                        (false, true) => false,
                        _ => compare(&name, &other_name) == Ordering::Greater,
                    }
                }
                None => true,
            };
            if newer {
                found.insert(key, (path, is_link));
            }
        }
        for ((soname, flags), (path, _)) in found {
            let place = at(&folder).child(soname.as_bytes());
            let file_name = path.file_name().unwrap_or_default().to_vec();
            if root.get(&place, false).is_none() {
                root.put(&place, Node::symlink(file_name));
            }
            lines.push(Line { path: format!("{folder}/{soname}"), name: soname, flags });
        }
    }
    lines.sort_by(|a, b| compare(&b.name, &a.name).then_with(|| b.flags.cmp(&a.flags)));
    root.put(&at("/etc/ld.so.cache"), Node::file(encode(&lines, generator.as_bytes()), 0o644));
    true
}

/// What `ldconfig` of the C library in the root says of itself; `None` when the root has no such library.
fn generator(root: &Root, store: &Store<'_>) -> Option<String> {
    let package = store.packages.iter().find(|package| package.control.get("Package") == Some("libc6"))?;
    let version = package.control.get("Version")?;
    let upstream = &version[..version.find(['-', '+']).unwrap_or(version.len())];
    let origin = store.text(root, &at("/etc/dpkg/origins/default")).unwrap_or_default();
    let vendor =
        origin.lines().find_map(|line| line.strip_prefix("Vendor:")).unwrap_or("Debian").trim().to_owned();
    Some(format!("ldconfig ({vendor} GLIBC {version}) stable release version {upstream}"))
}

/// The folders that are searched: those of `/etc/ld.so.conf` with what it includes, then the loader's own.
fn folders(root: &Root, store: &Store<'_>) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    let mut add = |folder: &str| {
        let folder = folder.trim_end_matches('/').to_owned();
        if root.is_directory(&at(&folder)) && !folders.contains(&folder) {
            folders.push(folder);
        }
    };
    for line in store.text(root, &at("/etc/ld.so.conf")).unwrap_or_default().lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        match line.strip_prefix("include ") {
            Some(pattern) => {
                for file in script::matching(root, pattern.trim()) {
                    for line in store.text(root, &file).unwrap_or_default().lines() {
                        let line = line.split('#').next().unwrap_or_default().trim();
                        if line.starts_with('/') {
                            add(line);
                        }
                    }
                }
            }
            None if line.starts_with('/') => add(line),
            None => {}
        }
    }
    // One folder under two names is searched once, under the name that comes first.
    for folder in ["/lib", "/usr/lib"] {
        add(folder);
    }
    let mut seen = Vec::new();
    folders.retain(|folder| {
        let real = root.resolve(&at(folder), true);
        let is_new = !seen.contains(&real);
        seen.push(real);
        is_new
    });
    folders
}

fn library_at<'a>(root: &Root, store: &Store<'a>, path: &RootPath) -> Option<&'a Library> {
    match &root.get(path, true)?.1.kind {
        Kind::File { content: Content::Member { package, member, .. }, .. } => {
            store.packages.get(*package as usize)?.libraries.get(member)
        }
        _ => None,
    }
}

/// The order of names in the cache (glibc `_dl_cache_libcmp`): runs of digits by number, a digit after what is none.
fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let Some((first, rest)) = a.split_first() {
        let Some((other, other_rest)) = b.split_first() else { return Ordering::Greater };
        match (first.is_ascii_digit(), other.is_ascii_digit()) {
            (true, true) => {
                let (number, after) = digits(a);
                let (other_number, other_after) = digits(b);
                if number != other_number {
                    return number.cmp(&other_number);
                }
                (a, b) = (after, other_after);
            }
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) if first != other => return first.cmp(other),
            (false, false) => (a, b) = (rest, other_rest),
        }
    }
    if b.is_empty() { Ordering::Equal } else { Ordering::Less }
}

fn digits(bytes: &[u8]) -> (u64, &[u8]) {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let number = bytes[..end]
        .iter()
        .fold(0u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    (number, &bytes[end..])
}

fn encode(lines: &[Line], generator: &[u8]) -> Vec<u8> {
    const HEADER: usize = 48;
    const ENTRY: usize = 24;
    let strings_start = HEADER + lines.len() * ENTRY;
    let mut strings: Vec<u8> = Vec::new();
    let mut entries: Vec<u8> = Vec::new();
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    for line in lines {
        // The name is the end of the path and shares its bytes.
        let path = strings_start + strings.len();
        let name = path + line.path.len() - line.name.len();
        strings.extend(line.path.as_bytes());
        strings.push(0);
        entries.extend(line.flags.to_le_bytes());
        entries.extend(number(name).to_le_bytes());
        entries.extend(number(path).to_le_bytes());
        // The unused version of the kernel and the hardware capabilities.
        entries.extend([0; 12]);
    }
    let mut cache = MAGIC.to_vec();
    cache.extend(number(lines.len()).to_le_bytes());
    cache.extend(number(strings.len()).to_le_bytes());
    // Little-endian.
    cache.extend([2, 0, 0, 0]);
    let extension = (strings_start + strings.len()).next_multiple_of(4);
    cache.extend(number(extension).to_le_bytes());
    cache.resize(HEADER, 0);
    cache.extend(entries);
    cache.extend(strings);
    cache.resize(extension, 0);
    cache.extend(EXTENSION_MAGIC.to_le_bytes());
    cache.extend(1u32.to_le_bytes());
    // One section: its kind (0, the generator), flags, place and length.
    for value in [0, 0, extension + 8 + 16, generator.len()] {
        cache.extend(number(value).to_le_bytes());
    }
    cache.extend(generator);
    cache
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_names() {
        for (a, b, order) in [
            ("libc.so.6", "libc.so.6", Ordering::Equal),
            ("libx.so.10", "libx.so.9", Ordering::Greater),
            ("libx.so.1", "libx.so", Ordering::Greater),
            ("lib1", "liba", Ordering::Greater),
            ("liba", "libb", Ordering::Less),
        ] {
            assert_eq!(compare(a, b), order, "{a} {b}");
        }
    }
}
