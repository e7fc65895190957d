//! What must hold for every file there is: it is printed as it was read, its fixes leave it readable, and mending twice
//! changes nothing more. Runs over the examples of all rules and of this repository, and over the folder that
//! `CASEHARD_CORPUS` names, when it is set.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that measures, and tells its tally"
)]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use casehard_dockerfile::Dockerfile;
use casehard_finding::{Safety, Subject};
use casehard_rules::{Settings, check_file, kind, mend, rules};

#[derive(Default)]
struct Tally {
    files: usize,
    refused: usize,
    fixes: usize,
    withdrawn: BTreeMap<String, usize>,
    findings: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

fn hold(name: &str, subject: Subject, bytes: &[u8], tally: &mut Tally) {
    tally.files += 1;
    let settings = Settings { today: Some("2026-11-21".to_owned()), ..Settings::new() };
    let all = Settings { enable: vec!["all".to_owned()], ..settings.clone() };
    if subject == Subject::Dockerfile {
        let document = Dockerfile::parse(bytes);
        if document.print() != document.text() || document.text().len() != bytes.len() {
            tally.wrong.push(format!("{name}: is not printed as it was read"));
        }
    }
    for finding in check_file(subject, name, bytes, None, &settings).findings {
        tally.refused += usize::from(finding.rule == "broken-instruction");
        *tally.findings.entry(finding.rule).or_default() += 1;
    }
    for safety in [Safety::Safe, Safety::Evidence] {
        let check = |bytes: &[u8]| check_file(subject, name, bytes, None, &all).findings;
        let once = mend(bytes, safety, subject, &check);
        let twice = mend(&once.bytes, safety, subject, &check);
        tally.fixes += once.applied.len();
        for withdrawn in &once.withdrawn {
            *tally.withdrawn.entry(format!("{} ({})", withdrawn.rule, withdrawn.reason)).or_default() += 1;
        }
        if twice.bytes != once.bytes {
            let rules: Vec<&str> = twice.applied.iter().map(|(rule, _)| rule.as_str()).collect();
            tally.wrong.push(format!("{name}: mending twice ({safety:?}) changes more: {rules:?}"));
        }
        let problems = |bytes: &[u8]| Dockerfile::parse(bytes).problems().len();
        if subject == Subject::Dockerfile && problems(&once.bytes) > problems(bytes) {
            tally.wrong.push(format!("{name}: is broken by mending ({safety:?})"));
        }
    }
}

fn walk(folder: &Path, tally: &mut Tally) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, tally);
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.len() < 1 << 20
            && let Some(subject) = kind(&path.to_string_lossy(), &bytes)
        {
            hold(&path.to_string_lossy(), subject, &bytes, tally);
        }
    }
}

#[test]
fn fixes_leave_every_file_readable_and_reach_a_fixed_point() {
    let mut tally = Tally::default();
    for rule in rules() {
        let language = match rule.subject {
            Subject::Dockerfile => "dockerfile",
            Subject::Compose | Subject::Kubernetes => "yaml",
            _ => continue,
        };
        for block in rule.page.split("```").filter_map(|block| block.strip_prefix(language)) {
            hold(rule.name, rule.subject, block.trim_start().as_bytes(), &mut tally);
        }
    }
    let own = tally.files;
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"), &mut tally);
    if let Some(folder) = env::var_os("CASEHARD_CORPUS") {
        walk(Path::new(&folder), &mut tally);
    }
    println!(
        "{} files ({own} examples of rules), {} things that BuildKit refuses, {} fixes applied",
        tally.files, tally.refused, tally.fixes
    );
    println!("withdrawn: {:#?}\nfindings: {:#?}", tally.withdrawn, tally.findings);
    assert!(own > 200 && tally.fixes > 50, "{own} examples, {} fixes", tally.fixes);
    assert!(
        tally.wrong.is_empty(),
        "{} of {} files:\n{}",
        tally.wrong.len(),
        tally.files,
        tally.wrong.join("\n")
    );
}
