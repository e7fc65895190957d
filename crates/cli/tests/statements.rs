//! What is stated of an image's vulnerabilities: attached to it as referrers, suggested from a profile, accepted.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use casehard_oci::{Digest, Platform, RootPath};
use casehard_profile::{Access, Observation, Phase, Profile, Subject};
use serde_json::{Value, json};

const STATUS: &str = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc\nVersion: 2.36-9+deb12u1\nMaintainer: a\nDescription: b\n\n";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn casehard(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_casehard"))
        .current_dir(folder)
        .env("CASEHARD_CACHE", folder.join("cache"))
        .args(arguments)
        .output()
        .unwrap()
}

/// Puts a blob into a layout.
fn blob(layout: &Path, bytes: &[u8]) -> Value {
    let digest = Digest::of(bytes);
    fs::write(layout.join("blobs/sha256").join(digest.hex()), bytes).unwrap();
    json!({ "mediaType": "application/octet-stream", "digest": digest.to_string(), "size": bytes.len() })
}

/// Attaches a document to the image of a layout.
fn attach(layout: &Path, kind: &str, document: &Value) {
    let mut index = index(layout);
    let image = index["manifests"][0].clone();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": blob(layout, b"{}"),
        "layers": [blob(layout, document.to_string().as_bytes())],
        "subject": { "mediaType": MANIFEST, "digest": image["digest"], "size": image["size"] },
    });
    let mut descriptor = blob(layout, manifest.to_string().as_bytes());
    descriptor["mediaType"] = json!(MANIFEST);
    descriptor["artifactType"] = json!(kind);
    index["manifests"].as_array_mut().unwrap().push(descriptor);
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
}

fn index(layout: &Path) -> Value {
    serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap()
}

/// A Debian image with one package in a layout.
fn image(folder: &Path) -> PathBuf {
    let root = folder.join("root");
    for (file, text) in [
        ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n"),
        ("var/lib/dpkg/status", STATUS),
        ("var/lib/dpkg/info/libc6:amd64.list", "/.\n/usr\n/usr/lib\n/usr/lib/libc.so.6\n"),
        ("usr/lib/libc.so.6", "code"),
        ("usr/bin/app", "code"),
    ] {
        fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        fs::write(root.join(file), text).unwrap();
    }
    let copied = casehard(folder, &["copy", "rootfs:root", "oci:layout:app"]);
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    folder.join("layout")
}

fn found(output: &Output) -> Vec<String> {
    let scan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids = scan["findings"].as_array().unwrap().iter();
    ids.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn attached_statements_and_bills_are_used_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let layout = image(folder.path());
    let digest = index(&layout)["manifests"][0]["digest"].as_str().unwrap().to_owned();
    attach(
        &layout,
        "application/vnd.openvex+json",
        &json!({
            "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex", "author": "a",
            "timestamp": "2026-01-01T00:00:00Z", "version": 1,
            "statements": [{
                "vulnerability": { "name": "CVE-2023-4911" },
                "products": [{ "@id": "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1" }],
                "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
            }],
        }),
    );
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": [
            { "type": "library", "bom-ref": "a", "name": "libc6", "version": "2.36-9+deb12u1", "purl": "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64" },
            { "type": "library", "bom-ref": "b", "name": "flatted", "version": "1.0.0", "purl": "pkg:npm/flatted@1.0.0" },
        ],
    });
    let about = |digest: &str| {
        json!({
            "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://cyclonedx.org/bom", "predicate": bill,
            "subject": [{ "name": "app", "digest": { "sha256": digest.trim_start_matches("sha256:") } }],
        })
    };
    attach(&layout, "application/vnd.in-toto+json", &about(&digest));
    // A statement about another image says nothing about this one.
    attach(&layout, "application/vnd.in-toto+json", &about(&"0".repeat(64)));

    let wrong = casehard(folder.path(), &["scan", "oci:layout:app", "--epss", "2"]);
    assert_eq!(wrong.status.code(), Some(2), "a probability is at most 1");
    let plain = casehard(folder.path(), &["scan", "oci:layout:app", "--format", "json"]);
    assert!(found(&plain).iter().any(|id| id == "CVE-2023-4911"), "{:?}", found(&plain));
    let asked = casehard(folder.path(), &["scan", "oci:layout:app", "--format", "json", "--attached"]);
    let said = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(!found(&asked).iter().any(|id| id == "CVE-2023-4911"), "{said}");
    assert!(
        said.contains("2 of 3 attached documents are used: 1 statements, 1 components that no file shows"),
        "{said}"
    );
}

