//! A profile, and what changed between two, for people.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display, Write as _},
};

use casehard_oci::{RootPath, escape};

use crate::{Access, Change, Changes, Identity, PathUse, Phase, Profile, Subject};

/// Which paths are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Each path rather than counts for each directory.
    pub every_path: bool,
    /// Only paths below this one.
    pub below: Option<RootPath>,
    /// Only paths used in this way.
    pub access: Option<Access>,
    /// Only paths used by this program.
    pub program: Option<RootPath>,
    /// Only paths used in this phase.
    pub phase: Option<Phase>,
}

impl Listing {
    /// Whether a path is asked for.
    fn takes(&self, path: &RootPath, used: &PathUse) -> bool {
        self.below.as_ref().is_none_or(|below| path.starts_with(below))
            && self.access.is_none_or(|access| used.access.contains(&access))
            && self.program.as_ref().is_none_or(|program| used.programs.contains(program))
            && self.phase.as_ref().is_none_or(|phase| used.phases.contains(phase))
    }
}

impl Profile {
    /// This profile with no other paths than those that `listing` asks for.
    #[must_use]
    pub fn only(mut self, listing: &Listing) -> Self {
        self.paths.retain(|path, used| listing.takes(path, used));
        self
    }

    /// The profile as text: what was run, what it did, and its paths as `listing` asks; every path is a list of its own.
    /// Lines end with a newline.
    #[must_use]
    pub fn to_text(&self, listing: &Listing) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        if !listing.every_path {
            let _ = self.write_facts(&mut text);
        }
        let _ = self.write_paths(&mut text, listing);
        text
    }

    fn write_facts(&self, out: &mut String) -> fmt::Result {
        for Subject { manifest, config, platform, workload } in &self.subjects {
            writeln!(out, "image     {manifest} ({})", safe(platform))?;
            writeln!(out, "  config  {config}")?;
            writeln!(out, "workload  {workload}")?;
        }
        section(out, "programs", self.programs.len())?;
        for (path, lists) in &self.programs {
            writeln!(out, "  {path}")?;
            for list in lists {
                writeln!(out, "      {}", cut(&list.join(" ")))?;
            }
        }
        items(out, "listened on", &self.bound)?;
        items(out, "connected to", &self.connected)?;
        section(out, "ran as", self.users.0.len())?;
        for (who, programs) in &self.users.0 {
            writeln!(out, "  {who}  {}", some(programs.iter(), programs.len()))?;
        }
        section(out, "capabilities needed", self.capabilities.len())?;
        for (name, operations) in &self.capabilities {
            writeln!(out, "  {}  {}", safe(name), some(operations.iter(), operations.len()))?;
        }
        section(out, "system calls", self.syscalls.len())?;
        wrapped(out, self.syscalls.iter().map(String::as_str))?;
        section(out, "not seen", self.blind.len())?;
        self.blind
            .iter()
            .try_for_each(|blind| writeln!(out, "  {}: {}", safe(&blind.recorder), safe(&blind.what)))
    }

    fn write_paths(&self, out: &mut String, listing: &Listing) -> fmt::Result {
        let paths: Vec<_> = self.paths.iter().filter(|(path, used)| listing.takes(path, used)).collect();
        section(out, "paths", paths.len())?;
        for access in Access::ALL {
            let count = paths.iter().filter(|(_, used)| used.access.contains(&access)).count();
            if count > 0 {
                writeln!(out, "  {:<9} {count:>7}", access.as_str())?;
            }
        }
        if listing.every_path {
            writeln!(out)?;
            for (path, used) in paths {
                let words: Vec<_> = used.access.iter().map(|access| access.as_str()).collect();
                writeln!(out, "{path}  {}", words.join(","))?;
            }
            return Ok(());
        }
        let mut present: BTreeMap<RootPath, usize> = BTreeMap::new();
        let mut absent = 0;
        for (path, used) in paths {
            if used.needs_presence() {
                *present.entry(directory(path)).or_default() += 1;
            } else {
                absent += 1;
            }
        }
        section(out, "used paths by directory", present.values().sum())?;
        for (path, count) in present {
            writeln!(out, "  {count:>7}  {path}")?;
        }
        if absent > 0 {
            writeln!(out, "  {absent:>7}  looked for and not there, or created by the application")?;
        }
        Ok(())
    }
}

