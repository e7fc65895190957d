//! Builds a store from copies of feeds, times it, and compares a scan with a table of expected findings.
//!
//! ```text
//! cargo run --release --example measure -- build  STORE YYYY-MM-DD PATH...
//! cargo run --release --example measure -- snapshot FILE.zst YYYY-MM-DD [SOURCE=CAVEAT]... PATH...
//! cargo run --release --example measure -- lookup STORE
//! cargo run --release --example measure -- truth  STORE YYYY-MM-DD DEBIAN-RELEASE TABLE.tsv
//! ```
//! The table has the columns `id severity package version debian_source`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a program to measure with, run by hand"
)]

use casehard_vuln::{Distribution, Request, Store, Subject, SubjectKind, import, scan, store::Builder};
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["build", store, day, paths @ ..] => build(Path::new(store), day, paths),
        ["snapshot", file, day, rest @ ..] => snapshot(Path::new(file), day, rest),
        ["lookup", store] => look_up(Path::new(store)),
        ["truth", store, day, release, table] => truth(Path::new(store), day, release, Path::new(table)),
        _ => Err("see the head of this file for the arguments".into()),
    }
}

fn build(store: &Path, day: &str, paths: &[&str]) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mut builder = Builder::new(day);
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let imported = import::import(&mut builder, &paths, day)?;
    let read = started.elapsed();
    let bytes = builder.write(store)?;
    println!("{imported:#?}\nread {read:.2?}, whole {:.2?}, {bytes} bytes", started.elapsed());
    let compressed = zstd::encode_all(&fs::read(store)?[..], 19)?;
    println!("zstd -19: {} bytes", compressed.len());
    let status = Store::open(store)?.status()?;
    println!("{} packages, {} ids, {:?}", status.packages, status.ids, status.ecosystems);
    for source in status.meta.sources {
        println!("{} {:?} {} records, {} skipped", source.name, source.date, source.records, source.skipped);
    }
    Ok(())
}

/// Writes the snapshot that comes with the program. What is known to be missing of a source must be stated.
fn snapshot(file: &Path, day: &str, rest: &[&str]) -> Result<(), Box<dyn Error>> {
    let (caveats, paths): (Vec<&&str>, Vec<&&str>) = rest.iter().partition(|word| word.contains('='));
    let mut builder = Builder::new(day);
    builder.mark_snapshot();
    let paths: Vec<PathBuf> = paths.into_iter().map(PathBuf::from).collect();
    let imported = import::import(&mut builder, &paths, day)?;
    for (name, caveat) in caveats.iter().filter_map(|word| word.split_once('=')) {
        let index = builder.source(&import::source(name));
        if let Some(source) = builder.source_mut(index) {
            source.caveats.push(caveat.to_owned());
        }
    }
    let bytes = builder.finish()?;
    let compressed = zstd::encode_all(&bytes[..], 22)?;
    fs::write(file, &compressed)?;
    println!("{imported:#?}\n{} bytes, {} compressed", bytes.len(), compressed.len());
    Ok(())
}

fn look_up(store: &Path) -> Result<(), Box<dyn Error>> {
    let mut opens = Vec::new();
    for _ in 0..15 {
        let started = Instant::now();
        let opened = Store::open(store)?;
        opens.push(started.elapsed());
        drop(opened);
    }
    opens.sort();
    let opened = Store::open(store)?;
    let mut names: Vec<(casehard_vuln::Ecosystem, String)> = Vec::new();
    for (ecosystem, _) in opened.status()?.ecosystems {
        let Some(ecosystem) = casehard_vuln::Ecosystem::parse(&ecosystem) else { continue };
        for name in [
            "openssl",
            "curl",
            "lodash",
            "requests",
            "django",
            "glibc",
            "zlib",
            "perl",
            "no-such-package",
            "another",
        ] {
            names.push((ecosystem.clone(), name.to_owned()));
        }
    }
    let mut times = Vec::new();
    let mut rows = 0;
    for _ in 0..15 {
        let started = Instant::now();
        for (ecosystem, name) in names.iter().cycle().take(1000) {
            rows += opened.rows(ecosystem, name)?.len();
        }
        times.push(started.elapsed());
    }
    times.sort();
    println!("open {:?}, 1,000 look-ups {:?} ({} rows each round)", opens[7], times[7], rows / 15);
    Ok(())
}

