//! Which known word a person may have meant.

/// The candidate with the fewest edits from `wanted`, when they are few for its length; the first among equals.
pub(crate) fn nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).clamp(1, 4);
    candidates
        .filter(|word| word.len().abs_diff(wanted.len()) <= limit * 4)
        .map(|word| (edits(wanted, word), word))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// The number of characters to insert, remove, replace or swap with their neighbour.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (row, c) in a.chars().enumerate() {
        let mut this = vec![row + 1];
        for (column, d) in b.iter().enumerate() {
            let mut least =
                (last[column] + usize::from(c != *d)).min(last[column + 1] + 1).min(this[column] + 1);
            if column > 0 && row > 0 && previous == Some(*d) && b[column - 1] == c {
                least = least.min(before[column - 1] + 1);
            }
            this.push(least);
        }
        before = std::mem::replace(&mut last, this);
        previous = Some(c);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        let words = ["nginx", "redis-server", "postgresql", "python3"];
        for (wanted, meant) in [
            ("ngnix", Some("nginx")),
            ("redis-srever", Some("redis-server")),
            ("pyton3", Some("python3")),
            ("apache", None),
            ("", None),
        ] {
            assert_eq!(nearest(wanted, words.into_iter()), meant, "{wanted}");
        }
    }
}
