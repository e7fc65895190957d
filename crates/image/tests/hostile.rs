//! Images that lie, break off or want too much: each ends in an error that says what is wrong.

mod common;

use std::{fs, io::Write as _, path::Path};

use casehard_image::Limits;
use casehard_oci::Digest;
use common::{RawLayer, raw_layout, read_at};

/// One tar entry: a header with the checksum put right, and content.
fn entry(name: &[u8], kind: u8, link: &[u8], size: u64, content: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link);
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut bytes = block.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &[u8]) -> Vec<u8> {
    entry(name, b'0', b"", 1, b"x")
}

fn pax(records: &[u8]) -> Vec<u8> {
    entry(b"pax", b'x', b"", records.len() as u64, records)
}

/// A PAX record with the right length.
fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (rest..).find(|length| rest + length.to_string().len() == *length).unwrap();
    format!("{length} {key}={value}\n").into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

fn outcome(layers: &[RawLayer], limits: Limits) -> String {
    let folder = tempfile::tempdir().unwrap();
    raw_layout(folder.path(), layers);
    match read_at(folder.path(), limits) {
        Ok((tree, _)) => format!("{} entries", tree.len()),
        Err(error) => error,
    }
}

#[test]
fn tars_that_no_layer_may_be() {
    let ending = [0_u8; 1024];
    let deep = [&b"a/"[..]; 40].concat();
    for (tar, expected) in [
        ([file(b"a"), ending.to_vec()].concat(), "1 entries"),
        (file(b"a"), "1 entries"),
        ([file(b"a"), vec![0; 512]].concat(), "1 entries"),
        (Vec::new(), "0 entries"),
        (file(b"a")[..513].to_vec(), "1 entries"),
        (entry(b"a", b'0', b"", 600, b"x"), "ends in the middle of an entry"),
        (file(b"a")[..100].to_vec(), "ends in the middle of an entry"),
        ([file(b"a"), vec![0; 512], file(b"b")].concat(), "single zero block"),
        (vec![7; 1024], "checksum"),
        (file(b"../a"), "leaves the root"),
        (file(b"a/../../b"), "leaves the root"),
        (entry(b"a", b'1', b"../../etc/passwd", 0, b""), "leaves the root"),
        (entry(b"a", b'Q', b"", 0, b""), "unknown type 'Q'"),
        (entry(b"a", b'1', b"nowhere", 0, b""), "hardlink to /nowhere"),
        (entry(b".", b'2', b"x", 0, b""), "root of the image is something else"),
        (
            [entry(b"f", b'0', b"", 0, b""), file(b"f/x")].concat(),
            "/f/x stands below /f, which is no directory",
        ),
        (
            [entry(b"a", b'2', b"b", 0, b""), entry(b"b", b'2', b"a", 0, b""), file(b"a/x")].concat(),
            "more than 40 symbolic links",
        ),
        ([entry(b"up", b'2', b"../../..", 0, b""), file(b"up/x")].concat(), "2 entries"),
        (file(b".wh."), "names nothing"),
        (file(b"a/.wh..."), "names nothing"),
        (file(b".wh..wh.plnk"), "0 entries"),
        ([pax(b"11 size=zz\n"), file(b"a")].concat(), "broken record"),
        ([pax(&record("path", "a/b")), file(b"a")].concat(), "2 entries"),
        ([pax(&record("path", "a\0b")), file(b"a")].concat(), "NUL"),
        (
            [
                pax(&[record("GNU.sparse.major", "1"), record("GNU.sparse.realsize", "10")].concat()),
                file(b"a"),
            ]
            .concat(),
            "broken",
        ),
        ([pax(&[b'1'; 600]), file(b"a")].concat(), "broken record"),
        (entry(&[&deep[..], b"x"].concat(), b'0', b"", 0, b""), "more than 30 components"),
    ] {
        let limits = Limits { depth: 30, ..Limits::default() };
        let found = outcome(&[RawLayer::plain(&tar)], limits);
        assert!(found.contains(expected), "{expected}: {found}");
    }
    let long = record("path", &"n".repeat(303));
    let found = outcome(&[RawLayer::plain(&[pax(&long), file(b"a")].concat())], Limits::default());
    assert!(found.contains("303 bytes, more than 255"), "{found}");
}

#[test]
fn blobs_that_are_not_what_is_said() {
    let tar = [file(b"a"), vec![0; 1024]].concat();
    let honest = RawLayer::of(&tar, gzip(&tar), GZIP);
    let other = Digest::of(b"other");
    let cut = honest.blob[..honest.blob.len() - 9].to_vec();
    let mut flipped = honest.blob.clone();
    flipped[14] ^= 0x10;
    let mut two = honest.blob.clone();
    two.extend(gzip(b""));
    for (layer, expected) in [
        (honest.clone(), "1 entries"),
        (RawLayer::of(&tar, two, GZIP), "1 entries"),
        (RawLayer::of(&tar, zstd::encode_all(&tar[..], 1).unwrap(), GZIP), "1 entries"),
        (RawLayer::of(&tar, tar.clone(), GZIP), "1 entries"),
        (RawLayer { diff_id: other, ..honest.clone() }, "where the configuration says"),
        (RawLayer { size: honest.size - 1, ..honest.clone() }, "bytes where its descriptor says"),
        (RawLayer { size: honest.size + 1, ..honest.clone() }, "bytes where its descriptor says"),
        (RawLayer { blob: cut.clone(), ..honest.clone() }, "bytes where its descriptor says"),
        (RawLayer::of(&tar, cut, GZIP), "decompress layer"),
        (RawLayer { blob: flipped, ..honest.clone() }, "layer sha256:"),
        (RawLayer { blob: gzip(&[&tar[..], b"x"].concat()), ..honest.clone() }, "blob sha256:"),
        (RawLayer { digest: other, ..honest.clone() }, "its bytes have the digest"),
        (RawLayer { media_type: "text/plain".into(), ..honest.clone() }, "media type text/plain"),
    ] {
        let found = outcome(&[layer], Limits::default());
        assert!(found.contains(expected), "{expected}: {found}");
    }
}

