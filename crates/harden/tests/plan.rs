//! What a plan says of every path, and that the result is exactly that.

use std::collections::BTreeSet;

use casehard_harden::{
    Ground, Level, Picks, Plan, Policy, Tools, apply, plan,
    plan::{Fate, Reason, Removal, Rule},
};
use casehard_inventory::catalog;
use casehard_oci::{Container, RootPath};
use casehard_profile::{Access, Identity, Observation, Phase, Profile, workload::Selection};
use casehard_testkit::{Made, at, image, path};

/// A small Debian: a used program with data, a needed tool declared and one not, an unused package, debris.
const DEBIAN: &str = r"
d usr
d usr/bin
d usr/share
l bin = usr/bin
d etc
f etc/passwd = root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/:/bin/false\n
f etc/group = root:x:0:\nwww:x:33:\n
f etc/os-release = ID=debian\nVERSION_ID=12\n
d tmp 1777
f tmp/build.log = x
d var
d var/lib
d var/lib/app 755
d var/lib/dpkg
d var/lib/dpkg/info
f var/lib/dpkg/status = Package: app\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-1\nDepends: interp\n\nPackage: interp\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n\nPackage: shell\nEssential: yes\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3\n\nPackage: extra\nStatus: install ok installed\nArchitecture: amd64\nVersion: 4\n
f var/lib/dpkg/info/app.list = /.\n/usr\n/usr/bin\n/usr/bin/app\n/usr/bin/app-admin\n/usr/bin/app-shell\n/usr/share/app\n/usr/share/app/a.txt\n/usr/share/app/b.txt\n/usr/share/doc/app/README\n/usr/share/doc/app/copyright\n/var/lib/app\n/usr/bin/latest\n
f var/lib/dpkg/info/interp.list = /.\n/usr/bin/interp\n
f var/lib/dpkg/info/shell.list = /.\n/usr/bin/shell\n
f var/lib/dpkg/info/extra.list = /.\n/usr/bin/extra\n/usr/bin/extra-link\n
f usr/bin/app 755 = app
f usr/bin/app-admin 4755 = #!/usr/bin/interp\n
f usr/bin/app-shell 755 = #!/usr/bin/shell\n
l usr/bin/latest = app
f usr/bin/interp 755 = interp
f usr/bin/shell 755 = shell
f usr/bin/extra 755 = extra
l usr/bin/extra-link = extra
l usr/bin/dangling = extra
d usr/share/app
f usr/share/app/a.txt = a
f usr/share/app/b.txt = b
d usr/share/doc
d usr/share/doc/app
f usr/share/doc/app/README = read me
f usr/share/doc/app/copyright = mine
d srv
d srv/site
f srv/site/index.html = hello
f srv/site/other.html = other
d srv/site/empty
";

fn debian() -> Made {
    image(&[DEBIAN], Container { entrypoint: Some(vec!["/usr/bin/app".into()]), ..Container::default() })
}

fn profile(uses: &[(&str, Access)]) -> Profile {
    let mut profile = Profile::default();
    for (used, access) in uses {
        profile.observe(Observation::Path {
            path: path(used),
            access: *access,
            program: Some(path("/usr/bin/app")),
            phase: Phase::new("start"),
        });
    }
    profile
}

fn planned(made: &Made, profile: &Profile, policy: &Policy) -> Plan {
    let (tree, inventory, tools) = Tools::read(&made.image).unwrap();
    plan(Ground { image: &made.image, tree: &tree, inventory: &inventory, tools: &tools, profile, policy })
}

fn at_level(level: Level) -> Policy {
    Policy { level, ..Policy::default() }
}

const USED: &[(&str, Access)] = &[
    ("/usr/bin/app", Access::Executed),
    ("/usr/share/app/a.txt", Access::Read),
    ("/srv/site/index.html", Access::Read),
    ("/var/lib/app/data", Access::Created),
];

