//! The smallest part of a list that suffices, found with few trials.

/// Looks for a smallest part of `items` with which `works` holds, by halving (QuickXplain: U. Junker, AAAI 2004).
///
/// All of them are known to suffice, none of them is known not to, and what suffices still does with more. Of parts that
/// do, one of early items is preferred. About `2 k log2(n)` trials for `k` needed ones of `n`. When `left` trials are used
/// up, what was not decided yet is taken for needed.
pub(super) fn smallest<T: Clone, E>(
    items: &[T],
    left: &mut u32,
    works: &mut dyn FnMut(&[T]) -> Result<bool, E>,
) -> Result<Vec<T>, E> {
    within(&[], false, items, left, works)
}

/// What of `open` is needed beside `known`. `is_new`: whether `known` grew since it was last tried.
fn within<T: Clone, E>(
    known: &[T],
    is_new: bool,
    open: &[T],
    left: &mut u32,
    works: &mut dyn FnMut(&[T]) -> Result<bool, E>,
) -> Result<Vec<T>, E> {
    if *left == 0 {
        return Ok(open.to_vec());
    }
    if is_new {
        *left -= 1;
        if works(known)? {
            return Ok(Vec::new());
        }
    }
    if open.len() <= 1 {
        return Ok(open.to_vec());
    }
    let (first, second) = open.split_at(open.len() / 2);
    let later = within(&[known, first].concat(), true, second, left, works)?;
    let mut earlier = within(&[known, &later].concat(), !later.is_empty(), first, left, works)?;
    earlier.extend(later);
    Ok(earlier)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, convert::Infallible};

    use proptest::prelude::*;

    use super::*;

    fn search(items: &[u32], needed: &BTreeSet<u32>, mut left: u32) -> (Vec<u32>, u32) {
        let mut trials = 0;
        let mut works = |part: &[u32]| {
            trials += 1;
            Ok::<_, Infallible>(needed.iter().all(|item| part.contains(item)))
        };
        let found = smallest(items, &mut left, &mut works).unwrap();
        (found, trials)
    }

    proptest! {
        #[test]
        fn exactly_what_is_needed_is_found(count in 1..200_u32, needed in prop::collection::btree_set(0..200_u32, 1..4)) {
            let items: Vec<u32> = (0..count).collect();
            let needed: BTreeSet<u32> = needed.into_iter().map(|item| item % count).collect();
            let (found, trials) = search(&items, &needed, u32::MAX);
            prop_assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), needed.clone());
            let bound = 2 * needed.len() as u32 * (count.ilog2() + 2) + 2;
            prop_assert!(trials <= bound, "{} trials of {}", trials, bound);
        }

        #[test]
        fn with_few_trials_it_is_more_and_still_enough(left in 0..12_u32, needed in 0..100_u32) {
            let items: Vec<u32> = (0..100).collect();
            let (found, trials) = search(&items, &BTreeSet::from([needed]), left);
            prop_assert!(found.contains(&needed) && trials <= left);
        }
    }
}
