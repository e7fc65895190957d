//! What the application used of the system's data must work as before: certificates, names, time zones.

use std::collections::{BTreeMap, BTreeSet};

use casehard_image::Entry;
use casehard_oci::RootPath;

use super::{Ground, Side, make, some, used};
use crate::{Check, Status, contents::Certificates};

pub(super) fn checks(ground: Ground<'_>) -> Vec<Check> {
    let used = used(ground);
    vec![certificates(ground, used.as_ref()), names(ground, used.as_ref()), time_zones(ground, used.as_ref())]
}

const NOT_USED: &str = "not used by what was run";
const NOT_KNOWN: &str = "no profile says whether they were used";

type Used<'a> = Option<&'a BTreeSet<RootPath>>;

fn at<'a>(side: Side<'a>, path: &RootPath) -> Option<Entry<'a>> {
    side.tree.resolve(path).entry
}

/// The directories and files of certificates that were used, or all of them when nothing says which were: for each how
/// many there are.
fn stores(side: Side<'_>, used: Used<'_>) -> BTreeMap<RootPath, Certificates> {
    let of = |entry: Entry<'_>| side.contents.of(entry)?.certificates;
    let mut found: BTreeMap<RootPath, Certificates> = BTreeMap::new();
    for entry in side.tree.walk() {
        let path = entry.path();
        let Some(certificates) = at(side, &path).and_then(of) else { continue };
        let directory = path.parent().unwrap_or_else(RootPath::root);
        // Whoever looks a certificate up by its hash looks into the directory.
        let is_searched = used.is_some_and(|used| {
            used.range(directory.clone()..)
                .take_while(|path| path.starts_with(&directory))
                .any(|path| path.parent().as_ref() == Some(&directory))
        });
        if is_searched || used.is_none() {
            let sum = found.entry(directory).or_default();
            sum.good += certificates.good;
            sum.broken += certificates.broken;
        }
    }
    found
}

fn certificates(ground: Ground<'_>, used: Used<'_>) -> Check {
    let name = "certificates";
    let before = stores(ground.original, used);
    let shown = |stores: &BTreeMap<RootPath, Certificates>| {
        let lines: Vec<String> =
            stores.iter().map(|(path, found)| format!("{} in {path}", found.good)).collect();
        some(&lines)
    };
    if before.is_empty() {
        return make(name, Status::Pass, NOT_USED, "none");
    }
    // A directory that was used by the original is looked at in the result, whatever is left of it.
    let after: BTreeMap<RootPath, Certificates> = {
        let all = stores(ground.hardened, None);
        before.keys().map(|path| (path.clone(), all.get(path).copied().unwrap_or_default())).collect()
    };
    let lost: Vec<&RootPath> = before
        .iter()
        .filter(|(path, found)| after[*path].good < found.good || after[*path].broken > found.broken)
        .map(|(path, _)| path)
        .collect();
    if lost.is_empty() {
        return make(name, Status::Pass, format!("{}, each one whole", shown(&after)), shown(&before));
    }
    let status = if used.is_some() { Status::Fail } else { Status::Warn };
    let known = if used.is_some() { "" } else { "; no profile says whether they were used" };
    make(name, status, format!("fewer than before: {}{known}", shown(&after)), shown(&before))
}

/// The configuration of name services (`nsswitch.conf(5)`, `host.conf(5)`, `gai.conf(5)`, `services(5)`,
/// `protocols(5)`).
const NAME_FILES: [&[u8]; 5] =
    [b"etc/nsswitch.conf", b"etc/host.conf", b"etc/gai.conf", b"etc/services", b"etc/protocols"];

/// Files that say whom names mean; runtimes provide `/etc/hosts` and `/etc/resolv.conf` themselves.
const LOOKED_UP: [&[u8]; 4] = [b"etc/passwd", b"etc/group", b"etc/hosts", b"etc/resolv.conf"];