fn fate(plan: &Plan, name: &str) -> Fate {
    plan.package(name).first().unwrap_or_else(|| panic!("no package {name}")).fate
}

#[test]
fn a_used_package_stays_whole_with_what_it_declares_to_need() {
    let made = debian();
    let plan = planned(&made, &profile(USED), &at_level(Level::Package));
    for kept in [
        "/usr/bin/app-admin",
        "/usr/bin/app-shell",
        "/usr/share/app/b.txt",
        "/usr/bin/latest",
        "/usr/bin/interp",
        "/var/lib/app",
    ] {
        assert!(plan.keep.contains_key(&path(kept)), "{kept} should stay");
    }
    let why = &plan.keep[&path("/usr/bin/interp")];
    assert!(
        matches!(&why[..], [Reason::Needed { by, rule: Rule::Shebang }] if *by == path("/usr/bin/app-admin"))
    );
    // What every system has is not declared: the shell of a script that did not run does not stay for it.
    assert!(
        matches!(&plan.remove[&path("/usr/bin/shell")], Removal::UnusedPackage { package } if package == "shell")
    );
    assert!(matches!(&plan.remove[&path("/usr/bin/dangling")], Removal::Unused | Removal::Orphan { .. }));
    assert_eq!(
        [fate(&plan, "app"), fate(&plan, "interp"), fate(&plan, "shell"), fate(&plan, "extra")],
        [Fate::Kept, Fate::Kept, Fate::Removed, Fate::Removed]
    );
}

#[test]
fn at_level_file_unused_files_go_but_not_the_data_beside_used_data() {
    let made = debian();
    let plan = planned(&made, &profile(USED), &at_level(Level::File));
    assert!(
        matches!(&plan.remove[&path("/usr/bin/app-admin")], Removal::UnusedFile { package } if package == "app")
    );
    let why = &plan.keep[&path("/usr/share/app/b.txt")];
    assert!(matches!(&why[..], [Reason::Needed { rule: Rule::PackageData, .. }]), "{why:?}");
    assert_eq!(fate(&plan, "app"), Fate::Partial);
    assert_eq!(fate(&plan, "interp"), Fate::Removed);
}

#[test]
fn tools_of_every_system_are_a_set_when_more_than_one_ran() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    std::fs::write(&program, program_that_names("nothing")).unwrap();
    let file = program.display();
    let layer = format!(
        r"
f var/lib/dpkg/status = Package: tools\nEssential: yes\nStatus: install ok installed\nVersion: 1\n
f var/lib/dpkg/info/tools.list = /.\n/usr/bin/ls\n/usr/bin/stat\n/usr/bin/cat\n/usr/bin/strange\n
f usr/bin/ls 755 < {file}
f usr/bin/stat 755 < {file}
f usr/bin/cat 755 < {file}
f usr/bin/strange 4755 < {file}
"
    );
    let made = image(&[&layer], Container::default());
    for (ran, expected) in [(&["/usr/bin/ls"][..], false), (&["/usr/bin/ls", "/usr/bin/stat"], true)] {
        let uses: Vec<_> = ran.iter().map(|path| (*path, Access::Executed)).collect();
        let mut profile = profile(&uses);
        for program in ran {
            let argv = vec![(*program).to_owned()];
            profile.observe(Observation::Program {
                path: path(program),
                argv,
                parent: None,
                phase: Phase::new("start"),
            });
        }
        let plan = planned(&made, &profile, &at_level(Level::File));
        assert_eq!(plan.keep.contains_key(&path("/usr/bin/cat")), expected, "{ran:?}");
        assert!(!plan.keep.contains_key(&path("/usr/bin/strange")), "with the bit of another user");
    }
}

