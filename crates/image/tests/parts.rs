//! Large files of which parts are enough.

mod common;

use std::{collections::BTreeMap, fs, ops::Range, path::Path};

use casehard_image::{Ahead, Head, ImageRef, Inspect, Kind, LayoutWriter, Limits, Options, Want, open, read};
use casehard_oci::{Compression, ImageConfig, RootPath};
use common::{RawLayer, head, raw_layout};

const SIZE: usize = 3 << 20;
/// What looks at a large file needs of it: what its first byte times a mebibyte says, and its end.
const TAIL: Range<u64> = SIZE as u64 - 10..SIZE as u64;

/// Whoever looks up which part it needs, and keeps the file as it is shown.
struct Parts;

impl Inspect for Parts {
    type Fact = Vec<u8>;
    fn wants(&self, _: &Head, _: &[u8]) -> Want {
        Want::Whole(SIZE as u64)
    }
    fn parts(&self, head: &Head, start: &[u8], ahead: &Ahead<'_>) -> Option<Vec<Range<u64>>> {
        assert_eq!((ahead.size(), head.size), (SIZE as u64, SIZE as u64));
        let mut byte = [0];
        assert!(ahead.read_exact_at(&mut byte, SIZE as u64).is_err());
        ahead.read_exact_at(&mut byte, 0).unwrap();
        assert_eq!(byte[0], start[0]);
        let at = u64::from(byte[0]) << 20;
        (byte[0] > 0).then(|| vec![TAIL, at..at + 1])
    }
    fn inspect(&self, _: &RootPath, _: &Head, bytes: &[u8]) -> Option<Vec<u8>> {
        Some(bytes.to_vec())
    }
}

fn large(first: u8) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..SIZE).map(|at| (at / 7 % 251) as u8 | 1).collect();
    bytes[0] = first;
    bytes
}

fn layout(place: &Path, compression: Compression) {
    let writer = LayoutWriter::create(place).unwrap();
    let mut layer = writer.layer(compression).unwrap();
    for (name, content) in
        [("/one", large(1)), ("/two", large(2)), ("/whole", large(0)), ("/small", b"small".to_vec())]
    {
        let head = Head { size: content.len() as u64, ..head(name, Kind::File) };
        layer.entry(&head, &mut content.as_slice()).unwrap();
    }
    let written = layer.finish().unwrap();
    let config = ImageConfig { os: "linux".into(), architecture: "amd64".into(), ..ImageConfig::default() };
    writer.finish(config, vec![written], BTreeMap::new(), Some("v1")).unwrap();
}

#[test]
fn only_the_parts_are_shown_where_the_layer_is_stored_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for (compression, is_stored) in [(Compression::None, true), (Compression::Gzip, false)] {
        let place = folder.path().join(format!("{compression:?}"));
        layout(&place, compression);
        let archive = place.with_extension("tar");
        let tar = std::process::Command::new("tar")
            .arg("-C")
            .arg(&place)
            .arg("-cf")
            .arg(&archive)
            .arg(".")
            .status();
        assert!(tar.unwrap().success());
        for reference in [format!("oci:{}", place.display()), format!("oci-archive:{}", archive.display())] {
            let image = ImageRef::parse(&reference, Path::exists).unwrap();
            let image = open(&image, &Options::default()).unwrap();
            let (tree, facts) = read(&image, &Parts).unwrap();
            let shown = |name: &str| facts.get(tree.get(&name.parse().unwrap()).unwrap()).unwrap();
            assert_eq!(shown("/small"), b"small");
            assert!(*shown("/whole") == large(0), "{reference}");
            for first in [1, 2] {
                let (all, shown) = (large(first), shown(if first == 1 { "/one" } else { "/two" }));
                let at = usize::from(first) << 20;
                // The start, which was read before, and the pages that the parts are in.
                let tail = usize::try_from(TAIL.start).unwrap() / 4096 * 4096;
                for part in [0..4096, at..at + 4096, tail..SIZE] {
                    assert!(shown[part.clone()] == all[part.clone()], "{reference} {first} {part:?}");
                }
                let between = &shown[at + 4096..tail];
                assert_eq!(between.iter().all(|byte| *byte == 0), is_stored, "{reference} {first}");
                assert!(is_stored || *shown == all);
            }
        }
    }
}

#[test]
fn what_is_passed_over_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("made");
    layout(&place, Compression::None);
    let blobs = place.join("blobs/sha256");
    let layer = fs::read_dir(&blobs).unwrap().map(|entry| entry.unwrap().path());
    let layer = layer.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let tar = fs::read(&layer).unwrap();
    // A byte of what nobody is shown.
    let mut changed = tar.clone();
    changed[(1 << 20) + 9000] ^= 1;
    for (tar, digest_of, expected) in
        [(&changed[..], &tar[..], "digest"), (&tar[..SIZE / 2], &tar[..SIZE / 2], "ends"), (&tar, &tar, "")]
    {
        let mut raw = RawLayer::plain(digest_of);
        raw.blob = tar.to_vec();
        let place = folder.path().join(format!("raw{expected}"));
        raw_layout(&place, &[raw]);
        let image = ImageRef::parse(&format!("oci:{}", place.display()), Path::exists).unwrap();
        let options = Options { limits: Limits::default(), ..Options::default() };
        let result = read(&open(&image, &options).unwrap(), &Parts);
        let error = result.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(error.is_empty(), expected.is_empty(), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}
