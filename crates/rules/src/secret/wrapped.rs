//! Secrets behind an encoding: base 64 (RFC 4648) or hexadecimal, and gzip (RFC 1952) inside of it.

use std::{borrow::Cow, io::Read as _, ops::Range};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use super::scan::{Hit, written};

/// A run of characters shorter than this encodes no token: it would hold fewer than thirty bytes.
const LEAST: usize = 40;
/// Characters of one run that are decoded.
const MOST: usize = 256 << 10;
/// Bytes that one run may unpack to.
const MOST_UNPACKED: u64 = 1 << 20;
/// How often something may be encoded.
const DEPTH: usize = 2;

/// What is found once runs of base 64 and of hexadecimal digits are decoded; the range is that of the run.
pub(super) fn wrapped(bytes: &[u8]) -> Vec<Hit> {
    at_depth(bytes, DEPTH)
}

fn at_depth(bytes: &[u8], depth: usize) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut at = 0;
    while let Some(run) = next_run(bytes, at) {
        at = run.end;
        let Some((decoded, how)) = decode(&bytes[run.start..run.end.min(run.start + MOST)]) else { continue };
        let mut inner = written(&decoded);
        if inner.is_empty() && depth > 1 {
            inner = at_depth(&decoded, depth - 1);
        }
        if let Some(hit) = inner.into_iter().next() {
            hits.push(Hit { what: Cow::Owned(format!("{} ({how})", hit.what)), range: run });
        }
    }
    hits
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// The next run of at least [`LEAST`] digits of base 64; its further lines belong to it. From the last byte of each
/// window backwards: in plain text a byte that is no digit is near, and everything before it need not be looked at.
fn next_run(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut start = from;
    loop {
        let window = bytes.get(start..start + LEAST)?;
        match window.iter().rposition(|byte| !is_digit(*byte)) {
            Some(other) => start += other + 1,
            None => break,
        }
    }
    let mut end = start;
    loop {
        let line = bytes[end..].iter().take_while(|byte| is_digit(**byte)).count();
        end += line;
        let after = &bytes[end..];
        let next = after.strip_prefix(b"\n").or_else(|| after.strip_prefix(b"\r\n")).unwrap_or_default();
        // Lines of the same length, of which the last may be shorter, with nothing else in them.
        let further = next.iter().take_while(|byte| is_digit(**byte) || **byte == b'=').count();
        let is_alone = next.get(further).is_none_or(u8::is_ascii_whitespace);
        let goes_on = line >= LEAST && line % 4 == 0 && (1..=line).contains(&further) && is_alone;
        if !goes_on {
            return Some(start..end);
        }
        end = bytes.len() - next.len();
    }
}

/// The text that a run encodes, and how; `None` when it is something else, such as a digest, a picture or a path.
fn decode(run: &[u8]) -> Option<(Vec<u8>, &'static str)> {
    let digits: Vec<u8> = run.iter().copied().filter(|byte| is_digit(*byte)).collect();
    let (bytes, how, packed) = if digits.iter().all(u8::is_ascii_hexdigit) {
        (hexadecimal(&digits), "in hexadecimal", "packed with gzip, in hexadecimal")
    } else {
        let has = |kind: fn(&u8) -> bool| digits.iter().any(kind);
        if !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase) {
            return None;
        }
        let whole = &digits[..digits.len() / 4 * 4];
        // Zeros where the padding would be: a cut that is no whole number of groups loses less than three bytes.
        (STANDARD_NO_PAD.decode(whole).ok()?, "in base 64", "packed with gzip, in base 64")
    };
    if bytes.starts_with(b"\x1f\x8b") {
        let mut unpacked = Vec::new();
        let reader = flate2::read::GzDecoder::new(&bytes[..]);
        // What was cut or is broken gives what came before.
        let _ = reader.take(MOST_UNPACKED).read_to_end(&mut unpacked);
        return is_text(&unpacked).then_some((unpacked, packed));
    }
    is_text(&bytes).then_some((bytes, how))
}

fn hexadecimal(digits: &[u8]) -> Vec<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16).map_or(0, |value| value as u8);
    digits.chunks_exact(2).map(|two| value(two[0]) << 4 | value(two[1])).collect()
}

/// Whether bytes are what people and programs write, but for a few: of thirty that chance gives, hardly ever nine in ten
/// can be read.
fn is_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(1024)];
    let read = start.iter().filter(|byte| (b' '..0x7f).contains(byte) || byte.is_ascii_whitespace()).count();
    !start.is_empty() && read * 10 >= start.len() * 9
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::secret::find;

    /// Put together here so that no scanner takes this file for a leak.
    fn settings() -> String {
        ["region=eu-west-1\naccess=AKI", "AQ3EGR7ZJ5LXW2NVB\noutput=json\n"].concat()
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn encodings_are_looked_behind() {
        let plain = settings();
        let once = STANDARD_NO_PAD.encode(&plain);
        let hex: String = plain.bytes().map(|byte| format!("{byte:02x}")).collect();
        let long = STANDARD_NO_PAD.encode(format!("{}{plain}", "a line that says nothing\n".repeat(4)));
        let lines: Vec<&str> =
            long.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        for (text, how) in [
            (once.clone(), "in base 64"),
            (format!("{once}=="), "in base 64"),
            (STANDARD_NO_PAD.encode(&once), "in base 64"),
            (lines.join("\n"), "in base 64"),
            (lines.join("\r\n"), "in base 64"),
            (hex, "in hexadecimal"),
            (STANDARD_NO_PAD.encode(packed(&plain)), "packed with gzip, in base 64"),
        ] {
            let found = find(format!("a: 'b'\ndata: {text}\nnext: value\n").as_bytes());
            assert_eq!(found.len(), 1, "{text} {found:?}");
            assert!(
                found[0].what.starts_with("AWS access key (") && found[0].what.contains(how),
                "{found:?}"
            );
            assert_eq!(found[0].range.start, 13, "{text}");
        }
    }

    #[test]
    fn what_is_no_text_or_no_secret_is_passed_over() {
        let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let path = "/usr/lib/x86/python3/distpackages/Some/Long/Path/that/goes/on/and/on";
        let harmless =
            STANDARD_NO_PAD.encode("a configuration in which nothing is secret at all, only words");
        for text in [digest, path, &harmless, &"A".repeat(500), ""] {
            assert!(wrapped(text.as_bytes()).is_empty(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn runs_are_those_of_a_plain_search(text in "([A-Za-z0-9+/]{0,60}[ \n.=]{0,3}){0,6}") {
            let bytes = text.as_bytes();
            let longest = |line: &str| line.split(|c: char| !c.is_ascii() || !is_digit(c as u8)).map(str::len).max().unwrap_or(0);
            let has = text.lines().any(|line| longest(line) >= LEAST);
            proptest::prop_assert_eq!(next_run(bytes, 0).is_some(), has);
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let _ = wrapped(&bytes);
            let _ = wrapped(STANDARD_NO_PAD.encode(&bytes).as_bytes());
            let _ = wrapped(STANDARD_NO_PAD.encode([b"\x1f\x8b\x08\0", &bytes[..]].concat()).as_bytes());
        }
    }
}
