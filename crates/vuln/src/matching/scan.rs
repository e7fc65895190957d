//! The scan: subjects in, findings out. Pure: the same subjects, store and day give the same result.

use super::{
    Distribution, Subject, SubjectKind,
    group::{Group, groups},
    lookup::{Looked, look_up},
};
use crate::{
    Ecosystem, Store, StoreError,
    advisory::{FixState, Source},
    date::days_between,
    finding::{Evidence, Finding, Fix, Lifecycle, PackageRef, SCHEMA, Scan, StoreState, Suppressed},
    severity::{choose, risk},
};
use std::collections::{BTreeMap, BTreeSet};

/// A store older than this many days is said to be stale.
const STALE: i64 = 7;
/// A busy source without a record younger than this many days is an old copy.
const OLD_RECORDS: i64 = 30;

/// What is scanned, and when.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// The name of what is scanned, for the result.
    pub name: &'a str,
    /// The day of the scan, `YYYY-MM-DD`.
    pub today: &'a str,
    /// The distribution, if there is one.
    pub distribution: Option<&'a Distribution>,
    /// The packages.
    pub subjects: &'a [Subject],
    /// What could not be read of the image.
    pub unknowns: &'a [String],
}

/// Finds what is vulnerable.
///
/// # Errors
/// If the store is damaged.
pub fn scan(store: &Store, request: &Request) -> Result<Scan, StoreError> {
    let mut blind = Blind::default();
    let mut findings = Vec::new();
    let mut suppressed = Vec::new();
    let mut looked: Vec<Looked> = Vec::with_capacity(request.subjects.len());
    for subject in request.subjects {
        // Nothing can be said of a package whose version is not known, and that is said.
        looked.push(if is_versioned(subject) {
            look_up(store, subject, request.distribution)?
        } else {
            Looked::default()
        });
    }
    let cleared: Vec<BTreeSet<&str>> = looked.iter().map(|looked| looked.cleared.clone()).collect();
    let hit: Vec<BTreeSet<&str>> =
        looked.iter().map(|looked| looked.hits.iter().map(|hit| hit.row.id).collect()).collect();
    for (subject, looked) in request.subjects.iter().zip(looked) {
        blind.note(subject, &looked, request.distribution);
        let owner =
            subject.owner.and_then(|at| Some((request.subjects.get(at)?, cleared.get(at)?, hit.get(at)?)));
        for group in groups(store, looked.hits)? {
            let ids: Vec<&str> =
                std::iter::once(&group.id).chain(&group.aliases).map(String::as_str).collect();
            let verdict = owner
                .and_then(|(owner, cleared, hit)| owned(owner, &ids, cleared, hit, request.distribution));
            let finding = finding(store, subject, group)?;
            match verdict {
                _ if is_kernel(subject) => {
                    let reason = "an image brings no kernel of its own: the host's runs it".to_owned();
                    suppressed.push(Suppressed { finding, by: "kernel".to_owned(), reason });
                }
                _ if subject.phantom => {
                    let reason = "the package is listed, and none of its files is there".to_owned();
                    suppressed.push(Suppressed { finding, by: "phantom".to_owned(), reason });
                }
                None => findings.push(finding),
                Some(reason) => suppressed.push(Suppressed { finding, by: "owner".to_owned(), reason }),
            }
        }
    }
    sort(&mut findings);
    Ok(Scan {
        schema: SCHEMA.to_owned(),
        subject: request.name.to_owned(),
        distribution: request.distribution.map(|distribution| {
            let known = distribution.ecosystem().map(|ecosystem| ecosystem.as_str().to_owned());
            known.unwrap_or_else(|| {
                format!("{} {}", distribution.id, distribution.version_id).trim().to_owned()
            })
        }),
        lifecycle: lifecycle(store, request)?,
        packages: request.subjects.len(),
        findings,
        suppressed,
        blind: blind.lines(store, request),
        store: state(store, request.today),
        unmatched: Vec::new(),
    })
}

