//! Images from a few lines of text, for the examples of rules.
//!
//! `config NAME=VALUE`, `history TEXT`, `file PATH MODE [UID:GID] [CONTENT]` (`\n` in it; `*N` for N bytes),
//! `dir PATH MODE [UID:GID]`, `program PATH` (an ELF file that names a loader), `capability PATH`,
//! `link PATH TARGET`, `hardlink PATH TARGET`, `device PATH`, `remove PATH`, `tag NAME`, `layer`.

use std::{collections::BTreeMap, path::Path};

use casehard_finding::Finding;
use casehard_image::{Head, Image, ImageRef, Kind, LayoutWriter, Mark, Options, Tree, Xattrs, open};
use casehard_inventory::Inventory;
use casehard_oci::{Compression, Healthcheck, History, ImageConfig};

use crate::{FileHashes, Secrets, Settings, check_image};

type Piece = (Head, Vec<u8>);

fn head(path: &str, kind: Kind, mode: u32) -> Head {
    let path = path.parse().unwrap();
    Head { path, mark: Mark::Present, kind, mode, uid: 0, gid: 0, mtime: 7, size: 0, xattrs: Xattrs::new() }
}

fn piece(words: &[&str], line: &str) -> Piece {
    let mode = words.get(2).and_then(|mode| u32::from_str_radix(mode, 8).ok()).unwrap_or(0o644);
    let kind = match words[0] {
        "dir" => Kind::Directory,
        "device" => Kind::CharDevice { major: 1, minor: 1 },
        _ => Kind::File,
    };
    let mut head = head(words[1], kind, mode);
    let mut rest = line.splitn(4, ' ').nth(3).unwrap_or_default();
    let (owner, after) = rest.split_once(' ').unwrap_or((rest, ""));
    if let Some((Ok(uid), Ok(gid))) = owner.split_once(':').map(|(uid, gid)| (uid.parse(), gid.parse())) {
        (head.uid, head.gid, rest) = (uid, gid, after);
    }
    let content = match rest.strip_prefix('*').and_then(|count| count.parse().ok()) {
        Some(count) => vec![b'x'; count],
        None => rest.replace("\\n", "\n").into_bytes(),
    };
    head.size = content.len() as u64;
    (head, content)
}

/// A 64-bit little-endian position-independent program for this processor whose loader is `/lib/ld.so.9`.
fn elf() -> Vec<u8> {
    let machine: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let loader = b"/lib/ld.so.9\0";
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend([3u16.to_le_bytes(), machine.to_le_bytes()].concat());
    bytes.extend(1u32.to_le_bytes());
    // Entry, program headers, section headers; flags; sizes and counts.
    bytes.extend([0u64.to_le_bytes(), 64u64.to_le_bytes(), 0u64.to_le_bytes()].concat());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend([64u16, 56, 1, 0, 0, 0].map(u16::to_le_bytes).concat());
    // PT_INTERP, readable: offset, addresses, sizes, alignment.
    bytes.extend([3u32.to_le_bytes(), 4u32.to_le_bytes()].concat());
    let length = loader.len() as u64;
    bytes.extend([120u64, 120, 120, length, length, 1].map(u64::to_le_bytes).concat());
    bytes.extend(loader);
    bytes
}

fn configure(config: &mut ImageConfig, setting: &str) {
    let (name, value) = setting.split_once('=').unwrap();
    let container = &mut config.config;
    let words = || Some(value.split(' ').map(str::to_owned).collect());
    match name {
        "label" => {
            let (name, value) = value.split_once('=').unwrap();
            container.labels.insert(name.to_owned(), value.to_owned());
        }
        "workdir" => value.clone_into(&mut container.working_dir),
        "user" => value.clone_into(&mut container.user),
        "env" => container.env.push(value.to_owned()),
        "cmd" => container.cmd = words(),
        "entrypoint" => container.entrypoint = words(),
        "expose" => drop(container.exposed_ports.insert(value.to_owned(), serde_json::json!({}))),
        "volume" => drop(container.volumes.insert(value.to_owned(), serde_json::json!({}))),
        "healthcheck" => {
            let test = std::iter::once("CMD").chain(value.split(' ')).map(str::to_owned).collect();
            container.healthcheck = Some(Healthcheck { test, ..Healthcheck::default() });
        }
        other => panic!("no setting {other}"),
    }
}