fn names(ground: Ground<'_>, used: Used<'_>) -> Check {
    let name = "name-lookup";
    let path = |bytes: &[u8]| RootPath::root().join_as_kernel(bytes);
    let is_used = |path: &RootPath| used.is_none_or(|used| used.contains(path));
    let files: Vec<RootPath> =
        NAME_FILES.iter().chain(&LOOKED_UP).map(|file| path(file)).filter(&is_used).collect();
    if files.is_empty() {
        return make(name, Status::Pass, NOT_USED, "");
    }
    let (original, hardened) = (ground.original, ground.hardened);
    let provided = |path: &RootPath| matches!(path.as_bytes(), b"etc/hosts" | b"etc/resolv.conf");
    let lost = files
        .iter()
        .filter(|file| !provided(file) && at(original, file).is_some() && at(hardened, file).is_none());
    let mut lost: Vec<RootPath> = lost.cloned().collect();
    let services = services(original);
    let modules = services.iter().map(|service| format!("libnss_{service}.so.2").into_bytes());
    let modules: BTreeSet<Vec<u8>> = modules.collect();
    let of = |side: Side<'_>| super::find(side, |entry| modules.contains(entry.name()));
    let (before, after) = (of(original), of(hardened));
    let configured = files.iter().any(|file| file.as_bytes() == b"etc/nsswitch.conf");
    if configured {
        lost.extend(before.iter().filter(|module| at(hardened, module).is_none()).cloned());
    }
    let text = |files: usize, modules: &[RootPath]| {
        format!("{files} files of its configuration; services {}; modules {}", some(&services), some(modules))
    };
    let there = |side: Side<'_>| files.iter().filter(|file| at(side, file).is_some()).count();
    let before_text = text(there(original), &before);
    if lost.is_empty() {
        return make(name, Status::Pass, text(there(hardened), &after), before_text);
    }
    let status = if used.is_some() { Status::Fail } else { Status::Warn };
    make(name, status, format!("what it needs is gone: {}", some(&lost)), before_text)
}

/// The services that look hosts, users and groups up, in the order of the file.
fn services(side: Side<'_>) -> Vec<String> {
    let file = RootPath::root().join_as_kernel(b"etc/nsswitch.conf");
    let text = side.inventory.text(side.tree, &file).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let Some((database, services)) = line.split_once(':') else { continue };
        if !matches!(database.trim(), "hosts" | "passwd" | "group") {
            continue;
        }
        let is_word = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        for service in services.split_ascii_whitespace().filter(is_word) {
            if !found.iter().any(|known| known == service) {
                found.push(service.to_owned());
            }
        }
    }
    found
}

fn time_zones(ground: Ground<'_>, used: Used<'_>) -> Check {
    let name = "time-zones";
    let is_zone = |side: Side<'_>, path: &RootPath| {
        at(side, path).and_then(|entry| side.contents.of(entry)).is_some_and(|traits| traits.is_time_zone)
    };
    let all = |side: Side<'_>| super::find(side, |entry| is_zone(side, &entry.path())).len();
    let before = format!("{} zones", all(ground.original));
    let Some(used) = used else {
        let after = all(ground.hardened);
        let status = if format!("{after} zones") == before { Status::Pass } else { Status::Warn };
        return make(name, status, format!("{after} zones; {NOT_KNOWN}"), before);
    };
    let zones: Vec<&RootPath> = used.iter().filter(|path| is_zone(ground.original, path)).collect();
    if zones.is_empty() {
        return make(name, Status::Pass, NOT_USED, before);
    }
    let lost: Vec<&&RootPath> = zones.iter().filter(|path| !is_zone(ground.hardened, path)).collect();
    if lost.is_empty() {
        let evidence = format!("{} used, each one whole; {} zones", some(&zones), all(ground.hardened));
        make(name, Status::Pass, evidence, before)
    } else {
        make(name, Status::Fail, format!("{} were used and are gone", some(&lost)), before)
    }
}
