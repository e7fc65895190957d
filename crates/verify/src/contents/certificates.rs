//! Certificates in files: how many there are, and how many can be read.

use base64::Engine as _;
use memchr::memmem;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const BEGIN_TRUSTED: &[u8] = b"-----BEGIN TRUSTED CERTIFICATE-----";
const END: &[u8] = b"-----END ";
/// A Java key store (`JKS`), and one in the form of PKCS #12 by its first bytes: a long sequence that begins with
/// version 3.
const JAVA: &[u8] = b"\xfe\xed\xfe\xed";
/// Certificates of a file that are counted.
const MOST: usize = 10_000;

/// The certificates of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Certificates {
    /// Those that are whole.
    pub good: usize,
    /// Those that are not.
    pub broken: usize,
}

impl Certificates {
    /// Whether a file with these first bytes may hold any.
    pub fn may_be_in(start: &[u8]) -> bool {
        is_store(start) || memmem::find(start, b"-----BEGIN ").is_some()
    }

    /// Counts those of a file; `None` when there is no whole one: code that names the first line has none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if is_store(bytes) {
            return Some(Self { good: 1, broken: 0 });
        }
        let mut found = Self::default();
        let mut rest = bytes;
        while let Some(at) = next(rest).filter(|_| found.good + found.broken < MOST) {
            rest = &rest[at..];
            let end = memmem::find(rest, END);
            if end.is_some_and(|end| is_whole(&rest[..end])) {
                found.good += 1;
            } else {
                found.broken += 1;
            }
            let Some(end) = end else { break };
            rest = &rest[end..];
        }
        (found.good > 0).then_some(found)
    }
}

fn is_store(bytes: &[u8]) -> bool {
    let is_pkcs12 = matches!(bytes, [0x30, 0x82, _, _, 0x02, 0x01, 0x03, ..])
        || matches!(bytes, [0x30, 0x83, _, _, _, 0x02, 0x01, 0x03, ..]);
    bytes.starts_with(JAVA) || is_pkcs12
}

/// Behind the next first line.
fn next(bytes: &[u8]) -> Option<usize> {
    let of = |line: &[u8]| memmem::find(bytes, line).map(|at| at + line.len());
    match (of(BEGIN), of(BEGIN_TRUSTED)) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    }
}

/// Whether the text between the lines is one ASN.1 sequence and, in a trusted certificate, what follows it (RFC 7468).
fn is_whole(text: &[u8]) -> bool {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(text) else { return false };
    let length = match bytes.as_slice() {
        [0x30, length @ 0..=0x7f, ..] => 2 + usize::from(*length),
        [0x30, 0x81, length, ..] => 3 + usize::from(*length),
        [0x30, 0x82, high, low, ..] => 4 + (usize::from(*high) << 8 | usize::from(*low)),
        _ => return false,
    };
    bytes.len() >= length && length > 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(length: usize) -> String {
        let mut bytes = vec![0x30, 0x82, (length >> 8) as u8, (length & 255) as u8];
        bytes.resize(4 + length, 7);
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        format!("# a name\n-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    #[test]
    fn whole_and_broken_ones_are_told_apart() {
        let bundle = certificate(300) + &certificate(900);
        assert_eq!(Certificates::read(bundle.as_bytes()), Some(Certificates { good: 2, broken: 0 }));
        let cut = &bundle.as_bytes()[..bundle.len() - 400];
        assert_eq!(Certificates::read(cut), Some(Certificates { good: 1, broken: 1 }));
        let spoilt = bundle.replacen("BwcHBwcH", "!", 1);
        assert_eq!(Certificates::read(spoilt.as_bytes()), Some(Certificates { good: 1, broken: 1 }));
        assert_eq!(Certificates::read(b"-----BEGIN PRIVATE KEY-----"), None);
        assert_eq!(Certificates::read(b"PEM_HEADER = \"-----BEGIN CERTIFICATE-----\"\n"), None);
        assert_eq!(
            Certificates::read(b"\xfe\xed\xfe\xed\0\0\0\x02"),
            Some(Certificates { good: 1, broken: 0 })
        );
    }
}
