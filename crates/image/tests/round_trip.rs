//! Layouts written by this crate, read back.

mod common;

use std::{collections::BTreeMap, io::Read, path::Path};

use casehard_image::{
    Entry, Graph, ImageRef, Kind, LayoutWriter, Mark, Options, Tree, copy_to_archive, copy_to_layout, open,
    read,
};
use casehard_oci::Compression;
use common::{Contents, Piece, file, image_at, link, mark, of, path, write};

fn merged(layers: &[Vec<Piece>]) -> (Tree, BTreeMap<String, String>) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("image");
    write(&place, Compression::Gzip, layers);
    let image = image_at(&place);
    let (tree, facts) = read(&image, &Contents).unwrap();
    let shown = |entry: Entry<'_>| {
        let what = match entry.kind() {
            Kind::File => format!("{} {}", entry.layer(), facts.get(entry).unwrap()),
            kind => format!("{} {kind:?}", entry.layer()),
        };
        (entry.path().to_string(), what)
    };
    let shown = tree.walk().map(shown).collect();
    (tree, shown)
}

fn listing(layers: &[Vec<Piece>]) -> Vec<String> {
    merged(layers).1.into_iter().map(|(path, what)| format!("{path} {what}")).collect()
}

#[test]
fn layers_are_laid_on_each_other() {
    let lower = || {
        vec![
            of("/usr/lib", Kind::Directory),
            file("/usr/lib/a", "a"),
            file("/usr/lib/b", "b"),
            of("/lib", link("usr/lib")),
            file("/etc/x", "x"),
        ]
    };
    for (what, upper, expected) in [
        (
            "a whiteout",
            vec![mark("/usr/lib/a", Mark::Whiteout)],
            vec![
                "/etc 0 Directory",
                "/etc/x 0 x",
                "/lib 0 Symlink([117, 115, 114, 47, 108, 105, 98])",
                "/usr 0 Directory",
                "/usr/lib 0 Directory",
                "/usr/lib/b 0 b",
            ],
        ),
        (
            "a whiteout of what is not there, a path through a link",
            vec![
                mark("/nothing/here", Mark::Whiteout),
                file("/lib/a", "new"),
                mark("/lib/b", Mark::Whiteout),
                mark("/etc", Mark::Whiteout),
            ],
            vec![
                "/lib 0 Symlink([117, 115, 114, 47, 108, 105, 98])",
                "/usr 0 Directory",
                "/usr/lib 0 Directory",
                "/usr/lib/a 1 new",
            ],
        ),
        (
            "an opaque mark after entries of its layer",
            vec![
                file("/usr/lib/c", "c"),
                mark("/usr", Mark::Opaque),
                file("/usr/d", "d"),
                mark("/etc", Mark::Whiteout),
                mark("/lib", Mark::Whiteout),
            ],
            vec!["/usr 0 Directory", "/usr/d 1 d", "/usr/lib 1 Directory", "/usr/lib/c 1 c"],
        ),
        (
            "a directory replaced by a link and a link by a directory",
            vec![
                of("/usr", link("lib")),
                of("/lib", Kind::Directory),
                file("/usr/z", "z"),
                mark("/etc", Mark::Whiteout),
            ],
            vec!["/lib 1 Directory", "/lib/z 1 z", "/usr 1 Symlink([108, 105, 98])"],
        ),
        (
            "hardlinks to a lower layer, whose first name goes, and the last of two of one path",
            vec![
                of("/h", Kind::Hardlink(path("/etc/x"))),
                mark("/etc", Mark::Whiteout),
                mark("/usr", Mark::Whiteout),
                of("/i", Kind::Hardlink(path("/h"))),
                file("/j", "first"),
                file("/j", "last"),
                mark("/lib", Mark::Whiteout),
            ],
            vec!["/h 1 x", "/i 1 x", "/j 1 last"],
        ),
    ] {
        assert_eq!(listing(&[lower(), upper]), expected, "{what}");
    }
}

#[test]
fn names_of_one_file_share_it() {
    let (tree, _) = merged(&[
        vec![
            file("/a", "bytes"),
            of("/b", Kind::Hardlink(path("/a"))),
            of("/c", Kind::Hardlink(path("/b"))),
            file("/d", "other"),
        ],
        vec![file("/a", "new")],
    ]);
    let at = |at: &str| tree.get(&path(at)).unwrap();
    assert_eq!((at("/b").links(), at("/a").links(), at("/d").links()), (2, 1, 1));
    assert_eq!(at("/b").inode(), at("/c").inode());
    assert_ne!(at("/b").inode(), at("/a").inode());
    let names: Vec<String> = at("/c").names().map(|name| name.path().to_string()).collect();
    assert_eq!(names, ["/b", "/c"]);
    assert_eq!(at("/d").names().count(), 1);
}

