//! Maven versions (POM reference, "Version Order Specification").
//!
//! Tokens split at `.`, `-`, `_` and between digits and letters; trailing tokens that mean nothing (`0`, `ga`, `final`,
//! `release`) are dropped before each hyphen and at the end. Maven's own comparison has cycles when zeros stand before a
//! qualifier (`1.0.alpha`); dropping those zeros too makes the order total and changes nothing else.

use super::digits::{compare as numbers, is_zero, span};
use std::cmp::Ordering;

/// Compares two Maven versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let a = a.trim().to_ascii_lowercase();
    let b = b.trim().to_ascii_lowercase();
    let (a, b) = (tokens(a.as_bytes()), tokens(b.as_bytes()));
    for at in 0..a.len().max(b.len()) {
        let order = match (a.get(at), b.get(at)) {
            (Some(a), Some(b)) => a.compare(b),
            (Some(a), None) => a.against_end(),
            (None, Some(b)) => b.against_end().reverse(),
            (None, None) => Ordering::Equal,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

#[derive(Debug)]
enum Token<'a> {
    Qualifier(Rank, &'a [u8]),
    /// After a hyphen, or after letters.
    Dashed(&'a [u8]),
    /// After a dot.
    Dotted(&'a [u8]),
}

/// The order of qualifiers; the release itself stands between `Snapshot` and `ServicePack`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
    Release,
    ServicePack,
    Other,
}

impl Token<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Qualifier(a, a_text), Self::Qualifier(b, b_text)) => {
                a.cmp(b).then_with(|| if *a == Rank::Other { a_text.cmp(b_text) } else { Ordering::Equal })
            }
            (Self::Dashed(a), Self::Dashed(b)) | (Self::Dotted(a), Self::Dotted(b)) => numbers(a, b),
            _ => self.kind().cmp(&other.kind()),
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Qualifier(..) => 0,
            Self::Dashed(_) => 1,
            Self::Dotted(_) => 2,
        }
    }

    fn against_end(&self) -> Ordering {
        match self {
            Self::Qualifier(rank, _) => rank.cmp(&Rank::Release),
            Self::Dashed(_) | Self::Dotted(_) => Ordering::Greater,
        }
    }

    fn is_nothing(&self) -> bool {
        match self {
            Self::Qualifier(rank, _) => *rank == Rank::Release,
            Self::Dashed(digits) | Self::Dotted(digits) => is_zero(digits),
        }
    }
}

fn tokens(mut text: &[u8]) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut dashed = false;
    let mut first = true;
    loop {
        let (word, rest) = match text.first() {
            Some(byte) if byte.is_ascii_digit() => span(text, |byte| byte.is_ascii_digit()),
            _ => span(text, |byte| !byte.is_ascii_digit() && !matches!(byte, b'.' | b'-' | b'_')),
        };
        let number = word.first().is_none_or(u8::is_ascii_digit);
        if !first && (dashed || !number) {
            drop_nothing(&mut tokens);
        }
        let followed_by_digit = rest.first().is_some_and(u8::is_ascii_digit);
        tokens.push(match (number, dashed) {
            (true, true) => Token::Dashed(word),
            (true, false) => Token::Dotted(word),
            (false, _) => Token::Qualifier(rank(word, followed_by_digit), word),
        });
        first = false;
        match rest.split_first() {
            None => break,
            Some((b'.', tail)) => (dashed, text) = (false, tail),
            Some((b'-' | b'_', tail)) => (dashed, text) = (true, tail),
            // A change between digits and letters acts as a hyphen.
            Some(_) => (dashed, text) = (true, rest),
        }
    }
    drop_nothing(&mut tokens);
    tokens
}

fn drop_nothing(tokens: &mut Vec<Token>) {
    while tokens.last().is_some_and(Token::is_nothing) {
        tokens.pop();
    }
}

fn rank(word: &[u8], followed_by_digit: bool) -> Rank {
    match word {
        b"a" if followed_by_digit => Rank::Alpha,
        b"b" if followed_by_digit => Rank::Beta,
        b"m" if followed_by_digit => Rank::Milestone,
        b"alpha" => Rank::Alpha,
        b"beta" => Rank::Beta,
        b"milestone" => Rank::Milestone,
        b"rc" | b"cr" => Rank::Candidate,
        b"snapshot" => Rank::Snapshot,
        b"" | b"ga" | b"final" | b"release" => Rank::Release,
        b"sp" => Rank::ServicePack,
        _ => Rank::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Less};

    #[test]
    fn orders_as_the_reference_says() {
        let ascending = [
            "1-alpha2snapshot",
            "1-alpha2",
            "1-alpha-123",
            "1-beta-2",
            "1-beta123",
            "1-m2",
            "1-m11",
            "1-rc",
            "1-rc2",
            "1-rc123",
            "1-snapshot",
            "1",
            "1-sp",
            "1-sp2",
            "1-abc",
            "1-def",
            "1-pom-1",
            "1-1-snapshot",
            "1-1",
            "1-2",
            "1-123",
            "1.1",
            "2-1",
        ];
        for (at, a) in ascending.iter().enumerate() {
            for b in &ascending[at + 1..] {
                assert_eq!(compare(a, b), Less, "{a} against {b}");
                assert_eq!(compare(b, a), Less.reverse(), "{b} against {a}");
            }
        }
    }

    #[test]
    fn folds_what_means_nothing() {
        for (a, b) in [
            ("1", "1.0"),
            ("1", "1.0.0"),
            ("1-0", "1"),
            ("1.ga", "1"),
            ("1-final", "1"),
            ("1.0.Final", "1"),
            ("1.RELEASE", "1"),
            ("1x", "1-x"),
            ("1a1", "1-alpha-1"),
            ("1cr", "1rc"),
            ("1.0.0-x", "1-x"),
            ("2.0.SNAPSHOT", "2-snapshot"),
            ("1_1", "1-1"),
        ] {
            assert_eq!(compare(a, b), Equal, "{a} against {b}");
        }
        assert_eq!(compare("2.0-beta9", "2.0"), Less);
        assert_eq!(compare("2.9.10.7", "2.9.10.8"), Less);
        assert_eq!(compare("31.1-android", "31.1-jre"), Less);
    }
}