/// A program of 64 bits that needs one library: one segment that is the whole file, and its dynamic section.
fn program_that_needs(library: &str) -> Vec<u8> {
    let strings = [b"\0", library.as_bytes(), b"\0"].concat();
    let head = 64 + 2 * 56;
    let dynamic_at = (head + strings.len()).next_multiple_of(8);
    let dynamic: [u64; 8] = [1, 1, 5, head as u64, 10, strings.len() as u64, 0, 0];
    let size = (dynamic_at + 64) as u64;
    let mut bytes = program_that_names("")[..64].to_vec();
    bytes[16] = 3; // ET_DYN
    bytes[32] = 64; // where the segments are described
    (bytes[54], bytes[56]) = (56, 2);
    for (kind, at, size) in [(1_u32, 0, size), (2, dynamic_at as u64, 64)] {
        bytes.extend([kind.to_le_bytes(), 4_u32.to_le_bytes()].concat());
        bytes.extend([at, at, at, size, size, 8].map(u64::to_le_bytes).concat());
    }
    bytes.extend(&strings);
    bytes.resize(dynamic_at, 0);
    bytes.extend(dynamic.map(u64::to_le_bytes).concat());
    bytes
}

#[test]
fn a_program_beside_one_that_ran_brings_the_libraries_that_its_package_declares() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["libdeclared.so.1", "libforeign.so.1", "libc.so.6"].map(|library| {
        let file = folder.path().join(library);
        std::fs::write(&file, program_that_needs(library)).unwrap();
        file.display().to_string()
    });
    let layer = format!(
        r"
f var/lib/dpkg/status = Package: clients\nStatus: install ok installed\nVersion: 1\nDepends: declared\n\nPackage: declared\nStatus: install ok installed\nVersion: 1\n\nPackage: foreign\nStatus: install ok installed\nVersion: 1\n
f var/lib/dpkg/info/clients.list = /.\n/usr/bin/pub\n/usr/bin/sub\n/usr/bin/odd\n
f var/lib/dpkg/info/declared.list = /.\n/usr/lib/libdeclared.so.1\n
f var/lib/dpkg/info/foreign.list = /.\n/usr/lib/libforeign.so.1\n
f usr/bin/pub 755 < {ran}
f usr/bin/sub 755 < {declared}
f usr/bin/odd 755 < {foreign}
f usr/lib/libdeclared.so.1 < {ran}
f usr/lib/libforeign.so.1 < {ran}
f usr/lib/libc.so.6 < {ran}
",
        declared = files[0],
        foreign = files[1],
        ran = files[2],
    );
    let made = image(&[&layer], Container::default());
    let mut profile = profile(&[("/usr/bin/pub", Access::Executed)]);
    let argv = vec!["pub".to_owned()];
    let phase = Phase::new("start");
    profile.observe(Observation::Program { path: path("/usr/bin/pub"), argv, parent: None, phase });
    let plan = planned(&made, &profile, &at_level(Level::File));
    for (name, expected) in [
        ("/usr/bin/sub", true),
        ("/usr/lib/libdeclared.so.1", true),
        ("/usr/bin/odd", false),
        ("/usr/lib/libforeign.so.1", false),
    ] {
        assert_eq!(plan.keep.contains_key(&path(name)), expected, "{name}");
    }
}

#[test]
fn files_of_the_application_itself_stay_together() {
    let made = debian();
    for level in [Level::Package, Level::File] {
        let plan = planned(&made, &profile(USED), &at_level(level));
        let why = &plan.keep[&path("/srv/site/other.html")];
        assert!(
            matches!(&why[..], [Reason::Application { directory }] if *directory == path("/srv/site")),
            "{why:?}"
        );
        assert!(plan.keep.contains_key(&path("/srv/site/empty")));
    }
}

