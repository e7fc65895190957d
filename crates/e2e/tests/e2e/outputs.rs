//! What `casehard harden` writes, and that two runs write the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use casehard_e2e::{Shelf, code, sandbox_is_missing, stderr, stdout};
use serde_json::Value;

/// The documents of a hardening.
const DOCUMENTS: [&str; 12] = [
    "compose.yaml",
    "kubernetes.yaml",
    "plan.json",
    "profile.json",
    "provenance.json",
    "report.html",
    "report.json",
    "report.txt",
    "sbom.cdx.json",
    "sbom.spdx.json",
    "seccomp.json",
    "verification.json",
];

/// Documents that state times of the run.
const DATED: [&str; 4] = ["report.html", "report.json", "report.txt", "verification.json"];

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn every_document_is_there_and_two_runs_write_the_same() {
    if sandbox_is_missing("every_document_is_there_and_two_runs_write_the_same") {
        return;
    }
    let shelf = Shelf::new();
    let first = shelf.harden("first", &[]);
    assert_eq!(code(&first), 0, "{}{}", stdout(&first), stderr(&first));
    assert!(stdout(&first).contains("hardened"), "the report is the answer");
    assert_eq!(shelf.left_over(), BTreeSet::from(["first".to_owned()]), "nothing beside the output");
    let second = shelf.harden("second", &[]);
    assert_eq!(code(&second), 0, "{}", stderr(&second));

    let [one, two] = ["first", "second"].map(|name| files(&shelf.folder().join(name)));
    for document in DOCUMENTS {
        assert!(one.contains_key(document), "{document} is not there");
    }
    assert!(one.contains_key("image/index.json") && one.contains_key("image/oci-layout"));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        if name.ends_with(".json") {
            serde_json::from_slice::<Value>(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        if !DATED.contains(&name.as_str()) {
            assert!(*bytes == two[name], "{name} differs between two runs");
        }
    }
    let report =
        |files: &BTreeMap<String, Vec<u8>>| serde_json::from_slice::<Value>(&files["report.json"]).unwrap();
    let (one, two) = (report(&one), report(&two));
    assert_eq!(one["after"], two["after"], "the same image");

    let image = format!("oci:{}", shelf.folder().join("first/image").display());
    let valid = shelf.run(&["validate", &image]);
    assert_eq!(code(&valid), 0, "{}{}", stdout(&valid), stderr(&valid));
}

#[test]
fn an_earlier_output_is_replaced_and_nothing_else_is() {
    if sandbox_is_missing("an_earlier_output_is_replaced_and_nothing_else_is") {
        return;
    }
    let shelf = Shelf::new();
    for _ in 0..2 {
        assert_eq!(code(&shelf.harden("out", &["--level", "tidy"])), 0);
    }
    fs::create_dir(shelf.folder().join("mine")).unwrap();
    shelf.write("mine/note", "mine");
    let refused = shelf.harden("mine", &[]);
    assert_eq!(code(&refused), 3, "{}", stderr(&refused));
    assert!(stderr(&refused).contains("mine"), "{}", stderr(&refused));
    assert_eq!(fs::read(shelf.folder().join("mine/note")).unwrap(), b"mine");
    assert_eq!(shelf.left_over(), ["mine", "out"].map(str::to_owned).into());
}

#[test]
fn a_dry_run_writes_nothing() {
    if sandbox_is_missing("a_dry_run_writes_nothing") {
        return;
    }
    let shelf = Shelf::new();
    let output = shelf.harden("out", &["--dry-run", "--format", "json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(plan["remove"]["/usr/bin/extra"].is_object(), "{}", plan["remove"]);
    assert!(shelf.left_over().is_empty(), "{:?}", shelf.left_over());
}