/// Sorts findings, the most pressing first.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (b.kev.is_some().cmp(&a.kev.is_some()))
            .then_with(|| b.risk.total_cmp(&a.risk))
            .then_with(|| b.severity.cmp(&a.severity))
            .then_with(|| {
                (&a.id, &a.package.purl, &a.package.name).cmp(&(&b.id, &b.package.purl, &b.package.name))
            })
    });
}

fn is_versioned(subject: &Subject) -> bool {
    !matches!(subject.version.as_str(), "" | "(devel)")
}

/// Whether a package is the kernel or its headers, which distributions build from one source. Programs built from it
/// (`perf`) are not.
fn is_kernel(subject: &Subject) -> bool {
    const PREFIXES: &[&str] = &[
        "linux-libc-dev",
        "linux-headers",
        "linux-image",
        "linux-modules",
        "kernel-headers",
        "kernel-core",
        "kernel-devel",
        "kernel-modules",
    ];
    subject.kind == SubjectKind::Distribution
        && PREFIXES.iter().any(|prefix| subject.name.starts_with(prefix))
}

/// What a distribution owns, it answers for: it backports fixes without changing the upstream version. Gives the reason
/// why a language package's finding does not count.
fn owned(
    owner: &Subject,
    ids: &[&str],
    cleared: &BTreeSet<&str>,
    hit: &BTreeSet<&str>,
    distribution: Option<&Distribution>,
) -> Option<String> {
    let package = format!("the distribution's package {} {}", owner.name, owner.version);
    if ids.iter().any(|id| hit.contains(id)) {
        return Some(format!("reported once, for {package}, which owns these files"));
    }
    if ids.iter().any(|id| cleared.contains(id)) {
        return Some(format!("{package} owns these files, and the distribution holds it not to be affected"));
    }
    // Only a feed that lists what is unfixed says something by its silence.
    let lists_unfixed = distribution?.ecosystem()?.lists_unfixed();
    lists_unfixed
        .then(|| format!("{package} owns these files, and the distribution does not list it as affected"))
}

fn finding(store: &Store, subject: &Subject, group: Group) -> Result<Finding, StoreError> {
    let Group { hits, id, aliases, records } = group;
    let first = &hits[0];
    let chosen = choose(store, &first.row, &records);
    let mut kev = None;
    let mut epss = None;
    for id in std::iter::once(&id).chain(&aliases) {
        if kev.is_none() {
            kev = store.exploited(id)?;
        }
        if epss.is_none() {
            epss = store.likelihood(id);
        }
    }
    let exploited = kev.as_ref().map(|kev| kev.ransomware);
    let mut cwes: Vec<String> =
        records.iter().flat_map(|(_, record)| &record.weaknesses).map(|&cwe| cwe.to_owned()).collect();
    cwes.sort();
    cwes.dedup();
    let mut evidence: Vec<Evidence> = hits
        .iter()
        .map(|hit| Evidence {
            source: store.source_name(hit.row.source).to_owned(),
            by: hit.by,
            name: format!("{}/{}", hit.ecosystem, hit.name),
            id: hit.row.id.to_owned(),
            version: hit.version.clone(),
            affected: hit.affected.clone(),
        })
        .collect();
    evidence.dedup();
    let mut symbols: Vec<String> =
        hits.iter().flat_map(|hit| &hit.row.symbols).map(|&symbol| symbol.to_owned()).collect();
    symbols.sort();
    symbols.dedup();
    let source = subject
        .source
        .as_ref()
        .filter(|(name, version)| *name != subject.name || *version != subject.version);
    Ok(Finding {
        package: PackageRef {
            name: subject.name.clone(),
            version: subject.version.clone(),
            purl: subject.purl.clone(),
            ecosystem: first.ecosystem.as_str().to_owned(),
            source: source.map(|(name, version)| format!("{name} {version}")),
            files: subject.files.clone(),
            layer: subject.layer,
            origin: subject.origin,
        },
        class: hits.iter().map(|hit| hit.row.class).min().unwrap_or_default(),
        severity: chosen.level,
        severity_reason: chosen.reason,
        risk: risk(chosen.level, chosen.score, exploited, epss.map(|likelihood| likelihood.epss)),
        severities: chosen.all,
        fix: fix(&hits),
        kev,
        epss,
        cwes,
        summary: records.iter().find_map(|(_, record)| record.summary).map(str::to_owned),
        published: records.iter().filter_map(|(_, record)| record.published).min().map(str::to_owned),
        links: records
            .iter()
            .flat_map(|(_, record)| &record.links)
            .take(4)
            .map(|&link| link.to_owned())
            .collect(),
        evidence,
        symbols,
        usage: None,
        id,
        aliases,
    })
}

