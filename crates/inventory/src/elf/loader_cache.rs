//! `etc/ld.so.cache` (glibc `sysdeps/generic/dl-cache.h`).

use hashbrown::HashMap;

/// Where libraries are by the cache that `ldconfig` wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoaderCache {
    /// The paths of a name in the order in which the loader tries them.
    paths: HashMap<Box<[u8]>, Vec<Box<[u8]>>>,
}

impl LoaderCache {
    /// Reads a cache in the format of glibc 2.2 and later, alone or behind one of the older format. `None` when the
    /// bytes are none; entries that point outside are passed over.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
        const OLD_MAGIC: &[u8] = b"ld.so-1.7.0\0";
        const HEADER: usize = 48;
        const ENTRY: usize = 24;
        let start = if bytes.starts_with(OLD_MAGIC) {
            let count = usize::try_from(number(bytes, 12, false)?).ok()?;
            count.checked_mul(12)?.checked_add(16)?.next_multiple_of(8)
        } else {
            0
        };
        let cache = bytes.get(start..)?;
        if !cache.starts_with(MAGIC) {
            return None;
        }
        // The low two bits say 2 for little and 3 for big endian; 0 was written before they meant something.
        let is_big_endian = cache.get(28)? & 3 == 3;
        let count = usize::try_from(number(cache, 20, is_big_endian)?).ok()?;
        let entries = cache.get(HEADER..)?.chunks_exact(ENTRY).take(count);
        let string = |offset: u32| -> Option<&[u8]> {
            let rest = cache.get(usize::try_from(offset).ok()?..)?;
            let rest = &rest[..rest.len().min(4096)];
            rest.get(..memchr::memchr(0, rest)?)
        };
        let mut paths: HashMap<Box<[u8]>, Vec<Box<[u8]>>> = HashMap::new();
        for entry in entries {
            let text = |at| number(entry, at, is_big_endian).and_then(string);
            if let (Some(name), Some(path)) = (text(4), text(8)) {
                paths.entry(name.into()).or_default().push(path.into());
            }
        }
        Some(Self { paths })
    }

    /// Where a library is, in the order in which the loader tries.
    pub fn get(&self, name: &[u8]) -> impl Iterator<Item = &[u8]> {
        self.paths.get(name).into_iter().flatten().map(|path| &**path)
    }

    /// The number of names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

fn number(bytes: &[u8], at: usize, is_big_endian: bool) -> Option<u32> {
    let four = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(if is_big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
}

#[cfg(test)]
pub(super) mod test {
    use super::*;

    /// A cache of these names and paths.
    pub fn build(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut strings = Vec::new();
        let mut table = Vec::new();
        let strings_at = 48 + 24 * entries.len();
        for (name, path) in entries {
            let mut put = |text: &str| {
                let at = (strings_at + strings.len()) as u32;
                strings.extend(text.as_bytes());
                strings.push(0);
                at
            };
            for number in [0x303, put(name), put(path), 0, 0, 0] {
                table.extend(u32::to_le_bytes(number));
            }
        }
        let mut bytes = b"glibc-ld.so.cache1.1".to_vec();
        bytes.extend((entries.len() as u32).to_le_bytes());
        bytes.extend((strings.len() as u32).to_le_bytes());
        bytes.extend([2, 0, 0, 0]);
        bytes.resize(48, 0);
        [bytes, table, strings].concat()
    }

    #[test]
    fn both_formats_are_read() {
        let new = build(&[("libx.so.1", "/lib/v3/libx.so.1"), ("libx.so.1", "/lib/libx.so.1")]);
        let cache = LoaderCache::parse(&new).unwrap();
        assert!(cache.get(b"libx.so.1").eq([&b"/lib/v3/libx.so.1"[..], b"/lib/libx.so.1"]));
        let mut old = b"ld.so-1.7.0\0\x01\0\0\0".to_vec();
        old.resize(32, 0);
        assert_eq!(LoaderCache::parse(&[old, new.clone()].concat()).unwrap(), cache);
        assert_eq!(LoaderCache::parse(b"something else"), None);
        assert_eq!((cache.len(), cache.is_empty()), (1, false));
        for cut in 0..new.len() {
            let _ = LoaderCache::parse(&new[..cut]);
        }
    }
}
