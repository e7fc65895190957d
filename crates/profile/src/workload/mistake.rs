//! A mistake in a workload file, and the word that was probably meant.

use std::{fmt, ops::Range};

/// A mistake in a workload file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The bytes of the file it is about.
    pub span: (usize, usize),
    /// What is wrong. Text from the file stands in it escaped.
    pub what: String,
    /// What was expected instead, when that can be said shortly.
    pub expected: Option<String>,
    /// The valid word that is nearest to what was written, when one is near.
    pub nearest: Option<String>,
}

impl Mistake {
    /// The bytes of the file it is about.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.span.0..self.span.1
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.what)?;
        match (&self.expected, &self.nearest) {
            (None, None) => Ok(()),
            (Some(expected), None) => write!(f, " (expected {expected})"),
            (None, Some(nearest)) => write!(f, " (did you mean `{nearest}`?)"),
            (Some(expected), Some(nearest)) => {
                write!(f, " (did you mean `{nearest}`? expected {expected})")
            }
        }
    }
}

impl std::error::Error for Mistake {}

/// The word of `known` that is nearest to `written`, when it is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Longer texts are no misspelt words, and the distance takes time quadratic in the length.
    const LONGEST: usize = 40;
    let length = written.chars().count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|word| (distance(&lower, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= (word.len().min(length) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word.to_owned())
}

/// How many letters must be inserted, left out, replaced, or swapped with their neighbour (optimal string alignment).
fn distance(one: &str, two: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let two: Vec<char> = two.chars().collect();
    let mut before_last: Vec<usize> = vec![0; two.len() + 1];
    let mut last: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in two.iter().enumerate() {
            let mut best = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == two[j - 1] && one[i - 1] == *b {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found() {
        let known = ["status", "headers", "body", "exit", "stdout", "stderr", "log"];
        for (written, meant) in [
            ("statsu", Some("status")),
            ("header", Some("headers")),
            ("Body", Some("body")),
            ("stdrr", Some("stderr")),
            ("exot", Some("exit")),
            ("completely", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known).as_deref(), meant, "{written}");
        }
        assert_eq!(distance("ca", "abc"), 3);
        assert_eq!(distance("ab", "ba"), 1);
    }
}
