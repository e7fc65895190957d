//! Properties: tars of another writer are read as that writer meant them, ours are read by another reader, and layers
//! merge as a simple model of a file system does.

mod common;

use std::{collections::BTreeMap, io::Read as _};

use casehard_image::{Head, Kind, Limits, Mark, Xattrs};
use casehard_oci::{Compression, RootPath};
use common::{Piece, RawLayer, link, raw_layout, read_at, write};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => "[a-d]{1,2}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>().prop_filter("one component", |b| *b != b'/' && *b != 0), 1..120),
        1 => proptest::collection::vec(Just(b'l'), 200..256),
    ]
    .prop_filter("a name", |name| name != b"." && name != b".." && !name.starts_with(b".wh."))
}

fn root_path() -> impl Strategy<Value = RootPath> {
    proptest::collection::vec(name(), 1..5)
        .prop_map(|names| names.iter().fold(RootPath::root(), |path, name| path.child(name)))
}

fn head() -> impl Strategy<Value = (Head, Vec<u8>)> {
    let kind = prop_oneof![
        4 => Just(Kind::File),
        1 => Just(Kind::Directory),
        1 => Just(Kind::Fifo),
        1 => (0..1u32 << 20, any::<u32>()).prop_map(|(major, minor)| Kind::CharDevice { major, minor }),
        1 => proptest::collection::vec(1u8.., 1..300).prop_map(|target| Kind::Symlink(target.into())),
        1 => root_path().prop_map(Kind::Hardlink),
    ];
    let xattrs = proptest::collection::btree_map(
        "user\\.[a-z]{1,9}",
        proptest::collection::vec(any::<u8>(), 1..30),
        0..3,
    );
    let content = proptest::collection::vec(any::<u8>(), 0..1500);
    (root_path(), kind, 0..0o10000u32, any::<u32>(), any::<u32>(), -(1i64 << 40)..1i64 << 40, xattrs, content)
        .prop_map(|(path, kind, mode, uid, gid, mtime, xattrs, mut content)| {
            if kind != Kind::File {
                content.clear();
            }
            let xattrs: Xattrs =
                xattrs.into_iter().map(|(name, value)| (name.into_bytes().into(), value.into())).collect();
            let size = content.len() as u64;
            (Head { path, mark: Mark::Present, kind, mode, uid, gid, mtime, size, xattrs }, content)
        })
}

/// The other reader takes the end of a line for the end of a PAX record, which it is not.
fn in_one_line((mut head, content): (Head, Vec<u8>)) -> (Head, Vec<u8>) {
    let flat = |bytes: &[u8]| {
        bytes.iter().map(|byte| if *byte == b'\n' { b'_' } else { *byte }).collect::<Vec<u8>>()
    };
    head.path = RootPath::parse(&flat(head.path.as_bytes())).unwrap();
    head.kind = match head.kind {
        Kind::Symlink(target) => Kind::Symlink(flat(&target).into()),
        Kind::Hardlink(target) => Kind::Hardlink(RootPath::parse(&flat(target.as_bytes())).unwrap()),
        kind => kind,
    };
    head.xattrs = head.xattrs.into_iter().map(|(name, value)| (name, flat(&value).into())).collect();
    (head, content)
}

/// The heads and contents of a layer.
fn entries_of(place: &std::path::Path) -> Vec<(Head, Vec<u8>)> {
    let image = common::image_at(place);
    let mut entries = image.entries(0).unwrap();
    let mut all = Vec::new();
    while let Some(mut entry) = entries.next().unwrap() {
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        all.push((entry.head, content));
    }
    all
}

