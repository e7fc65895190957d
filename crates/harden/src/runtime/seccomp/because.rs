//! Why a system call is allowed.

use std::collections::BTreeSet;

use super::{
    profile::makes_namespaces,
    runtimes::{PROCESS, RUNTIMES},
    same::SAME,
};

/// Why a system call is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed<'a> {
    /// It was made.
    Seen,
    /// This one was made, and does the same with another library or on another machine.
    Like(&'a str),
    /// Every process makes it.
    Process,
    /// The container runtimes make it when the filter is in force already.
    Runtime,
}

/// Why the profile of `seen` allows a system call; `None` when it does not.
#[must_use]
pub fn allowed_because<'a>(seen: &'a BTreeSet<String>, name: &str) -> Option<Allowed<'a>> {
    if name == "clone3" && !makes_namespaces(seen) {
        return None;
    }
    if seen.contains(name) {
        return Some(Allowed::Seen);
    }
    if PROCESS.contains(&name) {
        return Some(Allowed::Process);
    }
    if RUNTIMES.iter().any(|(_, calls)| calls.contains(&name)) {
        return Some(Allowed::Runtime);
    }
    let family = SAME.iter().find(|group| group.contains(&name))?;
    let like = family.iter().find_map(|other| seen.get(*other)).map(|other| Allowed::Like(other));
    let base = PROCESS.iter().chain(RUNTIMES.iter().flat_map(|(_, calls)| calls.iter())).copied();
    like.or_else(|| base.into_iter().find(|other| family.contains(other)).map(Allowed::Like))
}

#[cfg(test)]
mod tests {
    use super::{super::allowed, *};

    #[test]
    fn whatever_is_allowed_has_a_reason_and_nothing_else_has() {
        let seen = BTreeSet::from(["accept".to_owned(), "bind".to_owned()]);
        let allowed = allowed(&seen);
        for name in &allowed {
            assert!(allowed_because(&seen, name).is_some(), "{name}");
        }
        for name in ["mount", "ptrace", "clone3"] {
            assert_eq!(allowed_because(&seen, name), None, "{name}");
        }
        assert_eq!(allowed_because(&seen, "accept"), Some(Allowed::Seen));
        assert_eq!(allowed_because(&seen, "write"), Some(Allowed::Process));
        assert_eq!(allowed_because(&seen, "capset"), Some(Allowed::Runtime));
    }
}
