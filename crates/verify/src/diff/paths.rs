//! Two merged trees, walked side by side.

use std::{cmp::Ordering, collections::BTreeSet};

use casehard_image::{Entry, Image, Kind, ReadError, Tree};
use casehard_oci::{RootPath, escape};

use super::{Aspect, Diff, PathDifference, Times, config, contents, packages};
use crate::job::Read;

/// What differs between two images that were read. Bytes of files are compared by digest, in one more pass over the
/// layers that have files for which nothing else tells.
///
/// # Errors
/// When a layer cannot be read again.
pub fn diff(before: (&Image, &Read), after: (&Image, &Read), times: Times) -> Result<Diff, ReadError> {
    let mut pass = Pass {
        trees: (&before.1.tree, &after.1.tree),
        times,
        paths: Vec::new(),
        common: 0,
        same_size: Vec::new(),
    };
    pass.directory(before.1.tree.root(), after.1.tree.root());
    let Pass { mut paths, common, same_size, .. } = pass;
    let same = contents::alike(before.0, after.0, &same_size)?;
    for ((one, _), same) in same_size.iter().zip(same) {
        if !same {
            let aspect = Aspect::Content { before: one.size(), after: one.size() };
            paths.push(PathDifference { path: one.path(), aspect });
        }
    }
    // Stable: the aspects of a path keep their order.
    paths.sort_by(|a, b| a.path.cmp(&b.path));
    let is_changed =
        |one: &&PathDifference| !matches!(one.aspect, Aspect::Added { .. } | Aspect::Removed { .. });
    let changed: BTreeSet<&RootPath> = paths.iter().filter(is_changed).map(|one| &one.path).collect();
    let alike = common - changed.len() as u64;
    let unknown = |read: &Read| -> Vec<String> {
        let unknowns = read.inventory.unknowns.iter();
        unknowns.map(|unknown| format!("{}: {}", unknown.path, unknown.why)).collect()
    };
    let mut unknowns = unknown(before.1);
    unknowns.extend(unknown(after.1));
    unknowns.sort();
    unknowns.dedup();
    Ok(Diff {
        schema: Diff::SCHEMA.to_owned(),
        before: before.0.digest(),
        after: after.0.digest(),
        paths,
        alike,
        packages: packages::differences(&before.1.inventory, &after.1.inventory),
        config: config::differences(before.0.config(), after.0.config()),
        unknowns,
    })
}

struct Pass<'a> {
    trees: (&'a Tree, &'a Tree),
    times: Times,
    paths: Vec<PathDifference>,
    /// Paths that both images have.
    common: u64,
    /// Files of the same size, whose bytes are still to be compared.
    same_size: Vec<(Entry<'a>, Entry<'a>)>,
}