fn written(entries: &[(Head, Vec<u8>)], compression: Compression) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let writer = casehard_image::LayoutWriter::create(&folder.path().join("image")).unwrap();
    let mut layer = writer.layer(compression).unwrap();
    for (head, content) in entries {
        layer.entry(head, &mut &content[..]).unwrap();
    }
    let layer = layer.finish().unwrap();
    let config = casehard_oci::ImageConfig { os: "linux".into(), ..Default::default() };
    writer.finish(config, vec![layer], BTreeMap::new(), None).unwrap();
    folder
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_written_is_read(entries in proptest::collection::vec(head(), 0..12), gzip in any::<bool>()) {
        let folder = written(&entries, if gzip { Compression::Gzip } else { Compression::Zstd });
        prop_assert_eq!(entries_of(&folder.path().join("image")), entries);
    }

    #[test]
    fn another_reader_reads_what_is_written(entries in proptest::collection::vec(head().prop_map(in_one_line), 0..12)) {
        let folder = written(&entries, Compression::None);
        let place = folder.path().join("image");
        let image = common::image_at(&place);
        let mut tar = Vec::new();
        image.blob(&image.layers()[0].descriptor.digest).unwrap().read_to_end(&mut tar).unwrap();
        let mut archive = tar::Archive::new(&tar[..]);
        let mut count = 0;
        for (theirs, (head, content)) in archive.entries().unwrap().zip(&entries) {
            let mut theirs = theirs.unwrap();
            let path = theirs.path_bytes().into_owned();
            prop_assert_eq!(RootPath::parse(&path).unwrap(), head.path.clone());
            if let Kind::Symlink(target) = &head.kind {
                prop_assert_eq!(&*theirs.link_name_bytes().unwrap(), &**target);
            }
            if let Kind::Hardlink(target) = &head.kind {
                prop_assert_eq!(&*theirs.link_name_bytes().unwrap(), target.as_bytes());
            }
            prop_assert_eq!(theirs.header().mode().unwrap(), head.mode);
            prop_assert_eq!(theirs.header().entry_type().is_dir(), head.kind == Kind::Directory);
            let records: BTreeMap<Vec<u8>, Vec<u8>> = match theirs.pax_extensions().unwrap() {
                Some(records) => records
                    .map(|record| record.map(|r| (r.key_bytes().to_vec(), r.value_bytes().to_vec())).unwrap())
                    .collect(),
                None => BTreeMap::new(),
            };
            for (name, value) in &head.xattrs {
                prop_assert_eq!(&*records[&[b"SCHILY.xattr.", &**name].concat()], &**value);
            }
            let mtime = records.get(&b"mtime"[..]).map(|text| String::from_utf8(text.clone()).unwrap().parse().unwrap());
            prop_assert_eq!(mtime.unwrap_or_else(|| i64::try_from(theirs.header().mtime().unwrap()).unwrap()), head.mtime);
            let mut bytes = Vec::new();
            theirs.read_to_end(&mut bytes).unwrap();
            prop_assert_eq!(&bytes, content);
            count += 1;
        }
        prop_assert_eq!(count, entries.len());
    }

    #[test]
    fn what_another_writer_means_is_read(
        entries in proptest::collection::vec(
            (proptest::collection::vec("[a-z]{1,60}", 1..6), proptest::collection::vec(any::<u8>(), 0..700), 0..0o10000u32, any::<u64>()),
            0..10,
        ),
        gnu in any::<bool>(),
    ) {
        let mut builder = tar::Builder::new(Vec::new());
        let mut expected = Vec::new();
        for (names, content, mode, mtime) in &entries {
            // The GNU header has base-256 numbers; ustar has octal ones of eleven digits.
            let mtime = if gnu { mtime >> 2 } else { mtime & 0o77_777_777_777 };
            let mut header = if gnu { tar::Header::new_gnu() } else { tar::Header::new_ustar() };
            header.set_size(content.len() as u64);
            header.set_mode(*mode);
            header.set_mtime(mtime);
            header.set_uid(if gnu { 4_000_000_000 } else { 7 });
            header.set_gid(8);
            let path = names.join("/");
            if !gnu && header.set_path(&path).is_err() {
                continue;
            }
            builder.append_data(&mut header, &path, &content[..]).unwrap();
            expected.push((format!("/{path}"), *mode, i64::try_from(mtime).unwrap(), content.clone()));
        }
        let folder = tempfile::tempdir().unwrap();
        raw_layout(folder.path(), &[RawLayer::plain(&builder.into_inner().unwrap())]);
        let found: Vec<_> = entries_of(folder.path())
            .into_iter()
            .map(|(head, content)| (head.path.to_string(), head.mode, head.mtime, content))
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn layers_merge_as_a_file_system_does(layers in proptest::collection::vec(proptest::collection::vec(step(), 0..12), 1..5)) {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("image");
        let pieces: Vec<Vec<Piece>> = layers.iter().map(|steps| steps.iter().map(Step::piece).collect()).collect();
        write(&place, Compression::None, &pieces);
        let modelled = model(&layers);
        let found = read_at(&place, Limits::default());
        match (found, modelled) {
            (Ok((tree, facts)), Some(expected)) => {
                let found: BTreeMap<String, String> = tree.walk().map(|entry| {
                    let what = match entry.kind() {
                        Kind::Directory => "directory".to_owned(),
                        Kind::Symlink(target) => format!("-> {}", String::from_utf8_lossy(&target)),
                        _ => format!("{} {}", entry.layer(), facts.get(entry).unwrap()),
                    };
                    (entry.path().to_string(), what)
                }).collect();
                prop_assert_eq!(found, expected);
            }
            (Err(_), None) => {}
            (found, expected) => prop_assert!(false, "{:?} {:?}", found.map(|(tree, _)| tree.len()), expected),
        }
    }
}

