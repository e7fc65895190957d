//! Why a system call is allowed.

use std::collections::BTreeSet;

use super::{
    profile::{by_rule, makes_namespaces},
    runtimes::{PROCESS, RUNTIMES},
    same::SAME,
};
use crate::Breadth;

/// Why a system call is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed<'a> {
    /// It was made.
    Seen,
    /// This one was made, and does the same with another library or on another machine.
    Like(&'a str),
    /// Every process makes it.
    Process,
    /// Programs make it on files that they may open, or in directories that they may change.
    Files,
    /// Sockets were used, and this is made on sockets.
    Sockets,
    /// The container runtimes make it when the filter is in force already.
    Runtime,
}

/// Why the profile of `seen` allows a system call; `None` when it does not.
#[must_use]
pub fn allowed_because<'a>(seen: &'a BTreeSet<String>, breadth: Breadth, name: &str) -> Option<Allowed<'a>> {
    if name == "clone3" && !makes_namespaces(seen) {
        return None;
    }
    if seen.contains(name) {
        return Some(Allowed::Seen);
    }
    if PROCESS.contains(&name) {
        return Some(Allowed::Process);
    }
    let [files, sockets] = by_rule(seen, breadth);
    if files.contains(&name) {
        return Some(Allowed::Files);
    }
    if sockets.contains(&name) {
        return Some(Allowed::Sockets);
    }
    let family = SAME.iter().find(|group| group.contains(&name));
    let like = family.and_then(|family| family.iter().find_map(|other| seen.get(*other)));
    if let Some(other) = like {
        return Some(Allowed::Like(other));
    }
    if RUNTIMES.iter().any(|(_, calls)| calls.contains(&name)) {
        return Some(Allowed::Runtime);
    }
    let by_rule = PROCESS.iter().chain(files).chain(sockets);
    let mut base = by_rule.chain(RUNTIMES.iter().flat_map(|(_, calls)| calls.iter())).copied();
    base.find(|other| family.is_some_and(|family| family.contains(other))).map(Allowed::Like)
}

#[cfg(test)]
mod tests {
    use super::{super::allowed, *};

    #[test]
    fn whatever_is_allowed_has_a_reason_and_nothing_else_has() {
        let seen = BTreeSet::from(["accept".to_owned(), "bind".to_owned()]);
        let cases = [
            ("bind", Some(Allowed::Seen)),
            ("accept4", Some(Allowed::Sockets)),
            ("recvmmsg", Some(Allowed::Like("recvmsg"))),
            ("execveat", Some(Allowed::Like("execve"))),
            ("futex", Some(Allowed::Process)),
            ("rename", Some(Allowed::Files)),
            ("renameat2", Some(Allowed::Like("rename"))),
            ("connect", Some(Allowed::Sockets)),
            ("capset", Some(Allowed::Runtime)),
            ("clone3", None),
            ("ptrace", None),
        ];
        for (name, because) in cases {
            assert_eq!(allowed_because(&seen, Breadth::Rules, name), because, "{name}");
        }
        for breadth in Breadth::ALL {
            let all = allowed(&seen, breadth);
            assert!(all.iter().all(|name| allowed_because(&seen, breadth, name).is_some()));
            assert_eq!(allowed_because(&seen, breadth, "rename").is_some(), all.contains("rename"));
        }
    }
}
