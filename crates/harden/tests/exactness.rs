//! What stays is as it was, whatever it is called and whatever is attached to it; nothing else is there.

use std::collections::{BTreeMap, BTreeSet};

use casehard_harden::{Ground, Level, Plan, Policy, Tools, apply, plan};
use casehard_image::{Entry, Head, Image, Inspect, Kind, Mark, Tree, Want, Xattrs, read};
use casehard_inventory::catalog;
use casehard_oci::{Container, RootPath};
use casehard_profile::{Access, Identity, Observation, Phase, Profile};
use casehard_testkit::{at, image_of};
use proptest::{collection::vec, prelude::*};

/// Keeps every byte.
struct All;

impl Inspect for All {
    type Fact = Vec<u8>;

    fn wants(&self, _: &Head, _: &[u8]) -> Want {
        Want::Whole(u64::MAX)
    }

    fn inspect(&self, _: &RootPath, _: &Head, bytes: &[u8]) -> Option<Vec<u8>> {
        Some(bytes.to_vec())
    }
}

/// Everything that a path is: kind, permission bits, owner, group, time, attributes, content, other names.
type State = (Kind, u32, u32, u32, i64, Xattrs, Vec<u8>, BTreeSet<RootPath>);

fn states(image: &Image) -> BTreeMap<RootPath, State> {
    let (tree, facts) = read(image, &All).unwrap();
    let of = |entry: Entry<'_>| {
        let content =
            if entry.is_file() { facts.get(entry).cloned().unwrap_or_default() } else { Vec::new() };
        // Which of its names a file's bytes stand under is nobody's concern.
        let kind = if matches!(entry.kind(), Kind::Hardlink(_)) { Kind::File } else { entry.kind() };
        let names = entry.names().map(Entry::path).collect();
        (kind, entry.mode(), entry.uid(), entry.gid(), entry.mtime(), entry.xattrs().clone(), content, names)
    };
    tree.walk().filter(|entry| !entry.path().is_root()).map(|entry| (entry.path(), of(entry))).collect()
}

fn head(path: RootPath, kind: Kind) -> Head {
    Head {
        path,
        mark: Mark::Present,
        kind,
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtime: 1_700_000_000,
        size: 0,
        xattrs: Xattrs::default(),
    }
}

fn planned(image: &Image, tree: &Tree, profile: &Profile, level: Level) -> Plan {
    let (_, inventory, tools) = Tools::read(image).unwrap();
    let policy = Policy { level, user: Some((7, 7)), ..Policy::default() };
    plan(Ground { image, tree, inventory: &inventory, tools: &tools, profile, policy: &policy })
}

fn used(paths: impl IntoIterator<Item = (RootPath, Access)>) -> Profile {
    let mut profile = Profile::default();
    for (path, access) in paths {
        profile.observe(Observation::Path { path, access, program: None, phase: Phase::new("start") });
    }
    profile.observe(Observation::Ran { identity: Identity { uid: 7, gid: 7 }, program: None });
    profile
}