/// What an entry of a layer does, on few paths so that they meet.
#[derive(Debug, Clone)]
enum Step {
    File(Vec<usize>, usize),
    Directory(Vec<usize>),
    Symlink(Vec<usize>, usize),
    Hardlink(Vec<usize>, Vec<usize>),
    Whiteout(Vec<usize>),
    Opaque(Vec<usize>),
}

const NAMES: [&str; 3] = ["a", "b", "c"];
const CONTENTS: [&str; 4] = ["one", "two", "three", "four"];
const TARGETS: [&str; 5] = ["a", "/b", "../c", "/a/b", "nowhere/x"];

fn step() -> impl Strategy<Value = Step> {
    let at = || proptest::collection::vec(0..3usize, 1..4);
    prop_oneof![
        4 => (at(), 0..4usize).prop_map(|(at, content)| Step::File(at, content)),
        2 => at().prop_map(Step::Directory),
        1 => (at(), 0..5usize).prop_map(|(at, target)| Step::Symlink(at, target)),
        1 => (at(), at()).prop_map(|(at, target)| Step::Hardlink(at, target)),
        1 => at().prop_map(Step::Whiteout),
        1 => at().prop_map(Step::Opaque),
    ]
}

fn spelled(at: &[usize]) -> RootPath {
    at.iter().fold(RootPath::root(), |path, name| path.child(NAMES[*name].as_bytes()))
}

impl Step {
    fn piece(&self) -> Piece {
        let of = |at: &[usize], kind| common::of(&spelled(at).to_string(), kind);
        let mark = |at: &[usize], mark| common::mark(&spelled(at).to_string(), mark);
        match self {
            Self::File(at, content) => common::file(&spelled(at).to_string(), CONTENTS[*content]),
            Self::Directory(at) => of(at, Kind::Directory),
            Self::Symlink(at, target) => of(at, link(TARGETS[*target])),
            Self::Hardlink(at, target) => of(at, Kind::Hardlink(spelled(target))),
            Self::Whiteout(at) => mark(at, Mark::Whiteout),
            Self::Opaque(at) => mark(at, Mark::Opaque),
        }
    }
}

/// A file system as simple as can be: paths, each with its layer and what it is. Directories that are only there for
/// what they hold are of the layer of that.
#[derive(Debug, Clone, Default)]
struct Model(BTreeMap<RootPath, (usize, What)>);

