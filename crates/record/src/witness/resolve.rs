//! Where paths lead, each symbolic link on the way told.
//!
//! The recorder's own root is that of the container, so nothing here can leave it. Directories and links are
//! remembered until something is renamed, linked or mounted.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

use hashbrown::HashMap;
use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxFlags, readlinkat_raw, statx};

/// As the kernel.
const LINKS: usize = 40;

/// Where a path leads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// To something of the image, or that the application made in its place.
    Found(Attributes),
    /// To nothing.
    Missing,
    /// To what is mounted over the image.
    Outside,
}

/// What something is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attributes {
    pub(crate) mode: u16,
    pub(crate) user: u32,
    pub(crate) group: u32,
}

impl Attributes {
    pub(crate) fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.mode.into())
    }
}

/// What a path was resolved to. Reused from call to call.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// The symbolic links that were followed, and directories left by `..`, each a path without a leading `/`.
    pub(crate) links: Vec<Box<[u8]>>,
    pub(crate) left: Vec<Box<[u8]>>,
    /// Where it ends, without a leading `/`.
    pub(crate) path: Vec<u8>,
    pub(crate) end: Option<End>,
}

/// What is on the way.
#[derive(Debug, Clone)]
enum Step {
    Directory,
    Link(Box<[u8]>),
}

/// Resolves paths.
#[derive(Debug)]
pub(crate) struct Resolver {
    /// The mount that is the root of the container, and those that stand for directories of its image.
    mounts: Vec<u64>,
    steps: HashMap<Box<[u8]>, Step>,
    absolute: Vec<u8>,
    pending: Vec<u8>,
}

impl Resolver {
    /// For the root that this process has now.
    pub(crate) fn new() -> rustix::io::Result<Self> {
        let root = statx(CWD, "/", AtFlags::empty(), StatxFlags::MNT_ID)?;
        Ok(Self {
            mounts: vec![root.stx_mnt_id],
            steps: HashMap::new(),
            absolute: Vec::new(),
            pending: Vec::new(),
        })
    }

    /// What is mounted at `path` (without a leading `/`) stands for what the image has there: a volume of its own.
    pub(crate) fn count_in(&mut self, path: &[u8]) {
        let mount = self.look(path).map(|found| found.stx_mnt_id);
        self.mounts.extend(mount.filter(|mount| !self.mounts.contains(mount)));
        self.forget();
    }

    /// What is remembered may not hold any more.
    pub(crate) fn forget(&mut self) {
        self.steps.clear();
    }

