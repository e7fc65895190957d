//! What the templates for continuous integration run, run as it is written there.
#![expect(clippy::unwrap_used, clippy::print_stderr, clippy::disallowed_methods, reason = "a test")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder with something to find in a Dockerfile.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM debian:12\nRUN apt-get install curl\n").unwrap();
    fs::write(folder.path().join("other.yml"), "a: 1\n").unwrap();
    folder
}

/// Runs a script as the runners do, with our program on the path: what it printed, and its exit code.
fn bash(script: &str, folder: &Path, variables: &[(&str, &str)]) -> (String, Option<i32>) {
    let program = Path::new(env!("CARGO_BIN_EXE_casehard")).parent().unwrap().to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([program].into_iter().chain(env::split_paths(&path))).unwrap();
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(folder)
        .env("PATH", path)
        .env("CASEHARD_CACHE", folder.join("cache"))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    (String::from_utf8([output.stdout, output.stderr].concat()).unwrap(), output.status.code())
}

#[test]
fn the_lines_for_gitlab_check_and_report() {
    let text = fs::read_to_string(root().join("docs/ci/gitlab.yml")).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "))
        .filter(|line| line.starts_with("casehard "))
        .collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let folder = project();
    let at = folder.path();
    fs::create_dir_all(at.join("root/etc")).unwrap();
    fs::write(at.join("root/etc/hello"), "hello\n").unwrap();
    assert_eq!(bash("casehard copy rootfs:root oci:image:one", at, &[]).1, Some(0));
    let variables =
        [("CASEHARD_TARGET", "."), ("CASEHARD_FAIL_ON", "medium"), ("CASEHARD_IMAGE", "oci:image:one")];
    for (line, expected) in lines.iter().zip([0, 1, 0, 1]) {
        let (said, code) = bash(line, at, &variables);
        assert_eq!(code, Some(expected), "{line}: {said}");
    }
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(at.join("casehard.json")).unwrap()).unwrap();
    let severities = ["info", "minor", "major", "critical", "blocker"];
    // What GitLab requires of a code quality report.
    for one in report.as_array().unwrap() {
        assert!(one["description"].is_string() && one["check_name"].is_string(), "{one}");
        assert!(one["fingerprint"].as_str().is_some_and(|text| !text.is_empty()), "{one}");
        assert!(severities.contains(&one["severity"].as_str().unwrap()), "{one}");
        assert!(one["location"]["path"].is_string() && one["location"]["lines"]["begin"].is_u64(), "{one}");
    }
    assert!(report.as_array().is_some_and(|all| !all.is_empty()));
    assert!(fs::read_to_string(at.join("casehard.xml")).unwrap().contains("image-root-user"));
}

#[test]
fn the_steps_for_github_check_and_report() {
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    // The blocks below `run: |`, which are indented by eight.
    let steps: Vec<String> = text
        .split("      run: |\n")
        .skip(1)
        .map(|rest| {
            let block = rest.lines().take_while(|line| line.starts_with("        ") || line.is_empty());
            block.map(|line| line.strip_prefix("        ").unwrap_or_default()).collect::<Vec<_>>().join("\n")
        })
        .collect();
    let [install, check] = &steps[..] else { panic!("{steps:?}") };
    let folder = project();
    let at = folder.path();
    // The program is there, so nothing is to be built.
    assert_eq!(bash(install, at, &[("GITHUB_ACTION_PATH", "/absent")]), (String::new(), Some(0)));
    let with = |command: &str, target: &str, fail_on: &str, arguments: &str, sarif: &str| {
        bash(
            check,
            at,
            &[
                ("COMMAND", command),
                ("TARGET", target),
                ("FAIL_ON", fail_on),
                ("ARGUMENTS", arguments),
                ("SARIF", sarif),
            ],
        )
    };
    let (said, code) = with("lint", ".", "medium", "", "");
    assert_eq!((code, said.contains("::error file=Dockerfile,line=2,")), (Some(1), true), "{said}");
    let (said, code) = with("lint", "Dockerfile other.yml", "never", "--ignore DL3014,DL3002", "out.sarif");
    assert_eq!((code, said.contains("apt-without-yes")), (Some(0), false), "{said}");
    let sarif = fs::read_to_string(at.join("out.sarif")).unwrap();
    assert!(sarif.contains("\"apt-recommends\"") && !sarif.contains("\"apt-without-yes\""), "{sarif}");
    let (said, code) = with("remove", ".", "medium", "", "");
    assert_eq!((code, said.starts_with("::error::")), (Some(2), true), "{said}");
}

#[test]
fn the_hooks_run_when_pre_commit_is_installed() {
    let works =
        Command::new("pre-commit").arg("--version").output().is_ok_and(|output| output.status.success());
    if !works {
        return eprintln!("skipped: the_hooks_run_when_pre_commit_is_installed: there is no pre-commit");
    }
    let (hooks, folder) = (tempfile::tempdir().unwrap(), project());
    fs::copy(root().join(".pre-commit-hooks.yaml"), hooks.path().join(".pre-commit-hooks.yaml")).unwrap();
    let commit = "git init -q . && git add -A && git -c user.name=a -c user.email=a@example.com commit -qm first && git rev-parse HEAD";
    let (revision, code) = bash(commit, hooks.path(), &[]);
    assert_eq!(code, Some(0), "{revision}");
    let at = folder.path();
    fs::write(at.join(".dockerignore"), "*.pem # keys\n").unwrap();
    let hooks = hooks.path().display();
    let config = format!(
        "repos:\n  - repo: {hooks}\n    rev: {}\n    hooks: [{{id: casehard-lint}}]\n",
        revision.trim()
    );
    fs::write(at.join(".pre-commit-config.yaml"), config).unwrap();
    let home = at.join("home");
    let variables = [("PRE_COMMIT_HOME", home.to_str().unwrap())];
    let (said, code) = bash(
        "git init -q . && git add Dockerfile other.yml .dockerignore && pre-commit run --all-files",
        at,
        &variables,
    );
    assert_eq!(code, Some(1), "{said}");
    for rule in ["apt-without-yes", "dockerignore-comment-in-line"] {
        assert!(said.contains(rule), "{rule}: {said}");
    }
    assert_eq!(said.matches(" findings in ").count(), 1, "{said}");
    let (said, code) = bash("pre-commit run --files other.yml", at, &variables);
    assert_eq!(code, Some(0), "{said}");
}
