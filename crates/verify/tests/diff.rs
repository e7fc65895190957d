//! The difference of two images on disk.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use casehard_image::{Head, Image, ImageRef, Kind, LayoutWriter, Mark, Options, Transport, Xattrs};
use casehard_oci::{Compression, Container, ImageConfig, RootPath};
use casehard_verify::{
    diff::{Aspect, Diff, Times, diff},
    job::Read,
};

type Piece = (Head, String);

fn path(text: &str) -> RootPath {
    RootPath::parse(text.as_bytes()).unwrap()
}

fn piece(at: &str, kind: Kind, content: &str) -> Piece {
    let mode = if kind == Kind::Directory { 0o755 } else { 0o644 };
    let head = Head {
        path: path(at),
        mark: Mark::Present,
        kind,
        mode,
        uid: 0,
        gid: 0,
        mtime: 7,
        size: content.len() as u64,
        xattrs: Xattrs::new(),
    };
    (head, content.to_owned())
}

fn file(at: &str, content: &str) -> Piece {
    piece(at, Kind::File, content)
}

fn image(folder: &Path, name: &str, layers: &[Vec<Piece>], user: &str) -> Image {
    let place = folder.join(name);
    let writer = LayoutWriter::create(&place).unwrap();
    let mut written = Vec::new();
    for entries in layers {
        let mut layer = writer.layer(Compression::Gzip).unwrap();
        for (head, content) in entries {
            layer.entry(head, &mut content.as_bytes()).unwrap();
        }
        written.push(layer.finish().unwrap());
    }
    let config = Container { user: user.to_owned(), ..Container::default() };
    let config =
        ImageConfig { os: "linux".into(), architecture: "amd64".into(), config, ..ImageConfig::default() };
    writer.finish(config, written, BTreeMap::new(), None).unwrap();
    let reference = ImageRef { transport: Transport::Layout(place), name: None };
    casehard_image::open(&reference, &Options::default()).unwrap()
}

fn compared(one: &Image, two: &Image, times: Times) -> Diff {
    let (before, after) = (Read::new(one).unwrap(), Read::new(two).unwrap());
    diff((one, &before), (two, &after), times).unwrap()
}

fn base() -> Vec<Piece> {
    vec![
        piece("app", Kind::Directory, ""),
        file("app/main", "12345"),
        file("app/other", "same"),
        piece("app/link", Kind::Symlink(Arc::from(&b"main"[..])), ""),
        file("app/one", "two names"),
        piece("app/two", Kind::Hardlink(path("/app/one")), ""),
        piece("doc", Kind::Directory, ""),
        file("doc/a", "a"),
        file("thing", "x"),
    ]
}

#[test]
fn an_image_does_not_differ_from_itself_nor_from_its_layers_split() {
    let folder = tempfile::tempdir().unwrap();
    let one = image(folder.path(), "one", &[base()], "1:1");
    let same = compared(&one, &one, Times::Compared);
    assert!(same.is_empty(), "{same:?}");
    assert_eq!(same.alike, 9);
    // The same files in other layers: nothing stands at the same place, so the bytes are read.
    let split = base().into_iter().map(|piece| vec![piece]).collect::<Vec<_>>();
    let names = split.iter().position(|layer| layer[0].0.path == path("/app/two")).unwrap();
    let mut split = split;
    let two = split.remove(names);
    split[names - 1].extend(two);
    let other = compared(&one, &image(folder.path(), "two", &split, "1:1"), Times::Compared);
    assert!(other.is_empty(), "{other:?}");
}

#[test]
fn every_aspect_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut pieces = base();
    pieces[1].1 = "54321".into();
    (pieces[2].0.mode, pieces[2].0.uid) = (0o4755, 5);
    pieces[2].0.xattrs.insert(Box::from(&b"user.a"[..]), Box::from(&b"\x01"[..]));
    pieces[3].0.kind = Kind::Symlink(Arc::from(&b"other"[..]));
    pieces[5] = file("app/two", "two names");
    pieces.retain(|(head, _)| !head.path.starts_with(&path("/doc")));
    let thing = pieces.iter_mut().find(|(head, _)| head.path == path("/thing")).unwrap();
    *thing = piece("thing", Kind::Directory, "");
    pieces.push(file("thing/inside", "y"));
    pieces[0].0.mtime = 8;
    let one = image(folder.path(), "one", &[base()], "");
    let two = image(folder.path(), "two", &[pieces], "1:1");
    let found = compared(&one, &two, Times::Passed);
    let told: Vec<(String, &Aspect)> =
        found.paths.iter().map(|one| (one.path.to_string(), &one.aspect)).collect();
    let word = |aspect: &Aspect| serde_json::to_value(aspect).unwrap()["aspect"].as_str().unwrap().to_owned();
    let told: Vec<String> = told.iter().map(|(path, aspect)| format!("{path} {}", word(aspect))).collect();
    assert_eq!(
        told,
        [
            "/app/link target",
            "/app/main content",
            "/app/one names",
            "/app/other mode",
            "/app/other owner",
            "/app/other xattr",
            "/app/two names",
            "/doc removed",
            "/doc/a removed",
            "/thing kind",
            "/thing/inside added",
        ]
    );
    assert_eq!(found.config.len(), 1);
    assert_eq!(found.alike, 1, "only the directory /app is alike");
    let timed = compared(&one, &two, Times::Compared);
    assert!(timed.paths.iter().any(|one| matches!(one.aspect, Aspect::Time { before: 7, after: 8 })));
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Diff>(&json).unwrap(), found);
}

#[test]
fn a_name_that_went_makes_no_difference_to_the_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut pieces = base();
    pieces.remove(5);
    let one = image(folder.path(), "one", &[base()], "");
    let found = compared(&one, &image(folder.path(), "two", &[pieces], ""), Times::Passed);
    assert_eq!(found.paths.len(), 1, "{found:?}");
    assert!(
        matches!(found.paths[0].aspect, Aspect::Removed { .. }) && found.paths[0].path == path("/app/two")
    );
}
