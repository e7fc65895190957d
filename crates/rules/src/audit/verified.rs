//! Installed files beside the digests that the package databases state: every file is hashed in the pass that reads the
//! image, since which of them a database names is known when all layers were read.

use std::collections::BTreeSet;

use casehard_image::{Entry, Facts, Head, Inspect, Tree, Want};
use casehard_inventory::{FileDigest, Inventory, Package};
use casehard_oci::RootPath;
use md5::{Digest as _, Md5};
use sha2::Sha256;

/// Larger files are not compared; formats of packages hold no larger ones.
const LARGEST: u64 = 8 << 30;

/// Hashes files while the image streams past. Give it to [`casehard_inventory::survey_with`], then ask
/// [`FileHashes::finish`].
#[derive(Debug, Clone, Copy)]
pub struct FileHashes {
    /// Whether it does so at all.
    wanted: bool,
}

/// A file's digest by each algorithm that a package database may use.
#[derive(Debug, Clone, Copy)]
pub struct Hashes {
    md5: [u8; 16],
    sha1: [u8; 20],
    sha256: [u8; 32],
}

/// Packaged files beside what their packages installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many files were compared.
    pub compared: usize,
    /// Those that are not what was installed, sorted.
    pub altered: Vec<AlteredFile>,
}

/// A file that is not what its package installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlteredFile {
    /// The file.
    pub path: RootPath,
    /// The layer that brought it as it is, from 0.
    pub layer: usize,
    /// The package, with its version.
    pub package: String,
    /// The layer that brought the package, from 0.
    pub installed_by: usize,
}

impl FileHashes {
    /// Hashes files when that is wanted, which costs more than all the rest of an audit.
    #[must_use]
    pub const fn new(wanted: bool) -> Self {
        Self { wanted }
    }

    /// What differs, once the image was read; `None` when nothing was to be compared.
    #[must_use]
    pub fn finish(self, tree: &Tree, inventory: &Inventory, hashes: &Facts<Hashes>) -> Option<Verified> {
        self.wanted.then(|| {
            let mut verified = Verified::default();
            for package in &inventory.packages {
                compare(package, tree, inventory, hashes, &mut verified);
            }
            verified.altered.sort();
            verified.altered.dedup_by(|a, b| a.path == b.path);
            verified
        })
    }
}

fn compare(
    package: &Package,
    tree: &Tree,
    inventory: &Inventory,
    hashes: &Facts<Hashes>,
    verified: &mut Verified,
) {
    let kept: BTreeSet<&RootPath> = package.config_files.iter().collect();
    for (node, digest) in &package.digests {
        let entry = tree.entry(*node);
        // dpkg keeps the digest of a file that another package has taken over.
        let is_own = package.files.binary_search(node).is_ok();
        let Some(hashes) = hashes.get(entry).filter(|_| is_own && entry.is_file()) else { continue };
        if kept.contains(&entry.path()) {
            continue;
        }
        verified.compared += 1;
        if !hashes.is(digest) && !belongs_to_another(entry, hashes, inventory) {
            verified.altered.push(AlteredFile {
                path: entry.path(),
                layer: entry.layer(),
                package: format!("{} {}", package.name, package.version),
                installed_by: package.layer,
            });
        }
    }
}

/// Whether the file is what another of its owners installed.
fn belongs_to_another(entry: Entry<'_>, hashes: &Hashes, inventory: &Inventory) -> bool {
    inventory.owners(entry).any(|id| {
        let digests = &inventory.package(id).digests;
        let start = digests.partition_point(|(node, _)| *node < entry.id());
        let own = digests[start..].iter().take_while(|(node, _)| *node == entry.id());
        own.into_iter().any(|(_, digest)| hashes.is(digest))
    })
}

impl Hashes {
    fn of(bytes: &[u8]) -> Self {
        let mut sha1 = [0; 20];
        sha1.copy_from_slice(ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
        Self { md5: Md5::digest(bytes).into(), sha1, sha256: Sha256::digest(bytes).into() }
    }

    fn is(&self, digest: &FileDigest) -> bool {
        match digest {
            FileDigest::Md5(bytes) => self.md5 == *bytes,
            FileDigest::Sha1(bytes) => self.sha1 == *bytes,
            FileDigest::Sha256(bytes) => self.sha256 == *bytes,
        }
    }
}

impl Inspect for FileHashes {
    type Fact = Hashes;

    fn wants(&self, _: &Head, _: &[u8]) -> Want {
        if self.wanted { Want::Whole(LARGEST) } else { Want::Nothing }
    }

    fn inspect(&self, _: &RootPath, _: &Head, bytes: &[u8]) -> Option<Hashes> {
        Some(Hashes::of(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        let hashes = Hashes::of(b"abc");
        for digits in [
            &b"900150983cd24fb0d6963f7d28e17f72"[..],
            b"a9993e364706816aba3e25717850c26c9cd0d89d",
            b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ] {
            assert!(hashes.is(&FileDigest::from_hex(digits).unwrap()));
            assert!(!Hashes::of(b"abd").is(&FileDigest::from_hex(digits).unwrap()));
        }
    }
}
