//! The numbers of the layout.

use super::StoreError;
use std::ops::Range;

/// The first bytes of a store.
pub(super) const MAGIC: &[u8; 8] = b"casevuln";
/// The version of the layout.
pub(super) const VERSION: u32 = 1;
/// Bytes before the section table: magic, version, reserved, length, SHA-256 of what follows the header.
pub(super) const PREFIX: usize = 8 + 4 + 4 + 8 + 32;
/// Bytes of the whole header.
pub(super) const HEADER: usize = PREFIX + Section::COUNT * 16;

/// The sections, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Strings,
    Packages,
    Rows,
    Ids,
    Records,
    Aliases,
    Epss,
    Exploited,
    ExploitedRecords,
    Cycles,
    CycleRecords,
    Meta,
}

impl Section {
    pub(super) const COUNT: usize = 12;
}

/// A header that was found sound: each section lies within the file.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) sections: [Range<usize>; Section::COUNT],
    pub(super) digest: [u8; 32],
}

impl Header {
    /// Reads the header of `file`. `None` if it is no store at all.
    pub(super) fn read(file: &[u8]) -> Option<Result<Self, StoreError>> {
        if file.get(..8)? != MAGIC {
            return None;
        }
        Some(Self::read_table(file))
    }

    fn read_table(file: &[u8]) -> Result<Self, StoreError> {
        let corrupt = |at| StoreError::Corrupt { what: "the header", at };
        let number = |at: usize| -> Result<u64, StoreError> {
            let bytes = file.get(at..at + 8).ok_or_else(|| corrupt(at))?;
            Ok(u64::from_le_bytes(bytes.try_into().map_err(|_| corrupt(at))?))
        };
        let word = number(8)?;
        let found = (word & u64::from(u32::MAX)) as u32;
        if word >> 32 != 0 {
            return Err(corrupt(12));
        }
        if found != VERSION {
            return Err(StoreError::Version { found, expected: VERSION });
        }
        if number(16)? != file.len() as u64 {
            return Err(corrupt(16));
        }
        let digest = file.get(24..56).and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| corrupt(24))?;
        let mut sections = std::array::from_fn(|_| 0..0);
        for (index, section) in sections.iter_mut().enumerate() {
            let at = PREFIX + index * 16;
            let start = usize::try_from(number(at)?).map_err(|_| corrupt(at))?;
            let length = usize::try_from(number(at + 8)?).map_err(|_| corrupt(at))?;
            let end =
                start.checked_add(length).filter(|&end| end <= file.len()).ok_or_else(|| corrupt(at))?;
            *section = start..end;
        }
        Ok(Self { sections, digest })
    }
}
