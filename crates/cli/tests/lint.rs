//! `casehard lint` and `casehard rules` as people run them.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

const BAD: &str = "FROM debian:12\nRUN sudo true\nADD a.conf /etc/\nUSER 10001:10001\nCMD ['/app']\n";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_casehard")).current_dir(folder).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

#[test]
fn exit_codes_say_what_was_found() {
    let folder = folder_with(&[("Dockerfile", BAD)]);
    let bad = run(folder.path(), &["lint"]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(
        text(&bad).contains("broken-json-form") && text(&bad).contains("Dockerfile:5:1"),
        "{}",
        text(&bad)
    );
    assert_eq!(run(folder.path(), &["lint", "--fail-on", "never"]).status.code(), Some(0));
    assert_eq!(run(folder.path(), &["lint", "absent"]).status.code(), Some(3));
    assert_eq!(run(folder.path(), &["lint", "--explain", "no-such-rule"]).status.code(), Some(2));
    let only = run(folder.path(), &["lint", "--only", "DL3020", "--format", "github"]);
    assert_eq!(text(&only).lines().count(), 1, "{}", text(&only));
}

#[test]
fn kinds_are_found_below_a_folder_and_ignored_ones_are_not() {
    let folder = folder_with(&[
        ("a/Dockerfile", BAD),
        ("b/compose.yaml", "services:\n  app:\n    image: app:1\n    privileged: true\n"),
        ("c/pod.yml", "apiVersion: v1\nkind: Pod\nspec:\n  hostPID: true\n"),
        ("c/values.yml", "replicas: 2\n"),
        ("skipped/Dockerfile", BAD),
        (".ignore", "skipped\n"),
    ]);
    let found = text(&run(folder.path(), &["lint", "--format", "json"]));
    let document: serde_json::Value = serde_json::from_str(&found).unwrap();
    let files: Vec<&str> =
        document["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["a/Dockerfile", "b/compose.yaml", "c/pod.yml"]);
    let rules = |at: usize| document["files"][at]["findings"].to_string();
    assert!(rules(1).contains("compose-privileged") && rules(2).contains("k8s-host-namespace"));
}

#[test]
fn every_format_is_well_formed() {
    let folder = folder_with(&[("Dockerfile", BAD)]);
    for format in ["json", "sarif", "gitlab"] {
        let out = text(&run(folder.path(), &["lint", "--format", format]));
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(value.to_string().contains("broken-json-form"), "{format}");
    }
    for format in ["junit", "checkstyle"] {
        let out = text(&run(folder.path(), &["lint", "--format", format]));
        assert!(out.starts_with("<?xml") && out.matches('<').count() == out.matches('>').count(), "{out}");
    }
    assert!(text(&run(folder.path(), &["lint", "--format", "markdown"])).starts_with("| Severity"));
}

#[test]
fn fixes_are_shown_made_and_made_once() {
    let folder = folder_with(&[("Dockerfile", BAD)]);
    let diff = text(&run(folder.path(), &["lint", "--diff"]));
    assert!(diff.contains("-ADD a.conf /etc/\n+COPY a.conf /etc/"), "{diff}");
    assert_eq!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap(), BAD, "--diff changes nothing");
    run(folder.path(), &["lint", "--fix"]);
    let once = fs::read_to_string(folder.path().join("Dockerfile")).unwrap();
    assert_eq!(once, "FROM debian:12\nRUN sudo true\nCOPY a.conf /etc/\nUSER 10001:10001\nCMD [\"/app\"]\n");
    run(folder.path(), &["lint", "--fix"]);
    assert_eq!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap(), once);
}

#[test]
fn configuration_is_inherited_and_locked_rules_stay() {
    let folder = folder_with(&[
        (
            "casehard.toml",
            "[lint]\nignore = [\"DL3020\"]\nlocked = [\"sudo-used\"]\n[lint.severity]\nbroken-json-form = \"info\"\n",
        ),
        ("app/casehard.toml", "[lint]\nignore = [\"sudo-used\"]\n"),
        ("app/Dockerfile", BAD),
        ("broken/casehard.toml", "[lint]\nignored = []\n"),
        ("broken/Dockerfile", BAD),
    ]);
    let out = text(&run(folder.path(), &["lint", "app", "--format", "json"]));
    assert!(!out.contains("local-add") && out.contains("sudo-used"), "{out}");
    assert!(out.contains("\"severity\": \"info\""));
    let broken = run(folder.path(), &["lint", "broken"]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("ignored"));
}

#[test]
fn a_baseline_hides_what_is_known() {
    let folder = folder_with(&[("Dockerfile", BAD)]);
    run(folder.path(), &["lint", "--write-baseline", "known.json"]);
    let again = run(folder.path(), &["lint", "--baseline", "known.json"]);
    assert_eq!((again.status.code(), text(&again).as_str()), (Some(0), ""));
    fs::write(folder.path().join("Dockerfile"), format!("# moved\n{BAD}EXPOSE 22\n")).unwrap();
    let new = text(&run(folder.path(), &["lint", "--baseline", "known.json", "--format", "json"]));
    assert!(new.contains("exposed-ssh") && !new.contains("broken-json-form"), "{new}");
}

#[test]
fn standard_input_is_a_file() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_casehard"))
        .args(["lint", "-", "--stdin-name", "compose.yaml", "--format", "github"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"services:\n  a:\n    privileged: true\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(text(&output).contains("compose-privileged"));
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let list: serde_json::Value =
        serde_json::from_str(&text(&run(folder.path(), &["rules", "--format", "json"]))).unwrap();
    assert!(list.as_array().unwrap().len() > 180);
    assert!(text(&run(folder.path(), &["rules", "DL3002"])).starts_with("root-user"));
    assert!(text(&run(folder.path(), &["lint", "--explain", "CKV_DOCKER_8"])).contains("## Why it matters"));
}
