//! From unpacked packages to configured roots: the base alone, and with what was asked for.

use std::collections::{BTreeMap, BTreeSet};

use casehard_oci::RootPath;

use crate::{
    Recipe,
    accounts::Accounts,
    build::Uncovered,
    facts::{self, Alternatives},
    root::{PackageState, Root, Store, place},
    script::{Machine, Shell},
    select::{Picked, Source},
};

/// Roots after configuration, and how it went.
pub(crate) struct Configured {
    /// With the packages of the base alone.
    pub(crate) base: Root,
    /// With all packages.
    pub(crate) whole: Root,
    pub(crate) accounts: Accounts,
    pub(crate) rules: BTreeMap<String, usize>,
    pub(crate) uncovered: BTreeSet<Uncovered>,
}

/// Places and configures the packages, base first, and finishes a copy of the root after each of the two steps: what
/// is made out of all packages together is made anew for the whole.
pub(crate) fn configure(
    recipe: &Recipe,
    picked: &[Picked],
    sources: &[Source],
    store: &Store<'_>,
    architecture: &str,
) -> Configured {
    let mut machine = Machine {
        root: Root::default(),
        store,
        architecture,
        installed: BTreeMap::new(),
        diversions: Vec::new(),
        overrides: BTreeMap::new(),
        alternatives: Alternatives::default(),
        answers: BTreeMap::new(),
        rules: BTreeMap::new(),
        uncovered: BTreeSet::new(),
    };
    let mut owners = BTreeMap::new();
    let mut states: Vec<PackageState> = Vec::new();
    facts::begin(&mut machine.root);
    let base_count = picked.iter().take_while(|package| package.base).count();
    let mut base = Root::default();
    for step in [0..base_count, base_count..picked.len()] {
        for number in step.clone() {
            script(&mut machine, number, "preinst", &["install"]);
            states.push(place(&mut machine.root, store.packages, number, &mut owners, &machine.diversions));
            machine.installed.insert(picked[number].name.clone(), number);
        }
        for number in step.clone() {
            script(&mut machine, number, "config", &["configure", ""]);
            script(&mut machine, number, "postinst", &["configure", ""]);
        }
        if step.start == 0 {
            let mut copy = machine.root.clone();
            facts::finish(&mut copy, &machine, recipe, &picked[..step.end], &states, sources);
            base = copy;
        }
    }
    let mut whole = std::mem::take(&mut machine.root);
    machine.root = whole.clone();
    for rule in facts::finish(&mut whole, &machine, recipe, picked, &states, sources) {
        machine.fired(rule);
    }
    Configured {
        base,
        accounts: Accounts::read(&whole, store),
        whole,
        rules: machine.rules,
        uncovered: machine.uncovered,
    }
}

fn script(machine: &mut Machine<'_>, number: usize, name: &str, arguments: &[&str]) {
    let package = &machine.store.packages[number];
    let Some(text) = package.text(name) else { return };
    let package = package.control.get("Package").unwrap_or_default().to_owned();
    Shell::new(machine, &package, name).run(&text, arguments);
    // What a script left in the place for temporary files is no part of an image.
    let temporary = RootPath::root().child(b"tmp");
    let left: Vec<RootPath> = machine.root.below(&temporary).map(|(path, _)| path.clone()).collect();
    for path in left {
        machine.root.remove(&path);
    }
}
