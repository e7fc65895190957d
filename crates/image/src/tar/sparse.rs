//! Files with holes: the logical content out of the pieces that are stored.

use std::io;

/// Where the pieces of a sparse file lie. Holes between them and after them are zeros.
#[derive(Debug)]
pub(crate) struct SparseMap {
    /// Offset and length of each piece that is not empty, the next one last.
    pieces: Vec<(u64, u64)>,
    /// Logical position.
    position: u64,
    size: u64,
}

impl SparseMap {
    /// A map of a file of `size` bytes, of which `stored` are stored; `None` when pieces overlap, lie outside or are
    /// not as long together as what is stored.
    pub(crate) fn new(mut pieces: Vec<(u64, u64)>, size: u64, stored: u64) -> Option<Self> {
        let (mut end, mut sum) = (0, 0_u64);
        for (offset, length) in &pieces {
            if *offset < end {
                return None;
            }
            end = offset.checked_add(*length)?;
            sum += length;
        }
        if end > size || sum != stored {
            return None;
        }
        pieces.retain(|(_, length)| *length > 0);
        pieces.reverse();
        Some(Self { pieces, position: 0, size })
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Fills `buffer` with logical content; `stored` reads the stored bytes in their order.
    pub(crate) fn read(
        &mut self,
        buffer: &mut [u8],
        mut stored: impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let fit =
            |length: u64, buffer: &[u8]| usize::try_from(length).unwrap_or(usize::MAX).min(buffer.len());
        let next = self.pieces.last().map_or(self.size, |(offset, _)| *offset);
        if self.position < next {
            let length = fit(next - self.position, buffer);
            buffer[..length].fill(0);
            self.position += length as u64;
            return Ok(length);
        }
        let Some((offset, length)) = self.pieces.last_mut() else { return Ok(0) };
        let wanted = fit(*length, buffer);
        let read = stored(&mut buffer[..wanted])?;
        *offset += read as u64;
        *length -= read as u64;
        self.position += read as u64;
        if *length == 0 {
            self.pieces.pop();
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_zeros() {
        let mut map = SparseMap::new(vec![(2, 3), (7, 0), (8, 1)], 12, 4).unwrap();
        let mut stored: &[u8] = b"abcd";
        let mut content = Vec::new();
        let mut buffer = [9; 2];
        loop {
            match map.read(&mut buffer, |buffer| io::Read::read(&mut stored, buffer)).unwrap() {
                0 => break,
                read => content.extend_from_slice(&buffer[..read]),
            }
        }
        assert_eq!(content, b"\0\0abc\0\0\0d\0\0\0");
    }

    #[test]
    fn maps_that_do_not_fit_are_refused() {
        for (pieces, size, stored) in [
            (vec![(0, 5)], 4, 5),
            (vec![(0, 2), (1, 2)], 9, 4),
            (vec![(0, 2)], 9, 3),
            (vec![(u64::MAX, 1)], 9, 1),
            (vec![(0, u64::MAX), (u64::MAX, 0)], u64::MAX, 0),
        ] {
            assert!(SparseMap::new(pieces, size, stored).is_none());
        }
    }
}