impl<'a> Pass<'a> {
    /// Compares the entries of two directories, which are sorted by name. Not recursive: an image may nest without end.
    fn directory(&mut self, one: Entry<'a>, two: Entry<'a>) {
        let mut open = vec![(one, two)];
        while let Some((one, two)) = open.pop() {
            let (mut ones, mut twos) = (one.children().peekable(), two.children().peekable());
            loop {
                let order = match (ones.peek(), twos.peek()) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(one), Some(two)) => one.name().cmp(two.name()),
                };
                match order {
                    Ordering::Less => ones.next().into_iter().for_each(|one| self.only(one, true)),
                    Ordering::Greater => twos.next().into_iter().for_each(|two| self.only(two, false)),
                    Ordering::Equal => {
                        let (Some(one), Some(two)) = (ones.next(), twos.next()) else { break };
                        self.both(one, two);
                        if one.is_directory() && two.is_directory() {
                            open.push((one, two));
                        } else {
                            one.children().for_each(|one| self.only(one, true));
                            two.children().for_each(|two| self.only(two, false));
                        }
                    }
                }
            }
        }
    }

    fn only(&mut self, top: Entry<'a>, removed: bool) {
        for entry in std::iter::once(top).chain(top.below()) {
            let (kind, size) = (kind(entry), entry.size());
            let aspect = if removed { Aspect::Removed { kind, size } } else { Aspect::Added { kind, size } };
            self.paths.push(PathDifference { path: entry.path(), aspect });
        }
    }

    fn both(&mut self, one: Entry<'a>, two: Entry<'a>) {
        self.common += 1;
        let mut aspects = Vec::new();
        if std::mem::discriminant(&one.kind()) == std::mem::discriminant(&two.kind()) {
            self.aspects(one, two, &mut aspects);
        } else {
            aspects.push(Aspect::Kind { before: kind(one), after: kind(two) });
        }
        if aspects.is_empty() {
            return;
        }
        let path = one.path();
        self.paths.extend(aspects.into_iter().map(|aspect| PathDifference { path: path.clone(), aspect }));
    }

    fn aspects(&mut self, one: Entry<'a>, two: Entry<'a>, aspects: &mut Vec<Aspect>) {
        match (one.kind(), two.kind()) {
            (Kind::File, Kind::File) if one.size() != two.size() => {
                aspects.push(Aspect::Content { before: one.size(), after: two.size() });
            }
            (Kind::File, Kind::File) if one.size() > 0 => self.same_size.push((one, two)),
            (Kind::Symlink(before), Kind::Symlink(after)) if before != after => {
                let [before, after] = [before, after].map(|target| escape(&target).into_owned());
                aspects.push(Aspect::Target { before, after });
            }
            (before, after) if before != after => {
                aspects.push(Aspect::Kind { before: kind(one), after: kind(two) });
            }
            _ => {}
        }
        if one.mode() != two.mode() && !one.is_symlink() {
            aspects.push(Aspect::Mode { before: one.mode(), after: two.mode() });
        }
        if (one.uid(), one.gid()) != (two.uid(), two.gid()) {
            let owner = |entry: Entry<'_>| format!("{}:{}", entry.uid(), entry.gid());
            aspects.push(Aspect::Owner { before: owner(one), after: owner(two) });
        }
        xattrs(one, two, aspects);
        self.names(one, two, aspects);
        if self.times == Times::Compared && one.mtime() != two.mtime() {
            aspects.push(Aspect::Time { before: one.mtime(), after: two.mtime() });
        }
    }

    /// Which names are one file, of those that both images have: a name that went makes no difference to the others.
    fn names(&self, one: Entry<'_>, two: Entry<'_>, aspects: &mut Vec<Aspect>) {
        if one.links() < 2 && two.links() < 2 {
            return;
        }
        let in_both = |entry: Entry<'_>| -> Vec<RootPath> {
            let own = entry.path();
            let names = entry.names().map(Entry::path).filter(|path| *path != own);
            let is_file = |tree: &Tree, path: &RootPath| tree.get(path).is_some_and(Entry::is_file);
            let mut names: Vec<RootPath> =
                names.filter(|path| is_file(self.trees.0, path) && is_file(self.trees.1, path)).collect();
            names.sort();
            names
        };
        let (before, after) = (in_both(one), in_both(two));
        if before != after {
            aspects.push(Aspect::Names { before, after });
        }
    }
}

fn xattrs(one: Entry<'_>, two: Entry<'_>, aspects: &mut Vec<Aspect>) {
    let (before, after) = (one.xattrs(), two.xattrs());
    let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let value = |all: &casehard_image::Xattrs| all.get(name).map(|value| hex(value));
        let (before, after) = (value(before), value(after));
        if before != after {
            aspects.push(Aspect::Xattr { name: escape(name).into_owned(), before, after });
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn kind(entry: Entry<'_>) -> String {
    match entry.kind() {
        Kind::File => "file".to_owned(),
        Kind::Directory => "directory".to_owned(),
        Kind::Symlink(target) => format!("link to {}", escape(&target)),
        Kind::CharDevice { major, minor } => format!("character device {major}:{minor}"),
        Kind::BlockDevice { major, minor } => format!("block device {major}:{minor}"),
        Kind::Fifo => "named pipe".to_owned(),
        _ => "other".to_owned(),
    }
}
