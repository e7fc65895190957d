//! Go versions: semantic versions with a `v`, pseudo-versions, `+incompatible`, and toolchain names such as `go1.22rc1`.
//!
//! A pseudo-version (`v0.0.0-20240101000000-abcdef123456`) is a semantic pre-release by construction (Go Modules
//! Reference, "Pseudo-versions"), so it needs no rule of its own here.

use super::{digits::span, semver};
use std::{borrow::Cow, cmp::Ordering};

/// Compares two Go module or toolchain versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    semver::compare(&canonical(a), &canonical(b), false)
}

/// Rewrites the toolchain's `go1.22rc1` as the semantic `1.22-rc.1`; other text stays.
fn canonical(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    // `go version` prints the experiments after the version, as in `go1.22.1 X:boringcrypto`.
    let text = text.split_once(' ').map_or(text, |(version, _)| version);
    let bare =
        text.strip_prefix("go").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(text);
    let (release, rest) = span(bare.as_bytes(), |byte| byte.is_ascii_digit() || byte == b'.');
    let (word, number) = span(rest, |byte| byte.is_ascii_lowercase());
    let known = matches!(word, b"alpha" | b"beta" | b"rc");
    if known && !number.is_empty() && number.iter().all(u8::is_ascii_digit) {
        let at = release.len();
        return Cow::Owned(format!(
            "{}-{}.{}",
            &bare[..at],
            &bare[at..at + word.len()],
            &bare[at + word.len()..]
        ));
    }
    Cow::Borrowed(bare)
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Less};

    #[test]
    fn orders_modules_and_toolchains() {
        for (a, b, expected) in [
            ("v0.0.0-20190101000000-aaaaaaaaaaaa", "v0.0.0-20200101000000-000000000000", Less),
            ("v1.2.3-0.20190101000000-aaaaaaaaaaaa", "v1.2.3", Less),
            ("v1.2.2", "v1.2.3-0.20190101000000-aaaaaaaaaaaa", Less),
            ("v2.0.0+incompatible", "2.0.0", Equal),
            ("go1.21", "1.21.0", Equal),
            ("go1.22rc1", "go1.22rc2", Less),
            ("go1.22rc2", "go1.22.0", Less),
            ("1.22.0-0", "go1.22rc1", Less),
            ("go1.22beta1", "go1.22rc1", Less),
            ("go1.22.1 X:boringcrypto", "1.22.1", Equal),
        ] {
            assert_eq!(compare(a, b), expected, "{a} against {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} against {a}");
        }
    }
}
