//! Composer versions: four numeric components, then stability (`dev` < `alpha` < `beta` < `RC` < stable < `patch`).

use super::digits::{compare as numbers, is_zero, span};
use std::cmp::Ordering;

/// Compares two Composer versions. Branch names (`dev-main`) sort below every release.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let a = a.trim().to_ascii_lowercase();
    let b = b.trim().to_ascii_lowercase();
    match (parse(a.as_bytes()), parse(b.as_bytes())) {
        (Some(a), Some(b)) => release(&a.0, &b.0).then_with(|| suffixes(&a.1, &b.1)),
        (None, None) => a.cmp(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// A word of the suffix with its number, in the order of stability.
type Suffix<'a> = (u8, &'a [u8], &'a [u8]);

const STABLE: Suffix<'static> = (4, b"", b"");

fn release(a: &[&[u8]], b: &[&[u8]]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|at| numbers(a.get(at).copied().unwrap_or(b"0"), b.get(at).copied().unwrap_or(b"0")))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn suffixes(a: &[Suffix], b: &[Suffix]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|at| {
            let a = a.get(at).copied().unwrap_or(STABLE);
            let b = b.get(at).copied().unwrap_or(STABLE);
            a.0.cmp(&b.0)
                .then_with(|| if a.0 == 0 { a.1.cmp(b.1) } else { Ordering::Equal })
                .then_with(|| numbers(a.2, b.2))
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn parse(text: &[u8]) -> Option<(Vec<&[u8]>, Vec<Suffix<'_>>)> {
    let text = text.split(|&byte| byte == b'+').next().unwrap_or_default();
    let mut rest = text.strip_prefix(b"v").unwrap_or(text);
    let mut release = Vec::new();
    loop {
        let (digits, tail) = span(rest, |byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return None;
        }
        release.push(digits);
        rest = tail;
        match tail {
            [b'.', next, ..] if next.is_ascii_digit() => rest = &tail[1..],
            _ => break,
        }
    }
    while release.last().is_some_and(|last| is_zero(last)) {
        release.pop();
    }
    let mut suffix = Vec::new();
    loop {
        (_, rest) = span(rest, |byte| !byte.is_ascii_alphanumeric());
        if rest.is_empty() {
            break;
        }
        let (word, tail) = span(rest, |byte| byte.is_ascii_alphabetic());
        let (_, tail) =
            if word.is_empty() { (&word[..0], tail) } else { span(tail, |byte| matches!(byte, b'.' | b'-')) };
        let (number, tail) = span(tail, |byte| byte.is_ascii_digit());
        suffix.push((stability(word), word, number));
        rest = tail;
    }
    // `1.0-stable` is `1.0`.
    while suffix.last().is_some_and(|last| last.0 == STABLE.0 && is_zero(last.2)) {
        suffix.pop();
    }
    Some((release, suffix))
}

fn stability(word: &[u8]) -> u8 {
    match word {
        b"a" | b"alpha" => 1,
        b"b" | b"beta" => 2,
        b"rc" | b"c" => 3,
        b"" | b"stable" => 4,
        b"p" | b"pl" | b"patch" => 5,
        // `dev`, and what Composer does not know.
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn orders_as_composer_does() {
        for (a, b, expected) in [
            ("1.0", "1.0.0.0", Equal),
            ("v1.0", "1.0", Equal),
            ("1.0-dev", "1.0-alpha1", Less),
            ("1.0-alpha1", "1.0-beta1", Less),
            ("1.0beta2", "1.0-beta10", Less),
            ("1.0-beta1", "1.0RC1", Less),
            ("1.0-RC1", "1.0", Less),
            ("1.0-patch1", "1.0", Greater),
            ("1.0.0pl2", "1.0.0-p2", Equal),
            ("1.0.1", "1.0-patch5", Greater),
            ("dev-main", "0.0.1", Less),
            ("1.0-stable", "1.0", Equal),
            ("1.0+build", "1.0", Equal),
        ] {
            assert_eq!(compare(a, b), expected, "{a} against {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} against {a}");
        }
    }
}
