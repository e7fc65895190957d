//! Places that the application writes, and ports it listens on.

use std::collections::{BTreeMap, BTreeSet};

use casehard_image::NodeId;
use casehard_oci::RootPath;
use casehard_profile::{Address, Profile};

use crate::{
    plan::Ground,
    runtime::{Writable, WritableKind},
};

/// Python writes compiled modules beside their sources where it may, and works as well where it may not.
pub(crate) fn is_bytecode(path: &RootPath) -> bool {
    path.components().any(|component| component == b"__pycache__")
}

/// Directories that belong to the system as a whole.
pub(crate) fn is_system(path: &RootPath) -> bool {
    matches!(
        path.as_bytes(),
        b"" | b"etc"
            | b"usr"
            | b"bin"
            | b"sbin"
            | b"lib"
            | b"lib64"
            | b"usr/bin"
            | b"usr/sbin"
            | b"usr/lib"
            | b"var"
            | b"var/lib"
            | b"var/cache"
            | b"home"
            | b"opt"
            | b"srv"
    )
}

/// The runtime mounts these itself.
fn is_mounted(path: &RootPath) -> bool {
    let first = path.components().next().unwrap_or_default();
    matches!(first, b"dev" | b"proc" | b"sys")
        || matches!(path.as_bytes(), b"etc/hosts" | b"etc/hostname" | b"etc/resolv.conf")
}

/// Each place that was written, as few and as narrow as mounts can be.
pub(crate) fn places(ground: Ground<'_>, stays: &dyn Fn(NodeId) -> bool) -> BTreeMap<RootPath, Writable> {
    let conceded = ground.policy.concessions.executable_memory.is_some();
    let volumes: BTreeSet<RootPath> = ground
        .image
        .config()
        .config
        .volumes
        .keys()
        .map(|volume| ground.tree.resolve(&RootPath::root().join_as_kernel(volume.as_bytes())).path)
        .collect();
    let mut found: BTreeMap<RootPath, BTreeSet<RootPath>> =
        volumes.iter().map(|volume| (volume.clone(), BTreeSet::new())).collect();
    for (path, used) in &ground.profile.paths {
        let is_written = used.access.iter().any(|access| access.writes());
        if !is_written || is_bytecode(path) || is_mounted(path) {
            continue;
        }
        let is_device = ground.tree.get(path).is_some_and(|entry| !entry.is_file() && !entry.is_directory());
        if is_device {
            continue;
        }
        let place = place(ground, path, &volumes);
        found.entry(place).or_default().insert(path.clone());
    }
    // `/tmp` is there for every library that might want it.
    found.entry(RootPath::root().child(b"tmp")).or_default();
    let tops: Vec<RootPath> = found.keys().cloned().collect();
    // A volume brings its directories with it; memory begins empty, so a directory of the image in it needs a mount of
    // its own.
    let needs_its_own = |place: &RootPath, other: &RootPath| {
        is_directory(ground, place) && kind(ground, other, &volumes, stays) == WritableKind::Tmpfs
    };
    let is_below_another = |place: &RootPath| {
        tops.iter().any(|other| {
            other != place && !other.is_root() && place.starts_with(other) && !needs_its_own(place, other)
        })
    };
    let mut places = BTreeMap::new();
    for (place, evidence) in &found {
        if is_below_another(place) || place.is_root() {
            continue;
        }
        let evidence = evidence.iter().chain(
            found
                .iter()
                .filter(|(other, _)| *other != place && other.starts_with(place))
                .flat_map(|(_, evidence)| evidence),
        );
        let evidence: BTreeSet<RootPath> = evidence.take(8).cloned().collect();
        let kind = kind(ground, place, &volumes, stays);
        let exec = kind == WritableKind::Tmpfs && (conceded || runs_code_in(ground.profile, place));
        places.insert(place.clone(), Writable { kind, evidence, exec });
    }
    places
}

/// Whether a file below a place was run, or is a library that was opened.
fn runs_code_in(profile: &Profile, place: &RootPath) -> bool {
    let mut paths = profile.paths.iter();
    paths.any(|(path, used)| path.starts_with(place) && used.access.iter().any(|access| access.runs_code()))
}

fn is_directory(ground: Ground<'_>, path: &RootPath) -> bool {
    ground.tree.get(path).is_some_and(casehard_image::Entry::is_directory)
}

/// The directory to mount on for a path that was written.
fn place(ground: Ground<'_>, path: &RootPath, volumes: &BTreeSet<RootPath>) -> RootPath {
    if let Some(volume) = volumes.iter().find(|volume| path.starts_with(volume)) {
        return volume.clone();
    }
    let components: Vec<&[u8]> = path.components().collect();
    let first =
        |count: usize| components[..count].iter().fold(RootPath::root(), |place, name| place.child(name));
    match components.as_slice() {
        [b"tmp", ..] => first(1),
        [b"run", _, _, ..] if is_directory(ground, &first(2)) => first(2),
        [b"run", ..] => first(1),
        [b"var", b"tmp" | b"run" | b"lock", ..] => first(2),
        [b"var", b"lib" | b"cache" | b"log" | b"spool", _, _, ..] => first(3),
        [b"var", b"log" | b"spool", ..] => first(2),
        _ => {
            // The nearest directory that the image has.
            let above = path
                .ancestors()
                .find(|above| ground.tree.get(above).is_some_and(casehard_image::Entry::is_directory));
            above.unwrap_or_else(RootPath::root)
        }
    }
}

fn kind(
    ground: Ground<'_>,
    place: &RootPath,
    volumes: &BTreeSet<RootPath>,
    stays: &dyn Fn(NodeId) -> bool,
) -> WritableKind {
    let components: Vec<&[u8]> = place.components().collect();
    let has_content = || {
        let top = ground.tree.get(place);
        top.is_some_and(|top| top.below().any(|entry| !entry.is_directory() && stays(entry.id())))
    };
    match components.as_slice() {
        _ if volumes.contains(place) => WritableKind::Volume,
        [b"tmp" | b"run", ..] | [b"var", b"tmp" | b"run" | b"lock" | b"cache" | b"log", ..]
            if !has_content() =>
        {
            WritableKind::Tmpfs
        }
        _ => WritableKind::Volume,
    }
}

/// The ports that were listened on.
pub(crate) fn ports(profile: &Profile) -> BTreeSet<String> {
    let port = |address: &Address| match address {
        Address::Tcp(address) if address.port() != 0 => Some(format!("{}/tcp", address.port())),
        Address::Udp(address) if address.port() != 0 => Some(format!("{}/udp", address.port())),
        _ => None,
    };
    profile.bound.iter().filter_map(port).collect()
}