/// The fixed versions above the installed one, and the lowest of them that no source still holds to be affected.
fn fix(hits: &[super::lookup::Hit]) -> Fix {
    let first = &hits[0];
    let scheme = first.ecosystem.scheme();
    let mut versions: Vec<&str> = Vec::new();
    for hit in hits.iter().filter(|hit| hit.ecosystem.scheme() == scheme) {
        let above = |fixed: &&str| scheme.compare(fixed, &hit.version).is_gt();
        versions.extend(hit.row.ranges.iter().filter_map(|range| range.fixed).filter(above));
    }
    versions.sort_by(|a, b| scheme.compare(a, b).then_with(|| a.cmp(b)));
    versions.dedup_by(|a, b| scheme.compare(a, b).is_eq());
    let affected = |version: &str| {
        hits.iter()
            .filter(|hit| hit.ecosystem.scheme() == scheme)
            .any(|hit| hit.row.ranges.iter().any(|range| range.interval.contains(scheme, version)))
    };
    let lowest = versions.iter().find(|version| !affected(version)).map(|&version| version.to_owned());
    let mut advisories: Vec<String> =
        hits.iter().filter_map(|hit| hit.row.advisory).map(str::to_owned).collect();
    advisories.sort();
    advisories.dedup();
    let state = match (first.row.state, &lowest) {
        (_, Some(_)) => FixState::Fixed,
        // The fix is for other branches than the installed one.
        (FixState::Fixed, None) => FixState::Affected,
        (state, None) => state,
    };
    Fix {
        state,
        version: lowest,
        versions: versions.into_iter().map(str::to_owned).collect(),
        advisories,
        note: first.row.note.map(str::to_owned),
    }
}

/// What could not be seen, gathered.
#[derive(Debug, Default)]
struct Blind {
    uncovered: BTreeMap<String, usize>,
    unversioned: BTreeSet<String>,
    unknown: usize,
    fixed_only: BTreeSet<Ecosystem>,
}

impl Blind {
    fn note(&mut self, subject: &Subject, looked: &Looked, distribution: Option<&Distribution>) {
        for ecosystem in &looked.uncovered {
            *self.uncovered.entry(ecosystem.as_str().to_owned()).or_default() += 1;
        }
        if !is_versioned(subject) {
            self.unversioned.insert(subject.name.clone());
        } else if !looked.asked {
            match distribution.filter(|_| subject.kind == SubjectKind::Distribution) {
                Some(distribution) => {
                    *self
                        .uncovered
                        .entry(format!("{} {}", distribution.id, distribution.version_id))
                        .or_default() += 1;
                }
                None => self.unknown += 1,
            }
        }
        let ecosystem = distribution
            .filter(|_| subject.kind == SubjectKind::Distribution && looked.asked)
            .and_then(Distribution::ecosystem);
        self.fixed_only.extend(ecosystem.filter(|ecosystem| !ecosystem.lists_unfixed()));
    }