fn truth(store: &Path, day: &str, release: &str, table: &Path) -> Result<(), Box<dyn Error>> {
    let store = Store::open(store)?;
    let mut expected: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut subjects: BTreeMap<(String, String), Subject> = BTreeMap::new();
    for line in fs::read_to_string(table)?.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, severity, package, version, source] = columns.as_slice() else { continue };
        expected.insert(((*id).to_owned(), (*package).to_owned()), (*severity).to_owned());
        // Advisories on GitHub are not Debian's: a program or a language's package.
        let foreign = id.starts_with("GHSA") || matches!(*package, "python" | "node");
        let kind = match (foreign, *package) {
            (true, "python" | "node") => SubjectKind::Program,
            (true, "pip") => SubjectKind::Language(casehard_vuln::Ecosystem::parse("PyPI").ok_or("PyPI")?),
            (true, _) => SubjectKind::Language(casehard_vuln::Ecosystem::parse("npm").ok_or("npm")?),
            _ => SubjectKind::Distribution,
        };
        let subject = Subject {
            kind,
            name: (*package).to_owned(),
            version: (*version).to_owned(),
            source: (!foreign).then(|| ((*source).to_owned(), without_rebuild(version))),
            purl: format!("pkg:deb/debian/{package}@{version}"),
            ..Subject::default()
        };
        subjects.insert(((*package).to_owned(), (*version).to_owned()), subject);
    }
    let subjects: Vec<Subject> = subjects.into_values().collect();
    let distribution =
        Distribution { id: "debian".into(), version_id: release.into(), ..Distribution::default() };
    let started = Instant::now();
    let result = scan(
        &store,
        &Request {
            name: "truth",
            today: day,
            distribution: Some(&distribution),
            subjects: &subjects,
            unknowns: &[],
        },
    )?;
    let elapsed = started.elapsed();
    let found: BTreeMap<(String, String), _> = result
        .findings
        .iter()
        .map(|finding| ((finding.id.clone(), finding.package.name.clone()), finding))
        .collect();
    let silenced: BTreeSet<(String, String)> = result
        .suppressed
        .iter()
        .map(|entry| (entry.finding.id.clone(), entry.finding.package.name.clone()))
        .collect();
    let both = expected.keys().filter(|key| found.contains_key(*key)).count();
    println!(
        "{} subjects in {elapsed:?}; expected {}, found of these {both}",
        subjects.len(),
        expected.len()
    );
    for (key, severity) in expected.iter().filter(|(key, _)| !found.contains_key(*key)) {
        let why = if silenced.contains(key) { "suppressed" } else { "MISSED" };
        println!("{why} {} {} {severity}", key.0, key.1);
    }
    for (key, finding) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
        println!("ADDITIONAL {} {} {} fix {:?}", key.0, key.1, finding.package.version, finding.fix.version);
    }
    let differing = found.iter().filter(|(key, finding)| {
        expected.get(*key).is_some_and(|severity| !severity.eq_ignore_ascii_case(finding.severity.as_str()))
    });
    let mut pairs: BTreeMap<(String, &str, String), usize> = BTreeMap::new();
    for (key, finding) in differing {
        *pairs
            .entry((expected[key].to_lowercase(), finding.severity.as_str(), finding.severity_reason.clone()))
            .or_default() += 1;
    }
    println!("severities that differ (expected, ours, why, count):");
    for (pair, count) in pairs {
        println!("  {} {} ({}): {count}", pair.0, pair.1, pair.2);
    }
    for line in &result.blind {
        println!("blind: {line}");
    }
    Ok(())
}

/// The source version of a rebuilt binary package: `1.0-1+b2` was built from `1.0-1`.
fn without_rebuild(version: &str) -> String {
    match version.rsplit_once("+b") {
        Some((source, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => source.to_owned(),
        _ => version.to_owned(),
    }
}
