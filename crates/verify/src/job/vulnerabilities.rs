//! Which known vulnerabilities both images have, and which went with their software.

use std::collections::{BTreeMap, BTreeSet};

use casehard_image::Image;
use casehard_inventory::sbom::{Sbom, Select};
use casehard_profile::Profile;
use casehard_vuln::{
    Finding, Level, Material, Request, Scan, Store, StoreError, Usages, scan,
    vex::{Absence, Absent, Suggestion, absences, absent_packages, suggestions},
};

use super::Read;
use crate::{Advice, Fate, Feed, Vulnerability};

/// The advisories that both images are scanned against.
#[derive(Clone, Copy)]
pub struct Advisories<'a> {
    /// The store.
    pub store: &'a Store,
    /// The day, `YYYY-MM-DD`.
    pub today: &'a str,
}

/// What scanning both images yielded.
pub(super) struct Scanned {
    /// Counts by severity, of the original and of the result.
    pub counts: [BTreeMap<String, u64>; 2],
    /// What was found.
    pub advice: Advice,
    /// What can be stated of what was found.
    pub statements: Statements,
}

/// What a hardening can state of vulnerabilities.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    /// Findings that are gone since their software is, for [`casehard_vuln::vex::openvex`].
    pub absent: Vec<Absent>,
    /// Findings that are left in packages of which nothing was used, for [`casehard_vuln::vex::suggested`].
    pub unused: Vec<Suggestion>,
}

/// Scans both images; `profile` says what of the result is used.
pub(super) fn scan_both(
    advisories: Advisories<'_>,
    profile: &Profile,
    (original, before): (&Image, &Read),
    (hardened, after): (&Image, &Read),
) -> Result<Scanned, StoreError> {
    let before_scan = scan_one(advisories, original, before)?;
    let mut after_scan = scan_one(advisories, hardened, after)?;
    Usages::new(&after.inventory, &after.tree, |path| profile.uses(path)).mark(&mut after_scan);
    let mut gone = absent_packages(&before.inventory, &before.tree, &after.tree);
    for package in &after.inventory.packages {
        // What the result still lists is present to every reader of the list, whatever its files are.
        if let Some(absence) = gone.get_mut(&package.purl) {
            *absence = Absence::Code;
        }
    }
    let absent = absences(&before_scan, |purl| gone.get(purl).copied());
    let advice = advice(&before_scan, &after_scan, &gone);
    let statements = Statements { absent, unused: suggestions(&after_scan) };
    Ok(Scanned { counts: [counts(&before_scan), counts(&after_scan)], advice, statements })
}

fn scan_one(advisories: Advisories<'_>, image: &Image, read: &Read) -> Result<Scan, StoreError> {
    let sbom = Sbom::of(image, &read.tree, &read.inventory, &Select::default());
    let material = Material::of(&sbom, None);
    let request = Request {
        name: &material.name,
        today: advisories.today,
        distribution: material.distribution.as_ref(),
        subjects: &material.subjects,
        unknowns: &material.unknowns,
    };
    scan(advisories.store, &request)
}

/// Every level that was found, and the four that people ask for.
fn counts(scan: &Scan) -> BTreeMap<String, u64> {
    let asked_for = |level: Level| level >= Level::Low;
    let counts = scan.counts().into_iter().filter(|(level, count)| *count > 0 || asked_for(*level));
    counts.map(|(level, count)| (level.as_str().to_owned(), count as u64)).collect()
}

fn advice(before: &Scan, after: &Scan, gone: &BTreeMap<String, Absence>) -> Advice {
    let key = |finding: &Finding| (finding.id.clone(), finding.package.purl.clone());
    let keys = |scan: &Scan| -> BTreeSet<_> { scan.findings.iter().map(key).collect() };
    let (known, left) = (keys(before), keys(after));
    let is_unused = |finding: &&Finding| finding.usage.as_ref().is_some_and(|usage| !usage.used);
    let unused: BTreeSet<_> = after.findings.iter().filter(is_unused).map(key).collect();
    let stays = |finding: &Finding| if unused.contains(&key(finding)) { Fate::Unused } else { Fate::Left };
    let fate = |finding: &Finding| match (left.contains(&key(finding)), gone.get(&finding.package.purl)) {
        (_, Some(Absence::Component)) => Fate::ComponentNotPresent,
        (_, Some(Absence::Code)) => Fate::CodeNotPresent,
        (false, None) => Fate::NotFound,
        (true, None) => stays(finding),
    };
    let mut findings: Vec<Vulnerability> =
        before.findings.iter().map(|finding| vulnerability(finding, fate(finding))).collect();
    let only_after = after.findings.iter().filter(|finding| !known.contains(&key(finding)));
    findings.extend(only_after.map(|finding| vulnerability(finding, stays(finding))));
    let mut blind = after.blind.clone();
    blind.extend(before.blind.iter().filter(|line| !after.blind.contains(line)).cloned());
    Advice {
        built: after.store.built.clone(),
        age_days: after.store.age_days,
        partial: after.store.snapshot,
        sources: after
            .store
            .sources
            .iter()
            .map(|source| Feed { name: source.name.clone(), date: source.date.clone() })
            .collect(),
        blind,
        findings,
    }
}

fn vulnerability(finding: &Finding, fate: Fate) -> Vulnerability {
    Vulnerability {
        id: finding.id.clone(),
        aliases: finding.aliases.clone(),
        severity: finding.severity.as_str().to_owned(),
        package: finding.package.name.clone(),
        version: finding.package.version.clone(),
        purl: finding.package.purl.clone(),
        fixed: finding.fix.version.clone(),
        fate,
    }
}