    fn lines(self, store: &Store, request: &Request) -> Vec<String> {
        let mut lines: Vec<String> = request.unknowns.to_vec();
        for (ecosystem, count) in self.uncovered {
            lines.push(format!(
                "no advisories on {ecosystem} in the store; packages that were not looked up: {count}"
            ));
        }
        if self.unknown > 0 {
            lines.push(format!("packages of a kind that no advisories are known for: {}", self.unknown));
        }
        if !self.unversioned.is_empty() {
            let names: Vec<String> = self.unversioned.into_iter().take(5).collect();
            lines.push(format!("packages without a known version were not looked up: {}", names.join(", ")));
        }
        for ecosystem in self.fixed_only {
            lines.push(format!("{ecosystem} publishes fixed issues only: what is not fixed yet is not seen"));
        }
        let state = state(store, request.today);
        if state.age_days > STALE {
            lines.push(format!("the advisory data is {} days old (built {})", state.age_days, state.built));
        }
        lines.extend(old_records(&state.sources, request.distribution, request.today));
        lines.extend(carried(&state.sources, request.today));
        if state.snapshot {
            lines.push("the advisory data is the partial snapshot that comes with the program".to_owned());
        }
        for source in &state.sources {
            lines.extend(
                source
                    .caveats
                    .iter()
                    .filter(|caveat| caveat.starts_with("update failed"))
                    .map(|caveat| format!("{}: {caveat}", source.name)),
            );
        }
        lines
    }
}

/// Sources that publish every few days, and whose newest record here is old: the copy is, however new the store. Other
/// distributions' sources do not matter.
fn old_records(sources: &[Source], distribution: Option<&Distribution>, today: &str) -> Option<String> {
    const BUSY: &[&str] = &["bitnami", "epss", "ghsa", "go", "kev", "nvd", "pypa"];
    let own = match distribution.and_then(Distribution::ecosystem).as_ref().map(Ecosystem::family) {
        Some("AlmaLinux") => "almalinux",
        Some("Debian") => "debian",
        Some("Red Hat") => "redhat",
        Some("Rocky Linux") => "rocky",
        Some("SUSE" | "openSUSE") => "suse",
        Some("Ubuntu") => "ubuntu",
        _ => "",
    };
    let old = |source: &&Source| {
        let days = source.date.as_deref().and_then(|date| days_between(date, today));
        (source.name == own || BUSY.contains(&source.name.as_str()))
            && days.is_some_and(|days| days > OLD_RECORDS)
    };
    let old: Vec<String> = sources
        .iter()
        .filter(old)
        .map(|source| format!("{} {}", source.name, source.date.as_deref().unwrap_or_default()))
        .collect();
    (!old.is_empty())
        .then(|| format!("the newest records are over {OLD_RECORDS} days old: {}", old.join(", ")))
}

/// Sources that were taken over from an older store, however new this one is.
fn carried(sources: &[Source], today: &str) -> Option<String> {
    let imported = |source: &Source| {
        let day = source.imported.as_deref()?;
        let is_old = days_between(day, today).is_none_or(|days| days > STALE);
        is_old.then(|| format!("{} {day}", source.name))
    };
    let old: Vec<String> = sources.iter().filter_map(imported).collect();
    (!old.is_empty())
        .then(|| format!("parts of the advisory data were not updated since: {}", old.join(", ")))
}

fn state(store: &Store, today: &str) -> StoreState {
    let meta = store.meta();
    StoreState {
        built: meta.built.clone(),
        // Data from the future is no older than today's; a broken date is as old as can be.
        age_days: days_between(&meta.built, today).map_or(i64::from(i32::MAX), |days| days.max(0)),
        snapshot: meta.snapshot,
        sources: meta.sources.clone(),
    }
}

fn lifecycle(store: &Store, request: &Request) -> Result<Option<Lifecycle>, StoreError> {
    let Some((product, cycle)) = request.distribution.and_then(Distribution::cycle) else { return Ok(None) };
    let cycles = store.cycles(product)?;
    let Some(found) = cycles.into_iter().find(|found| found.cycle == cycle) else { return Ok(None) };
    let ended = match found.end.as_str() {
        "ended" => true,
        "supported" => false,
        date => days_between(date, request.today).is_some_and(|days| days > 0),
    };
    Ok(Some(Lifecycle { product: product.to_owned(), cycle, end: found.end, ended }))
}