fn build(text: &str, folder: &Path) -> Image {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let mut config =
        ImageConfig { os: "linux".into(), architecture: architecture.into(), ..ImageConfig::default() };
    let mut layers: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut tag = "v1".to_owned();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split(' ').collect();
        let layer = layers.last_mut().unwrap();
        match words[0] {
            "config" => configure(&mut config, line.strip_prefix("config ").unwrap()),
            "history" => config.history.push(History {
                created_by: line.strip_prefix("history ").map(str::to_owned),
                empty_layer: true,
                ..History::default()
            }),
            "tag" => line.strip_prefix("tag ").unwrap().clone_into(&mut tag),
            "layer" => layers.push(Vec::new()),
            "remove" => {
                let mut head = head(words[1], Kind::File, 0o644);
                head.mark = Mark::Whiteout;
                layer.push((head, Vec::new()));
            }
            "capability" => {
                let (head, _) = layer.last_mut().unwrap();
                head.xattrs.insert((*b"security.capability").into(), [1, 0, 0, 2].into());
            }
            "link" | "hardlink" => {
                let kind = match words[0] {
                    "link" => Kind::Symlink(words[2].as_bytes().into()),
                    _ => Kind::Hardlink(words[2].parse().unwrap()),
                };
                layer.push((head(words[1], kind, 0o777), Vec::new()));
            }
            "program" => {
                let content = elf();
                let mut head = head(words[1], Kind::File, 0o755);
                head.size = content.len() as u64;
                layer.push((head, content));
            }
            _ => layer.push(piece(&words, line)),
        }
    }
    let place = folder.join("image");
    let writer = LayoutWriter::create(&place).unwrap();
    let mut written = Vec::new();
    for pieces in layers {
        let mut layer = writer.layer(Compression::None).unwrap();
        for (head, content) in pieces {
            layer.entry(&head, &mut content.as_slice()).unwrap();
        }
        written.push(layer.finish().unwrap());
    }
    writer.finish(config, written, BTreeMap::new(), Some(&tag)).unwrap();
    let reference = ImageRef::parse(&format!("oci:{}:{tag}", place.display()), Path::exists).unwrap();
    open(&reference, &Options::default()).unwrap()
}

/// Gives the image that `text` describes to `look`.
pub(crate) fn with_image<T>(text: &str, look: impl FnOnce(&Image, &Tree, &Inventory) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let image = build(text, folder.path());
    let (tree, inventory) = casehard_inventory::survey(&image).unwrap();
    look(&image, &tree, &inventory)
}

/// What the rules say about the image that `text` describes.
pub(crate) fn findings(text: &str, settings: &Settings) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let image = build(text, folder.path());
    let secrets = Secrets::new();
    let hashes = FileHashes::new(true);
    let (tree, inventory, facts) =
        casehard_inventory::survey_with(&image, &casehard_inventory::Both(&secrets, &hashes)).unwrap();
    let (facts, hashed) = facts.unzip();
    let mut found = secrets.finish(&tree, &facts);
    found.verified = hashes.finish(&tree, &inventory, &hashed);
    check_image(&image, &tree, &inventory, &found, settings)
}

#[test]
fn a_secret_that_an_upper_layer_deletes_is_found() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\\nMIIEowIBAAKCAQEA7bq1x9Zk3Rt6Yw9Bc1Df3GhQm2Vn4Lp8\\n";
    let text = format!("file /k 0600 {key}\nlayer\nremove /k\n");
    let found = findings(&text, &Settings { only: vec!["secret-in-file".into()], ..Settings::new() });
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("stays in the image"), "{found:?}");
}
