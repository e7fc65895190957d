//! The streams of a process in one connection: frames with a header of eight bytes (Docker Engine API,
//! `ContainerAttach`, "Stream format").

use std::io::{self, Read};

/// No engine sends longer ones; a longer one is cut into several.
const PART: usize = 64 << 10;

/// Which stream a frame is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Output,
    Error,
}

/// Reads frames to the end, and gives each in parts as they come.
///
/// # Errors
/// When the connection breaks within a frame, or what comes is none.
pub(super) fn read(mut from: impl Read, mut take: impl FnMut(Which, &[u8])) -> io::Result<()> {
    let mut part = vec![0; PART];
    loop {
        let mut header = [0; 8];
        match from.read(&mut header)? {
            0 => return Ok(()),
            read => from.read_exact(&mut header[read..])?,
        }
        let which = match header[..4] {
            [0 | 1, 0, 0, 0] => Which::Output,
            [2, 0, 0, 0] => Which::Error,
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "the engine's stream has no frames")),
        };
        let mut left = u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize;
        while left > 0 {
            let wanted = left.min(part.len());
            let read = from.read(&mut part[..wanted])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            take(which, &part[..read]);
            left -= read;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let cases: [(&[u8], bool, &str, &str); 6] = [
            (b"", true, "", ""),
            (b"\x01\0\0\0\0\0\0\x02ab\x02\0\0\0\0\0\0\x01c\x01\0\0\0\0\0\0\x01d", true, "abd", "c"),
            (b"\x01\0\0\0\0\0\0\0", true, "", ""),
            (b"\x01\0\0\0\xff\xff\xff\xffab", false, "ab", ""),
            (b"\x01\0\0\0\0", false, "", ""),
            (b"HTTP/1.1", false, "", ""),
        ];
        for (bytes, good, output, error) in cases {
            let (mut seen, mut other) = (Vec::new(), Vec::new());
            let result = read(bytes, |which, part| match which {
                Which::Output => seen.extend_from_slice(part),
                Which::Error => other.extend_from_slice(part),
            });
            assert_eq!(result.is_ok(), good, "{}", bytes.escape_ascii());
            assert_eq!((&*seen, &*other), (output.as_bytes(), error.as_bytes()));
        }
    }
}
