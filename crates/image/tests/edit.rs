//! Editing: what stays is what it was.

mod common;

use std::{collections::BTreeMap, path::Path};

use casehard_image::{Addition, Change, Edit, Entry, Kind, LayoutWriter, Mark, Xattrs, edit, read};
use casehard_oci::{Compression, History, ImageConfig};
use common::{Contents, Piece, file, image_at, link, mark, of, path, write};

fn shown(image: &casehard_image::Image) -> BTreeMap<String, String> {
    let (tree, facts) = read(image, &Contents).unwrap();
    let line = |entry: Entry<'_>| {
        let mut names: Vec<String> = entry.names().map(|name| name.path().to_string()).collect();
        names.sort();
        let what = format!(
            "{:?} {:o} {}:{} {} {} {:?} {:?} {}",
            entry.kind(),
            entry.mode(),
            entry.uid(),
            entry.gid(),
            entry.mtime(),
            entry.size(),
            entry.xattrs(),
            facts.get(entry),
            names.join("=")
        );
        (entry.path().to_string(), what)
    };
    std::iter::once(tree.root()).chain(tree.walk()).map(line).collect()
}

fn layers() -> Vec<Vec<Piece>> {
    let capability: Xattrs = [(b"security.capability"[..].into(), b"\x01\0\0\x02\n\xff"[..].into())].into();
    let mut odd = file("/x", "odd");
    let long: Vec<u8> =
        [&b"deep/"[..], &[b'd'; 250], b"/", &[b'n'; 254], b"/a\nb\xff", &[b'z'; 200]].concat();
    odd.0.path = casehard_oci::RootPath::parse(&long).unwrap();
    let mut times = file("/times", "t");
    (times.0.mtime, times.0.uid, times.0.gid) = (-5, 3_000_000_000, 7);
    let mut able = file("/able", "able");
    (able.0.xattrs, able.0.mode) = (capability, 0o4755);
    let mut directory = of("/etc", Kind::Directory);
    directory.0.mode = 0o1777;
    let mut root = of("/", Kind::Directory);
    root.0.mode = 0o700;
    vec![
        vec![
            root,
            directory,
            file("/etc/a", "a"),
            of("/etc/b", Kind::Hardlink(path("/etc/a"))),
            odd,
            times,
            able,
            of("/null", Kind::CharDevice { major: 1, minor: 3 }),
            of("/pipe", Kind::Fifo),
            of("/link", link("etc/../etc")),
            of("/empty", Kind::Directory),
            file("/old", "old"),
            file("/twice", "one"),
            file("/twice", "two"),
        ],
        vec![mark("/nothing", Mark::Whiteout), mark("/old", Mark::Whiteout)],
        vec![
            file("/link/through", "through"),
            of("/c", Kind::Hardlink(path("/etc/a"))),
            file("/etc/a", "new"),
            file("/upper/only", "x"),
        ],
    ]
}

fn config() -> ImageConfig {
    let entry =
        |by: &str, empty_layer| History { created_by: Some(by.into()), empty_layer, ..History::default() };
    ImageConfig {
        os: "linux".into(),
        architecture: "amd64".into(),
        history: vec![entry("one", false), entry("env", true), entry("two", false), entry("three", false)],
        ..ImageConfig::default()
    }
}

