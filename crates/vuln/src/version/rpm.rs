//! RPM versions: `[epoch:]version[-release]`, each part compared as `rpmvercmp` does (`rpm-version(7)`).

use super::digits::{compare as numbers, span};
use std::cmp::Ordering;

/// Compares two RPM versions. A missing epoch is zero; a missing release comes before every release.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a_epoch, a_version, a_release) = split(a.trim());
    let (b_epoch, b_version, b_release) = split(b.trim());
    numbers(a_epoch.unwrap_or_default().as_bytes(), b_epoch.unwrap_or_default().as_bytes())
        .then_with(|| part(a_version.as_bytes(), b_version.as_bytes()))
        .then_with(|| match (a_release, b_release) {
            (Some(a), Some(b)) => part(a.as_bytes(), b.as_bytes()),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
}

/// Epoch, version and release of an RPM version.
pub(super) fn split(text: &str) -> (Option<&str>, &str, Option<&str>) {
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()) => {
            (Some(epoch), rest)
        }
        _ => (None, text),
    };
    match rest.rsplit_once('-') {
        Some((version, release)) => (epoch, version, Some(release)),
        None => (epoch, rest, None),
    }
}

/// A piece of a version, in the order in which pieces of different kinds sort at the same place.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Tilde,
    End,
    Caret,
    Letters(&'a [u8]),
    Number(&'a [u8]),
}

impl Piece<'_> {
    fn rank(&self) -> u8 {
        match self {
            Self::Tilde => 0,
            Self::End => 1,
            Self::Caret => 2,
            Self::Letters(_) => 3,
            Self::Number(_) => 4,
        }
    }
}

fn part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (a_piece, a_rest) = next(a);
        let (b_piece, b_rest) = next(b);
        let order = match (&a_piece, &b_piece) {
            (Piece::Number(a), Piece::Number(b)) => numbers(a, b),
            (Piece::Letters(a), Piece::Letters(b)) => a.cmp(b),
            _ => a_piece.rank().cmp(&b_piece.rank()),
        };
        if order.is_ne() || a_piece == Piece::End {
            return order;
        }
        (a, b) = (a_rest, b_rest);
    }
}

fn next(text: &[u8]) -> (Piece<'_>, &[u8]) {
    let (_, text) = span(text, |byte| !byte.is_ascii_alphanumeric() && byte != b'~' && byte != b'^');
    match text.first() {
        None => (Piece::End, text),
        Some(b'~') => (Piece::Tilde, &text[1..]),
        Some(b'^') => (Piece::Caret, &text[1..]),
        Some(byte) if byte.is_ascii_digit() => {
            let (number, rest) = span(text, |byte| byte.is_ascii_digit());
            (Piece::Number(number), rest)
        }
        Some(_) => {
            let (letters, rest) = span(text, |byte| byte.is_ascii_alphabetic());
            (Piece::Letters(letters), rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn orders_as_rpmvercmp() {
        for (a, b, expected) in [
            ("1.0", "1.0", Equal),
            ("1.0", "2.0", Less),
            ("2.0.1a", "2.0.1", Greater),
            ("5.5p1", "5.5p10", Less),
            ("10xyz", "10.1xyz", Less),
            ("xyz10", "xyz10.1", Less),
            ("xyz.4", "8", Less),
            ("1.0010", "1.9", Greater),
            ("1.05", "1.5", Equal),
            ("4.999.9", "5.0", Less),
            ("20101121", "20101122", Less),
            ("2_0", "2.0", Equal),
            ("a+", "a_", Equal),
            ("1.0~rc1", "1.0", Less),
            ("1.0~rc1~git123", "1.0~rc1", Less),
            ("1.0^", "1.0", Greater),
            ("1.0^git1", "1.0.1", Less),
            ("1.0^20160101", "1.0^20160102", Less),
            ("1.0~rc1^git1", "1.0~rc1", Greater),
            ("1.0^git1~pre", "1.0^git1", Less),
            ("1:1.0-1", "2.0-1", Greater),
            ("0:1.0-1", "1.0-1", Equal),
            ("3.0.7-6.el9_2", "3.0.7-24.el9", Less),
            ("1.0", "1.0-1", Less),
        ] {
            assert_eq!(compare(a, b), expected, "{a} against {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} against {a}");
        }
    }
}
