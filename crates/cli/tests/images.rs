//! `casehard copy`, `inspect`, `extract`, `validate` and `gc` as people run them.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    fs,
    os::unix::ffi::OsStrExt as _,
    path::Path,
    process::{Command, Output},
};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_casehard"))
        .current_dir(folder)
        .env("CASEHARD_CACHE", folder.join("cache"))
        .args(arguments)
        .output()
        .unwrap()
}

/// What it says on both streams, and its exit code.
fn said(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let output = run(folder, arguments);
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.code())
}

/// A plain root with a name that a terminal must not see as it is.
fn a_root(folder: &Path) {
    fs::create_dir_all(folder.join("root/etc")).unwrap();
    fs::write(folder.join("root/etc/hello"), "hello\n").unwrap();
    let name = std::ffi::OsStr::from_bytes(b"evil\x1b[31m\xe2\x80\xaename");
    fs::write(folder.join("root").join(name), "x".repeat(5000)).unwrap();
}

#[test]
fn an_image_goes_from_place_to_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    a_root(folder);
    for (from, to) in [
        ("rootfs:root", "oci:layout:one"),
        ("oci:layout:one", "oci:layout:two"),
        ("oci:layout:two", "docker-archive:app.tar:example.com/app:1"),
        ("docker-archive:app.tar", "oci-archive:app.oci.tar"),
        ("app.oci.tar", "rootfs:again"),
    ] {
        let (text, code) = said(folder, &["copy", from, to]);
        assert_eq!(code, Some(0), "{from} {to}: {text}");
    }
    assert_eq!(fs::read(folder.join("again/etc/hello")).unwrap(), b"hello\n");
    assert_eq!(said(folder, &["extract", "oci:layout:one", "/etc/hello"]).0, "hello\n");
    let (text, code) = said(folder, &["validate", "app.tar"]);
    assert_eq!((code, text.contains("is what its documents say: 1 layers")), (Some(0), true), "{text}");
    let (one, two) =
        (said(folder, &["inspect", "oci:layout:one"]).0, said(folder, &["inspect", "oci:layout:two"]).0);
    assert_eq!(one.replace("layout:one", ""), two.replace("layout:two", ""));
    assert!(one.contains("evil\\x1b[31m\\xe2\\x80\\xaename"), "{one}");
    assert!(!one.chars().any(|c| c.is_control() && c != '\n'), "{one:?}");

    let (text, code) =
        said(folder, &["copy", "--compression", "zstd", "--clamp-times", "5", "app.tar", "oci:small"]);
    assert_eq!(code, Some(0), "{text}");
    let json = said(folder, &["inspect", "oci:small", "--format", "json"]).0;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["layers"][0]["compression"], "zstd");
    let left = fs::read_dir(folder.join("cache")).unwrap().count();
    assert_eq!(left, 0, "nothing is left of the rewriting");
}

#[test]
fn what_cannot_be_done_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    a_root(folder);
    said(folder, &["copy", "rootfs:root", "oci:layout:one"]);
    said(folder, &["copy", "rootfs:root", "docker-archive:whole.tar:a:1"]);
    let whole = fs::read(folder.join("whole.tar")).unwrap();
    fs::write(folder.join("cut.tar"), &whole[..whole.len() / 2]).unwrap();
    said(folder, &["copy", "rootfs:root", "oci:broken:one"]);
    for blob in fs::read_dir(folder.join("broken/blobs/sha256")).unwrap() {
        let path = blob.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        if !bytes.starts_with(b"{") {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(path, bytes).unwrap();
        }
    }
    for (arguments, code, message, hint) in [
        (&["inspect", "root"][..], 3, "neither an OCI image layout", "rootfs:root"),
        (&["copy", "oci:layout:one", "./other"], 2, "does not say what to write", "rootfs:./other"),
        (&["copy", "rootfs:root", "oci:layout"], 3, "it has one", "oci:layout:NAME"),
        (&["copy", "rootfs:root", "rootfs:root"], 3, "is not empty", ""),
        (&["copy", "--all", "--platform", "linux/amd64", "a", "b"], 2, "cannot be used with", ""),
        (&["inspect", "oci:layout:none"], 3, "it has one", ""),
        (&["--limit", "entries=2", "inspect", "oci:layout:one"], 3, "more than 2 entries", ""),
        (&["--limit", "size=2", "inspect", "oci:layout:one"], 2, "there are document, unpacked", ""),
        (&["inspect", "cut.tar"], 3, "in the middle of an entry", "save it again"),
        (&["inspect", "oci:broken:one"], 3, "trust blob sha256:", "`casehard validate` lists"),
        (&["inspect", "containers-storage:app"], 3, "connect to the daemon", "podman system service"),
    ] {
        let command = Command::new(env!("CARGO_BIN_EXE_casehard"))
            .current_dir(folder)
            .env("CONTAINER_HOST", format!("unix://{}", folder.join("nobody.sock").display()))
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8(command.stderr).unwrap();
        assert_eq!(command.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(message) && text.contains(hint), "{arguments:?}: {text}");
    }
}

#[test]
fn gc_removes_what_nobody_uses() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let blobs = folder.join("cache/blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::create_dir_all(folder.join("cache/built/old")).unwrap();
    fs::write(folder.join("cache/built/old/index.json"), "{}").unwrap();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
    for (name, size) in [("new", 3_000_000), ("old", 2_000_000), (".pull-x", 1_000_000)] {
        let file = fs::File::create(blobs.join(name)).unwrap();
        file.set_len(size).unwrap();
        if name != "new" {
            file.set_modified(long_ago).unwrap();
        }
    }
    let (text, code) = said(folder, &["gc"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("2 blobs, 3 MB") && text.contains("0 images built"), "{text}");
    let (text, _) = said(folder, &["gc", "--keep", "2"]);
    assert!(text.contains("1 blobs, 3 MB"), "{text}");
    let (text, _) = said(folder, &["gc", "--all"]);
    assert!(text.contains("1 images built from recipes"), "{text}");
    assert!(!folder.join("cache/built/old").exists());
}

#[test]
fn the_shell_of_a_step_is_that_of_the_image_that_was_given() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("Dockerfile"), "FROM corp/base:1\nRUN if [[ -f /a ]]; then b; fi\n").unwrap();
    let lint = |arguments: &[&str]| said(folder, &[&["lint", "--only", "bash-in-sh"], arguments].concat());
    let (text, code) = lint(&["Dockerfile"]);
    assert_eq!(code, Some(0), "{text}");
    for (shell, wanted) in [("dash", 1), ("bash", 0)] {
        let root = folder.join(shell);
        fs::create_dir_all(root.join("usr/bin")).unwrap();
        fs::write(root.join("usr/bin").join(shell), "a program").unwrap();
        symlink(shell, root.join("usr/bin/sh")).unwrap();
        symlink("usr/bin", root.join("bin")).unwrap();
        let (text, code) = lint(&["--image", &format!("corp/base:1=rootfs:{shell}"), "Dockerfile"]);
        assert_eq!((code, text.contains("[[ is of bash")), (Some(wanted), wanted == 1), "{shell}: {text}");
    }
}

#[test]
fn a_workload_that_is_not_there_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (text, code) = said(folder.path(), &["harden", "rootfs:root", "-w", "missing.yaml"]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("failed to read the workload missing.yaml"), "{text}");
    assert!(text.contains("hint: without --workload the application is started and stopped"), "{text}");
}
