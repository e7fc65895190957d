//! Whole images, from layers to who owns what.

use casehard_image::Tree;
use casehard_oci::RootPath;

use crate::{
    Ecosystem, Inventory, Package, Presence, catalog, catalog_with,
    elf::test_program::{Program, build},
    sbom::{Sbom, Select},
    testing::{Put::*, image},
};

fn names(tree: &Tree, inventory: &Inventory, path: &str) -> Vec<String> {
    let entry = tree.get(&path.parse().unwrap()).unwrap_or_else(|| panic!("{path} is not there"));
    inventory.owners(entry).map(|id| inventory.package(id).name.clone()).collect()
}

fn package<'a>(inventory: &'a Inventory, name: &str) -> &'a Package {
    inventory.packages.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("no {name}"))
}

const STATUS: &[u8] = b"Package: base-files\nVersion: 12\nStatus: install ok installed\nArchitecture: amd64\n\n\
    Package: libx\nVersion: 1-1\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nDepends: base-files\n\n\
    Package: dash\nVersion: 0.5\nStatus: install ok installed\nArchitecture: amd64\n\n\
    Package: gone\nVersion: 3\nStatus: install ok installed\nArchitecture: all\n\n\
    Package: python3-six\nVersion: 1.16\nStatus: install ok installed\nArchitecture: all\n";

#[test]
fn files_have_owners_through_usr_merge_and_diversions() {
    let made = image(&[&[
        ("/bin", Link("usr/bin")),
        ("/lib", Link("usr/lib")),
        ("/etc/os-release", File(b"ID=debian\nVERSION_ID=12\n")),
        ("/var/lib/dpkg/status", File(STATUS)),
        ("/var/lib/dpkg/info/base-files.list", File(b"/.\n/bin\n/lib\n/etc\n/etc/os-release\n")),
        (
            "/var/lib/dpkg/info/libx:amd64.list",
            File(b"/lib\n/lib/libx.so.1\n/usr/share/doc/libx/README\n/usr/share/libx/gone\n"),
        ),
        ("/var/lib/dpkg/info/libx:amd64.postinst", File(b"#!/bin/sh\n")),
        ("/var/lib/dpkg/info/libx:amd64.md5sums", File(b"d41d8cd98f00b204e9800998ecf8427e  lib/libx.so.1\n")),
        ("/var/lib/dpkg/info/dash.list", File(b"/bin/sh\n")),
        ("/var/lib/dpkg/info/gone.list", File(b"/usr/bin/gone\n")),
        (
            "/var/lib/dpkg/info/python3-six.list",
            File(
                b"/usr/lib/python3/dist-packages/six.py\n/usr/lib/python3/dist-packages/six-1.16.egg-info\n",
            ),
        ),
        ("/var/lib/dpkg/diversions", File(b"/bin/sh\n/bin/sh.distrib\nother\n")),
        ("/usr/bin/sh", File(b"the other's")),
        ("/usr/bin/sh.distrib", File(b"dash")),
        ("/usr/lib/libx.so.1", File(b"")),
        ("/usr/lib/python3/dist-packages/six.py", File(b"import sys\n")),
        ("/usr/lib/python3/dist-packages/__pycache__/six.cpython-311.pyc", File(b"x")),
        ("/usr/lib/python3/dist-packages/six-1.16.egg-info", File(b"Name: six\nVersion: 1.16\n")),
        ("/srv/note", File(b"")),
    ]]);
    let (tree, inventory) = catalog(&made.image).unwrap();
    assert_eq!(names(&tree, &inventory, "/usr/lib/libx.so.1"), ["libx"]);
    assert_eq!(names(&tree, &inventory, "/usr/bin/sh.distrib"), ["dash"]);
    assert!(names(&tree, &inventory, "/usr/bin/sh").is_empty());
    assert_eq!(names(&tree, &inventory, "/var/lib/dpkg/info/libx:amd64.postinst"), ["libx"]);
    assert_eq!(
        names(&tree, &inventory, "/usr/lib/python3/dist-packages/__pycache__/six.cpython-311.pyc"),
        ["python3-six"]
    );
    assert_eq!(
        package(&inventory, "six").part_of.map(|id| inventory.package(id).name.as_str()),
        Some("python3-six")
    );
    assert_eq!(package(&inventory, "gone").presence, Presence::Phantom);
    assert_eq!(package(&inventory, "libx").presence, Presence::Partial);
    assert_eq!(package(&inventory, "libx").digests.len(), 1);
    assert_eq!(package(&inventory, "base-files").presence, Presence::Whole);
    assert_eq!(package(&inventory, "libx").purl, "pkg:deb/debian/libx@1-1?arch=amd64&distro=debian-12");
    let unowned: Vec<_> = inventory.unowned(&tree).map(|entry| entry.path().to_string()).collect();
    assert_eq!(unowned, ["/srv/note", "/usr/bin/sh", "/var/lib/dpkg/diversions", "/var/lib/dpkg/status"]);

    // A survey finds the same, and leaves out what files need.
    let (surveyed, survey) = crate::survey(&made.image).unwrap();
    assert_eq!((&survey.packages, &survey.unknowns), (&inventory.packages, &inventory.unknowns));
    let imports = |tree: &Tree, inventory: &Inventory| {
        let path = "/usr/lib/python3/dist-packages/six.py".parse().unwrap();
        inventory.python(tree.get(&path).unwrap()).is_some()
    };
    assert!(imports(&tree, &inventory) && !imports(&surveyed, &survey));

    let sbom = Sbom::of(&made.image, &tree, &inventory, &Select::default());
    assert!(sbom.things().all(|one| one.ecosystem == Ecosystem::Deb));
    let libx = sbom.components.iter().find(|one| one.name == "libx").unwrap();
    assert_eq!(libx.remaining, ["/usr/lib/libx.so.1"]);
    assert!(libx.depends_on[0].contains("base-files"));
    let only = Select { only: vec!["python".to_owned()], ..Select::default() };
    assert_eq!(Sbom::of(&made.image, &tree, &inventory, &only).components.len(), 1);
    let all = Select { unowned: true, ..Select::default() };
    // Where packages are listed is no file that somebody put there.
    let unowned = Sbom::of(&made.image, &tree, &inventory, &all).unowned;
    assert_eq!(unowned, ["/srv/note", "/usr/bin/sh", "/var/lib/dpkg/diversions"]);
}

