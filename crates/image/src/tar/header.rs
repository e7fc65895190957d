//! The 512-byte header block.

use casehard_oci::{PathError, RootPath, escape};

/// Bytes of a block.
pub(crate) const BLOCK: usize = 512;

/// Why bytes are no tar that a layer may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TarError {
    /// The bytes end within an entry.
    #[error("the tar ends in the middle of an entry")]
    Truncated,
    /// The sum over a header is not the one it states.
    #[error("no tar header here (its checksum is wrong)")]
    Checksum,
    /// A zero block is followed by something else.
    #[error("a single zero block inside the tar")]
    ZeroBlock,
    /// A number is not of any of the notations.
    #[error("the {0} of a header is no number")]
    Number(&'static str),
    /// A type that no layer has.
    #[error("{path} has the unknown type {kind:?}")]
    Type {
        /// The entry.
        path: String,
        /// The type flag.
        kind: char,
    },
    /// An extended header record is broken.
    #[error("an extended header has a broken record")]
    Record,
    /// The sparse map of a file does not fit its content.
    #[error("{0} has a broken map of holes")]
    Sparse(String),
    /// A path leaves the root, or has a NUL byte.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A name is longer than file systems take.
    #[error("{path} has a name of {length} bytes, more than {limit}", limit = crate::Limits::NAME)]
    Name {
        /// Its start.
        path: String,
        /// Its length.
        length: usize,
    },
    /// A link target is longer than file systems take.
    #[error("{path} has a link target of {length} bytes, more than {limit}", limit = crate::Limits::TARGET)]
    Target {
        /// The link.
        path: RootPath,
        /// Length of its target.
        length: usize,
    },
    /// A path lies too deep.
    #[error("{path} has more than {limit} components")]
    Depth {
        /// Its start.
        path: String,
        /// The limit.
        limit: usize,
    },
    /// Extended headers are too long.
    #[error("the extended headers of one entry are longer than {0} bytes")]
    Extensions(u64),
    /// A whiteout names no entry.
    #[error("whiteout {0} names nothing that could be removed")]
    Whiteout(String),
}

/// A header block, read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a>(pub &'a [u8; BLOCK]);

impl<'a> Block<'a> {
    /// Reads a block that is not all zeros.
    ///
    /// # Errors
    /// When its checksum is wrong. Both readings of the standard count: unsigned bytes, and signed as old tars summed.
    pub(crate) fn check(bytes: &'a [u8; BLOCK]) -> Result<Self, TarError> {
        let stated = number(&bytes[148..156], "checksum").map_err(|_| TarError::Checksum)?;
        // The field itself counts as blanks.
        let unsigned = i64::from(sum(bytes) - sum(&bytes[148..156]) + 8 * u32::from(b' '));
        if stated == unsigned {
            return Ok(Self(bytes));
        }
        let high = |part: &[u8]| part.iter().filter(|byte| **byte >= 0x80).count();
        if stated == unsigned - 256 * (high(bytes) - high(&bytes[148..156])) as i64 {
            return Ok(Self(bytes));
        }
        Err(TarError::Checksum)
    }

    pub(crate) const fn kind(self) -> u8 {
        self.0[156]
    }

    /// The name, with the prefix that ustar has for long ones.
    pub(crate) fn name(self) -> Vec<u8> {
        let name = text(&self.0[..100]);
        // GNU headers ("ustar  \0") have other things where ustar has its prefix; star's is shorter.
        let prefix: &[u8] = if &self.0[257..263] != b"ustar\0" {
            b""
        } else if &self.0[508..512] == b"tar\0" {
            text(&self.0[345..476])
        } else {
            text(&self.0[345..500])
        };
        if prefix.is_empty() { name.to_vec() } else { [prefix, name].join(&b'/') }
    }

