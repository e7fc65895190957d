//! A full disk ends in a message that says so, and nothing half-written stays.

use std::{fs, process::Command};

use casehard_e2e::{Shelf, casehard, code, is_root, sandbox_is_missing, skip, stderr};

#[test]
fn a_full_disk_is_said_and_nothing_stays() {
    let name = "a_full_disk_is_said_and_nothing_stays";
    if sandbox_is_missing(name) {
        return;
    }
    let shelf = Shelf::new();
    let small = shelf.folder().join("small");
    fs::create_dir(&small).unwrap();
    // A file system of its own in a mount namespace of its own; a user who is not root makes a user namespace first, with the
    // subordinate users.
    let namespaces: &[&str] = if is_root() { &["-m"] } else { &["-m", "--map-root-user", "--map-auto"] };
    let script = r#"mount -t tmpfs -o size=$1 tmpfs small || exit 99
        "$2" harden -q -w casehard.yaml -o small/out --cache "$3"; code=$?
        ls -A small >&2; exit $code"#;
    let cache = shelf.folder().join("cache");
    for size in ["16k", "256k", "1m"] {
        let output = Command::new("unshare")
            .args(namespaces)
            .args(["sh", "-c", script, "sh", size])
            .args([casehard(), &cache])
            .current_dir(shelf.folder())
            .output();
        let Ok(output) = output else { return skip(name, "there is no unshare here") };
        let said = stderr(&output);
        if code(&output) == 99 || said.starts_with("unshare:") {
            return skip(name, &format!("no file system can be mounted here: {}", said.trim()));
        }
        assert_eq!(code(&output), 3, "{size}: {said}");
        assert!(said.contains("No space left on device") && said.contains("small"), "{size}: {said}");
        assert!(said.trim_end().lines().all(|line| line != "out"), "{size}: {said}");
        let stays = said.lines().any(|line| line.starts_with(".casehard-"));
        assert!(!stays, "{size}: something stays: {said}");
    }
}
