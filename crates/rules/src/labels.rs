//! What the values of labels must look like.

use std::str::FromStr;

/// What a label holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelKind {
    /// Anything but nothing.
    Text,
    /// An address.
    Url,
    /// An SPDX expression (SPDX 2.3, annex D).
    Spdx,
    /// The identifier of a git commit, whole or shortened.
    Hash,
    /// A date and time of RFC 3339.
    Rfc3339,
    /// A version of Semantic Versioning 2.0.0.
    Semver,
    /// An address of RFC 5322 (`addr-spec`, unquoted).
    Email,
}

impl LabelKind {
    /// Every one with the name that it has in configurations.
    pub const ALL: [(&'static str, Self); 7] = [
        ("text", Self::Text),
        ("url", Self::Url),
        ("spdx", Self::Spdx),
        ("hash", Self::Hash),
        ("rfc3339", Self::Rfc3339),
        ("semver", Self::Semver),
        ("email", Self::Email),
    ];

    /// What is wrong with a value: the end of a sentence that begins with the label's name.
    pub(crate) fn wrong(self, value: &str) -> Option<&'static str> {
        if value.trim().is_empty() {
            return Some("is empty");
        }
        let (is_right, wrong) = match self {
            Self::Text => return None,
            Self::Url => (is_link(value), "is no address with its scheme, such as https://example.com/app"),
            Self::Spdx => (is_licence_expression(value), "is no SPDX expression, such as Apache-2.0 OR MIT"),
            Self::Hash => (is_commit(value), "is no identifier of a git commit, of 7 to 40 or 64 digits"),
            Self::Rfc3339 => (is_date(value), "is no date of RFC 3339, such as 2026-11-21T09:30:00Z"),
            Self::Semver => {
                (is_version(value), "is no version of Semantic Versioning, such as 1.4.0-rc.1+build.7")
            }
            Self::Email => (is_email(value), "is no mail address, such as team@example.com"),
        };
        (!is_right).then_some(wrong)
    }
}

impl FromStr for LabelKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| kind).ok_or_else(|| {
            let names = Self::ALL.map(|(name, _)| name).join(", ");
            format!("{name} is no kind of label; known are {names}")
        })
    }
}

/// `2026-11-21T09:30:00Z`, with fractions of seconds and another offset where they are said.
fn is_date(value: &str) -> bool {
    let pattern = |text: &str, shape: &str| {
        let fits = |(byte, wanted): (u8, u8)| match wanted {
            b'0' => byte.is_ascii_digit(),
            b't' => matches!(byte, b't' | b'T' | b' '),
            _ => byte == wanted,
        };
        text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
    };
    let Some((head, rest)) = value.split_at_checked(19) else { return false };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    pattern(head, "0000-00-00t00:00:00")
        && (rest.eq_ignore_ascii_case("z") || pattern(rest, "+00:00") || pattern(rest, "-00:00"))
}

/// An address with a scheme, or what git takes for one.
fn is_link(value: &str) -> bool {
    let scheme = value.split_once(':').is_some_and(|(scheme, rest)| {
        let plain = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.@".contains(c));
        !scheme.is_empty() && rest.len() > 1 && plain
    });
    scheme && !value.contains(char::is_whitespace)
}

/// Whether it has the form of an expression (SPDX 2.3, annex D): identifiers between operators.
fn is_licence_expression(value: &str) -> bool {
    let spaced = value.replace('(', " ( ").replace(')', " ) ");
    let (mut wants_name, mut open) = (true, 0_usize);
    for word in spaced.split_whitespace() {
        match word {
            "(" if wants_name => open += 1,
            ")" if !wants_name && open > 0 => open -= 1,
            "AND" | "OR" | "WITH" if !wants_name => wants_name = true,
            _ if wants_name && word.chars().all(|c| c.is_ascii_alphanumeric() || ".-+:".contains(c)) => {
                wants_name = false;
            }
            _ => return false,
        }
    }
    !wants_name && open == 0
}

fn is_commit(value: &str) -> bool {
    matches!(value.len(), 7..=40 | 64) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Three numbers without leading zeros, then `-` and `+` with identifiers between dots.
fn is_version(value: &str) -> bool {
    let is_number = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'))
    };
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let (rest, build) = value.split_once('+').map_or((value, None), |(rest, build)| (rest, Some(build)));
    let (numbers, before) = rest.split_once('-').map_or((rest, None), |(rest, before)| (rest, Some(before)));
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && before.is_none_or(|text| text.split('.').all(|w| is_word(w) && (!numeric(w) || is_number(w))))
        && build.is_none_or(|text| text.split('.').all(is_word))
}

/// `dot-atom@domain`.
fn is_email(value: &str) -> bool {
    let is_atom = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c))
    };
    let is_label = |text: &str| {
        !text.is_empty()
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    value.rsplit_once('@').is_some_and(|(local, domain)| {
        local.len() <= 64 && local.split('.').all(is_atom) && domain.split('.').all(is_label)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_their_standards_say() {
        let hash = "a".repeat(40);
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("text", &["x"], &["", "  "]),
            ("url", &["https://example.com/app", "git@example.com:app"], &["example.com", "a b://c", ""]),
            (
                "spdx",
                &["MIT", "Apache-2.0 AND (MIT OR BSD-3-Clause)"],
                &["Apache License 2.0", "MIT OR", "(MIT"],
            ),
            ("hash", &["1234567", &hash, &"b".repeat(64)], &["123456", "1234567g", &"a".repeat(41), "v1.0"]),
            (
                "rfc3339",
                &["2026-11-21T09:30:00Z", "2026-11-21t09:30:00.25+01:00"],
                &["2026-11-21", "yesterday"],
            ),
            (
                "semver",
                &[
                    "0.0.0",
                    "1.2.3",
                    "1.0.0-alpha.1",
                    "1.0.0+20130313144700",
                    "1.0.0-beta+exp.sha.5114f85",
                    "1.0.0--",
                ],
                &["1", "1.2", "v1.2.3", "01.2.3", "1.2.3.4", "1.2.3-", "1.2.3-01", "1.2.3+", "1.2.3-a..b"],
            ),
            (
                "email",
                &["team@example.com", "first.last+tag@sub.example.org", "root@localhost"],
                &["team", "@example.com", "a@b@c", "a b@c.d", ".a@b.c", "a@-b.c", "Team <a@b.c>"],
            ),
        ];
        for (kind, right, wrong) in cases {
            let kind: LabelKind = kind.parse().unwrap();
            for value in *right {
                assert_eq!(kind.wrong(value), None, "{kind:?} {value}");
            }
            for value in *wrong {
                assert!(kind.wrong(value).is_some(), "{kind:?} {value}");
            }
        }
        assert!("colour".parse::<LabelKind>().unwrap_err().contains("semver"));
    }
}
