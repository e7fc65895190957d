//! Broken input ends in a message that names what is wrong, exit code 3, and nothing written.

use std::{fs, path::Path};

use casehard_e2e::{Layout, Shelf, code, sandbox_is_missing, stderr};
use casehard_oci::Digest;

const TAR: &str = "application/vnd.oci.image.layer.v1.tar";

/// One tar entry, its checksum right.
fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000755");
    block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut bytes = block.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
    bytes
}

/// A sound layout of one file, which a case then breaks.
fn sound(folder: &Path) -> Layout {
    let tar = entry("app", &[b'x'; 4000]);
    Layout::new(folder, TAR, &tar, Digest::of(&tar))
}

/// Hardens what `make` writes to the folder `broken`: it must fail with all these words.
fn refused(name: &str, make: impl Fn(&Path), arguments: &[&str], words: &[&str]) {
    let shelf = Shelf::new();
    let broken = shelf.folder().join("broken");
    make(&broken);
    let before = shelf.left_over();
    let output = shelf.run(&[&["harden", "oci:broken", "-o", "out"], arguments].concat());
    let said = stderr(&output);
    assert_eq!(code(&output), 3, "{name}: {said}");
    assert!(!said.contains("panicked"), "{name}: {said}");
    for word in words {
        assert!(said.to_lowercase().contains(&word.to_lowercase()), "{name} does not say {word:?}: {said}");
    }
    assert_eq!(shelf.left_over(), before, "{name}: something was written");
}

#[test]
fn what_is_no_image() {
    let shelf = Shelf::new();
    shelf.write("note.txt", "not an image at all");
    for (image, word) in
        [("note.txt", "note.txt"), ("docker-archive:note.txt", "note.txt"), ("oci:absent", "absent")]
    {
        let output = shelf.run(&["harden", image, "-o", "out"]);
        assert_eq!(code(&output), 3, "{image}: {}", stderr(&output));
        assert!(stderr(&output).contains(word), "{image}: {}", stderr(&output));
    }
    assert_eq!(shelf.left_over(), ["note.txt".to_owned()].into());
}

#[test]
fn layers_that_lie() {
    if sandbox_is_missing("layers_that_lie") {
        return;
    }
    refused(
        "a truncated layer",
        |folder| {
            let layout = sound(folder);
            layout.finish();
            let bytes = fs::read(layout.layer()).unwrap();
            fs::write(layout.layer(), &bytes[..2000]).unwrap();
        },
        &[],
        &["sha256:", "2000 bytes", "hint: the image is damaged"],
    );
    refused(
        "a layer of other bytes",
        |folder| {
            let layout = sound(folder);
            layout.finish();
            let mut bytes = fs::read(layout.layer()).unwrap();
            bytes[600] = b'y';
            fs::write(layout.layer(), &bytes).unwrap();
        },
        &[],
        &["digest", "sha256:"],
    );
    refused(
        "a layer whose tar is another",
        |folder| {
            let tar = entry("app", b"x");
            Layout::new(folder, TAR, &tar, Digest::of(b"another")).finish();
        },
        &[],
        &["sha256:"],
    );
    refused(
        "a path that leaves the root",
        |folder| {
            let tar = entry("../../etc/passwd", b"x");
            Layout::new(folder, TAR, &tar, Digest::of(&tar)).finish();
        },
        &[],
        &["../../etc/passwd"],
    );
    refused(
        "an archive that expands without end",
        |folder| {
            let mut tar = entry("app", b"");
            tar[124..135].copy_from_slice(format!("{:011o}", 1_u64 << 32).as_bytes());
            tar[148..156].fill(b' ');
            let sum: u32 = tar[..512].iter().map(|byte| u32::from(*byte)).sum();
            tar[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
            std::io::Write::write_all(&mut encoder, &tar[..512]).unwrap();
            std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 1 << 29), &mut encoder).unwrap();
            let layer = encoder.finish().unwrap();
            Layout::new(folder, "application/vnd.oci.image.layer.v1.tar+zstd", &layer, Digest::of(b""))
                .finish();
        },
        &[],
        &["expand"],
    );
}

#[test]
fn manifests_that_do_not_fit() {
    refused(
        "an unknown media type",
        |folder| {
            let tar = entry("app", b"x");
            Layout::new(folder, "application/vnd.example.layer", &tar, Digest::of(&tar)).finish();
        },
        &[],
        &["application/vnd.example.layer"],
    );
    refused(
        "an unknown kind of manifest",
        |folder| {
            let mut layout = sound(folder);
            layout.manifest["mediaType"] = "application/vnd.example.manifest".into();
            layout.finish();
        },
        &[],
        &["application/vnd.example.manifest"],
    );
    refused(
        "a missing platform",
        |folder| sound(folder).finish(),
        &["--platform", "linux/s390x"],
        &["linux/s390x"],
    );
}

#[test]
fn applications_that_do_not_start() {
    if sandbox_is_missing("applications_that_do_not_start") {
        return;
    }
    // What is wrong is the workload or the image, never the hardening: the step or the program is named.
    let start =
        "image: oci:image\nready: { http: \"http://127.0.0.1:8080/\", within: 2s }\nstop: { signal: KILL }\n";
    let cases = [
        ("an entrypoint that does not exist", format!("{start}start: {{ command: [/usr/bin/absent] }}\n"), "/usr/bin/absent"),
        (
            "a workload that never becomes ready",
            "image: oci:image\nready: { http: \"http://127.0.0.1:9/\", within: 1s }\nstop: { signal: KILL }\n".to_owned(),
            "127.0.0.1:9",
        ),
        (
            "a step that fails on the original already",
            format!("{start}steps: [{{ name: a wish, http: \"http://127.0.0.1:8080/absent\", expect: {{ status: 200 }} }}]\n"),
            "a wish",
        ),
        (
            "a held-out step that fails on the original already",
            format!("{start}steps: [{{ name: a wish, verify: only, http: \"http://127.0.0.1:8080/absent\", expect: {{ status: 200 }} }}]\n"),
            "a wish",
        ),
    ];
    for (name, workload, word) in cases {
        let shelf = Shelf::new();
        shelf.write("casehard.yaml", &workload);
        let output = shelf.harden("out", &[]);
        let said = stderr(&output);
        assert_eq!(code(&output), 3, "{name}: {said}");
        assert!(said.contains(word), "{name}: {said}");
        assert!(shelf.left_over().is_empty(), "{name}: {:?}", shelf.left_over());
    }
}