#[test]
fn tidy_removes_only_what_never_belongs_in_an_image() {
    let made = debian();
    let plan = planned(&made, &profile(USED), &at_level(Level::Tidy));
    let gone: BTreeSet<RootPath> = plan.remove.keys().cloned().collect();
    assert!(gone.contains(&path("/tmp/build.log")) && gone.contains(&path("/usr/share/doc/app/README")));
    assert!(
        plan.keep.contains_key(&path("/usr/share/doc/app/copyright")),
        "licences travel with what they cover"
    );
    assert!(plan.keep.contains_key(&path("/usr/bin/extra")));
    assert!(plan.packages.iter().all(|package| package.fate == Fate::Kept), "{:?}", plan.packages);
}

#[test]
fn setuid_bits_go_and_the_user_can_write_what_the_application_writes() {
    let made = debian();
    let plan = planned(&made, &profile(USED), &at_level(Level::Package));
    assert_eq!(plan.changes[&path("/usr/bin/app-admin")].mode, Some(0o755));
    assert_eq!(plan.config.config.user, "10001:10001");
    let change = &plan.changes[&path("/var/lib/app")];
    assert_eq!((change.uid, change.gid), (Some(10001), Some(10001)));
    assert!(plan.additions.contains_key(&path("/etc/passwd")), "the new user has a name");

    // An application that gives up root itself says whom it wants to be.
    let mut dropping = profile(USED);
    let identity = Identity { uid: 33, gid: 33 };
    dropping.observe(Observation::Ran { identity, program: Some(path("/usr/bin/app")) });
    let plan = planned(&made, &dropping, &at_level(Level::Package));
    assert_eq!(plan.config.config.user, "33:33");
    assert!(!plan.additions.contains_key(&path("/etc/passwd")));
}

#[test]
fn another_user_finds_the_home_that_the_application_went_to() {
    let made = image(&[DEBIAN, "d root 700"], Container::default());
    let account = |profile: &Profile| {
        let plan = planned(&made, profile, &at_level(Level::Package));
        let plan::Added::File { content } = &plan.additions[&path("/etc/passwd")].what else {
            panic!("a list of users is a file")
        };
        let change = plan.changes.get(&path("/root")).and_then(|change| change.uid);
        (content.lines().last().unwrap_or_default().to_owned(), change)
    };
    let (line, change) = account(&profile(USED));
    assert_eq!((line.as_str(), change), ("app:x:10001:10001::/nonexistent:/usr/sbin/nologin", None));
    let mut settled = profile(USED);
    settled.merge(profile(&[("/root/.config", Access::Created)]));
    let (line, change) = account(&settled);
    assert_eq!((line.as_str(), change), ("app:x:10001:10001::/root:/usr/sbin/nologin", Some(10001)));
    // What looks for its settings there is told that there are none, not that it may not look.
    let made = image(&[DEBIAN, "d root 700\nf root/notes = 1"], Container::default());
    let picks = Selection { paths: vec!["/root/notes".into()], ..Selection::default() };
    for (keep, expected) in [(Selection::default(), None), (picks, Some(Some(10001)))] {
        let policy = Policy { keep: Picks::new(&keep).unwrap(), ..at_level(Level::Package) };
        let plan = planned(&made, &profile(&[("/root/.config", Access::Missing)]), &policy);
        let home = path("/root");
        let owner =
            plan.keep.contains_key(&home).then(|| plan.changes.get(&home).and_then(|change| change.uid));
        assert_eq!(owner, expected);
    }
}

/// The 64 bytes of an ELF header that names no segments, and a constant after it.
fn program_that_names(constant: &str) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    bytes[16] = 2; // ET_EXEC
    bytes[18] = 62; // EM_X86_64
    bytes[52] = 64; // the size of this header
    bytes.extend(constant.as_bytes());
    bytes.push(0);
    bytes
}