/// The first two components: deep enough to tell `/usr/lib` from `/usr/share`.
fn directory(path: &RootPath) -> RootPath {
    path.ancestors().find(|parent| parent.components().count() <= 2).unwrap_or_else(RootPath::root)
}

fn section(out: &mut String, title: &str, count: usize) -> fmt::Result {
    writeln!(out, "{}{title}: {count}", if out.is_empty() { "" } else { "\n" })
}

fn items<T: Display>(out: &mut String, title: &str, items: &BTreeSet<T>) -> fmt::Result {
    section(out, title, items.len())?;
    items.iter().try_for_each(|item| writeln!(out, "  {}", safe(&item.to_string())))
}

fn some<T: Display>(items: impl Iterator<Item = T>, count: usize) -> String {
    const MOST: usize = 4;
    let first: Vec<_> = items.take(MOST).map(|item| safe(&item.to_string())).collect();
    let rest = if count > MOST { format!(" and {} more", count - MOST) } else { String::new() };
    first.join(", ") + &rest
}

/// Recorders escape what they saw, but a profile can come from elsewhere. What is escaped already stays as it is.
fn safe(text: &str) -> String {
    let parts: Vec<_> = text.split('\\').map(|part| escape(part.as_bytes())).collect();
    parts.join("\\")
}

fn cut(line: &str) -> String {
    const LONGEST: usize = 160;
    match line.char_indices().nth(LONGEST) {
        None => safe(line),
        Some((end, _)) => format!("{}…", safe(&line[..end])),
    }
}

fn wrapped<'a>(out: &mut String, words: impl Iterator<Item = &'a str>) -> fmt::Result {
    const WIDTH: usize = 100;
    let mut line = String::new();
    for word in words.map(safe) {
        if line.len() + 1 + word.len() > WIDTH {
            writeln!(out, " {line}")?;
            line.clear();
        }
        line.push(' ');
        line.push_str(&word);
    }
    if line.is_empty() { Ok(()) } else { writeln!(out, " {line}") }
}

impl Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.uid, self.gid)
    }
}

/// Lines beginning with `-` for what only the first has, `+` for what only the second has, `~` for what differs.
impl Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = |subject: &Subject| {
            format!("image {} with workload {} ({})", subject.manifest, subject.workload, subject.platform)
        };
        change(f, "what was run", &self.subjects, subject)?;
        change(f, "programs", &self.programs, ToString::to_string)?;
        change(f, "listened on", &self.bound, ToString::to_string)?;
        change(f, "connected to", &self.connected, ToString::to_string)?;
        change(f, "ran as", &self.users, ToString::to_string)?;
        change(f, "capabilities needed", &self.capabilities, ToString::to_string)?;
        change(f, "system calls", &self.syscalls, ToString::to_string)?;
        change(f, "not seen", &self.blind, |blind| format!("{}: {}", blind.recorder, blind.what))?;
        change(f, "paths", &self.paths, ToString::to_string)?;
        if !self.uses.is_empty() {
            writeln!(f, "paths used in other ways: {}", self.uses.len())?;
        }
        for (path, change) in &self.uses {
            let words = |sign: char, set: &BTreeSet<Access>| {
                set.iter().map(|access| format!(" {sign}{}", access.as_str())).collect::<String>()
            };
            writeln!(f, "  ~ {path} {}{}", words('-', &change.gone), words('+', &change.new))?;
        }
        Ok(())
    }
}

fn change<T>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    change: &Change<T>,
    shown: impl Fn(&T) -> String,
) -> fmt::Result {
    if change.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}: {} gone, {} new", change.gone.len(), change.new.len())?;
    change.gone.iter().try_for_each(|item| writeln!(f, "  - {}", safe(&shown(item))))?;
    change.new.iter().try_for_each(|item| writeln!(f, "  + {}", safe(&shown(item))))
}
