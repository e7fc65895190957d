//! The Compose file is accepted by Docker Compose's own parser; the Kubernetes fragment by the rules of the restricted Pod
//! Security Standard.

use std::process::Command;

use casehard_e2e::{casehard, is_slow, skip, which};

use crate::{
    hardened::{SERVED, hardened},
    serving::said,
};

/// Docker Compose as a program of its own, as a plugin of `docker`, or where distributions put plugins.
fn compose() -> Option<Vec<String>> {
    if let Some(program) = which("docker-compose") {
        return Some(vec![program.display().to_string()]);
    }
    let plugin = "/usr/libexec/docker/cli-plugins/docker-compose";
    if std::path::Path::new(plugin).is_file() {
        return Some(vec![plugin.to_owned()]);
    }
    let words = vec!["docker".to_owned(), "compose".to_owned()];
    let output = Command::new("docker").args(["compose", "version"]).output().ok()?;
    output.status.success().then_some(words)
}

#[test]
fn compose_accepts_the_compose_file() {
    let test = "compose_accepts_the_compose_file";
    if !is_slow(test) {
        return;
    }
    let Some(words) = compose() else { return skip(test, "there is no Docker Compose") };
    for name in SERVED {
        let Some(example) = hardened(test, name) else { return };
        let output = Command::new(&words[0])
            .args(&words[1..])
            .args(["-f", "compose.yaml", "config"])
            .current_dir(&example.folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", said(&output));
        let read = String::from_utf8_lossy(&output.stdout).into_owned();
        for word in ["read_only: true", "no-new-privileges:true", "cap_drop:", example.user().as_str()] {
            assert!(read.contains(word), "{name}: {word} is not in what Compose read: {read}");
        }
    }
}

#[test]
fn the_kubernetes_fragment_is_restricted() {
    let test = "the_kubernetes_fragment_is_restricted";
    if !is_slow(test) {
        return;
    }
    for name in SERVED {
        let Some(example) = hardened(test, name) else { return };
        let file = example.folder.join("kubernetes.yaml");
        let lint = |file: &std::path::Path| {
            Command::new(casehard()).args(["lint", "--only", "pss-restricted"]).arg(file).output().unwrap()
        };
        let output = lint(&file);
        assert!(output.status.success(), "{name}: {}", said(&output));
        // The same rules refuse the fragment once it asks for more.
        let text = std::fs::read_to_string(&file).unwrap();
        let loose = text.replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true");
        assert_ne!(text, loose);
        let other = tempfile::tempdir().unwrap();
        let other_file = other.path().join("kubernetes.yaml");
        std::fs::write(&other_file, loose).unwrap();
        assert_eq!(lint(&other_file).status.code(), Some(1), "{name}");
    }
}
