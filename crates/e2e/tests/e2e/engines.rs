//! The whole job with the containers run by Docker and Podman: what is seen there is what the sandbox sees, and nothing
//! is left, however the program ends.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use casehard_e2e::{ENGINES, Engine, Shelf, code, sandbox_is_missing, stderr};
use serde_json::Value;

/// How the image is named at an engine: by its digest.
fn image_name(shelf: &Shelf) -> String {
    let index: Value = serde_json::from_slice(&fs::read(shelf.image().join("index.json")).unwrap()).unwrap();
    index["manifests"][0]["digest"].as_str().unwrap()["sha256:".len()..][..16].to_owned()
}

fn profile(shelf: &Shelf, name: &str) -> Value {
    serde_json::from_slice(&fs::read(shelf.folder().join(name)).unwrap()).unwrap()
}

#[test]
fn an_engine_sees_what_the_sandbox_sees() {
    let test = "an_engine_sees_what_the_sandbox_sees";
    let engines: Vec<Engine> = ENGINES.iter().filter_map(|&one| Engine::find(test, one)).collect();
    if engines.is_empty() || sandbox_is_missing(test) {
        return;
    }
    let shelf = Shelf::new();
    let arguments = ["profile", "-w", "casehard.yaml", "-o"];
    assert_eq!(code(&shelf.run(&[&arguments[..], &["sandbox.profile"]].concat())), 0);
    let expected = profile(&shelf, "sandbox.profile");
    for engine in engines {
        let more = ["there.profile"];
        let mut command = shelf.command(&[&arguments[..], &more, &engine.arguments()].concat());
        engine.tell(&mut command);
        let output = command.output().unwrap();
        assert_eq!(code(&output), 0, "{}: {}", engine.name, stderr(&output));
        let seen = profile(&shelf, "there.profile");
        for part in ["subjects", "programs", "bound", "connected", "users", "capabilities", "paths"] {
            assert_eq!(seen[part], expected[part], "{}: {part}", engine.name);
        }
        // It says that there was no second witness.
        assert!(seen["blind"].to_string().contains("access times"), "{}", engine.name);
        assert_eq!(engine.left(&image_name(&shelf)).0, Vec::<String>::new(), "{}", engine.name);
    }
}

#[test]
fn an_image_is_hardened_and_verified_under_an_engine() {
    let test = "an_image_is_hardened_and_verified_under_an_engine";
    for one in ENGINES {
        let Some(engine) = Engine::find(test, one) else { continue };
        let shelf = Shelf::new();
        let harden = ["harden", "-q", "-w", "casehard.yaml", "-o", "out"];
        let verify = ["verify", "oci:out/image", "--against", "oci:image", "-w", "casehard.yaml"];
        for arguments in [&harden[..], &verify[..]] {
            let mut command = shelf.command(&[arguments, &engine.arguments()].concat());
            engine.tell(&mut command);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(code(&output), 0, "{}: {said}{}", engine.name, stderr(&output));
        }
        // What the kernel enforced there was looked at, not taken for granted.
        let verification: Value =
            serde_json::from_slice(&fs::read(shelf.folder().join("out/verification.json")).unwrap()).unwrap();
        for name in ["no-new-privileges", "capabilities", "seccomp", "read-only-root", "touch-root"] {
            let checks = verification["checks"].as_array().unwrap();
            let check = checks.iter().find(|check| check["name"] == name).unwrap();
            assert_eq!(check["status"], "PASS", "{}: {check}", engine.name);
        }
    }
}

#[test]
fn a_command_that_is_not_there_is_said() {
    let test = "a_command_that_is_not_there_is_said";
    for one in ENGINES {
        let Some(engine) = Engine::find(test, one) else { continue };
        let shelf = Shelf::new();
        let steps = "steps: [ { name: nothing, exec: [/no/such/program] } ]\n";
        shelf.write("step.yaml", &format!("image: oci:image\nready: {{ tcp: 8080 }}\n{steps}"));
        shelf.write("start.yaml", "image: oci:image\nstart: { command: [/no/such/program] }\n");
        for workload in ["step.yaml", "start.yaml"] {
            let mut command =
                shelf.command(&[&["profile", "-w", workload][..], &engine.arguments()].concat());
            engine.tell(&mut command);
            let output = command.output().unwrap();
            assert_eq!(code(&output), 3, "{}: {workload}: {}", engine.name, stderr(&output));
            assert!(stderr(&output).contains("/no/such/program"), "{}: {}", engine.name, stderr(&output));
        }
        assert_eq!(engine.left(&image_name(&shelf)).0, Vec::<String>::new(), "{}", engine.name);
    }
}

#[test]
fn nothing_is_left_at_an_engine_when_the_program_is_killed() {
    let test = "nothing_is_left_at_an_engine_when_the_program_is_killed";
    for one in ENGINES {
        let Some(engine) = Engine::find(test, one) else { continue };
        let shelf = Shelf::new();
        let image = image_name(&shelf);
        shelf.write("long.yaml", "image: oci:image\nready: { tcp: 8080 }\nsteps: [ { wait: 5m } ]\n");
        let mut command =
            shelf.command(&[&["profile", "-q", "-w", "long.yaml"][..], &engine.arguments()].concat());
        engine.tell(&mut command);
        let mut child = command.spawn().unwrap();
        let wait = |what: &str, holds: &dyn Fn() -> bool| {
            let deadline = Instant::now() + Duration::from_secs(90);
            while !holds() {
                assert!(Instant::now() < deadline, "{}: {what}: {:?}", engine.name, engine.left(&image));
                thread::sleep(Duration::from_millis(100));
            }
        };
        wait("its container does not run", &|| engine.left(&image).1);
        child.kill().unwrap();
        child.wait().unwrap();
        wait("something is left", &|| engine.left(&image).0.is_empty());
        let folder = shelf.folder().join("cache/engine");
        wait("a folder is left", &|| fs::read_dir(&folder).unwrap().next().is_none());
    }
}
