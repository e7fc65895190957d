//! Alternatives: several programs for one name (`update-alternatives(1)`).

use std::collections::BTreeMap;

use casehard_oci::RootPath;

use crate::root::{Kind, Node, Root};

/// All names that have alternatives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alternatives(BTreeMap<String, Name>);

#[derive(Debug, Clone, Default)]
struct Name {
    link: String,
    /// Names that follow this one, with their links.
    followers: BTreeMap<String, String>,
    choices: BTreeMap<String, Choice>,
    /// Set by hand rather than by priority.
    manual: Option<String>,
}

#[derive(Debug, Clone, Default)]
struct Choice {
    priority: i64,
    followers: BTreeMap<String, String>,
}

impl Alternatives {
    /// Adds a choice for a name; `followers` are name, link and path.
    pub(crate) fn install(
        &mut self,
        link: &str,
        name: &str,
        path: &str,
        priority: i64,
        followers: &[(String, String, String)],
    ) {
        let entry = self.0.entry(name.to_owned()).or_default();
        link.clone_into(&mut entry.link);
        let mut choice = Choice { priority, followers: BTreeMap::new() };
        for (name, link, path) in followers {
            entry.followers.insert(name.clone(), link.clone());
            choice.followers.insert(name.clone(), path.clone());
        }
        entry.choices.insert(path.to_owned(), choice);
    }

    /// Settles a name on a choice by hand.
    pub(crate) fn set(&mut self, name: &str, path: &str) -> bool {
        let Some(entry) = self.0.get_mut(name).filter(|entry| entry.choices.contains_key(path)) else {
            return false;
        };
        entry.manual = Some(path.to_owned());
        true
    }

    /// Takes a choice away.
    pub(crate) fn remove(&mut self, name: &str, path: &str) {
        if let Some(entry) = self.0.get_mut(name) {
            entry.choices.remove(path);
            if entry.choices.is_empty() {
                self.0.remove(name);
            }
        }
    }

    /// What a name is settled on.
    pub(crate) fn current(&self, name: &str) -> Option<&str> {
        let entry = self.0.get(name)?;
        let best = || {
            let highest = entry.choices.values().map(|choice| choice.priority).max()?;
            entry.choices.iter().find(|(_, choice)| choice.priority == highest).map(|(path, _)| path.as_str())
        };
        entry.manual.as_deref().or_else(best)
    }

    /// The choices of a name.
    pub(crate) fn choices(&self, name: &str) -> Vec<&str> {
        self.0.get(name).into_iter().flat_map(|entry| entry.choices.keys()).map(String::as_str).collect()
    }

    /// Makes the links of a name: its own through `/etc/alternatives`, and those that follow it as far as their files are
    /// there. A file that is no link is left alone.
    pub(crate) fn link(&self, name: &str, root: &mut Root) {
        let (Some(entry), Some(current)) = (self.0.get(name), self.current(name)) else { return };
        let Some(choice) = entry.choices.get(current) else { return };
        let pairs =
            entry.followers.iter().map(|(follower, link)| (follower, link, choice.followers.get(follower)));
        let own = std::iter::once((&entry.link, current.to_owned(), name.to_owned()));
        let followers =
            pairs.map(|(follower, link, path)| (link, path.cloned().unwrap_or_default(), follower.clone()));
        for (link, path, name) in own.chain(followers) {
            let at = |text: &str| RootPath::root().join_as_kernel(text.as_bytes());
            let middle = at("/etc/alternatives").child(name.as_bytes());
            if path.is_empty() || root.get(&at(&path), true).is_none() {
                let mut drop_link = |path: &RootPath| {
                    if let Some((real, Node { kind: Kind::Symlink(_), .. })) = root.get(path, false) {
                        root.remove(&real);
                    }
                };
                drop_link(&middle);
                drop_link(&at(link));
                continue;
            }
            root.put(&middle, Node::symlink(&path));
            let place = at(link);
            let may_replace =
                root.get(&place, false).is_none_or(|(_, node)| matches!(node.kind, Kind::Symlink(_)));
            let has_parent = place.parent().is_some_and(|parent| root.is_directory(&parent));
            if may_replace && has_parent {
                root.put(&place, Node::symlink(format!("/etc/alternatives/{name}")));
            }
        }
    }

    /// The state files, one per name, as they stand in `/var/lib/dpkg/alternatives`.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(name, entry)| {
            let mode = if entry.manual.is_some() { "manual" } else { "auto" };
            let mut text = format!("{mode}\n{}\n", entry.link);
            for (follower, link) in &entry.followers {
                text.push_str(&format!("{follower}\n{link}\n"));
            }
            text.push('\n');
            for (path, choice) in &entry.choices {
                text.push_str(&format!("{path}\n{}\n", choice.priority));
                for follower in entry.followers.keys() {
                    text.push_str(choice.followers.get(follower).map_or("", String::as_str));
                    text.push('\n');
                }
            }
            text.push('\n');
            (name.as_str(), text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_one_wins_until_somebody_decides() {
        let mut root = Root::default();
        let at = |text: &str| RootPath::parse(text.as_bytes()).unwrap();
        for path in ["/usr/bin/mawk", "/usr/bin/gawk", "/usr/share/man/gawk.1"] {
            root.put(&at(path), Node::file("", 0o755));
        }
        let mut all = Alternatives::default();
        let follower =
            |path: &str| vec![("awk.1".to_owned(), "/usr/share/man/awk.1".to_owned(), path.to_owned())];
        all.install("/usr/bin/awk", "awk", "/usr/bin/mawk", 5, &follower("/usr/share/man/mawk.1"));
        all.link("awk", &mut root);
        assert!(root.exact(&at("/usr/share/man/awk.1")).is_none(), "its file is not there");
        all.install("/usr/bin/awk", "awk", "/usr/bin/gawk", 10, &follower("/usr/share/man/gawk.1"));
        all.link("awk", &mut root);
        assert_eq!(root.get(&at("/usr/bin/awk"), true).unwrap().0, at("/usr/bin/gawk"));
        assert_eq!(root.get(&at("/usr/share/man/awk.1"), true).unwrap().0, at("/usr/share/man/gawk.1"));
        assert!(all.set("awk", "/usr/bin/mawk") && !all.set("awk", "/usr/bin/none"));
        all.link("awk", &mut root);
        assert_eq!(root.get(&at("/usr/bin/awk"), true).unwrap().0, at("/usr/bin/mawk"));
        assert!(root.exact(&at("/usr/share/man/awk.1")).is_none());
        let (name, text) = all.files().next().unwrap();
        assert_eq!(name, "awk");
        assert_eq!(
            text,
            "manual\n/usr/bin/awk\nawk.1\n/usr/share/man/awk.1\n\n/usr/bin/gawk\n10\n/usr/share/man/gawk.1\n\
             /usr/bin/mawk\n5\n/usr/share/man/mawk.1\n\n"
        );
    }
}
