//! Bills of materials of a real image, judged by the tools that read them. Slow tier: `CASEHARD_SLOW=1`, with `syft`,
//! `pyspdxtools` and Python's `cyclonedx` on the search path; what is absent is said.

#![expect(clippy::print_stderr, reason = "a test that cannot run says so by name")]

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn casehard(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_casehard")).args(arguments).output().expect("the program runs")
}

fn written(image: &str, format: &str, file: &Path) -> String {
    let file = file.to_string_lossy().into_owned();
    let output = casehard(&["sbom", image, "--format", format, "--output", &file]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    file
}

fn is_there(program: &str, argument: &str) -> bool {
    let there = Command::new(program).args([argument]).output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: {program} {argument}: not on this machine");
    }
    there
}

/// Name and version of what is in a document, without the image and the distribution.
fn packages(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let mut packages: Vec<(String, String)> = document["artifacts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (text(one, "name"), text(one, "version")))
        .collect();
    packages.sort();
    packages
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the slow tier is chosen by the environment")]
fn documents_are_accepted_by_those_who_read_them() {
    if std::env::var_os("CASEHARD_SLOW").is_none() {
        return eprintln!("skipped: documents_are_accepted_by_those_who_read_them: CASEHARD_SLOW=1 runs it");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let image = at("image");
    let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/nginx/image.yaml");
    let output = casehard(&["build", recipe, "--output", &image.to_string_lossy()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let image = format!("oci:{}", image.display());

    let own: Value =
        serde_json::from_slice(&std::fs::read(written(&image, "json", &at("own.json"))).expect("written"))
            .expect("JSON");
    let count = own["components"]
        .as_array()
        .expect("components")
        .iter()
        .filter(|one| one["partOf"].is_null())
        .count();
    assert!(count > 100, "{count}");
    let spdx = written(&image, "spdx", &at("bill.spdx.json"));
    let tag_value = written(&image, "spdx-tag-value", &at("bill.spdx"));
    for (format, version) in [("cyclonedx-1.5", "V1_5"), ("cyclonedx", "V1_6"), ("cyclonedx-1.7", "V1_7")] {
        let file = written(&image, format, &at("bill.cdx.json"));
        if is_there("python3", "-ccyclonedx=__import__('cyclonedx.validation.json')") {
            let program = format!(
                "import sys; from cyclonedx.validation.json import JsonStrictValidator; from cyclonedx.schema import SchemaVersion; \
                 wrong = JsonStrictValidator(SchemaVersion.{version}).validate_str(open({file:?}).read()); sys.exit(str(wrong) if wrong else 0)"
            );
            let output = Command::new("python3").args(["-c", &program]).output().expect("python runs");
            assert!(output.status.success(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    if is_there("pyspdxtools", "--help") {
        for file in [&spdx, &tag_value] {
            let output = Command::new("pyspdxtools").args(["-i", file]).output().expect("it runs");
            assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    if is_there("syft", "version") {
        for file in [spdx, written(&image, "cyclonedx", &at("bill.cdx.json"))] {
            let output =
                Command::new("syft").args(["convert", &file, "-o", "syft-json"]).output().expect("it runs");
            let document: Value = serde_json::from_slice(&output.stdout).expect("Syft's JSON");
            assert_eq!(document["distro"]["id"], "debian", "{file}");
            let read = packages(&document);
            let lacks: Vec<_> = own["components"]
                .as_array()
                .expect("components")
                .iter()
                .filter(|one| one["partOf"].is_null())
                .map(|one| {
                    (
                        one["name"].as_str().unwrap_or_default().to_owned(),
                        one["version"].as_str().unwrap_or_default().to_owned(),
                    )
                })
                .filter(|one| read.binary_search(one).is_err())
                .collect();
            assert!(lacks.is_empty(), "{file}: Syft loses {lacks:?}");
            let sources =
                document["artifacts"].as_array().into_iter().flatten().filter(|one| one["name"] == "libc6");
            assert!(
                sources.clone().count() == 1
                    && sources.clone().all(|one| one["metadata"]["source"] == "glibc"),
                "{file}"
            );
        }
    }
}

#[test]
fn a_scan_of_the_bill_is_the_scan_of_the_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let bill = folder.path().join("bill.json");
    // A package that the snapshot knows, as each form writes it.
    let component = r#"{"type":"library","bom-ref":"a","name":"libc6","version":"2.36-9+deb12u1","purl":"pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=glibc"}"#;
    let cyclonedx = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"type":"operating-system","name":"debian","version":"12"}},{component}]}}"#
    );
    let syft = r#"{"artifacts":[{"id":"1","name":"libc6","version":"2.36-9+deb12u1","purl":"pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&upstream=glibc"}],"source":{"name":"x"},"distro":{"id":"debian","versionID":"12"}}"#;
    let spdx = "SPDXVersion: SPDX-2.3\nPackageName: debian\nSPDXID: SPDXRef-OperatingSystem-1\nPackageVersion: 12\n\nPackageName: libc6\nSPDXID: SPDXRef-2\nPackageVersion: 2.36-9+deb12u1\nPackageDownloadLocation: NOASSERTION\nExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=glibc\n";
    let mut results = Vec::new();
    for text in [cyclonedx.as_str(), syft, spdx] {
        std::fs::write(&bill, text).expect("written");
        let cache = folder.path().join("cache");
        let output = casehard(&[
            "scan",
            &bill.to_string_lossy(),
            "--format",
            "json",
            "--fail-on",
            "high",
            "--cache",
            &cache.to_string_lossy(),
        ]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let scan: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let ids: Vec<String> = scan["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .map(|finding| finding["id"].as_str().unwrap_or_default().to_owned())
            .collect();
        assert!(ids.iter().any(|id| id == "CVE-2023-4911"), "{ids:?}");
        results.push(ids);
    }
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{results:?}");
    std::fs::write(&bill, r#"{"some":"thing"}"#).expect("written");
    let output = casehard(&["scan", &bill.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("hint: CycloneDX, SPDX 2"));
}

#[test]
fn a_store_is_taken_only_from_whom_it_is_trusted() {
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEILcI45GznuJ7cthYxT/DqfSqol8MBAgpLIliJcDlqRnV\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAv7oAV07EzfHsTceJCpsmg7T0R88LV5Aq5xtuNJ/VipM=\n-----END PUBLIC KEY-----\n";
    const OTHER: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3A/ANOn1Dj703wlpw5Kzy5zQYpjJ4TycdD2wmyfFSIb4jGxw5iw64YvV7teCRKv6amALfEZ1yo9yhq7TKEvicw==\n-----END PUBLIC KEY-----\n";
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    for (name, text) in [("key.pem", KEY), ("key.pub", PUBLIC), ("other.pub", OTHER)] {
        std::fs::write(at(name), text).expect("written");
    }
    let kev = r#"{"catalogVersion":"1","dateReleased":"2026-01-01","vulnerabilities":[{"cveID":"CVE-2024-0001","dateAdded":"2024-02-03"}]}"#;
    std::fs::write(at("kev.json"), kev).expect("written");
    let ran = |arguments: &[&str]| {
        let output = casehard(arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (first, given, second) = (at("first.store"), at("given.store"), at("second.store"));
    assert_eq!(ran(&["db", "--db", &first, "import", &at("kev.json")]).0, Some(0));
    assert_eq!(ran(&["db", "--db", &first, "export", &given, "--sign", &at("key.pem")]).0, Some(0));
    let (code, said) = ran(&["db", "--db", &second, "import", &given, "--trust", &at("other.pub")]);
    assert!(code == Some(3) && said.contains("none of its 1 signatures is by this key"), "{said}");
    assert_eq!(ran(&["db", "--db", &second, "import", &given, "--trust", &at("key.pub")]).0, Some(0));
    let status = |store: &str| {
        let status: Value =
            serde_json::from_slice(&casehard(&["db", "--db", store, "status", "--json"]).stdout)
                .expect("JSON");
        (status["built"].clone(), status["exploited"].clone())
    };
    assert_eq!(status(&first), status(&second));
    // Another store under the same signature.
    let mut bytes = std::fs::read(&given).expect("written");
    *bytes.last_mut().expect("bytes") ^= 1;
    std::fs::write(&given, bytes).expect("written");
    let (code, said) = ran(&["db", "--db", &second, "import", &given, "--trust", &at("key.pub")]);
    assert!(code != Some(0) && said.contains("is not the store that"), "{said}");
}
