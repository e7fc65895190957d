//! What comes out is what zlib gives, and what zlib refuses is refused.

use std::io::{self, Read, Write};

use casehard_gzip::{Chunk, Gzip, GzipReader};
use proptest::prelude::*;

/// A source that gives few bytes at a time.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// All that a stream gives, taken so many bytes at a time.
fn inflate(stream: &[u8], at_once: usize, length: usize) -> io::Result<Vec<u8>> {
    let mut gzip = Gzip::new(Slow(stream, at_once));
    let (mut chunk, mut all) = (Chunk::default(), Vec::new());
    loop {
        gzip.fill(&mut chunk, length)?;
        if chunk.is_empty() {
            return Ok(all);
        }
        assert!(chunk.len() < length + 300);
        all.extend_from_slice(&chunk);
    }
}

fn zlib(stream: &[u8]) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    flate2::bufread::MultiGzDecoder::new(stream).read_to_end(&mut all)?;
    Ok(all)
}

/// Bytes with runs, repetitions at all distances and some that are like nothing before.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..600).prop_map(|bytes| (bytes, 0, 0)),
        (any::<u8>(), 1..3000_usize).prop_map(|(byte, times)| (vec![byte; times], 0, 0)),
        (1..40_000_usize, 1..2000_usize).prop_map(|(back, length)| (Vec::new(), back, length)),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| {
        let mut all: Vec<u8> = Vec::new();
        for (bytes, back, length) in pieces {
            all.extend(bytes);
            let back = back.min(all.len());
            for _ in 0..if back > 0 { length } else { 0 } {
                all.push(all[all.len() - back]);
            }
        }
        all
    })
}

/// A member: with zlib's levels, or those of a compressor that looks farther.
fn member(content: &[u8], level: u32) -> Vec<u8> {
    if level > 9 {
        let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::best());
        let mut packed = vec![0; compressor.gzip_compress_bound(content.len())];
        let length = compressor.gzip_compress(content, &mut packed).unwrap();
        packed.truncate(length);
        return packed;
    }
    let mut header = flate2::GzBuilder::new();
    if level % 2 == 1 {
        header = header.filename("layer.tar").comment("a comment").extra(vec![7; 300]);
    }
    let mut encoder = header.write(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_was_packed_comes_out(
        members in prop::collection::vec((content(), 0..11_u32), 1..4),
        at_once in prop_oneof![Just(1), 2..100_usize, Just(1 << 20)],
        length in prop_oneof![1..300_usize, Just(256 << 10)],
    ) {
        let stream: Vec<u8> = members.iter().flat_map(|(content, level)| member(content, *level)).collect();
        let expected: Vec<u8> = members.iter().flat_map(|(content, _)| content.clone()).collect();
        prop_assert!(inflate(&stream, at_once, length).unwrap() == expected);
        let mut read = Vec::new();
        GzipReader::new(Slow(&stream, at_once)).read_to_end(&mut read).unwrap();
        prop_assert!(read == expected);
    }

    #[test]
    fn a_stream_that_was_cut_is_told(content in content(), level in 0..11_u32, cut in any::<prop::sample::Index>()) {
        let stream = member(&content, level);
        let error = inflate(&stream[..cut.index(stream.len())], 1 << 20, 1000).unwrap_err();
        prop_assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_broken_stream_is_what_it_is_for_zlib(
        content in content(),
        level in 0..11_u32,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in prop_oneof![1..300_usize, Just(256 << 10)],
    ) {
        let mut stream = member(&content, level);
        for (at, byte) in changes {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        let (ours, theirs) = (inflate(&stream, 1 << 20, length), zlib(&stream));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours.as_ref().err(), theirs.as_ref().err());
        prop_assert!(ours.ok() == theirs.ok());
    }

    /// Codes that nobody would choose: the checksum is the only thing that is wrong.
    #[test]
    fn blocks_of_any_bits_mean_what_they_mean_to_zlib(
        start in 0..8_u8,
        bits in prop::collection::vec(any::<u8>(), 1..400),
    ) {
        let mut raw = bits;
        raw[0] = raw[0] & !7 | start;
        let mut stream = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
        stream.extend(&raw);
        let mut theirs = Vec::new();
        let result = flate2::bufread::DeflateDecoder::new(&raw[..]).read_to_end(&mut theirs);
        let mut gzip = Gzip::new(&stream[..]);
        let mut chunk = Chunk::default();
        let error = gzip.fill(&mut chunk, 1 << 20).unwrap_err().to_string();
        // Whoever gets as far as the trailer has understood everything before.
        let is_whole = error.contains("another checksum or length") || error.contains("too early");
        prop_assert!(result.is_err() || is_whole, "{}", error);
    }
}

/// Bits, as a stream has them.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    /// A number, its lowest bit first.
    fn number(mut self, count: u32, number: u32) -> Self {
        self.0.extend((0..count).map(|bit| number >> bit & 1 == 1));
        self
    }

    /// A code, its first bit first.
    fn code(mut self, code: &str) -> Self {
        self.0.extend(code.bytes().map(|bit| bit == b'1'));
        self
    }

    /// A member with these bits, whose bytes are `content`.
    fn member(&self, content: &[u8]) -> Vec<u8> {
        let mut stream = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
        stream.extend(
            self.0.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))),
        );
        stream.extend(crc32fast::hash(content).to_le_bytes());
        stream.extend((content.len() as u32).to_le_bytes());
        stream
    }

    /// A block with codes that say themselves: those of the code lengths are 0 ("00"), 1 ("01"), 2 ("10") and 18 ("11").
    fn dynamic(literals: u32, distances: u32) -> Self {
        let bits =
            Self::default().number(1, 1).number(2, 2).number(5, literals - 257).number(5, distances - 1);
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1];
        let lengths = order.map(|symbol| if [0, 1, 2, 18].contains(&symbol) { 2 } else { 0 });
        lengths.into_iter().fold(bits.number(4, 14), |bits, length| bits.number(3, length))
    }

    /// So many code lengths of 0.
    fn zeros(self, count: u32) -> Self {
        self.code("11").number(7, count - 11)
    }
}