#[test]
fn certificates_stay_for_code_that_loads_them_whether_or_not_it_did() {
    let folder = tempfile::tempdir().unwrap();
    for (constant, expected) in
        [("/etc/ssl/certs/ca-certificates.crt", true), ("/etc/ssl/openssl.cnf", false)]
    {
        let program = folder.path().join("client");
        std::fs::write(&program, program_that_names(constant)).unwrap();
        let layer = format!(
            r"
f usr/bin/app 755 < {}
f usr/share/ca-certificates/root.crt = root
l etc/ssl/certs/5f15c80c.0 = root.pem
l etc/ssl/certs/root.pem = /usr/share/ca-certificates/root.crt
",
            program.display()
        );
        let made = image(&[&layer], Container::default());
        let profile = profile(&[("/usr/bin/app", Access::Executed)]);
        for level in [Level::Package, Level::File] {
            let plan = planned(&made, &profile, &at_level(level));
            for name in ["/etc/ssl/certs/5f15c80c.0", "/usr/share/ca-certificates/root.crt"] {
                assert_eq!(plan.keep.contains_key(&path(name)), expected, "{constant}, {level:?}: {name}");
            }
        }
    }
}

#[test]
fn a_listed_directory_keeps_its_entries() {
    let made = debian();
    let mut uses = USED.to_vec();
    uses.push(("/usr/bin", Access::Listed));
    let plan = planned(&made, &profile(&uses), &at_level(Level::File));
    for entry in ["extra", "extra-link", "shell", "dangling"] {
        assert!(plan.keep.contains_key(&path(&format!("/usr/bin/{entry}"))), "{entry}");
    }
}

#[test]
fn a_path_that_was_only_looked_at_stays() {
    let made = debian();
    let mut uses = USED.to_vec();
    uses.push(("/usr/bin/extra", Access::Found));
    let plan = planned(&made, &profile(&uses), &at_level(Level::File));
    assert!(plan.keep.contains_key(&path("/usr/bin/extra")));
    assert_eq!(fate(&plan, "extra"), Fate::Partial);
}

#[test]
fn the_result_is_what_the_plan_says_and_tells_scanners_the_truth() {
    let made = debian();
    for level in Level::ALL {
        let plan = planned(&made, &profile(USED), &at_level(level));
        assert_eq!(planned(&made, &profile(USED), &at_level(level)), plan, "a plan is pure");
        let (tree, _) = catalog(&made.image).unwrap();
        let out = made.folder.path().join(format!("out-{level}"));
        let written = apply(&made.image, &tree, &plan, 0, &out).unwrap();
        let again = made.folder.path().join(format!("again-{level}"));
        assert_eq!(apply(&made.image, &tree, &plan, 0, &again).unwrap(), written, "two runs, one digest");

        let (after, inventory) = catalog(&at(&out)).unwrap();
        let expected: BTreeSet<RootPath> = plan.keep.keys().chain(plan.additions.keys()).cloned().collect();
        let found: BTreeSet<RootPath> = after
            .walk()
            .map(casehard_image::Entry::path)
            // A directory above an addition is part of it.
            .filter(|found| {
                expected.contains(found) || !plan.additions.keys().any(|added| added.starts_with(found))
            })
            .collect();
        assert_eq!(found, expected, "level {level}");
        for entry in after.walk().filter(|entry| plan.keep.contains_key(&entry.path())) {
            let before = tree.get(&entry.path()).unwrap();
            assert_eq!(
                (entry.kind(), entry.size(), entry.mtime()),
                (before.kind(), before.size(), before.mtime())
            );
        }
        let listed: BTreeSet<&str> = inventory.packages.iter().map(|package| package.name.as_str()).collect();
        let left: BTreeSet<&str> = plan
            .packages
            .iter()
            .filter(|package| package.fate != Fate::Removed)
            .map(|package| package.name.as_str())
            .collect();
        assert_eq!(listed, left, "level {level}");
    }
}

