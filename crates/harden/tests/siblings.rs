//! Level `file`: programs beside one that an interpreter ran.

use casehard_harden::{Ground, Level, Policy, Tools, plan};
use casehard_oci::Container;
use casehard_profile::{Access, Observation, Phase, Profile};
use casehard_testkit::{image, path};

const SCRIPTS: &str = r"
f var/lib/dpkg/status = Package: broker\nStatus: install ok installed\nVersion: 1\nDepends: runner\n\nPackage: runner\nStatus: install ok installed\nVersion: 1\n\nPackage: other\nStatus: install ok installed\nVersion: 1\n
f var/lib/dpkg/info/broker.list = /.\n/usr/lib/broker/tools/ping\n/usr/lib/broker/tools/ctl\n/usr/lib/broker/tools/foreign\n/usr/lib/broker/mixed/a\n/usr/lib/broker/mixed/b\n/usr/lib/broker/mixed/data\n
f var/lib/dpkg/info/runner.list = /.\n/usr/bin/run\n
f var/lib/dpkg/info/other.list = /.\n/usr/bin/strange\n
f usr/lib/broker/tools/ping 755 = #!/usr/bin/run\nping
f usr/lib/broker/tools/ctl 755 = #!/usr/bin/run\nctl
f usr/lib/broker/tools/foreign 755 = #!/usr/bin/strange\nx
f usr/lib/broker/mixed/a 755 = #!/usr/bin/run\na
f usr/lib/broker/mixed/b 755 = #!/usr/bin/run\nb
f usr/lib/broker/mixed/data = data
f usr/bin/run 755 = run
f usr/bin/strange 755 = strange
";

#[test]
fn scripts_of_one_directory_of_programs_stay_together() {
    let made = image(&[SCRIPTS], Container::default());
    let (tree, inventory, tools) = Tools::read(&made.image).unwrap();
    let mut profile = Profile::default();
    // An interpreter that was given the script reads it; the kernel starts nothing but the interpreter.
    for (used, access) in [
        ("/usr/bin/run", Access::Executed),
        ("/usr/lib/broker/tools/ping", Access::Read),
        ("/usr/lib/broker/mixed/a", Access::Read),
    ] {
        profile.observe(Observation::Path {
            path: path(used),
            access,
            program: Some(path("/usr/bin/run")),
            phase: Phase::new("start"),
        });
    }
    let policy = Policy { level: Level::File, ..Policy::default() };
    let plan = plan(Ground {
        image: &made.image,
        tree: &tree,
        inventory: &inventory,
        tools: &tools,
        profile: &profile,
        policy: &policy,
    });
    for (name, expected) in [
        ("/usr/lib/broker/tools/ctl", true),
        // Its interpreter is of a package that nothing declares to need.
        ("/usr/lib/broker/tools/foreign", false),
        ("/usr/bin/strange", false),
        // Scripts beside data are parts, and each is found by its own name.
        ("/usr/lib/broker/mixed/b", false),
    ] {
        assert_eq!(plan.keep.contains_key(&path(name)), expected, "{name}");
    }
}
