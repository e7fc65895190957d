//! Comparison of decimal numbers as text, so that no version can overflow an integer.

use std::cmp::Ordering;

/// Compares two runs of ASCII digits by value. Leading zeros do not count; an empty run is zero.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let a = strip_zeros(a);
    let b = strip_zeros(b);
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Whether the run is all zeros (or empty).
pub(super) fn is_zero(digits: &[u8]) -> bool {
    digits.iter().all(|&byte| byte == b'0')
}

/// Splits off the leading bytes that satisfy `test`.
pub(super) fn span(text: &[u8], test: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&byte| !test(byte)).unwrap_or(text.len());
    text.split_at(end)
}

fn strip_zeros(digits: &[u8]) -> &[u8] {
    let start = digits.iter().position(|&byte| byte != b'0').unwrap_or(digits.len());
    &digits[start..]
}
