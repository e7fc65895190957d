//! A profile for an image it was not learnt from: another build from the same base, the same application for another
//! machine. What it says of paths is carried over where the image has them, and it is refused where it has not.

use std::collections::BTreeMap;

use casehard_image::{Entry, Tree};
use casehard_oci::{Digest, RootPath};
use casehard_profile::{Access, Blind, Profile};

/// A profile does not fit an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the profile was learnt from {learnt} and does not fit this image ({image}): {missing} of the {used} paths it \
     says are used are not in it, such as {example}"
)]
pub struct Misfit {
    /// The configurations of the images it was learnt from.
    pub learnt: String,
    /// The configuration of the image at hand.
    pub image: Digest,
    /// Paths it says are used.
    pub used: usize,
    /// Those of them that the image has neither there nor elsewhere.
    pub missing: usize,
    /// A few of these.
    pub example: String,
}

/// At most this share of what a profile says is used may be missing in another build, in percent.
const MISSING: usize = 10;

/// The profile as it holds for the image with this configuration and tree. One that was learnt from it, whatever the
/// compression, stays as it is. Of another, each path is found again where it was, or where only version numbers and
/// the machine's name in it differ; what was carried over is noted among what could not be seen.
///
/// # Errors
/// When a program that ran, or more than a tenth of what was used, is not in the image.
pub fn carry(profile: &Profile, tree: &Tree, config: &Digest) -> Result<Profile, Misfit> {
    if profile.fits(config).is_ok() {
        return Ok(profile.clone());
    }
    let mut carried = Profile { paths: BTreeMap::new(), programs: BTreeMap::new(), ..profile.clone() };
    let (mut used, mut moved, mut missing) = (0, Vec::new(), Vec::new());
    let mut index = None;
    let mut programs_missing = false;
    let mut places: BTreeMap<&RootPath, RootPath> = BTreeMap::new();
    for (path, usage) in &profile.paths {
        let is_required = usage.needs_presence() && !is_volatile(path);
        let here = tree.resolve(path).entry.is_some();
        if !is_required || here {
            used += usize::from(is_required);
            carried.paths.insert(path.clone(), usage.clone());
            continue;
        }
        used += 1;
        let index = index.get_or_insert_with(|| Index::of(tree));
        if let Some(place) = index.find(path) {
            moved.push(format!("{path} to {place}"));
            places.insert(path, place.clone());
            let mine = carried.paths.entry(place).or_default();
            mine.access.extend(usage.access.iter().copied());
            mine.programs.extend(usage.programs.iter().cloned());
            mine.phases.extend(usage.phases.iter().cloned());
        } else {
            programs_missing |= usage.access.contains(&Access::Executed);
            missing.push(path.to_string());
        }
    }
    for (program, lists) in &profile.programs {
        let place = places.get(program).unwrap_or(program).clone();
        carried.programs.entry(place).or_default().extend(lists.iter().cloned());
    }
    if programs_missing || missing.len() * 100 > used * MISSING || used == 0 && !profile.paths.is_empty() {
        return Err(Misfit {
            learnt: learnt(profile),
            image: *config,
            used,
            missing: missing.len(),
            example: some(&missing),
        });
    }
    let what = format!(
        "the profile was learnt from another build ({}): {} of {used} used paths are here, {} moved ({}), {} not found ({})",
        learnt(profile),
        used - missing.len() - moved.len(),
        moved.len(),
        some(&moved),
        missing.len(),
        some(&missing),
    );
    carried.blind.insert(Blind { recorder: "profile".into(), what });
    Ok(carried)
}

fn learnt(profile: &Profile) -> String {
    let names: Vec<String> = profile
        .subjects
        .iter()
        .map(|subject| format!("an image with the configuration {} on {}", subject.config, subject.platform))
        .collect();
    if names.is_empty() { "an image that it does not name".to_owned() } else { names.join(", ") }
}

/// A few of a list.
fn some(texts: &[String]) -> String {
    match texts {
        [] => "none".to_owned(),
        [first @ .., last] if first.len() < 3 => {
            first.iter().chain([last]).map(String::as_str).collect::<Vec<_>>().join(", ")
        }
        _ => format!("{} and {} more", texts[..3].join(", "), texts.len() - 3),
    }
}

/// What every container has of its own, and what a run makes.
fn is_volatile(path: &RootPath) -> bool {
    matches!(path.components().next(), None | Some(b"proc" | b"sys" | b"dev" | b"tmp" | b"run"))
}

/// The paths of an image by what is left of them without versions and machines.
struct Index(BTreeMap<Vec<u8>, Option<RootPath>>);

impl Index {
    fn of(tree: &Tree) -> Self {
        let mut index: BTreeMap<Vec<u8>, Option<RootPath>> = BTreeMap::new();
        for path in tree.walk().map(Entry::path) {
            // Two that look alike say nothing.
            index.entry(shape(&path)).and_modify(|found| *found = None).or_insert(Some(path));
        }
        Self(index)
    }

    fn find(&self, path: &RootPath) -> Option<RootPath> {
        self.0.get(&shape(path)).cloned().flatten()
    }
}

/// A path with each run of digits, dots between digits included, and each machine's name made one mark.
fn shape(path: &RootPath) -> Vec<u8> {
    const MACHINES: &[&str] = &[
        "x86_64", "x86-64", "amd64", "aarch64", "arm64", "armv7l", "armhf", "ppc64le", "s390x", "riscv64",
        "i386",
    ];
    let mut text = path.as_bytes();
    let mut shape = Vec::with_capacity(text.len());
    while let Some(byte) = text.first() {
        if let Some(machine) = MACHINES.iter().find(|machine| text.starts_with(machine.as_bytes())) {
            shape.push(1);
            text = &text[machine.len()..];
        } else if byte.is_ascii_digit() {
            shape.push(2);
            let end =
                text.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.').unwrap_or(text.len());
            text = &text[end..];
        } else {
            shape.push(*byte);
            text = &text[1..];
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_machines_do_not_count() {
        let shape = |text: &str| shape(&RootPath::parse(text.as_bytes()).unwrap());
        assert_eq!(
            shape("/usr/lib/x86_64-linux-gnu/libssl.so.3.0.11"),
            shape("/usr/lib/aarch64-linux-gnu/libssl.so.3.0.15")
        );
        assert_eq!(shape("/usr/lib/python3.11/os.py"), shape("/usr/lib/python3.12/os.py"));
        assert_ne!(shape("/usr/lib/a.so.1"), shape("/usr/lib/b.so.1"));
    }
}
