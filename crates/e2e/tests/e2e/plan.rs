//! What was done is what the plan says: `diff(original, hardened) == plan`, at each level.

use std::{collections::BTreeSet, fs};

use casehard_e2e::{Shelf, code, sandbox_is_missing, stderr};
use serde_json::Value;

#[test]
fn the_difference_is_the_plan() {
    if sandbox_is_missing("the_difference_is_the_plan") {
        return;
    }
    let shelf = Shelf::new();
    for level in ["tidy", "package", "file"] {
        let output = shelf.harden(level, &["--level", level]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let plan = fs::read(shelf.folder().join(level).join("plan.json")).unwrap();
        let plan: Value = serde_json::from_slice(&plan).unwrap();
        let after = format!("oci:{level}/image");
        let output = shelf.run(&["diff", "--times", "--format", "json", "oci:image", &after]);
        assert_eq!(code(&output), 1, "they differ");
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let (mut removed, mut others) = (BTreeSet::new(), BTreeSet::new());
        for path in found["paths"].as_array().unwrap() {
            let name = path["path"].as_str().unwrap().to_owned();
            if path["aspect"] == "removed" {
                removed.insert(name)
            } else {
                others.insert(name)
            };
        }
        let names =
            |part: &str| -> BTreeSet<String> { plan[part].as_object().unwrap().keys().cloned().collect() };
        assert_eq!(removed, names("remove"), "{level}: what is gone");
        let planned: BTreeSet<String> = names("changes").union(&names("additions")).cloned().collect();
        // A directory that is new is there for what is put into it.
        let holds = |path: &String| planned.iter().any(|other| other.starts_with(&format!("{path}/")));
        let others: BTreeSet<String> =
            others.into_iter().filter(|path| planned.contains(path) || !holds(path)).collect();
        assert_eq!(others, planned, "{level}: what is new or changed");
    }
}

#[test]
fn levels_go_as_far_as_they_say_and_no_further() {
    if sandbox_is_missing("levels_go_as_far_as_they_say_and_no_further") {
        return;
    }
    let shelf = Shelf::new();
    // Unused package; unused file of a used package; left over from a build; used by held-out steps alone.
    let paths = [
        "/usr/share/extra/data",
        "/usr/share/shelf/books-again",
        "/tmp/build.log",
        "/usr/share/shelf/books/first",
    ];
    for (level, gone) in [("tidy", [false, false, true, false]), ("package", [true, false, true, false])] {
        let output = shelf.harden("out", &["--level", level, "--dry-run", "--format", "json"]);
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
        let is_gone = paths.map(|path| plan["remove"].get(path).is_some());
        assert_eq!(is_gone, gone, "{level}: {paths:?}");
    }
}