#[test]
fn all_layers_have_what_later_ones_hide() {
    let metadata = |version: &str| format!("Name: app\nVersion: {version}\n").into_bytes();
    let (old, new) = (metadata("1"), metadata("2"));
    let made = image(&[
        &[
            ("/srv/app-1.dist-info/METADATA", File(&old)),
            ("/srv/gone-1.dist-info/METADATA", File(b"Name: gone\nVersion: 1\n")),
            ("/srv/stay-1.dist-info/METADATA", File(b"Name: stay\nVersion: 1\n")),
        ],
        &[("/srv/app-1.dist-info/METADATA", File(&new)), ("/srv/gone-1.dist-info", Gone)],
    ]);
    let (tree, inventory) = catalog(&made.image).unwrap();
    let all = Sbom::of_all_layers(&made.image, &tree, &inventory, &Select::default()).unwrap();
    let found: Vec<_> =
        all.components.iter().map(|one| format!("{} {} {:?}", one.name, one.version, one.layer)).collect();
    assert_eq!(found, ["app 1 Some(0)", "app 2 Some(1)", "gone 1 Some(0)", "stay 1 Some(0)"]);
}

#[test]
fn content_manifests_name_what_packages_are_from() {
    let manifest = br#"{"metadata":{"icm_version":1},"content_sets":["rhel-9-for-x86_64-baseos-rpms","rhel-9-for-x86_64-appstream-eus-rpms__9_DOT_2"]}"#;
    let made = image(&[&[
        ("/etc/os-release", File(b"ID=rhel\nVERSION_ID=9.2\n")),
        ("/root/buildinfo/content_manifests/ubi9-container-9.2-1.json", File(manifest)),
    ]]);
    let (tree, inventory) = catalog(&made.image).unwrap();
    let sbom = Sbom::of(&made.image, &tree, &inventory, &Select::default());
    let sets = sbom.distribution.unwrap().content_sets;
    assert_eq!(sets, ["rhel-9-for-x86_64-appstream-eus-rpms__9_DOT_2", "rhel-9-for-x86_64-baseos-rpms"]);
}

