//! What a pattern of a provider is: a prefix, an alphabet, a length, and a checksum where the provider has one.

use super::checks::{always, ends_word};

/// One pattern.
pub(crate) struct Pattern {
    pub(crate) what: &'static str,
    /// At least two bytes.
    pub(crate) prefix: &'static str,
    pub(crate) alphabet: Alphabet,
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// Whether the prefix must not stand inside a longer word.
    pub(crate) word: bool,
    /// Prefix, body and what follows: whether it is one.
    pub(crate) check: fn(&str, &str, &[u8]) -> bool,
    /// For a prefix that stands inside a token: how many bytes before it belong to it; 0 when it is none.
    pub(crate) before: Option<fn(&[u8]) -> usize>,
}

/// Which bytes a body may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Base32,
    Alnum,
    /// Letters, digits, `_`, `-`.
    Url,
    /// Letters, digits, `_`, `-`, `.`, `=`, `~`.
    Dotted,
    Base64,
    Hex,
    /// What may stand between `://` and a host.
    Authority,
    /// The rest of a PEM line and the key's first lines.
    Pem,
    Upper32,
    /// The path of a URL: letters, digits, `_`, `-`, `/`, `@`.
    Path,
}

impl Alphabet {
    pub(crate) const fn has(self, byte: u8) -> bool {
        match self {
            Self::Base32 => byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7'),
            Self::Upper32 => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=' | b'~'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Path => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'@'),
            Self::Authority => {
                byte.is_ascii_graphic()
                    && !matches!(
                        byte,
                        b'/' | b'"'
                            | b'\''
                            | b'<'
                            | b'>'
                            | b'`'
                            | b'@'
                            | b'\\'
                            | b','
                            | b';'
                            | b'('
                            | b')'
                            | b'|'
                    )
            }
            Self::Pem => {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b' ' | b'-' | b'\n' | b'\r' | b'\\' | b'+' | b'/' | b'=' | b':' | b',')
            }
        }
    }
}

/// A prefix that begins a word, and so many letters.
pub(super) const fn token(
    what: &'static str,
    prefix: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
) -> Pattern {
    Pattern { what, prefix, alphabet, least, most, word: true, check: always, before: None }
}

/// A mark inside a token, and what stands before it.
pub(super) const fn marked(
    what: &'static str,
    mark: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
    before: fn(&[u8]) -> usize,
) -> Pattern {
    Pattern { what, prefix: mark, alphabet, least, most, word: false, check: ends_word, before: Some(before) }
}

/// The same, when a further check holds.
pub(super) const fn checked(pattern: Pattern, check: fn(&str, &str, &[u8]) -> bool) -> Pattern {
    Pattern { check, ..pattern }
}
