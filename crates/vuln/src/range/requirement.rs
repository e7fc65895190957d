//! Requirement notations: plain comparators, RubyGems, and npm's semantic ranges.

use super::{Bound, Interval, intersect};
use crate::Scheme;

/// Most comparators read from one requirement; a longer one is refused, since each may split every interval in two.
const MOST: usize = 64;

/// Comparators that must all hold: `>= 1.0, < 1.4`, with `=`, `==`, `!=`, `<`, `<=`, `>`, `>=`, separated by commas.
///
/// Used by GitHub's advisories and by FriendsOfPHP. `None` if the text is something else.
#[must_use]
pub fn comparators(scheme: Scheme, text: &str) -> Option<Vec<Interval>> {
    all(scheme, text.split(','), simple)
}

/// A RubyGems requirement: comparators and `~>`, separated by commas (`Gem::Requirement`).
#[must_use]
pub fn gem(text: &str) -> Option<Vec<Interval>> {
    all(Scheme::Gem, text.split(','), |part| match part.trim().strip_prefix("~>") {
        Some(version) => pessimistic(version.trim()).map(|interval| vec![interval]),
        None => simple(part),
    })
}

/// An npm range: `||` between alternatives; `^`, `~`, `x`, hyphens and comparators within (node-semver, "Ranges").
#[must_use]
pub fn semver(text: &str) -> Option<Vec<Interval>> {
    let mut intervals = Vec::new();
    for alternative in text.split("||") {
        let alternative = alternative.trim();
        if let Some((low, high)) = alternative.split_once(" - ") {
            let high = partial(high)?;
            intervals.push(Interval { low: from(low), high: high.high });
            continue;
        }
        // `>= 1.2` with a space is one comparator.
        let joined = alternative
            .replace("= ", "=")
            .replace("> ", ">")
            .replace("< ", "<")
            .replace("~ ", "~")
            .replace("^ ", "^");
        intervals.extend(all(
            Scheme::Semver,
            joined.split([' ', ',']).filter(|part| !part.is_empty()),
            semver_part,
        )?);
        if intervals.len() > MOST {
            return None;
        }
    }
    Some(intervals)
}

fn all<'a>(
    scheme: Scheme,
    parts: impl Iterator<Item = &'a str>,
    read: impl Fn(&str) -> Option<Vec<Interval>>,
) -> Option<Vec<Interval>> {
    let mut held = vec![Interval::ALL];
    for (at, part) in parts.enumerate() {
        if at == MOST {
            return None;
        }
        held = intersect(scheme, &held, &read(part)?);
    }
    Some(held)
}

fn simple(text: &str) -> Option<Vec<Interval>> {
    let text = text.trim();
    let signs = text.len() - text.trim_start_matches(['<', '>', '=', '!']).len();
    let (sign, version) = text.split_at(signs);
    let version = version.trim();
    if version.is_empty() || version.contains(char::is_whitespace) {
        return None;
    }
    let bound = |inclusive| Some(Bound { version: version.to_owned(), inclusive });
    Some(match sign {
        "" | "=" | "==" => vec![Interval { low: bound(true), high: bound(true) }],
        "<" => vec![Interval { low: None, high: bound(false) }],
        "<=" => vec![Interval { low: None, high: bound(true) }],
        ">" => vec![Interval { low: bound(false), high: None }],
        ">=" => vec![Interval { low: bound(true), high: None }],
        "!=" => vec![Interval { low: None, high: bound(false) }, Interval { low: bound(false), high: None }],
        _ => return None,
    })
}