#[test]
fn keep_and_drop_win() {
    let made = debian();
    let keep = Selection { packages: vec!["extra".into()], ..Selection::default() };
    let drop = Selection { paths: vec!["/srv/site/other.html".into()], ..Selection::default() };
    let policy = Policy {
        level: Level::File,
        keep: Picks::new(&keep).unwrap(),
        drop: Picks::new(&drop).unwrap(),
        ..Policy::default()
    };
    let plan = planned(&made, &profile(USED), &policy);
    assert!(plan.keep[&path("/usr/bin/extra")].iter().any(|reason| matches!(reason, Reason::Asked { .. })));
    assert!(matches!(&plan.remove[&path("/srv/site/other.html")], Removal::Asked { .. }));
    assert!(!plan.keep.contains_key(&path("/srv/site/other.html")));
    let unknown = Selection { classes: vec!["shells".into()], ..Selection::default() };
    assert!(Picks::new(&unknown).unwrap_err().to_string().contains("shell"));
}

/// A program that starts another as somebody else, whatever it is called.
fn dropping(app_ran_as_root: bool) -> (Made, Profile) {
    let words = ["/usr/bin/interp", "www", "app", "-x"].map(str::to_owned).to_vec();
    let made = image(&[DEBIAN], Container { entrypoint: Some(words.clone()), ..Container::default() });
    let mut profile = profile(&[("/usr/bin/interp", Access::Executed), ("/usr/bin/app", Access::Executed)]);
    profile.observe(Observation::Syscall { name: "setresuid".into() });
    let mut ran = |program: &str, argv: &[String], uid: u32| {
        let program = path(program);
        let identity = Identity { uid, gid: uid };
        profile.observe(Observation::Ran { identity, program: Some(program.clone()) });
        let phase = Phase::new("start");
        profile.observe(Observation::Program { path: program, argv: argv.to_vec(), parent: None, phase });
    };
    ran("/usr/bin/interp", &words, 0);
    ran("/usr/bin/app", &words[2..], 33);
    if app_ran_as_root {
        ran("/usr/bin/app", &words[2..], 0);
    }
    (made, profile)
}

#[test]
fn an_entrypoint_that_only_gives_up_root_is_left_out() {
    let (made, profile) = dropping(false);
    let plan = planned(&made, &profile, &Policy::default());
    assert_eq!(plan.config.config.argv(), ["app", "-x"]);
    assert_eq!((plan.runtime.uid, plan.runtime.gid), (33, 33));
    let setting = plan.settings.iter().find(|setting| setting.field == "config.Entrypoint").unwrap();
    assert!(setting.why.contains("give that up"), "{setting:?}");
}

#[test]
fn an_entrypoint_whose_program_also_ran_as_root_stays() {
    let (made, profile) = dropping(true);
    let plan = planned(&made, &profile, &Policy::default());
    assert_eq!(plan.config.config.argv(), ["/usr/bin/interp", "www", "app", "-x"]);
}

#[test]
fn what_was_conceded_is_in_the_plan_with_its_reason() {
    let mut policy = Policy::default();
    policy.concessions.root = Some("a raw socket".into());
    policy.concessions.capabilities.insert("CAP_NET_RAW".into(), "a raw socket".into());
    policy.concessions.writable_root = Some("open /x".into());
    policy.concessions.syscalls.insert("ptrace".into(), "step 2 fails".into());
    let mut profile = profile(&[("/usr/bin/app", Access::Executed)]);
    profile.observe(Observation::Capability { name: "CAP_CHOWN".into(), operation: "chown /x".into() });
    let plan = planned(&debian(), &profile, &policy);
    assert_eq!((plan.runtime.uid, plan.runtime.read_only), (0, false));
    assert_eq!(plan.runtime.capabilities.keys().collect::<Vec<_>>(), ["CAP_NET_RAW"]);
    assert!(plan.runtime.syscalls.contains("ptrace"));
    assert_eq!(plan.config.config.user, "0:0");
    for about in ["user", "capabilities", "read-only-root", "seccomp"] {
        assert!(plan.notes.iter().any(|note| note.about == about), "{about}: {:?}", plan.notes);
    }
}