#[test]
fn limits_are_stated() {
    let many: Vec<u8> = (0..50).flat_map(|at| file(format!("f{at}").as_bytes())).collect();
    let zeros = entry(b"zeros", b'0', b"", 200_000_000, b"");
    let bomb = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&zeros).unwrap();
        for _ in 0..200 {
            encoder.write_all(&[0; 1_000_000]).unwrap();
        }
        encoder.finish().unwrap()
    };
    let sparse = [record("GNU.sparse.size", "9000000000000000000"), record("GNU.sparse.map", "0,1")].concat();
    let holes = [pax(&sparse), file(b"a")].concat();
    let plain = RawLayer::plain(&many);
    for (layers, limits, expected) in [
        (vec![plain.clone()], Limits { entries: 49, ..Limits::default() }, "more than 49 entries"),
        (vec![plain.clone()], Limits { metadata: 100, ..Limits::default() }, "more than 100 bytes"),
        (vec![plain.clone()], Limits { unpacked: 1000, ..Limits::default() }, "limit of 1000 bytes"),
        (
            vec![plain.clone(), plain.clone()],
            Limits { unpacked: many.len() as u64 + 1, ..Limits::default() },
            "image unpacks to more than the limit",
        ),
        (vec![RawLayer::of(b"", bomb, GZIP)], Limits { expansion: 100, ..Limits::default() }, "100 times"),
        (vec![RawLayer::plain(&holes)], Limits::default(), "more than the limit"),
        (vec![plain.clone()], Limits { document: 10, ..Limits::default() }, "more than 10 bytes"),
        (
            vec![RawLayer::plain(&entry(b"x", b'x', b"", 1 << 32, b""))],
            Limits::default(),
            "longer than 1048576 bytes",
        ),
    ] {
        let found = outcome(&layers, limits);
        assert!(found.contains(expected), "{expected}: {found}");
    }
}

#[test]
fn the_lowest_broken_layer_is_the_one_that_is_told() {
    let good = RawLayer::plain(&file(b"a"));
    let broken = |kind| RawLayer::plain(&entry(b"b", kind, b"", 0, b""));
    for _ in 0..20 {
        let found = outcome(&[good.clone(), broken(b'Q'), good.clone(), broken(b'R')], Limits::default());
        assert!(found.contains("'Q'"), "{found}");
    }
}

#[test]
fn documents_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("empty"), b"").unwrap();
    fs::write(at("text"), b"not an image\n".repeat(100)).unwrap();
    fs::write(at("root.tar"), file(b"etc/passwd")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    let archive = |name: &str, members: &[(&str, &str)]| {
        let tar: Vec<u8> = members
            .iter()
            .flat_map(|(name, content)| {
                entry(name.as_bytes(), b'0', b"", content.len() as u64, content.as_bytes())
            })
            .collect();
        fs::write(at(name), tar).unwrap();
    };
    archive("no-config.tar", &[("manifest.json", r#"[{"Config":"c.json","Layers":[]}]"#)]);
    archive("outside.tar", &[("manifest.json", r#"[{"Config":"../../../etc/passwd","Layers":[]}]"#)]);
    archive(
        "no-layer.tar",
        &[
            ("manifest.json", r#"[{"Config":"c","Layers":["a/layer.tar"]}]"#),
            (
                "c",
                r#"{"rootfs":{"type":"layers","diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}"#,
            ),
        ],
    );
    archive("count.tar", &[("manifest.json", r#"[{"Config":"c","Layers":["a"]}]"#), ("c", "{}")]);
    archive(
        "two.tar",
        &[
            ("manifest.json", r#"[{"Config":"c","RepoTags":["a:1"]},{"Config":"c","RepoTags":["b:1"]}]"#),
            ("c", "{}"),
        ],
    );
    archive(
        "cycle.tar",
        &[
            ("repositories", r#"{"a":{"1":"x"}}"#),
            ("x/json", r#"{"parent":"y"}"#),
            ("y/json", r#"{"parent":"x"}"#),
        ],
    );
    let nested = r#"{"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":2}]}"#;
    archive(
        "missing-blob.tar",
        &[("oci-layout", "{}"), ("index.json", &nested.replacen('{', r#"{"schemaVersion":2,"#, 1))],
    );
    archive("broken.tar", &[("oci-layout", "{}"), ("index.json", "{")]);
    for (name, expected) in [
        ("empty", "neither"),
        ("text", "neither"),
        ("root.tar", "neither"),
        ("folder", "neither"),
        ("nowhere", "read"),
        ("no-config.tar", "find c.json in archive"),
        ("outside.tar", "find ../../../etc/passwd in archive"),
        ("no-layer.tar", "find a/layer.tar in archive"),
        ("count.tar", "1 layers in its manifest and 0"),
        ("two.tar", "name one of a:1, b:1"),
        ("cycle.tar", "below itself"),
        ("missing-blob.tar", "find blob sha256:0000"),
        ("broken.tar", "index.json"),
    ] {
        let place = folder.path().join(name);
        let found = read_at(&place, Limits::default()).map(|_| ()).unwrap_err();
        assert!(found.contains(expected), "{name}: {found}");
    }
    assert!(Path::new("/etc/passwd").exists());
}
