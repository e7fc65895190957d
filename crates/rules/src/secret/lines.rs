//! Secrets of a file by their lines.

use super::find;

/// Hits kept per file.
const MOST: usize = 8;

/// What in a file looks like a secret (such as `AWS access key`), and on which line, from 1. Not more than eight.
#[must_use]
pub fn secrets_in(bytes: &[u8]) -> Vec<(&'static str, u32)> {
    let (mut line, mut at) = (1u32, 0);
    let mut found = Vec::new();
    for hit in find(bytes).into_iter().take(MOST) {
        let between = bytes[at..hit.range.start].iter().filter(|byte| **byte == b'\n').count();
        line = line.saturating_add(u32::try_from(between).unwrap_or(u32::MAX));
        at = hit.range.start;
        found.push((hit.what, line));
    }
    found
}
