//! Text that was put together from pieces of a file, each byte knowing where it came from.

use std::ops::Range;

/// Text that was put together from pieces of a file. Offsets in it map back to offsets in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapped {
    /// The text.
    pub text: String,
    /// `(offset in text, offset in file)` of the start of each piece, ascending.
    pieces: Vec<(usize, usize)>,
    /// Offset in the file of the end of the last piece.
    end: usize,
}

impl Mapped {
    /// Text that stands in the file as it is, from `start`.
    #[must_use]
    pub fn whole(text: &str, start: usize) -> Self {
        Self { text: text.to_owned(), pieces: vec![(0, start)], end: start + text.len() }
    }

    /// Appends a piece that starts at `start` in the file.
    pub fn push(&mut self, piece: &str, start: usize) {
        if piece.is_empty() && !self.pieces.is_empty() {
            return;
        }
        if self.end != start || self.pieces.is_empty() {
            self.pieces.push((self.text.len(), start));
        }
        self.text.push_str(piece);
        self.end = start + piece.len();
    }

    /// The part of it at `range`, which must lie on character borders.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut part = Self::default();
        let mut at = range.start;
        while at < range.end {
            let index = self.piece(at);
            let (from, file) = self.pieces[index];
            let stop = self.pieces.get(index + 1).map_or(self.text.len(), |next| next.0).min(range.end);
            part.push(&self.text[at..stop], file + (at - from));
            at = stop;
        }
        if part.pieces.is_empty() {
            part.push("", self.offset(range.start));
        }
        part
    }

    /// Where in the file the byte at `offset` came from. The end of the text maps to the end of the last piece.
    #[must_use]
    pub fn offset(&self, offset: usize) -> usize {
        if offset >= self.text.len() || self.pieces.is_empty() {
            return self.end;
        }
        let (from, file) = self.pieces[self.piece(offset)];
        file + (offset - from)
    }

    /// The bytes of the file from the first to the last byte of `range`.
    #[must_use]
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.offset(range.start);
        let end = if range.end > range.start { self.offset(range.end - 1) + 1 } else { start };
        start..end
    }

    fn piece(&self, offset: usize) -> usize {
        self.pieces.partition_point(|piece| piece.0 <= offset).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_joining_and_slicing() {
        let mut mapped = Mapped::default();
        mapped.push("ab ", 10);
        mapped.push("cd", 20);
        assert_eq!(mapped.range(1..4), 11..21);
        assert_eq!(mapped.range(3..5), 20..22);
        let part = mapped.slice(2..5);
        assert_eq!((part.text.as_str(), part.range(0..3)), (" cd", 12..22));
        assert_eq!(mapped.slice(3..3).range(0..0), 20..20);
    }
}
