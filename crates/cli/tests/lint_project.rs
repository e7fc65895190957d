//! `casehard lint` over files that belong together: includes, build contexts, charts and kustomizations.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// What GitHub would show, and what was said beside it.
fn lint(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_casehard"))
        .current_dir(folder)
        .args(["lint", "--format", "github"])
        .args(arguments)
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn included_compose_files_are_a_part_of_the_project() {
    let folder = folder_with(&[
        (
            "compose.yaml",
            "include:\n  - parts/db.yaml\n  - path: [parts/web.yaml, parts/web.prod.yaml]\nservices: {}\n",
        ),
        (
            "parts/db.yaml",
            "include: [../more/cache.yaml, ../compose.yaml]\nservices:\n  db:\n    image: postgres:16\n    privileged: true\n",
        ),
        ("parts/web.yaml", "services:\n  web:\n    image: nginx:1.27\n    read_only: true\n"),
        ("parts/web.prod.yaml", "services:\n  web:\n    restart: always\n"),
        ("more/cache.yaml", "services:\n  cache:\n    image: redis:7\n    privileged: true\n"),
    ]);
    let (found, _) = lint(folder.path(), &["compose.yaml", "--only", "compose-privileged"]);
    let files: Vec<&str> = found.lines().map(|line| line.split([',', '=']).nth(1).unwrap()).collect();
    assert_eq!(files, ["more/cache.yaml", "parts/db.yaml"], "{found}");
    // The second file of an entry is laid over the first.
    let (found, _) = lint(folder.path(), &["compose.yaml", "--only", "compose-writable-root"]);
    assert!(!found.contains("web"), "{found}");
}

#[test]
fn secrets_are_found_in_what_is_copied() {
    let secret = "url = postgres://app:k3jH7sLqPd@db.internal/app\n";
    let folder = folder_with(&[
        (
            "Dockerfile",
            "FROM alpine:3.22\nCOPY conf /etc/app\nCOPY --exclude=*.ini other /etc/other\nCOPY third /srv\n",
        ),
        (".dockerignore", "third/local.ini\n"),
        ("conf/app.ini", secret),
        ("conf/tests/app.ini", secret),
        ("other/app.ini", secret),
        ("third/local.ini", secret),
        ("unused.ini", secret),
    ]);
    let (found, _) = lint(folder.path(), &["--only", "secret-in-context"]);
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(
        found.contains("line=2") && found.contains("conf/app.ini") && !found.contains("k3jH7"),
        "{found}"
    );
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    spec:\n      containers:\n        - name: web\n          image: nginx:1.27\n          securityContext:\n            privileged: true\n";

#[test]
fn kustomizations_are_checked_as_they_are_used() {
    let folder = folder_with(&[
        ("base/deployment.yaml", DEPLOYMENT),
        ("base/kustomization.yaml", "resources: [deployment.yaml]\n"),
        (
            "safe/kustomization.yaml",
            "namePrefix: safe-\nresources: [../base]\npatches:\n  - path: patch.yaml\n",
        ),
        (
            "safe/patch.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          securityContext:\n            privileged: false\n",
        ),
    ]);
    let (as_written, _) = lint(folder.path(), &["--no-render", "--only", "k8s-privileged,k8s-writable-root"]);
    let lines = as_written.lines().filter(|line| line.contains("base/deployment.yaml,line=")).count();
    assert_eq!((lines, as_written.lines().count()), (2, 2), "a patch is no manifest: {as_written}");
    let (found, said) = lint(folder.path(), &["--only", "k8s-privileged,k8s-writable-root"]);
    if !runs("kustomize", &["version"]) && !runs("kubectl", &["version", "--client"]) {
        assert!(said.contains("neither kustomize nor kubectl is on the PATH"), "{said}");
        return eprintln!(
            "skipped: kustomizations_are_checked_as_they_are_used: kustomize and kubectl are not installed"
        );
    }
    assert!(!found.contains("k8s-privileged") && found.contains("file=base/deployment.yaml,"), "{found}");
    fs::write(
        folder.path().join("safe/kustomization.yaml"),
        "resources: [\"https://example.com/base?ref=v1\"]\n",
    )
    .unwrap();
    let (_, said) = lint(folder.path(), &[]);
    assert!(said.contains("is not on this machine"), "{said}");
}

#[test]
fn charts_are_rendered_or_said_not_to_be() {
    let template = DEPLOYMENT.replace("privileged: true", "privileged: {{ .Values.privileged }}");
    let folder = folder_with(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: app\nversion: 0.1.0\n"),
        ("chart/values.yaml", "privileged: true\n"),
        ("chart/templates/web.yaml", &template),
    ]);
    let (found, said) = lint(folder.path(), &["--only", "k8s-privileged"]);
    if !runs("helm", &["version"]) {
        assert!(said.contains("1 Helm charts are not checked: helm is not on the PATH"), "{said}");
        return eprintln!("skipped: charts_are_rendered_or_said_not_to_be: helm is not installed");
    }
    // The line is made by the template, so the nearest one above it that is written out is shown.
    assert!(found.contains("file=chart/templates/web.yaml,line=13"), "{found}{said}");
    // A value without which there is nothing: the cause is said, and values to try the chart with are taken.
    let wants = format!("{template}---\n# {{{{ required \"a name is needed\" .Values.name }}}}\n");
    fs::write(folder.path().join("chart/templates/web.yaml"), wants).unwrap();
    let (found, said) = lint(folder.path(), &["--only", "k8s-privileged"]);
    assert!(found.is_empty() && said.contains("chart is not checked: helm: Error: "), "{found}{said}");
    assert!(said.contains("a name is needed"), "{said}");
    fs::create_dir(folder.path().join("chart/ci")).unwrap();
    fs::write(folder.path().join("chart/ci/small-values.yaml"), "name: x\n").unwrap();
    let (found, said) = lint(folder.path(), &["--only", "k8s-privileged"]);
    assert!(found.contains("file=chart/templates/web.yaml,line=13"), "{found}{said}");
}
