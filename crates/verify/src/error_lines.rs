//! Lines of a log that tell of an error, and which of them only one of two runs wrote.

use std::{collections::BTreeSet, sync::LazyLock};

use casehard_oci::escape;
use casehard_profile::workload::Channel;
use regex::bytes::Regex;

use crate::volatile::Masks;

/// Lines that are told; a log can be nothing but errors.
const MOST_LINES: usize = 20;
const LONGEST_LINE: usize = 400;

/// Words of failure; `error.log` is a name.
static ERROR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)errors?(?:[^\w.]|$)|fatal|critical|traceback|exception|panic|emerg\b|segfault|segmentation fault|core dumped|no such file|not found",
    )
    .ok()
});

/// Words of complaint: worth telling, and often written by applications that then go another way.
static COMPLAINT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i-u)warn|denied|fail|cannot|can't|can not|unable|refused|read-only").ok()
});

/// Numbers, times, addresses and identifiers, which differ from run to run.
static VARYING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8,}\b|[0-9]+").ok());

/// Lines of `after` that tell of an error and have no like in `before`, escaped, in their order; each with whether it
/// tells of a failure rather than complains.
pub(crate) fn new_error_lines(before: &[u8], after: &[u8], masks: &Masks<'_>) -> Vec<(String, bool)> {
    let before = masks.apply(Channel::Log, before);
    let after = masks.apply(Channel::Log, after);
    let mut known: BTreeSet<Vec<u8>> = lines(&before).map(steady).collect();
    let mut new = Vec::new();
    for line in lines(&after) {
        let failing = finds(&ERROR, line);
        if (failing || finds(&COMPLAINT, line)) && known.insert(steady(line)) {
            let cut = &line[..line.len().min(LONGEST_LINE)];
            new.push((escape(cut).into_owned(), failing));
            if new.len() == MOST_LINES {
                break;
            }
        }
    }
    new
}

fn lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    log.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

fn finds(regex: &LazyLock<Option<Regex>>, line: &[u8]) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(line))
}

fn steady(line: &[u8]) -> Vec<u8> {
    match &*VARYING {
        Some(varying) => varying.replace_all(line, &b"#"[..]).into_owned(),
        None => line.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_errors_are_told() {
        let before = b"12:00:01 [7] started\n12:00:02 [7] error: no favicon 0x7f00\nwarn: slow\n";
        let after = b"12:09:44 [9] started well\n12:09:45 [9] error: no favicon 0x8a12\nImportError: x\nwarn: fast\nImportError: x\n";
        assert_eq!(
            new_error_lines(before, after, &Masks::new(&[])),
            [("ImportError: x".to_owned(), true), ("warn: fast".to_owned(), false)]
        );
        assert!(new_error_lines(before, before, &Masks::new(&[])).is_empty());
    }
}
