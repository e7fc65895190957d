//! Which classes a pickle names: unpickling imports their modules (library reference, `pickle`; the opcodes as `pickletools`
//! lists them). Nothing is unpickled.

use std::collections::BTreeMap;

/// Protocols 2 to 5 begin with their number; older ones begin with anything.
pub(super) fn is_pickle(start: &[u8]) -> bool {
    matches!(start, [0x80, 2..=5, ..])
}

/// No more classes than this are kept of one file.
const MOST: usize = 4096;

/// Module and name of each class or function that a pickle names, if all of it is one.
pub(super) fn globals(bytes: &[u8]) -> Option<Vec<(&str, &str)>> {
    let mut walk = Walk { rest: bytes, pushed: Vec::new(), memo: BTreeMap::new(), memoized: 0 };
    let mut found = Vec::new();
    loop {
        let code = walk.take(1)?[0];
        match code {
            b'.' => return Some(found),
            b'c' | b'i' => {
                let global = (text(walk.line()?)?, text(walk.line()?)?);
                walk.pushed.clear();
                found.push(global);
            }
            // Module and name were pushed before.
            0x93 => {
                if let [.., Some(module), Some(name)] = walk.pushed[..] {
                    found.push((module, name));
                }
                walk.pushed.clear();
            }
            _ => walk.step(code)?,
        }
        if found.len() == MOST {
            return Some(found);
        }
    }
}

struct Walk<'a> {
    rest: &'a [u8],
    /// What was pushed last, texts as what they are; anything else that happens to the stack begins anew.
    pushed: Vec<Option<&'a str>>,
    /// Texts that are asked for again.
    memo: BTreeMap<u64, &'a str>,
    /// How many have been given the next place.
    memoized: u64,
}

impl<'a> Walk<'a> {
    fn step(&mut self, code: u8) -> Option<()> {
        match code {
            // Texts, by the size of their length.
            0x8c => self.text(1)?,
            b'X' => self.text(4)?,
            0x8d => self.text(8)?,
            b'V' => {
                let line = self.line()?;
                self.push(text(line));
            }
            // Into and out of the memo.
            0x94 => {
                self.remember(self.memoized);
                self.memoized += 1;
            }
            b'q' | b'r' => {
                let place = self.number(if code == b'q' { 1 } else { 4 })?;
                self.remember(place);
            }
            b'h' | b'j' => {
                let place = self.number(if code == b'h' { 1 } else { 4 })?;
                self.push(self.memo.get(&place).copied());
            }
            // Bytes, by the size of their length.
            b'U' | b'C' | 0x8a => self.skip(1)?,
            b'T' | b'B' | 0x8b => self.skip(4)?,
            0x8e | 0x96 => self.skip(8)?,
            // Arguments of a fixed size. A frame is a length before what it frames.
            b'K' | 0x80 | 0x82 => self.pass(1)?,
            b'M' | 0x83 => self.pass(2)?,
            b'J' | 0x84 => self.pass(4)?,
            b'G' => self.pass(8)?,
            0x95 => drop(self.take(8)?),
            b'F' | b'I' | b'L' | b'S' | b'P' | b'g' | b'p' => {
                self.line()?;
                self.push(None);
            }
            b'('
            | b'0'
            | b'1'
            | b'2'
            | b'N'
            | b'Q'
            | b'R'
            | b'a'
            | b'b'
            | b'd'
            | b'e'
            | b'l'
            | b'o'
            | b's'
            | b't'
            | b'u'
            | b'}'
            | b']'
            | b')'
            | 0x81
            | 0x85..=0x89
            | 0x8f..=0x92
            | 0x97
            | 0x98 => self.push(None),
            _ => return None,
        }
        Some(())
    }

    fn push(&mut self, text: Option<&'a str>) {
        if self.pushed.len() >= 2 {
            self.pushed.remove(0);
        }
        self.pushed.push(text);
    }

    /// The memo keeps what was pushed last.
    fn remember(&mut self, place: u64) {
        if let Some(Some(text)) = self.pushed.last() {
            self.memo.insert(place, text);
        }
    }

    fn text(&mut self, size: usize) -> Option<()> {
        let length = self.number(size)?;
        let bytes = self.take(usize::try_from(length).ok()?)?;
        self.push(text(bytes));
        Some(())
    }

    fn skip(&mut self, size: usize) -> Option<()> {
        let length = self.number(size)?;
        self.pass(usize::try_from(length).ok()?)
    }

    fn pass(&mut self, length: usize) -> Option<()> {
        self.take(length)?;
        self.push(None);
        Some(())
    }

    fn number(&mut self, size: usize) -> Option<u64> {
        let bytes = self.take(size)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(b'\n', self.rest)?;
        let line = self.take(end + 1)?;
        Some(&line[..end])
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_found_in_old_and_new_pickles() {
        // pickle.dumps({"a": fractions.Fraction(1, 2)}, 2), shortened to what matters.
        let old =
            b"\x80\x02}q\0X\x01\0\0\0aq\x01cfractions\nFraction\nq\x02X\x03\0\0\x001/2q\x03\x85q\x04Rq\x05s.";
        assert_eq!(globals(old).unwrap(), [("fractions", "Fraction")]);
        // The second class is of the same module, which the memo has.
        let new = b"\x80\x04\x95\x30\0\0\0\0\0\0\0\x8c\x09fractions\x94\x8c\x08Fraction\x94\x93\x94h\0\x8c\x05other\x94\x93\x94K\x01.";
        assert_eq!(globals(new).unwrap(), [("fractions", "Fraction"), ("fractions", "other")]);
    }

    #[test]
    fn what_is_no_pickle_or_is_cut_names_nothing() {
        let whole = b"\x80\x02cfractions\nFraction\nq\x02.";
        for end in 0..whole.len() {
            assert_eq!(globals(&whole[..end]), None, "{end}");
        }
        assert_eq!(globals(b"\x80\x02\xffcfractions\nFraction\n."), None);
        assert_eq!(globals(b"\x80\x04X\xff\xff\xff\xffx"), None, "a length beyond the end");
        assert!(is_pickle(whole) && !is_pickle(b"\x80\x01.") && !is_pickle(b"PK"));
    }
}
