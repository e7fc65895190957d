//! Bounds-checked reading of one section, and its counterpart for writing.

use super::StoreError;
use std::collections::HashMap;

/// Reads numbers and text from bytes that may lie.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    strings: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], strings: &'a [u8], what: &'static str) -> Self {
        Self { bytes, at: 0, strings, what }
    }

    fn corrupt(&self) -> StoreError {
        StoreError::Corrupt { what: self.what, at: self.at }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(super) fn byte(&mut self) -> Result<u8, StoreError> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.corrupt())?;
        self.at += 1;
        Ok(byte)
    }

    /// An unsigned LEB128 number of at most 32 bits.
    pub(super) fn number(&mut self) -> Result<u32, StoreError> {
        let mut value: u64 = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(value).map_err(|_| self.corrupt());
            }
        }
        Err(self.corrupt())
    }

    /// A count of items that each take at least one byte, so that a false count cannot reserve memory.
    pub(super) fn count(&mut self) -> Result<usize, StoreError> {
        let count = self.number()? as usize;
        if count > self.bytes.len() - self.at { Err(self.corrupt()) } else { Ok(count) }
    }

    pub(super) fn text(&mut self) -> Result<&'a str, StoreError> {
        let offset = self.number()?;
        string_at(self.strings, offset)
    }

    /// Text that may be absent, written as its offset plus one.
    pub(super) fn optional(&mut self) -> Result<Option<&'a str>, StoreError> {
        match self.number()? {
            0 => Ok(None),
            offset => string_at(self.strings, offset - 1).map(Some),
        }
    }

    pub(super) fn texts(&mut self) -> Result<Vec<&'a str>, StoreError> {
        (0..self.count()?).map(|_| self.text()).collect()
    }
}

/// The string that starts at `offset` of the section of strings.
pub(super) fn string_at(strings: &[u8], offset: u32) -> Result<&str, StoreError> {
    let at = offset as usize;
    let corrupt = || StoreError::Corrupt { what: "a string", at };
    let mut reader = Reader { bytes: strings, at, strings, what: "a string" };
    let length = reader.number()? as usize;
    let end = reader.at.checked_add(length).ok_or_else(corrupt)?;
    let bytes = strings.get(reader.at..end).ok_or_else(corrupt)?;
    std::str::from_utf8(bytes).map_err(|_| corrupt())
}

/// Collects strings, each once.
#[derive(Debug, Default)]
pub(super) struct Strings {
    pub(super) bytes: Vec<u8>,
    offsets: HashMap<String, u32>,
}

impl Strings {
    pub(super) fn offset(&mut self, text: &str) -> Result<u32, StoreError> {
        if let Some(&offset) = self.offsets.get(text) {
            return Ok(offset);
        }
        let offset = u32::try_from(self.bytes.len())
            .ok()
            .filter(|&offset| offset < u32::MAX)
            .ok_or(StoreError::TooLarge { what: "the text" })?;
        let length = u32::try_from(text.len()).map_err(|_| StoreError::TooLarge { what: "a text" })?;
        put_number(&mut self.bytes, length);
        self.bytes.extend_from_slice(text.as_bytes());
        self.offsets.insert(text.to_owned(), offset);
        Ok(offset)
    }
}

/// Appends an unsigned LEB128 number.
pub(super) fn put_number(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
