//! Packages against the advisories that come with the program, and comparing versions.

use casehard_vuln::{Distribution, Request, Scheme, Subject, SubjectKind, scan, snapshot};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const NAMES: [&str; 8] =
    ["openssl", "curl", "zlib", "glibc", "nginx", "redis", "postgresql-15", "python3.11"];

#[divan::bench(args = [100, 1_000])]
fn scanned(bencher: Bencher, packages: usize) {
    let store = snapshot().unwrap_or_else(|error| panic!("{error}"));
    let distribution = Distribution {
        id: "debian".into(),
        version_id: "12".into(),
        codename: "bookworm".into(),
        ..Distribution::default()
    };
    let subjects: Vec<Subject> = (0..packages)
        .map(|number| Subject {
            kind: SubjectKind::Distribution,
            name: NAMES[number % NAMES.len()].to_owned(),
            version: format!("1.{number}-1"),
            ..Subject::default()
        })
        .collect();
    let request = Request {
        name: "bench",
        today: "2026-01-01",
        distribution: Some(&distribution),
        subjects: &subjects,
        unknowns: &[],
    };
    bencher.bench_local(|| scan(&store, black_box(&request)).map(|found| found.findings.len()));
}

#[divan::bench]
fn versions(bencher: Bencher) {
    let pairs =
        [("1:2.3.4-5+deb12u1", "1:2.3.4-5+deb12u10"), ("1.0~rc1-1", "1.0-1"), ("2.36-9", "2.36-9+deb12u4")];
    bencher.bench_local(|| pairs.map(|(a, b)| Scheme::Deb.compare(black_box(a), black_box(b))));
}