/// `~> 2.0.9` is at least 2.0.9 and before 2.1; letters in the version are not counted (`Gem::Version#bump`).
fn pessimistic(version: &str) -> Option<Interval> {
    let mut release: Vec<&str> = version
        .split('.')
        .take_while(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    if release.is_empty() {
        return None;
    }
    if release.len() > 1 {
        release.pop();
    }
    let last = release.pop()?.parse::<u64>().ok()?.checked_add(1)?.to_string();
    release.push(&last);
    // Before the pre-releases of the next version too, as `Gem::Requirement` compares releases.
    let high = format!("{}.a", release.join("."));
    Some(Interval { low: from(version), high: Some(Bound { version: high, inclusive: false }) })
}

fn from(version: &str) -> Option<Bound> {
    Some(Bound { version: version.trim().to_owned(), inclusive: true })
}

fn semver_part(part: &str) -> Option<Vec<Interval>> {
    if let Some(version) = part.strip_prefix('^') {
        return Some(vec![caret(version)?]);
    }
    if let Some(version) = part.strip_prefix('~') {
        let version = version.trim_start_matches('>');
        let numbers = components(version)?;
        let keep = numbers.len().min(2);
        return Some(vec![Interval { low: low_of(version), high: next(&numbers[..keep]) }]);
    }
    if part.starts_with(['<', '>', '!']) {
        return simple(part);
    }
    Some(vec![partial(part.trim_start_matches('='))?])
}

/// `1.2.x`, `1.2` and `*` stand for every version that begins so; a full version for itself.
fn partial(text: &str) -> Option<Interval> {
    let text = text.trim();
    let numbers = components(text)?;
    Some(match numbers.len() {
        0 => Interval::ALL,
        1 | 2 => Interval { low: low_of(text), high: next(&numbers) },
        _ => Interval { low: from(text), high: from(text) },
    })
}

fn caret(version: &str) -> Option<Interval> {
    let numbers = components(version)?;
    let first = numbers.iter().position(|&number| number != 0).unwrap_or(numbers.len().saturating_sub(1));
    let high = if numbers.is_empty() { None } else { next(&numbers[..=first]) };
    Some(Interval { low: low_of(version), high })
}

/// The numeric components that are stated; stops at a wildcard.
fn components(version: &str) -> Option<Vec<u64>> {
    let version = version.trim().trim_start_matches('v');
    let release = version.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = Vec::new();
    for part in release.split('.').take(3) {
        if matches!(part, "x" | "X" | "*" | "") {
            break;
        }
        numbers.push(part.parse().ok()?);
    }
    Some(numbers)
}

fn low_of(version: &str) -> Option<Bound> {
    let stated = version.trim().trim_start_matches('v').trim_end_matches(['x', 'X', '*', '.']);
    (!stated.is_empty()).then(|| Bound { version: stated.to_owned(), inclusive: true })
}

/// The first version after those that begin with `numbers`, below its own pre-releases.
fn next(numbers: &[u64]) -> Option<Bound> {
    let (last, head) = numbers.split_last()?;
    let mut parts: Vec<String> = head.iter().map(u64::to_string).collect();
    parts.push(last.checked_add(1)?.to_string());
    parts.resize(3, "0".to_owned());
    Some(Bound { version: format!("{}-0", parts.join(".")), inclusive: false })
}

#[cfg(test)]
mod tests {
    use super::{comparators, gem, semver};
    use crate::{Scheme, range::Interval};

    fn within(scheme: Scheme, set: &[Interval], version: &str) -> bool {
        set.iter().any(|interval| interval.contains(scheme, version))
    }

    #[test]
    fn reads_npm_ranges() {
        for (range, inside, outside) in [
            ("^1.2.3", "1.9.0", "2.0.0"),
            ("^1.2.3", "1.2.3", "2.0.0-rc.1"),
            ("^0.2.3", "0.2.9", "0.3.0"),
            ("^0.0.3", "0.0.3", "0.0.4"),
            ("~1.2.3", "1.2.9", "1.3.0"),
            ("~1.2", "1.2.0", "1.3.0"),
            ("6.x", "6.17.1", "7.0.0"),
            ("6.x || 8.x", "8.1.0", "7.1.0"),
            ("<= 10.24.0 || >=12.0.0 <12.22.1", "12.1.0", "11.0.0"),
            ("1.2.3 - 2.3", "2.3.9", "2.4.0"),
            (">=4.0.0 <4.1.2", "4.1.1", "4.1.2"),
            ("*", "0.0.1", "never"),
        ] {
            let set = semver(range).unwrap_or_else(|| panic!("{range} is a range"));
            assert!(within(Scheme::Semver, &set, inside), "{inside} in {range}");
            assert!(outside == "never" || !within(Scheme::Semver, &set, outside), "{outside} in {range}");
        }
        assert_eq!(semver("latest"), None);
    }

    #[test]
    fn reads_gem_requirements() {
        for (range, inside, outside) in [
            ("~> 2.0.9, >= 2.0.9.2", "2.0.10", "2.0.9.1"),
            ("~> 2.0.9", "2.0.9", "2.1.0.rc1"),
            ("~> 3", "3.9", "4.0"),
            (">= 1.0, != 1.5", "1.6", "1.5"),
        ] {
            let set = gem(range).unwrap_or_else(|| panic!("{range} is a requirement"));
            assert!(within(Scheme::Gem, &set, inside), "{inside} in {range}");
            assert!(!within(Scheme::Gem, &set, outside), "{outside} in {range}");
        }
    }

    #[test]
    fn reads_comparators() {
        let set = comparators(Scheme::Semver, ">= 4.0.0, < 4.17.21").expect("comparators");
        assert!(within(Scheme::Semver, &set, "4.17.20") && !within(Scheme::Semver, &set, "4.17.21"));
        assert_eq!(comparators(Scheme::Semver, "before 3"), None);
        assert_eq!(comparators(Scheme::Semver, &vec!["!= 1"; 100].join(",")), None, "too many");
    }
}