/// A profile of the image in `layout` that saw `path` in use.
fn profile(layout: &Path, path: &str) -> Profile {
    let manifest: Digest = index(layout)["manifests"][0]["digest"].as_str().unwrap().parse().unwrap();
    let document: Value =
        serde_json::from_slice(&fs::read(layout.join("blobs/sha256").join(manifest.hex())).unwrap()).unwrap();
    let config = document["config"]["digest"].as_str().unwrap().parse().unwrap();
    let mut profile = Profile::default();
    let platform: Platform = "linux/amd64".parse().unwrap();
    profile.subjects.insert(Subject::new(manifest, config, &platform, Digest::of(b"workload")));
    profile.observe(Observation::Path {
        path: RootPath::root().join_as_kernel(path.as_bytes()),
        access: Access::Read,
        program: None,
        phase: Phase::new("step"),
    });
    profile
}

#[test]
fn a_suggestion_counts_when_somebody_accepted_it() {
    let folder = tempfile::tempdir().unwrap();
    let layout = image(folder.path());
    let write =
        |name: &str, profile: &Profile| fs::write(folder.path().join(name), profile.to_json()).unwrap();
    write("unused", &profile(&layout, "/usr/bin/app"));
    write("used", &profile(&layout, "/usr/lib/libc.so.6"));
    let scan = |more: &[&str]| {
        let output =
            casehard(folder.path(), &[&["scan", "oci:layout:app", "--format", "json"], more].concat());
        (found(&output), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (all, said) = scan(&["--profile", "used", "--suggest-vex", "none.json"]);
    assert!(said.contains("nothing is suggested") && !folder.path().join("none.json").exists(), "{said}");
    let (_, said) = scan(&["--profile", "unused", "--suggest-vex", "suggested.json"]);
    assert!(said.contains(&format!("{} statements are suggested", all.len())), "{said}");
    assert_eq!(scan(&["--vex", "suggested.json"]).0, all, "nobody has accepted it");

    let accept = |more: &[&str]| {
        casehard(folder.path(), &[&["vex", "accept", "suggested.json", "-o", "accepted.json"], more].concat())
    };
    let who = ["--by", "Ada <ada@example.com>", "--because", "Only numbers are read."];
    for (more, code) in
        [(&["--all"][..], 2), (&who[..], 2), (&[&["--id", "CVE-1999-1"], &who[..]].concat()[..], 2)]
    {
        assert_eq!(accept(more).status.code(), Some(code), "{more:?}");
        assert!(!folder.path().join("accepted.json").exists());
    }
    let accepted = accept(&[&["--id", "CVE-2023-4911", "--package", "libc6"], &who[..]].concat());
    assert_eq!(accepted.status.code(), Some(0), "{}", String::from_utf8_lossy(&accepted.stderr));
    let (left, _) = scan(&["--vex", "accepted.json"]);
    let expected: Vec<_> = all.iter().filter(|id| *id != "CVE-2023-4911").cloned().collect();
    assert_eq!((left.len() + 1, left), (all.len(), expected));
    assert_eq!(accept(&[&["--all"], &who[..]].concat()).status.code(), Some(0));
    assert_eq!(scan(&["--vex", "accepted.json"]).0, Vec::<String>::new());
}

#[test]
fn a_profile_of_another_image_suggests_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let layout = image(folder.path());
    let mut other = Profile::default();
    other.merge(profile(&layout, "/usr/bin/app"));
    other.subjects = other
        .subjects
        .into_iter()
        .map(|subject| Subject { config: Digest::of(b"another"), ..subject })
        .collect();
    fs::write(folder.path().join("other"), other.to_json()).unwrap();
    let refused =
        casehard(folder.path(), &["scan", "oci:layout:app", "--profile", "other", "--suggest-vex", "out"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("profile the image that is scanned"));
    assert!(!folder.path().join("out").exists());
}
