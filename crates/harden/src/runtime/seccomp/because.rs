//! Why a system call is allowed.

use std::collections::BTreeSet;

use super::{
    profile::{has_sockets, makes_namespaces},
    runtimes::{FILES, NETWORK, PROCESS, RUNTIMES},
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
    /// Programs make it on files that they may open, or in directories that they may change.
    Files,
    /// Sockets were used, and this is made on sockets.
    Sockets,
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
    if FILES.contains(&name) {
        return Some(Allowed::Files);
    }
    let sockets = if has_sockets(seen) { NETWORK } else { &[] };
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
    let by_rule = PROCESS.iter().chain(FILES).chain(sockets);
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
            assert_eq!(allowed_because(&seen, name), because, "{name}");
        }
        let all = allowed(&seen);
        assert!(all.iter().all(|name| allowed_because(&seen, name).is_some()));
    }
}