/// What a stream gives, and zlib the same.
#[track_caller]
fn check(stream: &[u8], expected: Result<&[u8], &str>) {
    let ours = inflate(stream, 1 << 20, 1 << 20);
    assert_eq!(ours.is_ok(), zlib(stream).is_ok(), "{ours:?}");
    match (ours, expected) {
        (Ok(ours), Ok(expected)) => assert_eq!(ours, expected),
        (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
        (ours, expected) => panic!("{ours:?} instead of {expected:?}"),
    }
}

#[test]
fn codes_that_are_not_complete() {
    // Of two literals and the end, with one distance, of one bit: `a`, `a`, then three bytes at distance 1.
    let one =
        Bits::dynamic(258, 1).zeros(97).code("10").zeros(138).zeros(20).code("10").code("01").code("01");
    // The codes: 257 (a length of 3) "0", `a` "10", the end "11"; the distance "0".
    check(&one.code("10").code("0").code("0").code("11").member(b"aaaa"), Ok(b"aaaa"));
    let one =
        Bits::dynamic(258, 1).zeros(97).code("10").zeros(138).zeros(20).code("10").code("01").code("01");
    check(&one.code("10").code("0").code("1").code("11").member(b"aaaa"), Err("a code that means nothing"));
    // No distance at all, as long as nobody uses one.
    let none =
        || Bits::dynamic(258, 1).zeros(97).code("10").zeros(138).zeros(20).code("10").code("01").code("00");
    check(&none().code("10").code("11").member(b"a"), Ok(b"a"));
    check(
        &none().code("10").code("0").code("0").code("11").member(b"aaaa"),
        Err("a code that means nothing"),
    );
    // Nothing but the end, of one bit.
    let end = || Bits::dynamic(257, 1).zeros(138).zeros(118).code("01").code("00");
    check(&end().code("0").member(b""), Ok(b""));
    check(&end().code("1").member(b""), Err("a code that means nothing"));
    // Two codes of two bits leave half of them without a meaning.
    let half = Bits::dynamic(257, 1).zeros(97).code("10").zeros(138).zeros(20).code("10").code("00");
    check(&half.code("0").code("1").member(b"a"), Err("fewer codes than there must be"));
}

#[test]
fn blocks_that_say_what_cannot_be() {
    let many =
        Bits::dynamic(258, 1).zeros(97).code("01").zeros(138).zeros(20).code("01").code("01").code("00");
    check(&many.member(b""), Err("more codes than fit"));
    let endless = Bits::dynamic(257, 1).zeros(97).code("01").zeros(138).zeros(20).code("00").code("00");
    check(&endless.member(b""), Err("a block without an end"));
    check(&Bits::dynamic(257, 1).zeros(138).zeros(138).member(b""), Err("a repetition beyond the symbols"));
    let kind = Bits::default().number(1, 1).number(2, 3);
    check(&kind.member(b""), Err("a block of an unknown kind"));
    let many =
        Bits::default().number(1, 1).number(2, 2).number(5, 30).number(5, 0).number(4, 0).number(12, 0);
    check(&many.member(b""), Err("more symbols than there are"));
    let stored = Bits::default().number(1, 1).number(2, 0).number(5, 0).number(16, 5).number(16, 5);
    check(&stored.member(b""), Err("two lengths differ"));
    // The codes that every block may use: 'a' is "10010001", a length of 3 "0000001", its distance 1 "00000".
    let fixed = || Bits::default().number(1, 1).number(2, 1);
    let a_and_three = fixed().code("10010001").code("0000001").code("00000").code("0000000");
    check(&a_and_three.member(b"aaaa"), Ok(b"aaaa"));
    let too_far = fixed().code("10010001").code("0000001").code("00001").code("0000000");
    check(&too_far.member(b"aaaa"), Err("a distance beyond the beginning"));
    check(&fixed().code("11000110").code("0000000").member(b""), Err("a code that means nothing"));
    let no_distance = fixed().code("10010001").code("0000001").code("11110").code("0000000");
    check(&no_distance.member(b""), Err("a code that means nothing"));
}

#[test]
fn a_match_reaches_back_as_far_as_the_member_and_no_farther() {
    let first = member(b"abc", 9);
    let back = Bits::default().number(1, 1).number(2, 1).code("0000001").code("00000").code("0000000");
    check(&[first, back.member(b"ccc")].concat(), Err("a distance beyond the beginning"));
    // 32,768 bytes back, over the edges of chunks of any length.
    let mut content: Vec<u8> =
        (0..32_768_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    content.extend_from_within(..300);
    for length in [1, 258, 32_767, 32_768, 32_769, 1 << 20] {
        assert!(inflate(&member(&content, 10), 1 << 20, length).unwrap() == content, "{length}");
    }
}

#[test]
fn headers_and_what_follows_the_end() {
    check(b"", Err("too early"));
    check(b"\x1f\x8c\x08\0\0\0\0\0\0\xff", Err("no gzip header"));
    check(b"\x1f\x8b\x08\x20\0\0\0\0\0\xff", Err("a later version"));
    let whole = member(b"text", 6);
    check(&[&whole[..], &[0; 20]].concat(), Err("no gzip header"));
    check(&[&whole[..], b"\x1f"].concat(), Err("too early"));
    let mut wrong = whole.clone();
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    check(&wrong, Err("another checksum or length"));
    // A header with its own checksum.
    let header = b"\x1f\x8b\x08\x02\0\0\0\0\0\xff";
    let sum = (crc32fast::hash(header) as u16).to_le_bytes();
    check(&[&header[..], &sum, &whole[10..]].concat(), Ok(b"text"));
    check(&[&header[..], &[sum[0], !sum[1]], &whole[10..]].concat(), Err("a header with another checksum"));
    let endless = [&b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"[..], &vec![b'n'; 70_000], &[0], &whole[10..]].concat();
    check(&endless, Err("does not end"));
}