#[test]
fn upper_layers_replace_and_remove() {
    let metadata = |version: &str| format!("Name: app\nVersion: {version}\n").into_bytes();
    let (old, new) = (metadata("1"), metadata("2"));
    let made = image(&[
        &[
            ("/srv/app-1.dist-info/METADATA", File(&old)),
            ("/srv/gone-1.dist-info/METADATA", File(b"Name: gone\nVersion: 1\n")),
            ("/srv/stay-1.dist-info/METADATA", File(b"Name: stay\nVersion: 1\n")),
        ],
        &[("/srv/app-1.dist-info/METADATA", File(&new)), ("/srv/gone-1.dist-info", Gone)],
    ]);
    let (_, inventory) = catalog(&made.image).unwrap();
    let shown: Vec<_> =
        inventory.packages.iter().map(|one| (one.name.as_str(), one.version.as_str(), one.layer)).collect();
    assert_eq!(shown, [("app", "2", 1), ("stay", "1", 0)]);
}

#[test]
fn hardlinked_metadata_counts_at_each_of_its_places() {
    let made = image(&[&[
        ("/root/.cache/uv/x/six-1.dist-info/METADATA", File(b"Name: six\nVersion: 1\n")),
        ("/srv/venv/lib/six-1.dist-info/METADATA", Hard("/root/.cache/uv/x/six-1.dist-info/METADATA")),
        ("/srv/venv/lib/six-1.dist-info/RECORD", File(b"six.py,,\n../bin/six,,\n")),
        ("/srv/venv/lib/six.py", File(b"")),
        ("/srv/venv/bin/six", File(b"")),
    ]]);
    let (tree, inventory) = catalog(&made.image).unwrap();
    assert_eq!(names(&tree, &inventory, "/srv/venv/lib/six.py"), ["six"]);
    assert_eq!(names(&tree, &inventory, "/srv/venv/bin/six"), ["six"]);
    let sbom = Sbom::of(&made.image, &tree, &inventory, &Select::default());
    let ids: Vec<_> = sbom.components.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "pkg:pypi/six@1#/root/.cache/uv/x/six-1.dist-info/METADATA",
            "pkg:pypi/six@1#/srv/venv/lib/six-1.dist-info/METADATA"
        ]
    );
}

#[test]
fn the_nearest_package_has_what_is_below_it() {
    let made = image(&[&[
        ("/app/package.json", File(b"{\"name\":\"app\",\"version\":\"1.0.0\"}")),
        ("/app/main.js", File(b"")),
        ("/app/node_modules/a/package.json", File(b"{\"name\":\"a\",\"version\":\"1.0.0\"}")),
        ("/app/node_modules/a/lib/x.js", File(b"")),
        ("/app/node_modules/a/node_modules/b/package.json", File(b"{\"name\":\"b\",\"version\":\"2.0.0\"}")),
        ("/app/node_modules/a/node_modules/b/y.js", File(b"")),
    ]]);
    let (tree, inventory) = catalog(&made.image).unwrap();
    assert_eq!(names(&tree, &inventory, "/app/node_modules/a/lib/x.js"), ["a"]);
    assert_eq!(names(&tree, &inventory, "/app/node_modules/a/node_modules/b/y.js"), ["b"]);
    assert!(names(&tree, &inventory, "/app/main.js").is_empty());
}

