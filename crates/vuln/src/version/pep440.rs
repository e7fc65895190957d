//! Python versions (PEP 440, now the "Version specifiers" specification).

use super::digits::{compare as numbers, is_zero, span};
use std::cmp::Ordering;

/// Compares two Python versions. What PEP 440 does not accept sorts below what it does.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let a = a.trim().to_ascii_lowercase();
    let b = b.trim().to_ascii_lowercase();
    match (parse(a.as_bytes()), parse(b.as_bytes())) {
        (Some(a), Some(b)) => a.compare(&b),
        (None, None) => a.cmp(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

#[derive(Debug, Default)]
struct Version<'a> {
    epoch: &'a [u8],
    release: Vec<&'a [u8]>,
    /// 0 alpha, 1 beta, 2 release candidate; with its number.
    pre: Option<(u8, &'a [u8])>,
    post: Option<&'a [u8]>,
    dev: Option<&'a [u8]>,
    local: Vec<&'a [u8]>,
}

impl Version<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        numbers(self.epoch, other.epoch)
            .then_with(|| {
                (0..self.release.len().max(other.release.len()))
                    .map(|at| numbers(part(&self.release, at), part(&other.release, at)))
                    .find(|order| order.is_ne())
                    .unwrap_or(Ordering::Equal)
            })
            .then_with(|| self.phase().cmp(&other.phase()))
            .then_with(|| numbers(self.pre.map_or(b"", |pre| pre.1), other.pre.map_or(b"", |pre| pre.1)))
            .then_with(|| optional(self.post, other.post, Ordering::Less))
            .then_with(|| optional(self.dev, other.dev, Ordering::Greater))
            .then_with(|| self.compare_local(other))
    }

    /// A bare development release comes before every pre-release, a final release after them.
    fn phase(&self) -> u8 {
        match (self.pre, self.post, self.dev) {
            (Some((kind, _)), _, _) => kind + 1,
            (None, None, Some(_)) => 0,
            (None, _, _) => 4,
        }
    }

    fn compare_local(&self, other: &Self) -> Ordering {
        let numeric = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        for at in 0..self.local.len().max(other.local.len()) {
            let order = match (self.local.get(at), other.local.get(at)) {
                (a, b) if a.is_none() || b.is_none() => a.is_some().cmp(&b.is_some()),
                (Some(a), Some(b)) if numeric(a) && numeric(b) => numbers(a, b),
                (Some(a), Some(b)) if numeric(a) != numeric(b) => numeric(a).cmp(&numeric(b)),
                (a, b) => a.cmp(&b),
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

/// Compares numbers that may be absent; `absent` is how an absent one compares with a present one.
fn optional(a: Option<&[u8]>, b: Option<&[u8]>, absent: Ordering) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => absent,
        (Some(_), None) => absent.reverse(),
        (Some(a), Some(b)) => numbers(a, b),
    }
}

fn part<'a>(release: &[&'a [u8]], at: usize) -> &'a [u8] {
    release.get(at).copied().unwrap_or(b"0")
}

fn parse(text: &[u8]) -> Option<Version<'_>> {
    let mut version = Version::default();
    let text = text.strip_prefix(b"v").unwrap_or(text);
    let (digits, rest) = span(text, |byte| byte.is_ascii_digit());
    let mut rest = match rest.split_first() {
        Some((b'!', rest)) if !digits.is_empty() => {
            version.epoch = digits;
            rest
        }
        _ => text,
    };
    loop {
        let (digits, tail) = span(rest, |byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return None;
        }
        version.release.push(digits);
        rest = tail;
        match tail {
            [b'.', next, ..] if next.is_ascii_digit() => rest = &tail[1..],
            _ => break,
        }
    }
    while version.release.len() > 1 && version.release.last().is_some_and(|last| is_zero(last)) {
        version.release.pop();
    }
    rest = suffixes(rest, &mut version)?;
    if let Some((b'+', local)) = rest.split_first() {
        version.local = local.split(|byte| matches!(byte, b'.' | b'-' | b'_')).collect();
        let sound = |part: &&[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric);
        return version.local.iter().all(sound).then_some(version);
    }
    rest.is_empty().then_some(version)
}

/// Reads the pre-, post- and development-release parts in that order, in all the spellings of PEP 440's normalisation.
fn suffixes<'a>(mut rest: &'a [u8], version: &mut Version<'a>) -> Option<&'a [u8]> {
    let separator = |byte| matches!(byte, b'.' | b'-' | b'_');
    let mut stage = 0;
    while !rest.is_empty() && rest[0] != b'+' {
        let bare = if separator(rest[0]) { &rest[1..] } else { rest };
        let (word, tail) = span(bare, |byte| byte.is_ascii_lowercase());
        let number_from = match tail {
            [byte, next, ..] if separator(*byte) && next.is_ascii_digit() && !word.is_empty() => &tail[1..],
            _ => tail,
        };
        let (number, tail) = span(number_from, |byte| byte.is_ascii_digit());
        let place = match word {
            b"a" | b"alpha" | b"b" | b"beta" | b"c" | b"rc" | b"pre" | b"preview" => 1,
            b"post" | b"rev" | b"r" => 2,
            // `1.0-1` is post-release 1.
            b"" if rest[0] == b'-' && !number.is_empty() => 2,
            b"dev" => 3,
            _ => return None,
        };
        if place <= stage {
            return None;
        }
        stage = place;
        match place {
            1 => {
                let kind = match word[0] {
                    b'a' => 0,
                    b'b' => 1,
                    _ => 2,
                };
                version.pre = Some((kind, number));
            }
            2 => version.post = Some(number),
            _ => version.dev = Some(number),
        }
        rest = tail;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Less};

    #[test]
    fn orders_the_table_of_the_specification() {
        let ascending = [
            "no version",
            "1.dev0",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1!0.1",
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (to, b) in ascending.iter().enumerate() {
                assert_eq!(compare(a, b), at.cmp(&to), "{a} against {b}");
            }
        }
    }

    #[test]
    fn folds_the_spellings() {
        for (a, b) in [
            ("1.0", "1.0.0"),
            ("v1.0", "1"),
            ("1.0-alpha.1", "1.0a1"),
            ("1.0c1", "1.0RC1"),
            ("1.0_pre2", "1.0rc2"),
            ("1.0-1", "1.0.post1"),
            ("1.0.rev3", "1.0-r3"),
            ("1.0post", "1.0.post0"),
            ("1.0+ubuntu-1", "1.0+ubuntu.1"),
            ("01.02", "1.2"),
        ] {
            assert_eq!(compare(a, b), Equal, "{a} against {b}");
        }
        assert_eq!(compare("1.0.dev0.a1", "1.0"), Less, "wrong order of suffixes is no version");
    }
}