    /// Resolves `path` from the directory `base` (as the kernel tells it, with a leading `/`; ignored when `path` is
    /// absolute), the last link too when `follow`.
    pub(crate) fn resolve(&mut self, base: &[u8], path: &[u8], follow: bool, into: &mut Resolved) {
        into.links.clear();
        into.left.clear();
        into.path.clear();
        into.end = None;
        self.pending.clear();
        if path.first() != Some(&b'/') {
            self.pending.extend_from_slice(base);
            self.pending.push(b'/');
        }
        self.pending.extend_from_slice(path);
        // How many components deep in something that is mounted over the image.
        let mut outside = 0_usize;
        let mut followed = 0;
        let mut last = None;
        let mut at = 0;
        while let Some(component) = next(&self.pending, &mut at) {
            let (start, end) = component;
            let name = &self.pending[start..end];
            if name == b".." {
                if outside > 0 {
                    outside -= 1;
                } else if !into.path.is_empty() {
                    into.left.push(into.path.as_slice().into());
                }
                let parent = into.path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                into.path.truncate(parent);
                last = None;
                continue;
            }
            let is_last = self.pending[end..].iter().all(|byte| *byte == b'/');
            let slash = self.pending[end..].first() == Some(&b'/');
            if !into.path.is_empty() {
                into.path.push(b'/');
            }
            into.path.extend_from_slice(name);
            last = None;
            if outside > 0 {
                outside += 1;
                continue;
            }
            match self.step(&into.path, is_last) {
                Looked::Directory => {}
                Looked::Link(target) if !is_last || follow || slash => {
                    followed += 1;
                    if followed > LINKS {
                        into.end = Some(End::Missing);
                        return;
                    }
                    into.links.push(into.path.as_slice().into());
                    let rest = self.pending.split_off(end);
                    self.pending.clear();
                    self.pending.extend_from_slice(&target);
                    self.pending.extend_from_slice(&rest);
                    at = 0;
                    let parent = into.path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                    into.path.truncate(if target.first() == Some(&b'/') { 0 } else { parent });
                }
                Looked::Link(_) => last = self.look(&into.path).map(|found| attributes(&found)),
                Looked::Other(found) => {
                    if !is_last {
                        into.end = Some(End::Missing);
                        return;
                    }
                    last = Some(found);
                }
                Looked::Missing => {
                    // What stands behind it is missing too; the name that was looked for is the whole.
                    for (start, end) in std::iter::from_fn(|| next(&self.pending, &mut at)) {
                        match &self.pending[start..end] {
                            b".." => {
                                let parent = into.path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                                into.path.truncate(parent);
                            }
                            name => {
                                into.path.push(b'/');
                                into.path.extend_from_slice(name);
                            }
                        }
                    }
                    into.end = Some(End::Missing);
                    return;
                }
                Looked::Outside => outside = 1,
            }
        }
        into.end = Some(match last {
            _ if outside > 0 => End::Outside,
            Some(found) => End::Found(found),
            None => match self.look(&into.path) {
                Some(found) if self.mounts.contains(&found.stx_mnt_id) => End::Found(attributes(&found)),
                Some(_) => End::Outside,
                None => End::Missing,
            },
        });
    }

    fn step(&mut self, path: &[u8], is_last: bool) -> Looked {
        match self.steps.get(path) {
            Some(Step::Directory) if !is_last => return Looked::Directory,
            Some(Step::Link(target)) => return Looked::Link(target.clone()),
            _ => {}
        }
        let Some(found) = self.look(path) else { return Looked::Missing };
        if !self.mounts.contains(&found.stx_mnt_id) {
            return Looked::Outside;
        }
        match FileType::from_raw_mode(found.stx_mode.into()) {
            FileType::Directory => {
                if !is_last {
                    self.steps.insert(path.into(), Step::Directory);
                    return Looked::Directory;
                }
                Looked::Other(attributes(&found))
            }
            FileType::Symlink => {
                let mut target = [0; 4096];
                match readlinkat_raw(CWD, OsStr::from_bytes(&self.absolute), &mut target[..]) {
                    Ok(length) => {
                        let target: Box<[u8]> = target[..length].into();
                        self.steps.insert(path.into(), Step::Link(target.clone()));
                        Looked::Link(target)
                    }
                    Err(_) => Looked::Missing,
                }
            }
            _ => Looked::Other(attributes(&found)),
        }
    }

    fn look(&mut self, path: &[u8]) -> Option<Statx> {
        self.absolute.clear();
        self.absolute.push(b'/');
        self.absolute.extend_from_slice(path);
        let wanted =
            StatxFlags::TYPE | StatxFlags::MODE | StatxFlags::UID | StatxFlags::GID | StatxFlags::MNT_ID;
        // Nobody is asked who may wait for the recorder itself: a file system that an application of the container serves.
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
        statx(CWD, OsStr::from_bytes(&self.absolute), flags, wanted).ok()
    }
}

enum Looked {
    Directory,
    Link(Box<[u8]>),
    Other(Attributes),
    Missing,
    Outside,
}

const fn attributes(found: &Statx) -> Attributes {
    Attributes { mode: found.stx_mode, user: found.stx_uid, group: found.stx_gid }
}