fn edited(
    place: &Path,
    keep: &(dyn Fn(Entry<'_>) -> bool + Sync),
    changes: BTreeMap<casehard_oci::RootPath, Change>,
    additions: BTreeMap<casehard_oci::RootPath, Addition>,
) -> (casehard_image::Image, casehard_image::Image) {
    write(&place.join("in"), Compression::Gzip, &layers());
    let before = image_at(&place.join("in"));
    let (tree, _) = read(&before, &()).unwrap();
    let spec = Edit { keep, changes, additions, config: config(), annotations: BTreeMap::new() };
    let first = edit(&before, &tree, &spec, LayoutWriter::create(&place.join("out")).unwrap()).unwrap();
    let second = edit(&before, &tree, &spec, LayoutWriter::create(&place.join("again")).unwrap()).unwrap();
    assert_eq!(first, second, "two runs, one digest");
    let after = image_at(&place.join("out"));
    assert_eq!(after.digest(), first.manifest.digest);
    (before, after)
}

#[test]
fn what_is_kept_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = edited(folder.path(), &|_| true, BTreeMap::new(), BTreeMap::new());
    assert_eq!(shown(&before), shown(&after));
    assert_eq!(after.layers().len(), 2, "a layer of whiteouts is gone");
    let empty: Vec<bool> = after.config().history.iter().map(|entry| entry.empty_layer).collect();
    assert_eq!(empty, [false, true, true, false]);
}

#[test]
fn the_next_name_has_the_bytes_and_empty_layers_go() {
    let folder = tempfile::tempdir().unwrap();
    let keep = |entry: Entry<'_>| ["/c", "/times"].map(path).contains(&entry.path());
    let (before, after) = edited(folder.path(), &keep, BTreeMap::new(), BTreeMap::new());
    let (before, after_shown) = (shown(&before), shown(&after));
    assert_eq!(after_shown.keys().collect::<Vec<_>>(), ["/", "/c", "/times"]);
    assert_eq!(before["/times"], after_shown["/times"]);
    assert!(after_shown["/c"].contains("Some(\"a\") /c"), "{}", after_shown["/c"]);
    assert_eq!(after.layers().len(), 1, "its bytes stand in the layer that had them");

    let keep = |entry: Entry<'_>| entry.path() == path("/etc/through");
    let (_, after) = edited(folder.path(), &keep, BTreeMap::new(), BTreeMap::new());
    let shown = shown(&after);
    assert_eq!(shown.keys().collect::<Vec<_>>(), ["/", "/etc", "/etc/through"]);
    assert!(shown["/etc"].contains("1777"), "directories keep their own metadata: {}", shown["/etc"]);
}

#[test]
fn changes_and_additions() {
    let folder = tempfile::tempdir().unwrap();
    let change = Change { mode: Some(0o755), uid: Some(5), gid: None, xattrs: Some(Xattrs::new()) };
    let changes = BTreeMap::from([
        (path("/able"), change.clone()),
        (path("/c"), change.clone()),
        (path("/etc"), change),
    ]);
    let add = |kind, content: &str| Addition {
        kind,
        mode: 0o600,
        uid: 1,
        gid: 2,
        mtime: 3,
        content: content.as_bytes().to_vec(),
    };
    let additions = BTreeMap::from([
        (path("/link/added"), add(Kind::File, "added")),
        (path("/upper"), add(Kind::File, "in place of a directory")),
        (path("/made/up/file"), add(Kind::File, "made")),
        (path("/a-link"), add(Kind::Hardlink(path("/made/up/file")), "")),
        (path("/empty"), add(Kind::Directory, "")),
    ]);
    let (before, after) = edited(folder.path(), &|_| true, changes, additions);
    let (before, shown) = (shown(&before), shown(&after));
    assert!(shown["/able"].starts_with("File 755 5:0 7 4 {} Some(\"able\")"), "{}", shown["/able"]);
    assert!(shown["/etc/b"].starts_with("File 755 5:0") && shown["/c"].starts_with("File 755 5:0"));
    assert!(shown["/etc"].starts_with("Directory 755 5:0"), "{}", shown["/etc"]);
    assert!(
        shown["/etc/added"].starts_with("File 600 1:2 3 5 {} Some(\"added\")"),
        "{}",
        shown["/etc/added"]
    );
    assert!(shown["/upper"].contains("in place") && !shown.contains_key("/upper/only"));
    assert!(
        shown["/a-link"].ends_with("/a-link=/made/up/file")
            || shown["/a-link"].ends_with("/made/up/file=/a-link")
    );
    assert!(shown["/empty"].starts_with("Directory 600 1:2"));
    assert_eq!(before["/pipe"], shown["/pipe"]);
    assert_eq!(after.config().history.len(), 5);
}

#[test]
fn an_image_without_history_comes_out_valid() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("in"), Compression::Gzip, &layers());
    let before = image_at(&folder.path().join("in"));
    let (tree, _) = read(&before, &()).unwrap();
    let added =
        Addition { kind: Kind::File, mode: 0o600, uid: 0, gid: 0, mtime: 0, content: b"added".to_vec() };
    for (name, additions) in [("kept", BTreeMap::new()), ("added", [(path("/added"), added)].into())] {
        let config = ImageConfig { history: Vec::new(), ..config() };
        let keep = |_: Entry<'_>| true;
        let spec =
            Edit { keep: &keep, changes: BTreeMap::new(), additions, config, annotations: BTreeMap::new() };
        edit(&before, &tree, &spec, LayoutWriter::create(&folder.path().join(name)).unwrap()).unwrap();
        let violations = casehard_image::validate(&image_at(&folder.path().join(name)));
        assert!(violations.is_empty(), "{name}: {violations:?}");
    }
}

#[test]
fn layers_of_equal_content_have_equal_bytes_in_whatever_order_they_came() {
    let folder = tempfile::tempdir().unwrap();
    let directory = |at: &str| of(at, Kind::Directory);
    let pieces = || {
        vec![
            directory("/a"),
            directory("/b"),
            file("/b/file", "of b"),
            of("/b/fifo", Kind::Fifo),
            file("/c", "c"),
            of("/z", link("a")),
        ]
    };
    let mut forwards = pieces();
    // The file's first name in the tree is not the one that has its bytes in the layer.
    forwards.extend([file("/y", "bytes"), of("/a/first", Kind::Hardlink(path("/y")))]);
    let mut backwards: Vec<Piece> = pieces().into_iter().rev().collect();
    backwards.splice(0..0, [file("/a/first", "bytes"), of("/y", Kind::Hardlink(path("/a/first")))]);
    let written = [forwards, backwards].map(|layer| {
        let place = tempfile::tempdir_in(folder.path()).unwrap().keep();
        write(&place.join("in"), Compression::Gzip, &[layer, vec![file("/c", "new"), file("/b/b", "x")]]);
        let image = image_at(&place.join("in"));
        let (tree, _) = read(&image, &()).unwrap();
        let spec = Edit {
            keep: &|_| true,
            changes: BTreeMap::new(),
            additions: BTreeMap::new(),
            config: config(),
            annotations: BTreeMap::new(),
        };
        edit(&image, &tree, &spec, LayoutWriter::create(&place.join("out")).unwrap()).unwrap();
        let after = image_at(&place.join("out"));
        assert_eq!(shown(&image), shown(&after));
        after
    });
    assert_eq!(written[0].manifest().layers, written[1].manifest().layers);
    let mut entries = written[1].entries(0).unwrap();
    let mut names = Vec::new();
    while let Some(entry) = entries.next().unwrap() {
        names.push(entry.head.path.to_string());
    }
    assert_eq!(names, ["/a", "/a/first", "/b", "/b/fifo", "/b/file", "/y", "/z"]);
}
