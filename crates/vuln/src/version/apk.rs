//! Alpine versions: `digits{.digits}[letter]{_suffix[digits]}[~commit][-rN]` (`apk-package(5)`).

use super::digits::{compare as numbers, span};
use std::cmp::Ordering;

const BEFORE: [&[u8]; 4] = [b"alpha", b"beta", b"pre", b"rc"];
const AFTER: [&[u8]; 5] = [b"cvs", b"svn", b"git", b"hg", b"p"];

/// A piece of a version; pieces of different kinds at the same place sort in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Before(usize),
    End,
    Revision(&'a [u8]),
    Commit(&'a [u8]),
    SuffixNumber(&'a [u8]),
    After(usize),
    Letter(u8),
    Fraction(&'a [u8]),
    Number(&'a [u8]),
}

/// Compares two apk versions. What does not follow the grammar sorts below what does, and bytewise.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim(), b.trim());
    match (parse(a.as_bytes()), parse(b.as_bytes())) {
        (Some(a), Some(b)) => pieces(&a, &b),
        (None, None) => a.cmp(b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn pieces(a: &[Piece], b: &[Piece]) -> Ordering {
    for at in 0..=a.len().max(b.len()) {
        let a = a.get(at).copied().unwrap_or(Piece::End);
        let b = b.get(at).copied().unwrap_or(Piece::End);
        let order = match (a, b) {
            (Piece::Number(a), Piece::Number(b))
            | (Piece::Revision(a), Piece::Revision(b))
            | (Piece::SuffixNumber(a), Piece::SuffixNumber(b)) => numbers(a, b),
            (Piece::Fraction(a), Piece::Fraction(b)) => fraction(a, b),
            (Piece::Commit(a), Piece::Commit(b)) => a.cmp(b),
            (Piece::Letter(a), Piece::Letter(b)) => a.cmp(&b),
            (Piece::Before(a), Piece::Before(b)) | (Piece::After(a), Piece::After(b)) => a.cmp(&b),
            (a, b) => rank(a).cmp(&rank(b)),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// A later component with a leading zero is compared as text, as digits after a decimal point are.
fn fraction(a: &[u8], b: &[u8]) -> Ordering {
    if a.first() == Some(&b'0') || b.first() == Some(&b'0') { a.cmp(b) } else { numbers(a, b) }
}

fn rank(piece: Piece) -> u8 {
    match piece {
        Piece::Before(_) => 0,
        Piece::End => 1,
        Piece::Revision(_) => 2,
        Piece::Commit(_) => 3,
        Piece::SuffixNumber(_) => 4,
        Piece::After(_) => 5,
        Piece::Letter(_) => 6,
        Piece::Fraction(_) => 7,
        Piece::Number(_) => 8,
    }
}

fn parse(text: &[u8]) -> Option<Vec<Piece<'_>>> {
    let (first, mut rest) = span(text, |byte| byte.is_ascii_digit());
    if first.is_empty() {
        return None;
    }
    let mut pieces = vec![Piece::Number(first)];
    while let Some((b'.', tail)) = rest.split_first() {
        let (digits, tail) = span(tail, |byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return None;
        }
        pieces.push(Piece::Fraction(digits));
        rest = tail;
    }
    if let Some((letter, tail)) = rest.split_first().filter(|(byte, _)| byte.is_ascii_lowercase()) {
        pieces.push(Piece::Letter(*letter));
        rest = tail;
    }
    while let Some((b'_', tail)) = rest.split_first() {
        let (name, tail) = span(tail, |byte| byte.is_ascii_lowercase());
        let before = BEFORE.iter().position(|known| *known == name).map(Piece::Before);
        pieces.push(before.or_else(|| AFTER.iter().position(|known| *known == name).map(Piece::After))?);
        let (digits, tail) = span(tail, |byte| byte.is_ascii_digit());
        if !digits.is_empty() {
            pieces.push(Piece::SuffixNumber(digits));
        }
        rest = tail;
    }
    if let Some((b'~', tail)) = rest.split_first() {
        let (commit, tail) = span(tail, |byte| byte.is_ascii_hexdigit());
        pieces.push(Piece::Commit(commit));
        rest = tail;
    }
    if let Some(tail) = rest.strip_prefix(b"-r") {
        let (digits, tail) = span(tail, |byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return None;
        }
        pieces.push(Piece::Revision(digits));
        rest = tail;
    }
    rest.is_empty().then_some(pieces)
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn orders_as_apk_does() {
        for (a, b, expected) in [
            ("2.34", "0.1.0_alpha", Greater),
            ("0.1.0_alpha", "0.1.0_alpha", Equal),
            ("0.1.0_alpha", "0.1.3_alpha", Less),
            ("0.1.0_alpha2", "0.1.0_alpha", Greater),
            ("22.7.3-r1", "22.7.3-r0", Greater),
            ("1.2.10-r1", "1.2.9-r5", Greater),
            ("1.0_rc1", "1.0", Less),
            ("1.0_p1", "1.0", Greater),
            ("1.0_beta", "1.0_rc", Less),
            ("1.0a", "1.0", Greater),
            ("1.0a", "1.0.1", Less),
            ("1.0.01", "1.0.1", Less),
            ("1.0.09", "1.0.10", Less),
            ("3.0.8-r0", "3.0.8", Greater),
            ("1.1.1w-r0", "1.1.1v-r10", Greater),
            ("1.0_git20200101", "1.0", Greater),
            ("1.0", "not a version", Greater),
            ("1.2_unknown", "1.2", Less),
        ] {
            assert_eq!(compare(a, b), expected, "{a} against {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} against {a}");
        }
    }
}
