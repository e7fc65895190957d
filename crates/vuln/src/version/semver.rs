//! Semantic versions 2.0.0, read leniently: any number of release components, an optional `v`, build metadata ignored.
//!
//! npm, crates.io, Bitnami, NuGet (which folds case) and Go share this order.

use super::digits::{compare as numbers, is_zero};
use std::cmp::Ordering;

/// Compares two semantic versions. With `fold`, labels are compared without regard to case, as NuGet does.
pub(super) fn compare(a: &str, b: &str, fold: bool) -> Ordering {
    let (a_release, a_label) = split(a);
    let (b_release, b_label) = split(b);
    release(a_release, b_release).then_with(|| match (a_label, b_label) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => labels(a, b, fold),
    })
}

/// The release and the pre-release label, without build metadata.
fn split(text: &str) -> (&str, Option<&str>) {
    let text = text.trim().trim_start_matches('=').trim_start();
    let bare = text.strip_prefix(['v', 'V']).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let text = bare.unwrap_or(text);
    let text = text.split_once('+').map_or(text, |(text, _)| text);
    match text.split_once('-') {
        Some((release, label)) => (release, Some(label)),
        None => (text, None),
    }
}

/// Release components, missing ones being zero. A component that is no number sorts below every number.
fn release(a: &str, b: &str) -> Ordering {
    let mut a = trim(a).split('.');
    let mut b = trim(b).split('.');
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => identifier(a.unwrap_or("0"), b.unwrap_or("0"), false).reverse_kind(),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn trim(release: &str) -> &str {
    let mut release = release;
    while let Some((head, tail)) = release.rsplit_once('.') {
        if tail.is_empty() || !is_zero(tail.as_bytes()) {
            break;
        }
        release = head;
    }
    release
}

fn labels(a: &str, b: &str, fold: bool) -> Ordering {
    let mut a = a.split('.');
    let mut b = b.split('.');
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => identifier(a, b, fold).order(),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// How two identifiers compare, and whether they are of different kinds.
struct Compared {
    order: Ordering,
    mixed: bool,
}

impl Compared {
    /// Numbers before words, as in pre-release labels (SemVer 2.0.0, 11.4.3).
    fn order(self) -> Ordering {
        self.order
    }

    /// Words before numbers: a release that is not numeric is malformed and belongs at the bottom.
    fn reverse_kind(self) -> Ordering {
        if self.mixed { self.order.reverse() } else { self.order }
    }
}

fn identifier(a: &str, b: &str, fold: bool) -> Compared {
    let numeric = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (order, mixed) = match (numeric(a), numeric(b)) {
        (true, true) => (numbers(a.as_bytes(), b.as_bytes()), false),
        (true, false) => (Ordering::Less, true),
        (false, true) => (Ordering::Greater, true),
        (false, false) if fold => {
            (a.bytes().map(|b| b.to_ascii_lowercase()).cmp(b.bytes().map(|b| b.to_ascii_lowercase())), false)
        }
        (false, false) => (a.cmp(b), false),
    };
    Compared { order, mixed }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn orders_as_the_specification_says() {
        let ascending = [
            "0.9.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0",
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (to, b) in ascending.iter().enumerate() {
                assert_eq!(compare(a, b, false), at.cmp(&to), "{a} against {b}");
            }
        }
        assert_eq!(compare("v1.2.3+build", "1.2.3", false), Equal);
        assert_eq!(compare("1.2", "1.2.0", false), Equal);
        assert_eq!(compare("1.0.0-RC1", "1.0.0-rc1", true), Equal);
        assert_eq!(compare("1.0.0-RC1", "1.0.0-rc1", false), Less);
        assert_eq!(compare("4.0.0.1", "4.0.0", true), Greater);
    }
}
