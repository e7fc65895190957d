//! Versions of software that follows no packaging system: runs of digits and letters, separators without meaning.
//!
//! Used for what was found by binary evidence. `1.1.1w` is after `1.1.1`, `1.0-rc1` and `1.0-beta` are before `1.0`.

use super::digits::{compare as numbers, is_zero, span};
use std::cmp::Ordering;

/// Compares two versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let a = a.trim().to_ascii_lowercase();
    let b = b.trim().to_ascii_lowercase();
    let (a, b) = (pieces(a.as_bytes()), pieces(b.as_bytes()));
    for at in 0..a.len().max(b.len()) {
        let (a, b) = (a.get(at).copied(), b.get(at).copied());
        let order = match (a, b) {
            (Some(a), Some(b)) if rank(Some(a)) == 3 && rank(Some(b)) == 3 => numbers(a, b),
            (Some(a), Some(b)) if rank(Some(a)) == rank(Some(b)) => a.cmp(b),
            (a, b) => rank(a).cmp(&rank(b)),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Pre-release words, the end, other letters, numbers: in this order at the same place.
fn rank(piece: Option<&[u8]>) -> u8 {
    match piece {
        Some(b"alpha" | b"beta" | b"pre" | b"preview" | b"rc" | b"dev" | b"ea" | b"snapshot") => 0,
        None => 1,
        Some(piece) if !piece[0].is_ascii_digit() => 2,
        Some(_) => 3,
    }
}

fn pieces(mut text: &[u8]) -> Vec<&[u8]> {
    if let [b'v', next, ..] = text
        && next.is_ascii_digit()
    {
        text = &text[1..];
    }
    let mut pieces: Vec<&[u8]> = Vec::new();
    while let Some(&byte) = text.first() {
        let (run, rest) = if byte.is_ascii_digit() {
            span(text, |byte| byte.is_ascii_digit())
        } else if byte.is_ascii_alphabetic() {
            drop_zeros(&mut pieces);
            span(text, |byte| byte.is_ascii_alphabetic())
        } else {
            text = &text[1..];
            continue;
        };
        pieces.push(run);
        text = rest;
    }
    drop_zeros(&mut pieces);
    pieces
}

fn drop_zeros(pieces: &mut Vec<&[u8]>) {
    while pieces.last().is_some_and(|last| is_zero(last)) {
        pieces.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn orders_what_programs_call_themselves() {
        for (a, b, expected) in [
            ("1.1.1w", "1.1.1", Greater),
            ("1.1.1w", "1.1.1v", Greater),
            ("1.0.2zg", "1.1.0", Less),
            ("3.13.0rc1", "3.13.0", Less),
            ("1.25.0", "1.9.9", Greater),
            ("1.8.0_412", "1.8.0_402", Greater),
            ("17.0.9+9", "17.0.10", Less),
            ("8.0", "8.0.0", Equal),
            ("v22.1.0", "22.1", Equal),
            ("2.4.58-beta", "2.4.58", Less),
        ] {
            assert_eq!(compare(a, b), expected, "{a} against {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} against {a}");
        }
    }
}
