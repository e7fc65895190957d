//! The order of Debian versions (Debian policy 5.6.12, `deb-version(7)`).

use std::cmp::Ordering;

/// Compares two versions, `[epoch:]upstream[-revision]`. Total on all texts: what is no valid version has a place too.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a_epoch, a) = split_epoch(a);
    let (b_epoch, b) = split_epoch(b);
    let (a_upstream, a_revision) = a.rsplit_once('-').unwrap_or((a, ""));
    let (b_upstream, b_revision) = b.rsplit_once('-').unwrap_or((b, ""));
    compare_digits(a_epoch.as_bytes(), b_epoch.as_bytes())
        .then_with(|| compare_part(a_upstream.as_bytes(), b_upstream.as_bytes()))
        .then_with(|| compare_part(a_revision.as_bytes(), b_revision.as_bytes()))
}

fn split_epoch(version: &str) -> (&str, &str) {
    match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    }
}

fn compare_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (a_text, a_rest) = split(a, |byte| !byte.is_ascii_digit());
        let (b_text, b_rest) = split(b, |byte| !byte.is_ascii_digit());
        let text = compare_text(a_text, b_text);
        let (a_digits, a_rest) = split(a_rest, |byte| byte.is_ascii_digit());
        let (b_digits, b_rest) = split(b_rest, |byte| byte.is_ascii_digit());
        let order = text.then_with(|| compare_digits(a_digits, b_digits));
        if order.is_ne() || (a_rest.is_empty() && b_rest.is_empty()) {
            return order;
        }
        (a, b) = (a_rest, b_rest);
    }
}

fn split(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !belongs(*byte)).unwrap_or(bytes.len());
    bytes.split_at(end)
}

/// Letters before everything else but `~`, which is before the end.
fn weight(byte: Option<&u8>) -> i32 {
    match byte {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    }
}

fn compare_text(a: &[u8], b: &[u8]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|at| weight(a.get(at)).cmp(&weight(b.get(at))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_digits(a: &[u8], b: &[u8]) -> Ordering {
    let (_, a) = split(a, |byte| byte == b'0');
    let (_, b) = split(b, |byte| byte == b'0');
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_orders() {
        let ascending = [
            "~~",
            "~~a",
            "~",
            "",
            "0.9",
            "1.0~beta1~svn1245",
            "1.0~beta1",
            "1.0",
            "1.0-1",
            "1.0-1+deb12u1",
            "1.0-1.1",
            "1.0-2",
            "1.0.1",
            "1.0a",
            "1.0+b",
            "1.9",
            "1.10",
            "1:0.1",
            "2:0",
        ];
        // "1.0a" against "1.0.1": letters sort before non-letters.
        let mut sorted = ascending.to_vec();
        sorted.sort_by(|a, b| compare(a, b));
        let place = |text: &str| sorted.iter().position(|other| *other == text).unwrap();
        assert!(place("~~") < place("~~a") && place("~~a") < place("~") && place("~") < place(""));
        assert!(place("1.0~beta1~svn1245") < place("1.0~beta1") && place("1.0~beta1") < place("1.0"));
        assert!(place("1.0-1") < place("1.0-1+deb12u1") && place("1.0-1+deb12u1") < place("1.0-1.1"));
        assert!(place("1.0a") < place("1.0+b") && place("1.9") < place("1.10"));
        assert!(place("1.10") < place("1:0.1") && place("1:0.1") < place("2:0"));
        for (a, b) in [("1.0", "1.00"), ("0:1", "1"), ("1-0", "1"), ("1.0-", "1.0")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn it_is_a_total_order(a in "[0-9a-z.~+:-]{0,12}", b in "[0-9a-z.~+:-]{0,12}", c in "[0-9a-z.~+:-]{0,12}") {
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }
    }
}
