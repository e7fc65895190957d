//! A gzip stream, hostile: what comes out is what zlib gives, and what zlib refuses is refused.
#![no_main]

use std::io::Read;

use casehard_gzip::{Chunk, Gzip};

/// Bytes that a fuzzer waits for.
const MOST: usize = 1 << 20;

/// The bytes of a stream, up to a limit.
fn ours(data: &[u8], length: usize) -> std::io::Result<Vec<u8>> {
    let (mut gzip, mut chunk, mut all) = (Gzip::new(data), Chunk::default(), Vec::new());
    while all.len() < MOST {
        gzip.fill(&mut chunk, length)?;
        if chunk.is_empty() {
            break;
        }
        all.extend_from_slice(&chunk);
    }
    all.truncate(MOST);
    Ok(all)
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, stream)) = data.split_first() else { return };
    let (mut bytes, mut theirs) = (Vec::new(), Ok(0));
    let mut zlib = flate2::bufread::MultiGzDecoder::new(stream);
    while theirs.as_ref().is_ok_and(|_| bytes.len() < MOST) {
        theirs = zlib.by_ref().take((MOST - bytes.len()) as u64).read_to_end(&mut bytes);
        if matches!(theirs, Ok(0)) {
            break;
        }
    }
    match ours(stream, 1 + usize::from(*first) * 17) {
        Ok(ours) => assert!(theirs.is_ok() && ours == bytes, "{theirs:?}"),
        // What is wrong behind the limit is seen by whoever reads on a little.
        Err(error) => assert!(theirs.is_err() || bytes.len() == MOST, "{error}"),
    }
});
