//! What stands around the compressed bytes of a member: RFC 1952, section 2.3.

use std::io::{self, Read};

use super::{Corrupt, bits::Input};

const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0xe0;

/// Bytes of a name or a comment, of which none is kept.
const LONGEST: usize = 0xffff;

/// Passes over the header of a member.
pub(super) fn read_header<R: Read>(input: &mut Input<R>) -> io::Result<()> {
    let mut checksum = crc32fast::Hasher::new();
    let mut byte = |input: &mut Input<R>| {
        let byte = input.byte()?;
        checksum.update(&[byte]);
        io::Result::Ok(byte)
    };
    let mut start = [0; 10];
    for place in &mut start {
        *place = byte(input)?;
    }
    let [0x1f, 0x8b, 8, flags, ..] = start else {
        return Err(Corrupt("no gzip header").into());
    };
    if flags & RESERVED != 0 {
        return Err(Corrupt("a header of a later version").into());
    }
    if flags & EXTRA != 0 {
        let length = u16::from_le_bytes([byte(input)?, byte(input)?]);
        for _ in 0..length {
            byte(input)?;
        }
    }
    for text in [NAME, COMMENT] {
        let mut length = 0;
        while flags & text != 0 && byte(input)? != 0 {
            length += 1;
            if length > LONGEST {
                return Err(Corrupt("a name or comment that does not end").into());
            }
        }
    }
    if flags & HEADER_CHECKSUM != 0 {
        let found = checksum.finalize() as u16;
        if u16::from_le_bytes([input.byte()?, input.byte()?]) != found {
            return Err(Corrupt("a header with another checksum").into());
        }
    }
    Ok(())
}

/// Compares what a member says of itself with what was found.
pub(super) fn check_trailer<R: Read>(input: &mut Input<R>, checksum: u32, length: u32) -> io::Result<()> {
    let mut number = || {
        let mut bytes = [0; 4];
        for byte in &mut bytes {
            *byte = input.byte()?;
        }
        io::Result::Ok(u32::from_le_bytes(bytes))
    };
    if (number()?, number()?) != (checksum, length) {
        return Err(Corrupt("bytes with another checksum or length").into());
    }
    Ok(())
}
