//! Huffman codes as tables: RFC 1951, sections 3.2.2 to 3.2.7.
//!
//! A table is looked up with the next bits of the stream. An entry says what was found and how many bits it took, extra
//! bits included; longer codes go on in a second table behind the first.
//!
//! | bits | of a byte | of a length or distance | of a link | of the end |
//! |---|---|---|---|---|
//! | 0 to 7 | bits it takes | bits it takes, with extra ones | bits of the first table | bits it takes |
//! | 8 to 12 | | bits of the code alone | bits of the second table | |
//! | 13 to 15 | | | which of these it is | which of these it is |
//! | 16 to 30 | the byte | the least value | where the second table begins | |
//! | 31 | set | | | |

use super::{Corrupt, bits::Bits};

/// A byte stands in the entry.
pub(super) const LITERAL: u32 = 1 << 31;
/// Neither a byte nor a length: a link, the end, or a code that means nothing.
pub(super) const SPECIAL: u32 = 1 << 15;
/// A second table goes on.
const LINK: u32 = 1 << 14;
/// The end of the block.
pub(super) const END: u32 = 1 << 13;

/// Bits that the first table of literals and lengths is looked up with.
const LITERAL_BITS: u32 = 11;
/// Bits that the first table of distances is looked up with.
pub(super) const DISTANCE_BITS: u32 = 8;
/// Bits that code lengths are looked up with.
const LENGTH_BITS: u32 = 7;
/// Bits of the longest code.
const LONGEST: usize = 15;

/// Entries that a code of 288 symbols can need with such a first table (2,342), and some.
const LITERAL_SIZE: usize = 2560;
/// The same of 32 distances (402).
const DISTANCE_SIZE: usize = 512;

/// A code that means nothing.
const NOTHING: u32 = SPECIAL | 1;

/// The codes of a block.
pub(super) struct Codes {
    pub(super) literals: [u32; LITERAL_SIZE],
    pub(super) distances: [u32; DISTANCE_SIZE],
    /// They are those that a block may use without saying them.
    is_fixed: bool,
}

/// What an entry is, with the second table looked up if it takes one.
#[inline(always)]
pub(super) fn follow(table: &[u32], entry: u32, bits: &mut Bits<'_>) -> Result<u32, Corrupt> {
    let mut entry = entry;
    if entry & LINK != 0 {
        bits.pass(entry);
        let more = bits.peek() as usize & ((1 << (entry >> 8 & 0xf)) - 1);
        entry = table[(entry >> 16) as usize + more];
    }
    if entry & (SPECIAL | END) == SPECIAL {
        return Err(Corrupt("a code that means nothing"));
    }
    Ok(entry)
}

impl Codes {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self { literals: [0; LITERAL_SIZE], distances: [0; DISTANCE_SIZE], is_fixed: false })
    }

    /// What the next bits are.
    #[inline(always)]
    pub(super) fn literal(&self, bits: &Bits<'_>) -> u32 {
        self.literals[bits.peek() as usize & ((1 << LITERAL_BITS) - 1)]
    }

    /// Section 3.2.6: the codes of blocks that say none.
    pub(super) fn set_fixed(&mut self) -> Result<(), Corrupt> {
        if !self.is_fixed {
            let mut lengths = [8; 288];
            lengths[144..256].fill(9);
            lengths[256..280].fill(7);
            self.set(&lengths, &[5; 32])?;
            self.is_fixed = true;
        }
        Ok(())
    }

    fn set(&mut self, literals: &[u8], distances: &[u8]) -> Result<(), Corrupt> {
        self.is_fixed = false;
        fill(&mut self.literals, LITERAL_BITS, literals, true, |symbol| LITERALS[symbol])?;
        fill(&mut self.distances, DISTANCE_BITS, distances, true, |symbol| DISTANCES[symbol])
    }

    /// Section 3.2.7: the codes that a block says.
    pub(super) fn read(&mut self, bits: &mut Bits<'_>) -> Result<(), Corrupt> {
        const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        bits.refill();
        let literals = bits.take(5) as usize + 257;
        let distances = bits.take(5) as usize + 1;
        let said = bits.take(4) as usize + 4;
        if literals > 286 || distances > 30 {
            return Err(Corrupt("a block with more symbols than there are"));
        }
        let mut lengths = [0; 19];
        for place in &ORDER[..said] {
            bits.refill();
            lengths[*place] = bits.take(3) as u8;
        }
        let mut table = [0; 1 << LENGTH_BITS];
        fill(&mut table, LENGTH_BITS, &lengths, false, |symbol| (symbol as u32) << 16)?;

        let mut lengths = [0; 286 + 30];
        let lengths = &mut lengths[..literals + distances];
        let mut at = 0;
        while at < lengths.len() {
            bits.refill();
            let entry = follow(&table, table[bits.peek() as usize & (table.len() - 1)], bits)?;
            bits.pass(entry);
            let (length, times) = match (entry >> 16) as u8 {
                16 if at == 0 => return Err(Corrupt("a repetition of nothing")),
                16 => (lengths[at - 1], bits.take(2) + 3),
                17 => (0, bits.take(3) + 3),
                18 => (0, bits.take(7) + 11),
                length => (length, 1),
            };
            let run = lengths.get_mut(at..at + times as usize);
            run.ok_or(Corrupt("a repetition beyond the symbols"))?.fill(length);
            at += times as usize;
        }
        if lengths[256] == 0 {
            return Err(Corrupt("a block without an end"));
        }
        let (literals, distances) = lengths.split_at(literals);
        self.set(literals, distances)
    }
}

