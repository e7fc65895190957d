//! What `casehard lint --rewrite` proposes is built by Docker, Podman and Buildah, and works as the original does.

use std::{fs, path::Path, process::Command};

use casehard_e2e::{casehard, is_slow, skip};
use tempfile::TempDir;

use crate::serving::said;

mod applications;

use applications::{Application, C, JAVA, NODE, PYTHON};

/// Images that the files build on, and what is in them. The registry does not exist: only what is loaded is found.
const BASES: [(&str, &str, &str); 9] = [
    ("gcc:12-bookworm", "gcc, libc6-dev, dash, coreutils", ""),
    ("debian:12-slim", "libc6, dash, coreutils", ""),
    ("python:3.11-bookworm", "python3, python3-venv, dash, coreutils", ""),
    ("python:3.11-slim-bookworm", "python3, dash, coreutils", ""),
    ("python3-debian12:nonroot", "python3", "entrypoint: [/usr/bin/python3.11]\n"),
    ("node:18-bookworm", "nodejs, dash, coreutils", "users: [{ name: node, uid: 1000 }]\n"),
    (
        "nodejs18-debian12:nonroot",
        "nodejs",
        "links: [{ path: /nodejs/bin/node, target: /usr/bin/node }]\nentrypoint: [/nodejs/bin/node]\n",
    ),
    ("openjdk:17-jdk", "openjdk-17-jdk-headless, dash, coreutils", ""),
    ("java17-debian12:nonroot", "openjdk-17-jre-headless", "entrypoint: [/usr/bin/java, -jar]\n"),
];
const REGISTRY: &str = "casehard.test";

/// A command that runs the same wherever it is: Docker's own old builder, and steps that need no other runtime.
fn command(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/containers.conf");
    command
        .current_dir(folder)
        .env("DOCKER_BUILDKIT", "0")
        .env("BUILDAH_ISOLATION", "chroot")
        .env("CONTAINERS_CONF", configuration);
    command
}

fn good(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Whether a builder is at hand; says by the test's name when it is not.
fn has(test: &str, builder: &str) -> bool {
    let test = format!("{test} with {builder}");
    let answers = is_slow(&test)
        && Command::new(builder).arg("info").output().is_ok_and(|output| output.status.success());
    if !answers {
        skip(&test, "it does not answer");
    }
    answers
}

/// Makes a base where it is not made yet, and gives it to a builder.
fn load(folder: &Path, builder: &str, name: &str) {
    let (_, packages, more) = BASES.iter().find(|(base, ..)| *base == name).unwrap();
    let file = name.replace(':', "-");
    if !folder.join(&file).exists() {
        let recipe = format!("name: {file}\nsuite: bookworm\npackages: [{packages}]\n{more}");
        fs::write(folder.join("image.yaml"), recipe).unwrap();
        good(command(casehard(), folder).args(["build", "image.yaml", "-o", &file]));
    }
    let full = format!("{REGISTRY}/{name}");
    if builder == "docker" {
        good(command(casehard(), folder).args([
            "copy",
            &format!("oci:{file}"),
            &format!("docker-daemon:{full}"),
            "-q",
        ]));
    } else {
        let id = good(command(builder, folder).args(["pull", "-q", &format!("oci:{file}")]));
        good(command(builder, folder).args(["tag", &id, &full]));
    }
}

/// The folder of an application.
fn folder(bases: &Path, builder: &str, application: &Application) -> TempDir {
    for base in application.bases {
        load(bases, builder, base);
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in application.files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What is said of the proposal for a file, and whether the answer is good.
fn lint(folder: &Path, builder: &str, target: &str, file: &str) -> (String, bool) {
    let registry = format!("DISTROLESS={REGISTRY}");
    let output = command(casehard(), folder)
        .args([
            "lint",
            "--rewrite",
            target,
            "--builder",
            builder,
            "--build-arg",
            &registry,
            "-w",
            "casehard.yaml",
            file,
        ])
        .output()
        .unwrap();
    (said(&output), output.status.success())
}

fn works(test: &str, target: &str, application: &Application, builders: &[&str]) {
    let bases = tempfile::tempdir().unwrap();
    for builder in builders.iter().filter(|builder| has(test, builder)) {
        let folder = folder(bases.path(), builder, application);
        let (text, good) = lint(folder.path(), builder, target, "Dockerfile");
        assert!(good && text.contains("it works as the original does: "), "{builder}: {text}");
        for line in application.proposed {
            assert!(target != "distroless" || text.contains(line), "{line}: {text}");
        }
    }
}

const ALL: [&str; 3] = ["docker", "podman", "buildah"];

#[test]
fn a_compiled_program_is_proposed() {
    works("a_compiled_program_is_proposed", "multi-stage", &C, &ALL);
    works("a_compiled_program_is_proposed", "distroless", &C, &["docker"]);
}

#[test]
fn a_python_application_is_proposed() {
    works("a_python_application_is_proposed", "multi-stage", &PYTHON, &["podman", "buildah"]);
    works("a_python_application_is_proposed", "distroless", &PYTHON, &["docker"]);
}

#[test]
fn a_node_application_is_proposed() {
    works("a_node_application_is_proposed", "distroless", &NODE, &["docker", "podman"]);
}

#[test]
fn a_java_application_is_proposed() {
    works("a_java_application_is_proposed", "distroless", &JAVA, &["docker", "buildah"]);
}

/// What is opened at run time beside the program is not copied: the proposal is built, and does not work.
#[test]
fn a_proposal_that_does_not_work_is_told() {
    let test = "a_proposal_that_does_not_work_is_told";
    let bases = tempfile::tempdir().unwrap();
    for builder in ALL.into_iter().filter(|builder| has(test, builder)) {
        let folder = folder(bases.path(), builder, &C);
        let settings = "-static -DSETTINGS='\"/src/main.c\"'";
        let file = C.files[0].1.replace("-static", settings);
        fs::write(folder.path().join("Dockerfile.settings"), file).unwrap();
        let (text, good) = lint(folder.path(), builder, "distroless", "Dockerfile.settings");
        assert!(!good && text.contains("it does not work as the original does: "), "{text}");
    }
}
