//! Debian versions: `[epoch:]upstream[-revision]` (Debian Policy 5.6.12, `deb-version(7)`).

use super::digits::{compare as numbers, span};
use std::cmp::Ordering;

/// Compares two Debian versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a_epoch, a_upstream, a_revision) = split(a.trim().as_bytes());
    let (b_epoch, b_upstream, b_revision) = split(b.trim().as_bytes());
    numbers(a_epoch, b_epoch)
        .then_with(|| part(a_upstream, b_upstream))
        .then_with(|| part(a_revision, b_revision))
}

/// Epoch, upstream version and revision; an absent epoch or revision is empty, which compares as `0`.
fn split(version: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (digits, rest) = span(version, |byte| byte.is_ascii_digit());
    let (epoch, rest) = match rest.split_first() {
        Some((b':', rest)) if !digits.is_empty() => (digits, rest),
        _ => (&version[..0], version),
    };
    match rest.iter().rposition(|&byte| byte == b'-') {
        Some(at) => (epoch, &rest[..at], &rest[at + 1..]),
        None => (epoch, rest, &rest[rest.len()..]),
    }
}

fn part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (a_text, a_rest) = span(a, |byte| !byte.is_ascii_digit());
        let (b_text, b_rest) = span(b, |byte| !byte.is_ascii_digit());
        let text = text(a_text, b_text);
        if text.is_ne() {
            return text;
        }
        let (a_number, a_rest) = span(a_rest, |byte| byte.is_ascii_digit());
        let (b_number, b_rest) = span(b_rest, |byte| byte.is_ascii_digit());
        let number = numbers(a_number, b_number);
        if number.is_ne() {
            return number;
        }
        (a, b) = (a_rest, b_rest);
    }
    Ordering::Equal
}

/// `~` sorts before the end, the end before letters, letters before everything else.
fn text(a: &[u8], b: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        None => 0,
        Some(b'~') => -1,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    };
    (0..a.len().max(b.len()))
        .map(|at| weight(a.get(at)).cmp(&weight(b.get(at))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn orders_as_policy_says() {
        for (a, b, expected) in [
            ("1.0", "1.0-0", Equal),
            ("0:1.0", "1.0", Equal),
            ("1:0.1", "9.9", Greater),
            ("1.0~rc1-1", "1.0-1", Less),
            ("1.0~~", "1.0~~a", Less),
            ("1.0~~a", "1.0~", Less),
            ("1.0~", "1.0", Less),
            ("1.0", "1.0a", Less),
            ("1.0a", "1.0+b1", Less),
            ("3.0.15-1~deb12u1", "3.0.15-1", Less),
            ("2.36-9+deb12u10", "2.36-9+deb12u9", Greater),
            ("1.2.3-1+b2", "1.2.3-1", Greater),
            ("1:1.3.dfsg-2", "1:1.2.13.dfsg-1", Greater),
            ("7.6+20010101", "7.6p2-4", Greater),
            ("1.0-1-2", "1.0-1-10", Less),
            ("00001", "1", Equal),
            ("18446744073709551616", "18446744073709551615", Greater),
        ] {
            assert_eq!(compare(a, b), expected, "{a} against {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} against {a}");
        }
    }
}