#[derive(Debug, Clone, PartialEq)]
enum What {
    File(&'static str),
    Directory,
    Symlink(&'static str),
}

fn model(layers: &[Vec<Step>]) -> Option<BTreeMap<String, String>> {
    let mut model = Model::default();
    for (layer, steps) in layers.iter().enumerate() {
        for step in steps {
            model.apply(layer, step)?;
        }
    }
    Some(
        model
            .0
            .iter()
            .map(|(path, (layer, what))| {
                let what = match what {
                    What::File(content) => format!("{layer} {content}"),
                    What::Directory => "directory".to_owned(),
                    What::Symlink(target) => format!("-> {target}"),
                };
                (path.to_string(), what)
            })
            .collect(),
    )
}

impl Model {
    fn apply(&mut self, layer: usize, step: &Step) -> Option<()> {
        match step {
            Step::File(at, content) => self.put(at, layer, What::File(CONTENTS[*content])),
            Step::Directory(at) => self.put(at, layer, What::Directory),
            Step::Symlink(at, target) => self.put(at, layer, What::Symlink(TARGETS[*target])),
            Step::Hardlink(at, target) => {
                let at = self.real(&spelled(at), Some(layer))??;
                let target = self.real(&spelled(target), None)??;
                let what = self.0.get(&target)?.1.clone();
                if what == What::Directory {
                    return None;
                }
                if at != target {
                    self.remove(&at, |_| true);
                    self.0.insert(at, (layer, what));
                }
                Some(())
            }
            Step::Whiteout(at) => {
                if let Some(Some(at)) = self.real(&spelled(at), None) {
                    self.hide(&at, layer, true);
                }
                self.real(&spelled(at), None).map(|_| ())
            }
            Step::Opaque(at) => {
                let inside = spelled(at).child(b"x");
                if let Some(Some(inside)) = self.real(&inside, None) {
                    self.hide(&inside.parent()?, layer, false);
                }
                self.real(&inside, None).map(|_| ())
            }
        }
    }

    fn put(&mut self, at: &[usize], layer: usize, what: What) -> Option<()> {
        let at = self.real(&spelled(at), Some(layer))??;
        let both_directories =
            what == What::Directory && self.0.get(&at).is_some_and(|(_, old)| *old == What::Directory);
        if !both_directories {
            self.remove(&at, |_| true);
        }
        self.0.insert(at, (layer, what));
        Some(())
    }

    fn remove(&mut self, top: &RootPath, gone: impl Fn(usize) -> bool) {
        self.0.retain(|path, (layer, _)| !path.starts_with(top) || !gone(*layer));
    }

    fn hide(&mut self, top: &RootPath, layer: usize, itself: bool) {
        let stays: Vec<RootPath> = self
            .0
            .iter()
            .filter(|(path, (own, _))| path.starts_with(top) && *path != top && *own == layer)
            .flat_map(|(path, _)| path.ancestors())
            .collect();
        self.0.retain(|path, (own, _)| {
            !path.starts_with(top) || (path == top && !itself) || *own == layer || stays.contains(path)
        });
        for path in stays.iter().filter(|path| path.starts_with(top) && (*path != top || itself)) {
            if let Some((own, _)) = self.0.get_mut(path) {
                *own = layer;
            }
        }
    }

    /// Where an entry really stands. The outer `None` is an error, the inner one: nowhere.
    fn real(&mut self, path: &RootPath, make: Option<usize>) -> Option<Option<RootPath>> {
        let name = path.file_name()?.to_vec();
        let mut here = RootPath::root();
        let mut rest: Vec<Vec<u8>> = path.parent()?.components().rev().map(<[u8]>::to_vec).collect();
        let mut links = 0;
        while let Some(next) = rest.pop() {
            if next == b".." {
                here = here.parent().unwrap_or_else(RootPath::root);
                continue;
            }
            let at = here.child(&next);
            match (self.0.get(&at).map(|(_, what)| what.clone()), make) {
                (Some(What::Directory), _) => here = at,
                (Some(What::Symlink(target)), _) => {
                    links += 1;
                    if links > 40 {
                        return None;
                    }
                    if target.starts_with('/') {
                        here = RootPath::root();
                    }
                    let names = target.split('/').filter(|name| !name.is_empty());
                    rest.extend(names.rev().map(|name| name.as_bytes().to_vec()));
                }
                (None, Some(layer)) => {
                    self.0.insert(at.clone(), (layer, What::Directory));
                    here = at;
                }
                (Some(What::File(_)), Some(_)) => return None,
                (_, None) => return Some(None),
            }
        }
        Some(Some(here.child(&name)))
    }
}
