//! Every rule's page: its sections are there, and its *Bad* and *Good* examples are what they say.

use std::{collections::BTreeSet, fs, path::Path};

use casehard_dockerfile::IgnoreFile;
use casehard_finding::{Finding, Rule, Safety, Subject};

use crate::{
    BuildContext, ContextProgram, ContextSecret, Evidence, ImageFacts, Settings, check_dockerfile,
    check_file, mend, rules, service_builds,
};

const SECTIONS: [&str; 6] = ["What it finds", "Why it matters", "Bad", "Good", "Fix", "References"];

/// The fenced blocks of a section: language and text.
fn blocks(page: &str, section: &str) -> Vec<(String, String)> {
    let start = page.find(&format!("\n## {section}\n")).unwrap_or_else(|| panic!("no section {section}")) + 4;
    let end = page[start..].find("\n## ").map_or(page.len(), |at| start + at);
    let mut parts = page[start..end].split("```");
    parts.next();
    let mut found = Vec::new();
    while let (Some(block), _) = (parts.next(), parts.next()) {
        let (language, text) = block.split_once('\n').unwrap();
        found.push((language.to_owned(), text.to_owned()));
    }
    found
}

fn settings(rule: &Rule) -> Settings {
    // What is said about allowances depends on which rules run.
    let only = if rule.name.starts_with("allow-") { Vec::new() } else { vec![rule.name.to_owned()] };
    Settings {
        only,
        trusted_registries: vec!["registry.example.com".to_owned()],
        today: Some("2026-11-21".to_owned()),
        ..Settings::new()
    }
}

fn context(blocks: &[(String, String)]) -> Option<BuildContext> {
    let block =
        |language: &str| blocks.iter().find(|block| block.0 == language).map(|block| block.1.as_str());
    let files = block("context");
    let ignore = block("dockerignore").map(IgnoreFile::parse);
    let secrets =
        blocks.iter().filter_map(|(language, text)| Some((language.strip_prefix("context-file ")?, text)));
    let secrets = secrets.flat_map(|(file, text)| {
        let found = crate::secrets_in(file, text.as_bytes()).into_iter();
        found.map(|secret| ContextSecret { file: file.to_owned(), secret })
    });
    let programs =
        blocks.iter().filter_map(|(language, text)| Some((language.strip_prefix("program ")?, text)));
    let programs: Vec<ContextProgram> = programs
        .map(|(file, loader)| ContextProgram {
            file: file.to_owned(),
            interpreter: loader.trim().to_owned(),
            needed: vec!["libc.so.6".to_owned()],
        })
        .collect();
    (files.is_some() || ignore.is_some() || !programs.is_empty()).then(|| BuildContext {
        secrets: secrets.collect(),
        programs,
        ignore,
        files: files.unwrap_or_default().lines().map(str::to_owned).collect(),
        complete: true,
    })
}

/// What the `built` block says of every service, and `known NAME` blocks of images.
fn evidence(blocks: &[(String, String)], main: &str) -> Evidence {
    let mut evidence = Evidence::default();
    for (language, text) in blocks {
        let facts = || ImageFacts::of_dockerfile("Dockerfile".to_owned(), text.as_bytes(), None).unwrap();
        if language == "built" {
            evidence
                .services
                .extend(service_builds(main.as_bytes()).into_iter().map(|build| (build.service, facts())));
        } else if let Some(name) = language.strip_prefix("known ") {
            evidence.images.insert(name.to_owned(), facts());
        }
    }
    evidence
}

/// The `labels` block: a name and a kind per line, and `strict`.
fn labels(blocks: &[(String, String)], settings: &mut Settings) {
    let lines = blocks.iter().filter(|block| block.0 == "labels").flat_map(|block| block.1.lines());
    for line in lines {
        match line.split_once(' ') {
            Some((name, kind)) => drop(settings.labels.insert(name.to_owned(), kind.parse().unwrap())),
            None => settings.strict_labels = line == "strict",
        }
    }
}

fn findings(rule: &Rule, blocks: &[(String, String)], main: &str) -> Vec<Finding> {
    let mut settings = Settings { evidence: evidence(blocks, main).into(), ..settings(rule) };
    labels(blocks, &mut settings);
    let mut findings = match rule.subject {
        Subject::Dockerfile => {
            check_dockerfile("Dockerfile", main.as_bytes(), context(blocks).as_ref(), &settings).findings
        }
        subject @ (Subject::Dockerignore | Subject::Compose | Subject::Kubernetes) => {
            check_file(subject, "file", main.as_bytes(), context(blocks).as_ref(), &settings).findings
        }
        Subject::Image => crate::audit_example::findings(main, &settings),
        other => panic!("no example runner for {other:?}"),
    };
    findings.retain(|finding| finding.rule == rule.name);
    findings
}

fn main_block(rule: &Rule, blocks: &[(String, String)]) -> String {
    let language = match rule.subject {
        Subject::Dockerignore => "dockerignore",
        Subject::Compose | Subject::Kubernetes => "yaml",
        Subject::Image => "image",
        _ => "dockerfile",
    };
    blocks.iter().find(|block| block.0 == language).map(|block| block.1.clone()).unwrap_or_default()
}

#[test]
fn pages_are_whole_and_their_examples_are_true() {
    let mut wrong = Vec::new();
    for rule in rules() {
        for section in SECTIONS {
            assert!(rule.page.contains(&format!("\n## {section}\n")), "{}: no section {section}", rule.name);
        }
        assert!(rule.page.starts_with(&format!("# {}\n", rule.name)), "{}: title", rule.name);
        let (bad, good) = (blocks(rule.page, "Bad"), blocks(rule.page, "Good"));
        let found = findings(rule, &bad, &main_block(rule, &bad));
        if !found.iter().any(|finding| finding.rule == rule.name) {
            wrong.push(format!("{}: Bad gives no finding", rule.name));
        }
        for finding in findings(rule, &good, &main_block(rule, &good)) {
            wrong.push(format!("{}: Good gives {finding:?}", rule.name));
        }
        if found.iter().any(|finding| finding.fix.is_some()) {
            wrong.extend(mending_fails(rule, &bad));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The fix of a bad example mends it, and mending twice changes nothing more.
fn mending_fails(rule: &Rule, bad: &[(String, String)]) -> Option<String> {
    let check = |bytes: &[u8]| findings(rule, bad, std::str::from_utf8(bytes).unwrap());
    let once = mend(main_block(rule, bad).as_bytes(), Safety::Evidence, rule.subject, &check);
    let left = check(&once.bytes);
    let twice = mend(&once.bytes, Safety::Evidence, rule.subject, &check);
    if once.applied.is_empty()
        || left.iter().any(|finding| finding.fix.is_some())
        || twice.bytes != once.bytes
    {
        let text = String::from_utf8_lossy(&once.bytes).into_owned();
        return Some(format!("{}: mending ends with {left:?} {:?}\n{text}", rule.name, once.withdrawn));
    }
    None
}

#[test]
fn the_registry_is_the_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages: BTreeSet<String> = fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".md").to_owned())
        .collect();
    let names: BTreeSet<String> = rules().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(pages, names);
    let mut files = BTreeSet::new();
    for subject in ["dockerfile", "dockerignore", "compose", "kubernetes", "image"] {
        let Ok(folder) = fs::read_dir(root.join("src").join(subject)) else { continue };
        for entry in folder {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name != "mod.rs" {
                files.insert(name.trim_end_matches(".rs").replace('_', "-"));
            }
        }
    }
    assert_eq!(files, names);
    assert_eq!(rules().count(), names.len(), "a name is used twice");
}