/// The next component that is not empty and not `.`, from `at` on: where it begins and ends.
fn next(path: &[u8], at: &mut usize) -> Option<(usize, usize)> {
    loop {
        let start = *at + path[*at..].iter().position(|byte| *byte != b'/')?;
        let end =
            path[start..].iter().position(|byte| *byte == b'/').map_or(path.len(), |length| start + length);
        *at = end;
        if &path[start..end] != b"." {
            return Some((start, end));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn resolve(base: &str, path: &str, follow: bool) -> (String, Vec<String>, &'static str) {
        let mut resolver = Resolver::new().unwrap();
        let mut resolved = Resolved::default();
        resolver.resolve(base.as_bytes(), path.as_bytes(), follow, &mut resolved);
        let end = match resolved.end.unwrap() {
            End::Found(_) => "found",
            End::Missing => "missing",
            End::Outside => "outside",
        };
        let text = |bytes: &[u8]| format!("/{}", String::from_utf8_lossy(bytes));
        (text(&resolved.path), resolved.links.iter().map(|link| text(link)).collect(), end)
    }

    #[test]
    fn paths_lead_where_the_kernel_goes() {
        // Beside this program, which is on a mount that is most likely that of the root; else there is nothing to see.
        let folder = tempfile::tempdir_in(std::env::current_exe().unwrap().parent().unwrap()).unwrap();
        let top = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
        if resolve("/", &top, true).2 != "found" {
            return;
        }
        std::fs::create_dir_all(format!("{top}/a/b")).unwrap();
        std::fs::write(format!("{top}/a/b/file"), "").unwrap();
        symlink("a/b", format!("{top}/short")).unwrap();
        symlink(format!("{top}/short/file"), format!("{top}/a/absolute")).unwrap();
        symlink("../a/absolute", format!("{top}/a/chain")).unwrap();
        symlink("nowhere/at/all", format!("{top}/dangling")).unwrap();
        symlink("loop", format!("{top}/loop")).unwrap();
        let cases: [(&str, &str, bool, &str, &[&str], &str); 13] = [
            ("", "a/b/file", true, "a/b/file", &[], "found"),
            ("", "a//./b/", true, "a/b", &[], "found"),
            ("a", "../a/b/file", true, "a/b/file", &[], "found"),
            ("", "short/file", false, "a/b/file", &["short"], "found"),
            ("", "short", false, "short", &[], "found"),
            ("", "short/", false, "a/b", &["short"], "found"),
            ("", "a/chain", true, "a/b/file", &["a/chain", "a/absolute", "short"], "found"),
            ("", "short/../b/file", true, "a/b/file", &["short"], "found"),
            ("", "dangling", true, "nowhere/at/all", &["dangling"], "missing"),
            ("", "a/none/../x", true, "a/x", &[], "missing"),
            ("", "a/b/file/x", true, "a/b/file", &[], "missing"),
            ("", "short/none", true, "a/b/none", &["short"], "missing"),
            ("a/b", "file", false, "a/b/file", &[], "found"),
        ];
        for (base, path, follow, expected, links, end) in cases {
            let got = resolve(&format!("{top}/{base}"), path, follow);
            let links: Vec<String> = links.iter().map(|link| format!("{top}/{link}")).collect();
            assert_eq!(got, (format!("{top}/{expected}"), links, end), "{base} {path}");
        }
        assert_eq!(resolve("/", "/proc/self/status", true).2, "outside");
        assert_eq!(resolve("/", "/proc/../", true), ("/".to_owned(), Vec::new(), "found"));
        assert_eq!(resolve("/", &format!("{top}/loop"), true).2, "missing");
    }

    #[test]
    fn a_mount_that_is_counted_in_is_of_the_image() {
        let mut resolver = Resolver::new().unwrap();
        let mut resolved = Resolved::default();
        let mut ends = |resolver: &mut Resolver| {
            ["/proc/self/status", "/proc/none", "/sys/none"].map(|path| {
                resolver.resolve(b"/", path.as_bytes(), true, &mut resolved);
                (matches!(resolved.end, Some(End::Outside)), matches!(resolved.end, Some(End::Found(_))))
            })
        };
        let (outside, found, missing) = ((true, false), (false, true), (false, false));
        assert_eq!(ends(&mut resolver), [outside; 3]);
        resolver.count_in(b"proc");
        assert_eq!(ends(&mut resolver), [found, missing, outside]);
        resolver.count_in(b"nothing/of/the/kind");
        assert_eq!(ends(&mut resolver), [found, missing, outside]);
    }
}