/// Section 3.2.2: a table from the lengths of the codes. A code of one symbol, or of none, may be incomplete.
fn fill(
    table: &mut [u32],
    first: u32,
    lengths: &[u8],
    may_be_incomplete: bool,
    meaning: impl Fn(usize) -> u32,
) -> Result<(), Corrupt> {
    let mut counts = [0_u32; LONGEST + 1];
    for length in lengths {
        counts[usize::from(*length)] += 1;
    }
    counts[0] = 0;
    let mut free = 1_i32;
    for count in &counts[1..] {
        free = (free << 1) - *count as i32;
        if free < 0 {
            return Err(Corrupt("more codes than fit"));
        }
    }
    let size = 1_usize << first;
    if free > 0 {
        if !may_be_incomplete || counts[2..].iter().any(|count| *count > 0) {
            return Err(Corrupt("fewer codes than there must be"));
        }
        table[..size].fill(NOTHING);
        if let Some(symbol) = lengths.iter().position(|length| *length == 1) {
            let entry = entry(meaning(symbol), 1);
            table[..size].iter_mut().step_by(2).for_each(|place| *place = entry);
        }
        return Ok(());
    }

    let mut starts = [0_u32; LONGEST + 2];
    for length in 1..=LONGEST {
        starts[length + 1] = starts[length] + counts[length];
    }
    let mut symbols = [0_u16; 288];
    for (symbol, length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
        let start = &mut starts[usize::from(*length)];
        symbols[*start as usize] = symbol as u16;
        *start += 1;
    }
    let used = counts.iter().sum::<u32>() as usize;
    fill_sorted(table, first, &symbols[..used], counts, meaning);
    Ok(())
}

/// Bits of an entry for a code of so many bits.
fn entry(meaning: u32, bits: u32) -> u32 {
    meaning + (bits << 8) + bits
}

/// Fills the table with a complete code, whose symbols come in the order of their codes.
fn fill_sorted(
    table: &mut [u32],
    first: u32,
    symbols: &[u16],
    mut left: [u32; LONGEST + 1],
    meaning: impl Fn(usize) -> u32,
) {
    // The code, its first bit lowest, as the stream has it.
    let mut code = 0_usize;
    let mut bits = 1_u32;
    let mut filled = 2_usize;
    let (mut prefix, mut start, mut second) = (usize::MAX, 1_usize << first, 0_u32);
    for symbol in symbols {
        while left[bits as usize] == 0 {
            bits += 1;
            if bits <= first {
                table.copy_within(..filled, filled);
                filled *= 2;
            }
        }
        let meaning = meaning(usize::from(*symbol));
        if bits <= first {
            table[code] = entry(meaning, bits);
        } else {
            let beyond = bits - first;
            if code & ((1 << first) - 1) != prefix {
                prefix = code & ((1 << first) - 1);
                start += if second == 0 { 0 } else { 1 << second };
                second = beyond;
                let mut room = left[bits as usize];
                while room < 1 << second {
                    second += 1;
                    room = (room << 1) + left[(first + second) as usize];
                }
                table[prefix] = SPECIAL | LINK | (start as u32) << 16 | second << 8 | first;
            }
            let places = table[start..][..1 << second].iter_mut();
            places.skip(code >> first).step_by(1 << beyond).for_each(|place| *place = entry(meaning, beyond));
        }
        left[bits as usize] -= 1;
        // The next code of so many bits: its bits are counted from the other end.
        let mut bit = 1_usize << (bits - 1);
        while code & bit != 0 {
            bit >>= 1;
        }
        code = if bit == 0 { 0 } else { code & (bit - 1) | bit };
    }
    // A code that ends before the first table is full.
    while filled < 1 << first {
        table.copy_within(..filled, filled);
        filled *= 2;
    }
}

/// What the symbols of literals and lengths mean: section 3.2.5.
const LITERALS: [u32; 288] = {
    let mut meanings = [SPECIAL; 288];
    let mut symbol = 0;
    while symbol < 256 {
        meanings[symbol] = LITERAL | (symbol as u32) << 16;
        symbol += 1;
    }
    meanings[256] = SPECIAL | END;
    let mut least = 3;
    symbol = 257;
    while symbol < 285 {
        let extra = if symbol < 265 { 0 } else { (symbol as u32 - 261) / 4 };
        meanings[symbol] = least << 16 | extra;
        least += 1 << extra;
        symbol += 1;
    }
    meanings[285] = 258 << 16;
    meanings
};

/// What the symbols of distances mean.
const DISTANCES: [u32; 32] = {
    let mut meanings = [SPECIAL; 32];
    let mut least = 1;
    let mut symbol = 0;
    while symbol < 30 {
        let extra = if symbol < 4 { 0 } else { (symbol as u32 - 2) / 2 };
        meanings[symbol] = least << 16 | extra;
        least += 1 << extra;
        symbol += 1;
    }
    meanings
};
