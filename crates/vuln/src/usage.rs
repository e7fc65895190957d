//! Whether what is vulnerable was seen in use.

use crate::finding::{Scan, Usage};
use casehard_image::Tree;
use casehard_inventory::Inventory;
use casehard_oci::RootPath;
use std::collections::BTreeMap;

/// Most files named for one finding.
const FILES: usize = 20;

/// What of each package was used, by package URL. Packages without files are not in it: about them a profile says
/// nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usages(BTreeMap<String, Usage>);

impl Usages {
    /// Asks `is_used` about each file of each package.
    #[must_use]
    pub fn new(inventory: &Inventory, tree: &Tree, is_used: impl Fn(&RootPath) -> bool) -> Self {
        let mut usages: BTreeMap<String, Usage> = BTreeMap::new();
        for package in &inventory.packages {
            // The database that lists a distribution's packages is no part of any.
            let found_in = package.found_in.iter().filter(|_| !package.ecosystem.is_distribution());
            let files = package.files.iter().chain(found_in).map(|node| tree.entry(*node));
            for path in files.filter(|entry| !entry.is_directory()).map(casehard_image::Entry::path) {
                let usage = usages
                    .entry(package.purl.clone())
                    .or_insert_with(|| Usage { used: false, files: Vec::new() });
                if is_used(&path) {
                    usage.used = true;
                    let path = path.to_string();
                    if usage.files.len() < FILES && !usage.files.contains(&path) {
                        usage.files.push(path);
                    }
                }
            }
        }
        Self(usages)
    }

    /// States it for each finding.
    pub fn mark(&self, scan: &mut Scan) {
        let suppressed = scan.suppressed.iter_mut().map(|entry| &mut entry.finding);
        for finding in scan.findings.iter_mut().chain(suppressed) {
            finding.usage = self.0.get(&finding.package.purl).cloned();
        }
    }
}
