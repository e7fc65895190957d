//! Accounts and directories that packages declare (`sysusers.d(5)`, `tmpfiles.d(5)`).

use casehard_oci::RootPath;

use super::at;
use crate::{
    accounts::Accounts,
    root::{Node, Root, Store},
};

/// The lines of the fragments of a kind, by the name of their file: of all, or of those called one of `only`.
fn lines(root: &Root, store: &Store<'_>, folder: &str, only: &[String]) -> Vec<Vec<String>> {
    let files: Vec<RootPath> = root.children(&at(folder)).into_iter().map(|(path, _)| path).collect();
    files
        .iter()
        .filter(|path| path.as_bytes().ends_with(b".conf"))
        .filter(|path| only.is_empty() || only.iter().any(|name| path.file_name() == Some(name.as_bytes())))
        .filter_map(|path| store.text(root, path))
        .flat_map(|text| text.lines().map(words).collect::<Vec<_>>())
        .filter(|words| words.first().is_some_and(|first| !first.starts_with('#')))
        .collect()
}

/// Words between blanks; quotes hold blanks.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut inside) = (None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                if !inside {
                    words.push(String::new());
                    inside = true;
                }
            }
            (None, c) if c.is_whitespace() => inside = false,
            (_, c) => {
                if !inside {
                    words.push(String::new());
                    inside = true;
                }
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words
}

/// Adds the accounts of `sysusers.d` that are missing: of all its files, or of those called one of `only`. Whether there
/// were any.
pub(crate) fn accounts(root: &mut Root, store: &Store<'_>, only: &[String]) -> bool {
    let mut accounts = Accounts::read(root, store);
    let before = accounts.clone();
    for words in lines(root, store, "/usr/lib/sysusers.d", only) {
        let field = |number: usize| words.get(number).map(String::as_str).filter(|text| *text != "-");
        let Some(name) = field(1) else { continue };
        match words[0].trim_end_matches('!') {
            "g" => {
                accounts.add_group(name, field(2).and_then(|text| text.parse().ok()), true);
            }
            "u" => {
                let (uid, group) = field(2)
                    .unwrap_or_default()
                    .split_once(':')
                    .map_or((field(2).unwrap_or_default(), None), |(uid, group)| (uid, Some(group)));
                let uid = uid.parse().ok();
                let gid = match group.and_then(|group| accounts.gid(group)) {
                    Some(gid) => gid,
                    None => accounts.add_group(name, uid, true),
                };
                let (comment, home) = (field(3).unwrap_or_default(), field(4).unwrap_or("/"));
                let shell = field(5).unwrap_or(if uid == Some(0) { "/bin/sh" } else { "/usr/sbin/nologin" });
                accounts.add_user(name, uid, gid, comment, home, shell, true);
            }
            "m" => {
                if let Some(group) = field(2) {
                    accounts.add_group(group, None, true);
                    accounts.add_member(name, group);
                }
            }
            _ => {}
        }
    }
    let changed = accounts != before;
    if changed || (!accounts.users.is_empty() && root.exact(&at("/etc/shadow")).is_none()) {
        accounts.write(root);
    }
    changed
}

/// Makes the directories of `tmpfiles.d` that are missing and whose parent is there: nobody makes them when a container
/// starts. Whether there were any.
pub(super) fn directories(root: &mut Root, store: &Store<'_>) -> bool {
    let accounts = Accounts::read(root, store);
    let mut any = false;
    for words in lines(root, store, "/usr/lib/tmpfiles.d", &[]) {
        let field = |number: usize| words.get(number).map(String::as_str).filter(|text| *text != "-");
        let kind = words[0].trim_end_matches(['!', '-', '+', '=', '~', '^', '$']);
        let Some(path) = field(1).filter(|path| path.starts_with('/') && !path.contains('%')).map(at) else {
            continue;
        };
        let parent = path.parent().unwrap_or_else(RootPath::root);
        if !matches!(kind, "d" | "D") || root.get(&path, true).is_some() || !root.is_directory(&parent) {
            continue;
        }
        let mode = field(2)
            .map_or(Some(0o755), |mode| u32::from_str_radix(mode.trim_start_matches(['~', ':']), 8).ok());
        let uid = field(3).map_or(Some(0), |user| accounts.uid(user));
        let gid = field(4).map_or(Some(0), |group| accounts.gid(group));
        if let (Some(mode), Some(uid), Some(gid)) = (mode, uid, gid) {
            root.put(&path, Node::directory(mode & 0o7777).owned(uid, gid));
            any = true;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_blanks() {
        assert_eq!(
            words("u redis - \"Redis store\" /var/lib/redis"),
            ["u", "redis", "-", "Redis store", "/var/lib/redis"]
        );
        assert_eq!(words("  "), [""; 0]);
        assert_eq!(words("a '' b"), ["a", "", "b"]);
    }
}