    pub(crate) fn link(self) -> &'a [u8] {
        text(&self.0[157..257])
    }

    pub(crate) fn mode(self) -> Result<u32, TarError> {
        // Old tars put the file type above the permissions.
        number(&self.0[100..108], "mode").map(|mode| u32::try_from(mode & 0o7777).unwrap_or(0))
    }

    pub(crate) fn uid(self) -> Result<u32, TarError> {
        number(&self.0[108..116], "uid").and_then(|uid| narrow(uid, "uid"))
    }

    pub(crate) fn gid(self) -> Result<u32, TarError> {
        number(&self.0[116..124], "gid").and_then(|gid| narrow(gid, "gid"))
    }

    pub(crate) fn size(self) -> Result<u64, TarError> {
        number(&self.0[124..136], "size").and_then(|size| narrow(size, "size"))
    }

    pub(crate) fn mtime(self) -> Result<i64, TarError> {
        number(&self.0[136..148], "time")
    }

    pub(crate) fn major(self) -> Result<u32, TarError> {
        number(&self.0[329..337], "device number").and_then(|n| narrow(n, "device number"))
    }

    pub(crate) fn minor(self) -> Result<u32, TarError> {
        number(&self.0[337..345], "device number").and_then(|n| narrow(n, "device number"))
    }

    /// GNU old sparse format: the size with holes.
    pub(crate) fn real_size(self) -> Result<u64, TarError> {
        number(&self.0[483..495], "size").and_then(|size| narrow(size, "size"))
    }
}

/// The sum of bytes, of which there may be 1,024, eight at a time: those in even places and those in odd ones side by side.
fn sum(bytes: &[u8]) -> u32 {
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let (eights, _) = bytes.as_chunks::<8>();
    let add = |sums: u64, eight: &[u8; 8]| {
        let eight = u64::from_le_bytes(*eight);
        sums + (eight & EVEN) + (eight >> 8 & EVEN)
    };
    let sums = eights.iter().fold(0, add);
    (0..4).map(|place| (sums >> (16 * place) & 0xffff) as u32).sum()
}

fn narrow<T: TryFrom<i64>>(number: i64, what: &'static str) -> Result<T, TarError> {
    T::try_from(number).map_err(|_| TarError::Number(what))
}

/// The bytes of a field up to its NUL.
pub(crate) fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    &field[..end]
}

/// A numeric field: octal digits among blanks and NULs, or base 256 (two's complement, big endian) when its first
/// bit is set. An empty field is 0.
pub(crate) fn number(field: &[u8], what: &'static str) -> Result<i64, TarError> {
    let wrong = || TarError::Number(what);
    if let Some(first) = field.first()
        && first & 0x80 != 0
    {
        // The first bit is the flag, the second the sign.
        let negative = first & 0x40 != 0;
        let mut value: i64 = if negative { -1 } else { 0 };
        for (at, byte) in field.iter().enumerate() {
            let byte = if at == 0 { if negative { byte | 0x80 } else { byte & 0x7f } } else { *byte };
            if value != value << 8 >> 8 {
                return Err(wrong());
            }
            value = value << 8 | i64::from(byte);
        }
        return Ok(value);
    }
    let start = field.iter().position(|byte| !matches!(byte, b' ' | 0)).unwrap_or(field.len());
    let mut value = 0_i64;
    for digit in &field[start..] {
        match digit {
            b'0'..=b'7' if value >> 60 == 0 => value = value << 3 | i64::from(digit - b'0'),
            b' ' | 0 => break,
            _ => return Err(wrong()),
        }
    }
    Ok(value)
}

/// The start of a hostile path, for a message.
pub(crate) fn shown(path: &[u8]) -> String {
    format!("/{}", escape(&path[..path.len().min(200)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_summed_without_carrying_into_each_other() {
        let mixed: Vec<u8> = (0..BLOCK).map(|at| (at * 37 % 256) as u8).collect();
        for bytes in [&[0xff; BLOCK][..], &[0; BLOCK], &mixed, &mixed[148..156], &[0xff; 1024]] {
            assert_eq!(sum(bytes), bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>());
        }
    }

    #[test]
    fn numbers_in_every_notation() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"\0\0\0\0\0\0\0\0", Some(0)),
            (b"12345670", Some(0o1234_5670)),
            (b"\x80\0\0\0\0\0\x01\0", Some(256)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1)),
            (b"\xff\xff\xff\xff\xff\xff\xff\x00", Some(-256)),
            (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", Some(i64::MAX)),
            (b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"\x80\x01\0\0\0\0\0\0\0\0\0\0", None),
            (b"0000008\0", None),
            (b"-1\0", None),
            (b"7777777777777777777777777", None),
        ] {
            assert_eq!(number(field, "size").ok(), value, "{field:?}");
        }
    }
}
