//! RubyGems versions (`Gem::Version`): segments of digits or letters; letters mean a pre-release.

use super::digits::{compare as numbers, is_zero, span};
use std::{borrow::Cow, cmp::Ordering};

/// Compares two gem versions. A hyphen reads as `.pre.`.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (canonical(a), canonical(b));
    let (a, b) = (segments(a.as_bytes()), segments(b.as_bytes()));
    for at in 0..a.len().max(b.len()) {
        let order = match (segment(&a, at), segment(&b, at)) {
            (a, b) if word(a) && word(b) => a.cmp(b),
            (a, b) if word(a) || word(b) => word(b).cmp(&word(a)),
            (a, b) => numbers(a, b),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn canonical(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.contains('-') { Cow::Owned(text.replace('-', ".pre.")) } else { Cow::Borrowed(text) }
}

/// Splits into runs, dropping zeros before the first word and at the end, which carry no order.
fn segments(mut text: &[u8]) -> Vec<&[u8]> {
    let mut segments: Vec<&[u8]> = Vec::new();
    let mut numeric = true;
    while let Some(&byte) = text.first() {
        let (run, rest) = if byte.is_ascii_digit() {
            span(text, |byte| byte.is_ascii_digit())
        } else if byte.is_ascii_alphabetic() {
            if numeric {
                drop_zeros(&mut segments);
                numeric = false;
            }
            span(text, |byte| byte.is_ascii_alphabetic())
        } else {
            text = &text[1..];
            continue;
        };
        segments.push(run);
        text = rest;
    }
    drop_zeros(&mut segments);
    segments
}

fn drop_zeros(segments: &mut Vec<&[u8]>) {
    while segments.last().is_some_and(|last| is_zero(last)) {
        segments.pop();
    }
}

fn segment<'a>(segments: &[&'a [u8]], at: usize) -> &'a [u8] {
    segments.get(at).copied().unwrap_or(b"0")
}

fn word(segment: &[u8]) -> bool {
    !segment[0].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn orders_as_rubygems_does() {
        for (a, b, expected) in [
            ("1.0", "1", Equal),
            ("1.8.2", "0.0.0", Greater),
            ("1.8.2", "1.8.2.a", Greater),
            ("1.8.2.b", "1.8.2.a", Greater),
            ("1.8.2.a10", "1.8.2.a9", Greater),
            ("", "0", Equal),
            ("0.beta.1", "0.0.beta.1", Equal),
            ("0.0.beta", "0.0.beta.1", Less),
            ("5.x", "5.0.0.rc2", Greater),
            ("1.9.3", "1.9.2.99", Greater),
            ("1-1", "1.pre.1", Equal),
            ("6.0.3.1", "6.0.3", Greater),
        ] {
            assert_eq!(compare(a, b), expected, "{a} against {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} against {a}");
        }
    }
}
