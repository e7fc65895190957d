//! Plain roots: folders and tars, read as images, and images written as these.

mod common;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use casehard_image::{Image, ImageRef, Kind, Limits, Mark, Options, Style, copy_to_root, open, read};
use casehard_oci::Compression;
use common::{Contents, file, head, image_at, link, mark, of, path, write};

fn open_root(place: &Path, limits: Limits) -> Result<Image, String> {
    let image = ImageRef::parse(&format!("rootfs:{}", place.display()), Path::exists).unwrap();
    open(&image, &Options { limits, ..Options::default() }).map_err(|error| error.to_string())
}

/// Every path with all that is said of it.
fn shown(image: &Image) -> BTreeMap<String, String> {
    let (tree, facts) = read(image, &Contents).unwrap();
    let line = |entry: casehard_image::Entry<'_>| {
        let names: Vec<String> = entry.names().map(|name| name.path().to_string()).collect();
        let content = facts.get(entry).cloned().unwrap_or_default();
        let (mode, uid, gid, mtime) = (entry.mode(), entry.uid(), entry.gid(), entry.mtime());
        format!("{:?} {mode:o} {uid}:{gid} {mtime} {content} {:?} {names:?}", entry.kind(), entry.xattrs())
    };
    tree.walk().map(|entry| (entry.path().to_string(), line(entry))).collect()
}

fn an_image(folder: &Path) -> Image {
    let is_root = rustix::process::geteuid().is_root();
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let own = |mut piece: common::Piece| {
        (piece.0.uid, piece.0.gid) = if is_root { (1234, 4321) } else { (uid, gid) };
        if matches!(piece.0.kind, Kind::Symlink(_)) {
            // As file systems have it: nothing asks for the mode of a link.
            piece.0.mode = 0o777;
        }
        piece
    };
    let directory = |at: &str, mode: u32| (casehard_image::Head { mode, ..head(at, Kind::Directory) }, "");
    let mut layers = vec![
        vec![
            directory("/", 0o755),
            directory("/etc", 0o555),
            file("/etc/a", "old"),
            file("/etc/gone", "gone"),
            file("/etc/first", "shared"),
            of("/etc/zz", link("../../../outside")),
            directory("/tmp", 0o1777),
            directory("/replaced", 0o755),
            file("/replaced/x", "x"),
        ],
        vec![
            file("/etc/a", "new"),
            mark("/etc/gone", Mark::Whiteout),
            of("/second", Kind::Hardlink(path("/etc/first"))),
            mark("/etc/first", Mark::Whiteout),
            of("/third", Kind::Hardlink(path("/second"))),
            of("/replaced", link("etc")),
            of("/pipe", Kind::Fifo),
        ],
    ];
    if is_root {
        layers[1].push(of("/null", Kind::CharDevice { major: 1, minor: 3 }));
    }
    let layers: Vec<Vec<common::Piece>> =
        layers.into_iter().map(|layer| layer.into_iter().map(own).collect()).collect();
    write(&folder.join("in"), Compression::Gzip, &layers);
    image_at(&folder.join("in"))
}

#[test]
fn an_image_is_the_same_through_a_folder_and_through_a_tar() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let image = an_image(folder.path());
    let (tree, _) = read(&image, &()).unwrap();
    for name in ["root", "root.tar", "root.tar.gz", "root.tgz", "root.tar.zst"] {
        let done = copy_to_root(&image, &tree, &place(name), Style::default()).unwrap();
        assert_eq!((done.owners, done.devices, done.xattrs), (0, 0, 0), "{name}");
        let back = open_root(&place(name), Limits::default()).unwrap();
        assert_eq!(shown(&back), shown(&image), "{name}");
    }
    assert_eq!(
        open_root(&place("root.tgz"), Limits::default()).unwrap().layers()[0].compression,
        Compression::Gzip
    );
    let first = fs::read(place("root.tar.gz")).unwrap();
    copy_to_root(&image, &tree, &place("root.tar.gz"), Style::default()).unwrap();
    assert!(fs::read(place("root.tar.gz")).unwrap() == first, "the same bytes each time");
    let metadata = |at: &str| fs::symlink_metadata(place("root").join(at)).unwrap();
    assert_eq!((metadata("etc").permissions().mode() & 0o7777, metadata("etc").mtime()), (0o555, 7));
    assert_eq!(metadata("second").ino(), metadata("third").ino());
    assert!(metadata("pipe").file_type().is_fifo() && metadata("replaced").is_symlink());
    assert!(!folder.path().join("outside").exists());
}

#[test]
fn what_stands_there_is_not_overwritten_and_what_breaks_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let image = an_image(folder.path());
    let (tree, _) = read(&image, &()).unwrap();
    fs::create_dir(place("full")).unwrap();
    fs::write(place("full/mine"), "mine").unwrap();
    let error = copy_to_root(&image, &tree, &place("full"), Style::default()).unwrap_err().to_string();
    assert!(error.contains("is not empty"), "{error}");
    fs::create_dir(place("empty")).unwrap();
    copy_to_root(&image, &tree, &place("empty"), Style::default()).unwrap();

    let blob = image.layers()[1].descriptor.digest;
    fs::write(place("in/blobs/sha256").join(blob.hex()), "broken").unwrap();
    for name in ["broken", "broken.tar"] {
        assert!(copy_to_root(&image, &tree, &place(name), Style::default()).is_err());
        assert!(!place(name).exists(), "{name}");
    }
    let mut left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["empty", "full", "in"]);
}

#[test]
fn limits_hold_for_folders_and_tars() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("a/b/c")).unwrap();
    fs::write(root.join("a/file"), vec![0; 5000]).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let image = open_root(&root, Limits::default()).unwrap();
    assert_eq!(read(&image, &()).unwrap().0.len(), 4, "sockets are left out");
    drop(socket);
    for (limits, expected) in [
        (Limits { entries: 3, ..Limits::default() }, "limit of 3 entries"),
        (Limits { depth: 2, ..Limits::default() }, "limit of 2 depth"),
        (Limits { unpacked: 4000, ..Limits::default() }, "limit of 4000 bytes"),
    ] {
        let error = open_root(&root, limits).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    fs::write(folder.path().join("bomb.tar.zst"), zstd::encode_all(&vec![0; 1 << 20][..], 3).unwrap())
        .unwrap();
    let limits = Limits { unpacked: 100_000, ..Limits::default() };
    let error = open_root(&folder.path().join("bomb.tar.zst"), limits).unwrap_err();
    assert!(error.contains("limit of 100000 bytes"), "{error}");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folder.path().join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from(0o600),
        0,
    )
    .unwrap();
    let error = open_root(&folder.path().join("pipe"), Limits::default()).unwrap_err();
    assert!(error.contains("no regular file"), "nobody waits for a pipe: {error}");
}
