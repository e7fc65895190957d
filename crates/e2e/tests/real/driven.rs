//! Examples that are profiled, hardened and verified with Docker and Podman running the containers.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use casehard_e2e::{ENGINES, Engine, casehard, code, is_slow, sandbox_is_missing, stderr, stdout};
use serde_json::Value;

fn run(engine: Option<&Engine>, command: &str, example: &str, to: &Path, more: &[&str]) -> Output {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut program = Command::new(casehard());
    program
        .args([command, "-q", "-w"])
        .arg(examples.join(example).join("casehard.yaml"))
        .arg("-o")
        .arg(to)
        .args(more);
    if let Some(engine) = engine {
        program.args(engine.arguments());
        engine.tell(&mut program);
    }
    program.output().unwrap()
}

/// How each path was used.
fn paths(profile: &Path) -> BTreeMap<String, Value> {
    let profile: Value = serde_json::from_slice(&fs::read(profile).unwrap()).unwrap();
    let paths = profile["paths"].as_array().unwrap().iter();
    paths.map(|one| (one["path"].as_str().unwrap().to_owned(), one["access"].clone())).collect()
}

#[test]
fn engines_run_the_examples_as_the_sandbox_does() {
    let test = "engines_run_the_examples_as_the_sandbox_does";
    if !is_slow(test) || sandbox_is_missing(test) {
        return;
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let place = |name: &str| -> PathBuf { folder.path().join(name) };
    let engines: Vec<Engine> = ENGINES.iter().filter_map(|&one| Engine::find(test, one)).collect();
    for example in ["nginx", "redis"] {
        let here = place("here.profile");
        let output = run(None, "profile", example, &here, &[]);
        assert_eq!(code(&output), 0, "{example}: {}", stderr(&output));
        for engine in &engines {
            let (case, there) = (format!("{example} under {}", engine.name), place("there.profile"));
            let output = run(Some(engine), "profile", example, &there, &[]);
            assert_eq!(code(&output), 0, "{case}: {}", stderr(&output));
            assert_eq!(paths(&there), paths(&here), "{case}");
            let output = run(Some(engine), "harden", example, &place("hardened"), &[]);
            assert_eq!(code(&output), 0, "{case}: {}{}", stdout(&output), stderr(&output));
        }
    }
}
