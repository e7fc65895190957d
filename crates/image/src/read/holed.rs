//! A large file of which only parts are held: the others are pages that nobody writes to, so they read as zeros and take
//! no memory.

use std::{
    io::{self, Read as _},
    ops::Range,
};

use super::spool::{Room, Taken};
use crate::EntryReader;

/// Bytes of a page of memory, at the least.
const PAGE: u64 = 4096;

/// Room for a file, and which parts of it are put there.
#[derive(Debug)]
pub(super) struct Holed {
    parts: Vec<Range<u64>>,
    memory: memmap2::MmapMut,
    /// Given back when the pages are.
    _taken: Taken,
}

impl Holed {
    /// Room for a file of `size` bytes; `None` when the parts are most of it, or there is no room.
    pub(super) fn new(size: u64, parts: Vec<Range<u64>>, room: &Room) -> Option<Self> {
        let parts = pages(parts, size);
        let held: u64 = parts.iter().map(|part| part.end - part.start).sum();
        if held > size / 2 {
            return None;
        }
        let taken = room.take(held + PAGE)?;
        let memory = memmap2::MmapMut::map_anon(usize::try_from(size).ok()?).ok()?;
        Some(Self { parts, memory, _taken: taken })
    }

    /// Reads the parts of a file of which `start` has been read already, and passes over the others.
    pub(super) fn fill(&mut self, start: &[u8], entry: &mut EntryReader<'_>) -> io::Result<&[u8]> {
        self.memory[..start.len()].copy_from_slice(start);
        let mut at = start.len() as u64;
        for part in &self.parts {
            let from = part.start.max(at);
            let (Ok(first), Ok(end)) = (usize::try_from(from), usize::try_from(part.end)) else { continue };
            if first < end {
                entry.pass_over(from - at)?;
                entry.read_exact(&mut self.memory[first..end])?;
                at = part.end;
            }
        }
        Ok(&self.memory)
    }
}

/// The pages that the parts are in, in order, each once, within a file of `size` bytes.
fn pages(mut parts: Vec<Range<u64>>, size: u64) -> Vec<Range<u64>> {
    parts.sort_unstable_by_key(|part| part.start);
    let mut pages: Vec<Range<u64>> = Vec::with_capacity(parts.len());
    for part in parts.into_iter().filter(|part| part.start < part.end.min(size)) {
        let start = part.start / PAGE * PAGE;
        let end = part.end.checked_next_multiple_of(PAGE).unwrap_or(size).min(size);
        match pages.last_mut().filter(|last| last.end >= start) {
            Some(last) => last.end = last.end.max(end),
            None => pages.push(start..end),
        }
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_pages_in_order() {
        let (max, size) = (u64::MAX, 5 * PAGE + 7);
        let cases: [(&[(u64, u64)], &[(u64, u64)]); 5] = [
            (&[(PAGE + 1, PAGE + 2), (3, 9)], &[(0, 2 * PAGE)]),
            (&[(4 * PAGE, 4 * PAGE + 1), (0, 1)], &[(0, PAGE), (4 * PAGE, 5 * PAGE)]),
            (&[(5 * PAGE + 1, max), (3 * PAGE, max)], &[(3 * PAGE, size)]),
            (&[(size, size + 1), (9, 9), (max, max)], &[]),
            (&[(0, size), (7, 8)], &[(0, size)]),
        ];
        for (parts, expected) in cases {
            let given = parts.iter().map(|(start, end)| *start..*end).collect();
            let found: Vec<(u64, u64)> =
                pages(given, size).into_iter().map(|part| (part.start, part.end)).collect();
            assert_eq!(found, expected, "{parts:?}");
        }
    }
}
