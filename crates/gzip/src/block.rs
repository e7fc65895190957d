//! The bytes of a block with codes: RFC 1951, section 3.2.3.

use super::{
    Corrupt,
    bits::Bits,
    codes::{Codes, DISTANCE_BITS, END, LITERAL, SPECIAL, follow},
};

/// Bytes that may be written beyond the limit of a buffer: the literals and the match of one step, copied by whole pieces.
pub(super) const BEYOND: usize = 3 + 258 + 2 * PIECE;
/// Bytes that are copied at once.
const PIECE: usize = 16;

/// Where a block is written.
pub(super) struct Output<'a> {
    /// The bytes before, and room for those that come, with [`BEYOND`] behind the limit.
    pub(super) bytes: &'a mut [u8],
    /// Where the next byte goes.
    pub(super) at: usize,
    /// Where the first byte stands that may be meant by a distance.
    pub(super) floor: usize,
    /// From here on the buffer is full.
    pub(super) limit: usize,
}

/// Writes bytes until the block ends, the output is full or the input is low. Returns whether the block has ended.
pub(super) fn decode(codes: &Codes, bits: &mut Bits<'_>, output: &mut Output<'_>) -> Result<bool, Corrupt> {
    let mut held = bits.hold();
    let result = decode_held(codes, &mut held, output);
    *bits = held;
    result
}

#[inline(always)]
fn decode_held(codes: &Codes, bits: &mut Bits<'_>, output: &mut Output<'_>) -> Result<bool, Corrupt> {
    let Output { bytes, at: position, floor, limit } = output;
    let (bytes, floor, limit) = (&mut **bytes, *floor, *limit);
    let mut at = *position;
    let is_over = 'step: loop {
        if at >= limit || bits.is_low() {
            break false;
        }
        bits.refill();
        let mut entry = codes.literal(bits);
        loop {
            // Three literals and a length take at most 3 * 11 + 20 of the 56 bits.
            if entry & LITERAL != 0 {
                put(bytes, &mut at, entry, bits);
                entry = codes.literal(bits);
                if entry & LITERAL != 0 {
                    put(bytes, &mut at, entry, bits);
                    entry = codes.literal(bits);
                    if entry & LITERAL != 0 {
                        put(bytes, &mut at, entry, bits);
                        continue 'step;
                    }
                }
            }
            if entry & SPECIAL != 0 {
                entry = follow(&codes.literals, entry, bits)?;
                if entry & LITERAL != 0 {
                    put(bytes, &mut at, entry, bits);
                    continue 'step;
                }
                if entry & END != 0 {
                    bits.pass(entry);
                    break 'step true;
                }
            }
            let length = value(entry, bits);
            bits.refill();
            entry = codes.distances[bits.peek() as usize & ((1 << DISTANCE_BITS) - 1)];
            if entry & SPECIAL != 0 {
                entry = follow(&codes.distances, entry, bits)?;
            }
            let distance = value(entry, bits);
            if distance > at - floor {
                return Err(Corrupt("a distance beyond the beginning"));
            }
            let to = at;
            at += length;
            if at >= limit || bits.is_low() {
                repeat(bytes, to, distance, length);
                continue 'step;
            }
            // Looked up before the copy, which then goes on beside it.
            bits.refill();
            entry = codes.literal(bits);
            repeat(bytes, to, distance, length);
        }
    };
    *position = at;
    Ok(is_over)
}

/// Writes the byte of an entry.
#[inline(always)]
fn put(bytes: &mut [u8], at: &mut usize, entry: u32, bits: &mut Bits<'_>) {
    bits.pass(entry);
    bytes[*at] = (entry >> 16) as u8;
    *at += 1;
}

/// The least value of a length or distance, and what its extra bits add.
#[inline(always)]
fn value(entry: u32, bits: &mut Bits<'_>) -> usize {
    let taken = bits.peek() & ((1 << (entry & 63)) - 1);
    bits.pass(entry);
    (entry >> 16) as usize + (taken >> (entry >> 8 & 0xf)) as usize
}

/// Writes again what stands so far before; what is written on the way may be meant too.
#[inline(always)]
fn repeat(bytes: &mut [u8], at: usize, distance: usize, length: usize) {
    let end = at + length;
    let (mut from, mut to) = (at - distance, at);
    if distance >= PIECE {
        loop {
            copy_piece(bytes, from, to);
            (from, to) = (from + PIECE, to + PIECE);
            if to >= end {
                break;
            }
        }
    } else if distance == 1 {
        let byte = bytes[from];
        bytes[at..at + length].fill(byte);
    } else {
        // Each piece brings as many right bytes as the distance.
        while to < end {
            copy_piece(bytes, from, to);
            (from, to) = (from + distance, to + distance);
        }
    }
}

#[inline(always)]
fn copy_piece(bytes: &mut [u8], from: usize, to: usize) {
    let mut piece = [0; PIECE];
    piece.copy_from_slice(&bytes[from..from + PIECE]);
    bytes[to..to + PIECE].copy_from_slice(&piece);
}