#[test]
fn the_loader_finds_what_it_would_find() {
    let library = |needed: &[&str], soname: &str, runpath: Option<&str>| {
        build(&Program { needed, soname: Some(soname), runpath, ..Program::default() })
    };
    let program = build(&Program {
        interpreter: Some("/lib64/ld.so"),
        needed: &["liba.so.1", "libc.so.6", "libnone.so"],
        runpath: Some("$ORIGIN/../lib"),
        ..Program::default()
    });
    let (a, b, c) = (
        library(&["libb.so.1", "libc.so.6"], "liba.so.1", Some("$ORIGIN/private")),
        library(&[], "libb.so.1", None),
        library(&[], "libc.so.6", None),
    );
    let loader = build(&Program::default());
    let made = image(&[&[
        ("/lib64", Link("usr/lib64")),
        ("/lib", Link("usr/lib")),
        ("/usr/lib64/ld.so", File(&loader)),
        ("/opt/app/bin/app", File(&program)),
        ("/opt/app/lib/liba.so.1", Link("liba.so.1.0")),
        ("/opt/app/lib/liba.so.1.0", File(&a)),
        ("/opt/app/lib/private/libb.so.1", File(&b)),
        // Not for this processor: the loader passes it over.
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", File(&c)),
        ("/usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libc.so.6", File(&c)),
    ]]);
    let (tree, inventory) = catalog(&made.image).unwrap();
    let loader = inventory.loader(&made.image, &tree);
    let app: RootPath = "/opt/app/bin/app".parse().unwrap();
    let links = loader.closure(tree.get(&app).unwrap());
    let shown: Vec<String> = links
        .iter()
        .map(|link| {
            let found = link
                .found
                .as_ref()
                .map_or_else(|| "missing".to_owned(), |found| found.entry.path().to_string());
            format!("{} {found}", String::from_utf8_lossy(&link.name))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "/lib64/ld.so /usr/lib64/ld.so",
            "liba.so.1 /opt/app/lib/liba.so.1.0",
            "libc.so.6 /usr/lib/x86_64-linux-gnu/libc.so.6",
            "libnone.so missing",
            "libb.so.1 /opt/app/lib/private/libb.so.1",
        ]
    );
    assert_eq!(links[1].found.as_ref().unwrap().links.len(), 1);
    assert_eq!(links[2].variants.len(), 1);
    let opened = loader.open(b"libb.so.1", tree.get(&app).unwrap(), None);
    assert!(opened.found.is_none(), "RUNPATH of a library is not that of the program");
}

#[test]
fn two_look_in_one_pass() {
    struct Sizes;
    impl casehard_image::Inspect for Sizes {
        type Fact = usize;
        fn wants(&self, head: &casehard_image::Head, _: &[u8]) -> casehard_image::Want {
            let own = head.path.file_name() == Some(b"own");
            if own { casehard_image::Want::Whole(10) } else { casehard_image::Want::Nothing }
        }
        fn inspect(&self, _: &RootPath, _: &casehard_image::Head, bytes: &[u8]) -> Option<usize> {
            Some(bytes.len())
        }
    }
    let made = image(&[&[("/own", File(b"12345")), ("/a.py", File(b"import os\n"))]]);
    let (tree, inventory, sizes) = catalog_with(&made.image, &Sizes).unwrap();
    let at = |path: &str| tree.get(&path.parse().unwrap()).unwrap();
    assert_eq!(sizes.get(at("/own")), Some(&5));
    assert_eq!(sizes.get(at("/a.py")), None);
    assert_eq!(inventory.python(at("/a.py")).unwrap().imports().next().unwrap().module, "os");
}

#[test]
fn what_cannot_be_read_is_said() {
    let made =
        image(&[&[("/app/x.jar", File(b"no archive")), ("/var/lib/rpm/rpmdb.sqlite", File(b"no database"))]]);
    let (_, inventory) = catalog(&made.image).unwrap();
    let shown: Vec<_> = inventory.unknowns.iter().map(|one| format!("{} {}", one.path, one.why)).collect();
    assert_eq!(
        shown,
        [
            "/app/x.jar Java archive that cannot be read",
            "/var/lib/rpm/rpmdb.sqlite RPM database: not an SQLite database"
        ]
    );
}
