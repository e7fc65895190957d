//! `casehard scan --attached`: what somebody attached to an image as referrers counts.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use casehard_oci::Digest;
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
    let mut index: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
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

fn found(output: &Output) -> Vec<String> {
    let scan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids = scan["findings"].as_array().unwrap().iter();
    ids.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn attached_statements_and_bills_are_used_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::create_dir_all(root.join("var/lib/dpkg")).unwrap();
    fs::write(root.join("etc/os-release"), "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n")
        .unwrap();
    fs::write(root.join("var/lib/dpkg/status"), STATUS).unwrap();
    let copied = casehard(folder.path(), &["copy", "rootfs:root", "oci:layout:app"]);
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let layout = folder.path().join("layout");
    let index: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let digest = index["manifests"][0]["digest"].as_str().unwrap().to_owned();
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
