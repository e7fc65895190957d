//! What each step of the dial costs, and profiles of other builds.

use casehard_harden::{Ground, Level, Picks, Policy, Tools, carry, plan, plan::Removal, prices};
use casehard_inventory::catalog;
use casehard_oci::{Container, Digest};
use casehard_profile::{Access, Observation, Phase, Profile, workload::Selection};
use casehard_testkit::{Made, image, path};

fn build(version: &str) -> Made {
    let layer = format!(
        r"
f var/lib/dpkg/status = Package: app\nStatus: install ok installed\nVersion: 1\n\nPackage: tools\nStatus: install ok installed\nVersion: 1\nPriority: optional\n
f var/lib/dpkg/info/app.list = /.\n/usr/bin/app\n/usr/lib/libapp.so.{version}\n/usr/share/app-{version}/a\n/usr/bin/npm\n
f var/lib/dpkg/info/tools.list = /.\n/usr/bin/tool\n
f usr/bin/app 755 = app
f usr/bin/npm 755 = #!/usr/bin/node\nread('.package-lock.json')
f usr/bin/tool 755 = 0123456789
f usr/lib/libapp.so.{version} = library
f usr/share/app-{version}/a = a
f usr/share/zoneinfo/UTC = 12345
h usr/share/zoneinfo/Zulu = /usr/share/zoneinfo/UTC
"
    );
    image(&[&layer], Container::default())
}

fn profile(uses: &[&str]) -> Profile {
    let mut profile = Profile::default();
    for used in uses {
        let access = if used.contains("/bin/") { Access::Executed } else { Access::Read };
        profile.observe(Observation::Path {
            path: path(used),
            access,
            program: Some(path("/usr/bin/app")),
            phase: Phase::new("start"),
        });
    }
    profile
}

#[test]
fn each_step_has_a_price() {
    let made = build("1.0");
    let (tree, inventory, tools) = Tools::read(&made.image).unwrap();
    let profile = profile(&["/usr/bin/app", "/usr/lib/libapp.so.1.0"]);
    let policy = Policy { user: Some((7, 7)), ..Policy::default() };
    let ground = Ground {
        image: &made.image,
        tree: &tree,
        inventory: &inventory,
        tools: &tools,
        profile: &profile,
        policy: &policy,
    };
    let prices = prices(ground);
    let [tidy, package, file] = [0, 1, 2].map(|index| prices.levels[index].1);
    assert_eq!([tidy.packages, package.packages, file.packages], [2, 1, 1]);
    assert!(tidy.bytes > package.bytes && package.paths >= file.paths, "{prices:?}");
    // A file with two names has its bytes once.
    let (_, keep, drop) = prices.classes.iter().find(|(class, ..)| *class == "time-zones").unwrap();
    assert_eq!((keep.bytes - package.bytes, keep.paths - package.paths), (5, 3));
    assert_eq!(*drop, package);
    let text = prices.text();
    assert!(text.contains("← this plan") && text.contains("time-zones"), "{text}");

    // A package manager that nothing used goes from a package that stays, and `keep:` brings it back.
    let planned = plan(ground);
    assert!(
        matches!(&planned.remove[&path("/usr/bin/npm")], Removal::Tool { kind } if kind == "package-manager")
    );
    let keep = Selection {
        classes: vec!["package-manager".into()],
        packages: vec!["absent".into()],
        ..Selection::default()
    };
    let policy = Policy { keep: Picks::new(&keep).unwrap(), level: Level::Package, ..policy.clone() };
    let planned = plan(Ground { policy: &policy, ..ground });
    assert!(planned.keep.contains_key(&path("/usr/bin/npm")));
    assert!(planned.notes.iter().any(|note| note.text.contains("\"absent\"")), "{:?}", planned.notes);
}

#[test]
fn a_class_of_tools_is_what_they_do_and_not_how_they_are_called() {
    let layer = r"
f etc/shells = # those that may be logged in with\n/opt/talk\n
f opt/talk 755 = talk
l usr/bin/sh = /opt/talk
f usr/bin/bash 755 = no shell, though it is called so
f usr/bin/app 755 = app
";
    let made = image(&[layer], Container::default());
    let (tree, inventory, tools) = Tools::read(&made.image).unwrap();
    let class = || Picks::new(&Selection { classes: vec!["shell".into()], ..Selection::default() }).unwrap();
    let plan = |uses: &[&str], policy: &Policy| {
        plan(Ground {
            image: &made.image,
            tree: &tree,
            inventory: &inventory,
            tools: &tools,
            profile: &profile(uses),
            policy,
        })
    };
    let kept = plan(&["/usr/bin/app"], &Policy { keep: class(), ..Policy::default() });
    for shell in ["/opt/talk", "/usr/bin/sh"] {
        assert!(kept.keep.contains_key(&path(shell)), "{shell}");
    }
    assert!(!kept.keep.contains_key(&path("/usr/bin/bash")));
    let dropped =
        plan(&["/usr/bin/app", "/opt/talk", "/usr/bin/bash"], &Policy { drop: class(), ..Policy::default() });
    assert!(
        !dropped.keep.contains_key(&path("/opt/talk")) && !dropped.keep.contains_key(&path("/usr/bin/sh"))
    );
    assert!(dropped.keep.contains_key(&path("/usr/bin/bash")));
}

#[test]
fn a_profile_of_another_build_is_carried_over_or_refused() {
    let made = build("1.2.4");
    let (tree, _) = catalog(&made.image).unwrap();
    let config = made.image.manifest().config.digest;
    let other = profile(&["/usr/bin/app", "/usr/lib/libapp.so.1.0", "/usr/share/app-1.0/a"]);
    let carried = carry(&other, &tree, &config).unwrap();
    assert!(carried.paths.contains_key(&path("/usr/lib/libapp.so.1.2.4")));
    assert!(carried.paths.contains_key(&path("/usr/share/app-1.2.4/a")));
    assert!(!carried.paths.contains_key(&path("/usr/lib/libapp.so.1.0")));
    let note = carried.blind.iter().find(|blind| blind.recorder == "profile").unwrap();
    assert!(
        note.what.contains("2 moved (/usr/lib/libapp.so.1.0 to /usr/lib/libapp.so.1.2.4"),
        "{}",
        note.what
    );

    let strange = profile(&["/usr/bin/app", "/usr/bin/nothing-like-it", "/usr/lib/libapp.so.1.0"]);
    let error = carry(&strange, &tree, &config).unwrap_err().to_string();
    assert!(error.contains("1 of the 3 paths") && error.contains("/usr/bin/nothing-like-it"), "{error}");

    // Its own image: nothing is looked at.
    let mut own = strange;
    let platform = made.image.config().platform();
    let workload = Digest::of(b"workload");
    own.subjects.insert(casehard_profile::Subject::new(made.image.digest(), config, &platform, workload));
    assert_eq!(carry(&own, &tree, &config).unwrap(), own);
}
