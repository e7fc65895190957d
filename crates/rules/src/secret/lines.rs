//! Secrets of a file by their lines.

use std::borrow::Cow;

use super::{
    assigned::{assigned, is_configuration},
    find,
};

/// Hits of a kind that are kept per file.
const MOST: usize = 8;

/// Something in a file that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretLine {
    /// How it was told.
    pub look: Look,
    /// What it looks like, such as `AWS access key`, or the name that it is assigned to.
    pub what: Cow<'static, str>,
    /// The line, from 1.
    pub line: u32,
}

/// How a secret was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// By its form, which is known.
    Known,
    /// By the name that it is assigned to, and by looking chosen at random.
    Assigned,
}

/// What in a file looks like a secret: not more than eight of known form, and where the path is that of configuration
/// not more than eight that are assigned. The path has no leading `/`.
#[must_use]
pub fn secrets_in(path: &str, bytes: &[u8]) -> Vec<SecretLine> {
    let mut lines = Lines { bytes, line: 1, at: 0 };
    let known = find(bytes);
    let mut found: Vec<SecretLine> = known
        .iter()
        .take(MOST)
        .map(|hit| SecretLine { look: Look::Known, what: hit.what.clone(), line: lines.of(hit.range.start) })
        .collect();
    if is_configuration(path)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        let mut lines = Lines { bytes, line: 1, at: 0 };
        let others = assigned(text).into_iter().filter(|one| {
            // A URL with a password, say, has been found already.
            !known.iter().any(|hit| hit.range.contains(&one.at))
        });
        found.extend(others.take(MOST).map(|one| SecretLine {
            look: Look::Assigned,
            what: Cow::Owned(one.name.to_owned()),
            line: lines.of(one.at),
        }));
    }
    found
}

/// Counts lines once for places in rising order.
struct Lines<'a> {
    bytes: &'a [u8],
    line: u32,
    at: usize,
}

impl Lines<'_> {
    fn of(&mut self, place: usize) -> u32 {
        let between = self.bytes[self.at..place].iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(between).unwrap_or(u32::MAX));
        self.at = place;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_for_both_looks() {
        let url = ["# x\nurl=postgres://app:", "k3jH7sLq@db/x\n\ndb.password=Summer2024Rain\n"].concat();
        let found = secrets_in("app/application.properties", url.as_bytes());
        let shown: Vec<_> = found.iter().map(|one| (one.look, &*one.what, one.line)).collect();
        assert_eq!(shown, [(Look::Known, "password in a URL", 2), (Look::Assigned, "db.password", 4)]);
        assert_eq!(secrets_in("app/main.rs", url.as_bytes()).len(), 1);
    }
}