/// Hardens, and holds the result against the original, path by path.
fn exact(
    entries: Vec<(Head, Vec<u8>)>,
    profile: &Profile,
    level: Level,
) -> (Plan, BTreeMap<RootPath, State>) {
    let made = image_of(&[entries], Container::default());
    let (tree, _) = catalog(&made.image).unwrap();
    let plan = planned(&made.image, &tree, profile, level);
    let out = made.folder.path().join("out");
    apply(&made.image, &tree, &plan, 0, &out).unwrap();
    let before = states(&made.image);
    let after = states(&at(&out));
    for (path, state) in &after {
        if let Some(addition) = plan.additions.get(path) {
            assert_eq!(state.1, addition.mode, "{path}");
            continue;
        }
        // A directory that an addition stands in.
        if !before.contains_key(path) && plan.additions.keys().any(|added| added.starts_with(path)) {
            continue;
        }
        let Some(mut expected) = before.get(path).cloned() else { panic!("{path} is new") };
        assert!(plan.keep.contains_key(path), "{path} is there although the plan does not keep it");
        if let Some(change) = plan.changes.get(path) {
            expected.1 = change.mode.unwrap_or(expected.1);
            expected.2 = change.uid.unwrap_or(expected.2);
            expected.3 = change.gid.unwrap_or(expected.3);
            if change.drop_capabilities {
                expected.5.remove(&b"security.capability"[..]);
            }
        }
        // A set of hardlinks stays one, less the names that go.
        expected.7.retain(|name| plan.keep.contains_key(name));
        assert_eq!(*state, expected, "{path}");
    }
    for path in plan.keep.keys() {
        assert!(after.contains_key(path), "{path} is kept by the plan, and is not there");
    }
    (plan, after)
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let any_byte = prop_oneof![Just(b'\n'), Just(0xff), Just(b' '), Just(b'\\'), Just(b'"'), 1_u8..=255];
    let name = prop_oneof![4 => vec(any_byte, 1..12), 1 => Just(vec![b'n'; 255]), 1 => Just("ä".repeat(100).into_bytes())];
    name.prop_filter("a name", |name| {
        !name.contains(&b'/') && !matches!(&name[..], b"." | b"..") && !name.starts_with(b".wh.")
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        5 => Just(Kind::File),
        1 => Just(Kind::Directory),
        1 => Just(Kind::Fifo),
        1 => Just(Kind::CharDevice { major: 1, minor: 3 }),
        1 => Just(Kind::BlockDevice { major: 259, minor: 70_000 }),
        2 => name().prop_map(|target| Kind::Symlink(target.into())),
        2 => Just(Kind::Hardlink(RootPath::root())),
    ]
}

fn xattrs() -> impl Strategy<Value = Xattrs> {
    // A capability, an access list of POSIX, and any bytes.
    let capability = [&[1, 0, 0, 2, 0, 4, 0, 0][..], &[0; 12]].concat();
    let list =
        [&[2, 0, 0, 0][..], &[1, 0, 6, 0, 255, 255, 255, 255, 4, 0, 4, 0, 255, 255, 255, 255]].concat();
    let one = prop_oneof![
        Just((b"security.capability".to_vec(), capability)),
        Just((b"system.posix_acl_access".to_vec(), list)),
        vec(any::<u8>(), 0..40).prop_map(|value| (b"user.x".to_vec(), value)),
    ];
    vec(one, 0..3).prop_map(|all| all.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
}

/// One entry: where (by the number of a directory made before), what, and what is attached.
type Made = (usize, Vec<u8>, Kind, (u32, u32, u32, i64), Xattrs, Vec<u8>, bool);

fn made() -> impl Strategy<Value = Made> {
    let numbers = (0_u32..0o10000, 0_u32..=4_000_000, 0_u32..=4_000_000, 0_i64..=4_000_000_000);
    // Sparse: a block of zeros among content.
    let content =
        prop_oneof![vec(any::<u8>(), 0..200), Just([vec![7; 10], vec![0; 70_000], vec![7; 10]].concat())];
    (0_usize..8, name(), kind(), numbers, xattrs(), content, any::<bool>())
}

fn entries(all: Vec<Made>) -> (Vec<(Head, Vec<u8>)>, Vec<RootPath>) {
    let top = RootPath::root().child(b"data");
    let mut directories = vec![top.clone()];
    let mut files: Vec<RootPath> = Vec::new();
    let mut entries = vec![(Head { mode: 0o755, ..head(top, Kind::Directory) }, Vec::new())];
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for (place, name, kind, (mode, uid, gid, mtime), xattrs, content, is_used) in all {
        let path = directories[place % directories.len()].child(&name);
        if path.as_bytes().len() > 3000 || !seen.insert(path.clone()) {
            continue;
        }
        let kind = match (kind, files.last()) {
            (Kind::Hardlink(_), Some(file)) => Kind::Hardlink(file.clone()),
            (Kind::Hardlink(_), None) => Kind::File,
            (kind, _) => kind,
        };
        let content = if kind == Kind::File { content } else { Vec::new() };
        match kind {
            Kind::Directory => directories.push(path.clone()),
            Kind::File => files.push(path.clone()),
            _ => {}
        }
        if is_used {
            chosen.push(path.clone());
        }
        let size = content.len() as u64;
        entries.push((Head { mode, uid, gid, mtime, size, xattrs, ..head(path, kind) }, content));
    }
    (entries, chosen)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn what_stays_is_as_it_was(all in vec(made(), 1..40), level in 0_usize..3) {
        let (entries, chosen) = entries(all);
        let profile = used(chosen.iter().map(|path| (path.clone(), Access::Found)));
        let (plan, after) = exact(entries, &profile, Level::ALL[level]);
        // What was only looked at stays.
        for path in &chosen {
            prop_assert!(plan.keep.contains_key(path) && after.contains_key(path), "{path}");
        }
    }
}

/// `/data/one` and below, as entries.
fn small() -> Vec<(Head, Vec<u8>)> {
    let path = |text: &str| RootPath::parse(text.as_bytes()).unwrap();
    let file = |text: &str| (Head { size: 1, ..head(path(text), Kind::File) }, b"x".to_vec());
    let directory = |text: &str| (Head { mode: 0o755, ..head(path(text), Kind::Directory) }, Vec::new());
    let link =
        |text: &str, target: &str| (head(path(text), Kind::Symlink(target.as_bytes().into())), Vec::new());
    vec![
        directory("/usr"),
        directory("/usr/share"),
        directory("/usr/share/listed"),
        file("/usr/share/listed/a"),
        directory("/usr/share/listed/empty"),
        link("/usr/share/listed/gone", "/nowhere"),
        directory("/usr/share/empty"),
        link("/usr/share/dangling", "/nowhere"),
        directory("/usr/share/real"),
        file("/usr/share/real/file"),
        link("/usr/share/name", "real"),
        file("/usr/share/removed"),
        file("/usr/share/unused"),
        directory("/usr/share/unused-directory"),
        file("/usr/share/first"),
        (head(path("/usr/share/second"), Kind::Hardlink(path("/usr/share/first"))), Vec::new()),
    ]
}

#[test]
fn each_way_of_use_keeps_what_it_needs() {
    let path = |text: &str| RootPath::parse(text.as_bytes()).unwrap();
    let profile = used([
        (path("/usr/share/listed"), Access::Listed),
        (path("/usr/share/empty"), Access::Found),
        (path("/usr/share/dangling"), Access::Link),
        (path("/usr/share/name"), Access::Link),
        (path("/usr/share/real/file"), Access::Read),
        (path("/usr/share/removed"), Access::Removed),
        (path("/usr/share/second"), Access::Read),
        (path("/usr/share/made"), Access::Created),
        (path("/usr/share/absent"), Access::Missing),
    ]);
    for level in [Level::Package, Level::File] {
        let (plan, after) = exact(small(), &profile, level);
        for kept in [
            "listed/a",
            "listed/empty",
            "listed/gone",
            "empty",
            "dangling",
            "name",
            "real/file",
            "removed",
            "second",
        ] {
            let kept = path(&format!("/usr/share/{kept}"));
            assert!(after.contains_key(&kept), "{kept} should stay at level {level}");
        }
        for gone in ["unused", "unused-directory", "made", "absent", "first"] {
            let gone = path(&format!("/usr/share/{gone}"));
            assert!(
                !plan.keep.contains_key(&gone) && !after.contains_key(&gone),
                "{gone} should not be there"
            );
        }
        // The bytes of a file whose first name goes are under the name that stays.
        assert_eq!(after[&path("/usr/share/second")].6, b"x");
    }
}