#[test]
fn two_runs_give_one_digest_and_a_dropped_writer_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let layers = || vec![vec![file("/a", "bytes"), of("/dev/null", Kind::CharDevice { major: 1, minor: 3 })]];
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let first = write(&folder.path().join("one"), compression, &layers());
        let second = write(&folder.path().join("two"), compression, &layers());
        assert_eq!(first, second);
    }
    drop(LayoutWriter::create(&folder.path().join("three")).unwrap());
    let mut names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["one", "two"]);
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(LayoutWriter::create(&folder.path().join("file")).is_err(), "other things are left alone");
}

#[test]
fn content_is_read_as_a_stream() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("image");
    write(&place, Compression::Zstd, &[vec![file("/a", "skipped"), file("/b", "read")]]);
    let image = ImageRef::parse(&format!("{}:v1", place.display()), Path::exists).unwrap();
    let image = open(&image, &Options::default()).unwrap();
    let mut entries = image.entries(0).unwrap();
    entries.next().unwrap();
    let mut text = String::new();
    entries.next().unwrap().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "read");
    assert!(entries.next().unwrap().is_none());
}

#[test]
fn copies_are_the_same_image() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    write(&place("in"), Compression::Gzip, &[vec![file("/a", "bytes")], vec![file("/b", "more")]]);
    let image = image_at(&place("in"));
    copy_to_layout(&Graph::from(&image), &place("layout"), Some("v2")).unwrap();
    copy_to_archive(&Graph::from(&image), &place("one.tar"), Some("example.com/app:1.0")).unwrap();
    copy_to_archive(&Graph::from(&image), &place("two.tar"), Some("example.com/app:1.0")).unwrap();
    assert_eq!(std::fs::read(place("one.tar")).unwrap(), std::fs::read(place("two.tar")).unwrap());
    for reference in
        ["oci:layout:v2", "one.tar", "oci-archive:one.tar:1.0", "docker-archive:one.tar:example.com/app:1.0"]
    {
        let (transport, rest) =
            reference.split_once("oci:").map_or(("", reference), |(_, rest)| ("oci:", rest));
        let (transport, rest) = rest
            .split_once("archive:")
            .map_or((transport.to_owned(), rest), |(kind, rest)| (format!("{kind}archive:"), rest));
        let reference = format!("{transport}{}", folder.path().join(rest).display());
        let copy = ImageRef::parse(&reference, Path::exists).unwrap();
        let copy = open(&copy, &Options::default()).unwrap_or_else(|error| panic!("{reference}: {error}"));
        assert_eq!(copy.config(), image.config());
        // The archive of Docker states no media types of layers, so its manifest is another one.
        if !reference.starts_with("docker") {
            assert_eq!(copy.digest(), image.digest(), "{reference}");
        }
        let (tree, facts) = read(&copy, &Contents).unwrap();
        assert_eq!(facts.get(tree.get(&path("/b")).unwrap()).unwrap(), "more");
    }
}

/// A source that gives so many bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(buffer.len()).min(self.0.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[test]
fn how_a_content_comes_in_pieces_changes_nothing() {
    let content = vec![b'x'; 300_001];
    let long = format!("/{}", "n".repeat(200));
    let layer_of = |pieces: usize| {
        let folder = tempfile::tempdir().unwrap();
        let writer = LayoutWriter::create(&folder.path().join("image")).unwrap();
        let mut layer = writer.layer(Compression::Gzip).unwrap();
        // After some hundred kilobytes in odd pieces come headers that need another one before them.
        for at in ["/a", &long, "/b", &format!("{long}/c")] {
            let head = casehard_image::Head { size: 300_001, ..common::head(at, Kind::File) };
            layer.entry(&head, &mut Pieces(&content, pieces)).unwrap();
        }
        layer.finish().unwrap().diff_id
    };
    let whole = layer_of(usize::MAX);
    for pieces in [1, 511, 513, 65_537, 130_000] {
        assert_eq!(layer_of(pieces), whole, "{pieces} bytes at a time");
    }
}
