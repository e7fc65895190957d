//! The members of a ZIP archive by its central directory (PKWARE APPNOTE 6.3, sections 4.3 and 4.4).

use std::io::Read as _;

/// An archive.
pub(super) struct Zip<'a> {
    bytes: &'a [u8],
    directory: &'a [u8],
    /// Bytes before the archive proper: start scripts of executable archives.
    before: usize,
}

/// A member.
pub(super) struct Member<'a> {
    /// Its path.
    pub name: &'a [u8],
    method: u16,
    packed: usize,
    /// Its stated size, in bytes.
    pub size: usize,
    at: usize,
}

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}

impl<'a> Zip<'a> {
    /// Finds the directory; `None` when there is none, or its numbers need 64 bits.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        // The comment behind the end record has up to 65,535 bytes.
        let from = bytes.len().saturating_sub(22 + 65_535);
        let end = from + memchr::memmem::rfind(&bytes[from..], END)?;
        let (size, offset) = (long(bytes, end + 12)?, long(bytes, end + 16)?);
        let start = end.checked_sub(size)?;
        Some(Self { bytes, directory: &bytes[start..end], before: start.checked_sub(offset)? })
    }

    /// The members in the directory's order.
    pub(super) fn members(&self) -> impl Iterator<Item = Member<'a>> {
        let mut rest = self.directory;
        std::iter::from_fn(move || {
            if !rest.starts_with(ENTRY) {
                return None;
            }
            let name_size = usize::from(short(rest, 28)?);
            let tail = usize::from(short(rest, 30)?) + usize::from(short(rest, 32)?);
            let member = Member {
                name: rest.get(46..46 + name_size)?,
                method: short(rest, 10)?,
                packed: long(rest, 20)?,
                size: long(rest, 24)?,
                at: long(rest, 42)?,
            };
            rest = rest.get(46 + name_size + tail..)?;
            Some(member)
        })
    }

    /// The content of a member, when it has at most `most` bytes; `None` when it is broken, larger, or packed by a
    /// method other than deflate.
    pub(super) fn read(&self, member: &Member<'_>, most: usize) -> Option<Vec<u8>> {
        let local = self.bytes.get(self.before.checked_add(member.at)?..)?;
        if !local.starts_with(LOCAL) {
            return None;
        }
        let start = 30 + usize::from(short(local, 26)?) + usize::from(short(local, 28)?);
        let packed = local.get(start..)?.get(..member.packed)?;
        match member.method {
            0 if packed.len() <= most => Some(packed.to_vec()),
            8 => {
                let mut content = Vec::new();
                let limit = u64::try_from(most).ok()?.saturating_add(1);
                flate2::read::DeflateDecoder::new(packed).take(limit).read_to_end(&mut content).ok()?;
                (content.len() <= most).then_some(content)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
pub(super) mod test {
    use std::io::Write as _;

    use super::*;

    /// An archive of these members; every other one is deflated.
    pub fn build(members: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut file, mut directory) = (Vec::new(), Vec::new());
        for (index, (name, content)) in members.iter().enumerate() {
            let (method, packed) = if index % 2 == 0 {
                (0u16, content.to_vec())
            } else {
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(content).unwrap();
                (8, encoder.finish().unwrap())
            };
            let at = file.len() as u32;
            let sizes = [0u32, packed.len() as u32, content.len() as u32];
            let head = |out: &mut Vec<u8>| {
                out.extend([20, 0, 0, 0]);
                out.extend(method.to_le_bytes());
                out.extend([0; 4]);
                sizes.iter().for_each(|size| out.extend(size.to_le_bytes()));
                out.extend((name.len() as u16).to_le_bytes());
                out.extend([0, 0]);
            };
            file.extend(LOCAL);
            head(&mut file);
            file.extend(name.as_bytes());
            file.extend(&packed);
            directory.extend(ENTRY);
            directory.extend([20, 0]);
            head(&mut directory);
            directory.extend([0; 10]);
            directory.extend(at.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (at, count) = (file.len() as u32, members.len() as u16);
        file.extend(&directory);
        file.extend(END);
        file.extend([0; 4]);
        file.extend(count.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend((directory.len() as u32).to_le_bytes());
        file.extend(at.to_le_bytes());
        file.extend([0, 0]);
        file
    }

    #[test]
    fn members_are_read() {
        let archive = [b"#!/bin/sh\n".to_vec(), build(&[("a", b"stored"), ("b/c", &[b'x'; 5000])])].concat();
        let zip = Zip::open(&archive).unwrap();
        let members: Vec<_> = zip.members().collect();
        assert_eq!((members[0].name, members[1].name, members[1].size), (&b"a"[..], &b"b/c"[..], 5000));
        assert_eq!(zip.read(&members[0], 100).unwrap(), b"stored");
        assert_eq!(zip.read(&members[1], 5000).unwrap(), [b'x'; 5000]);
        assert_eq!(zip.read(&members[1], 4999), None);
        assert!(Zip::open(b"PK").is_none());
        for cut in 0..archive.len() {
            if let Some(zip) = Zip::open(&archive[..cut]) {
                zip.members().for_each(|member| drop(zip.read(&member, 100)));
            }
        }
    }
}
