//! `duplicate-account`: two accounts or groups share a number or a name.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::*;

rule! {
    "duplicate-account", Image, High, true,
    "two accounts or groups share a number or a name",
    ["dockle:DKL-LI-0002"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let accounts = input.accounts.iter().map(|account| (account.name.as_str(), account.uid.to_string()));
    shared("account", "/etc/passwd", accounts, report);
    let text = String::from_utf8_lossy(input.text("/etc/group").unwrap_or_default());
    let groups = text.lines().filter_map(|line| Some((line.split(':').next()?, line.split(':').nth(2)?)));
    let groups = groups.filter(|(name, number)| !name.is_empty() && !number.is_empty());
    shared("group", "/etc/group", groups.map(|(name, number)| (name, number.to_owned())), report);
}

/// Tells of each that has the number, or else the name, of one before.
fn shared<'a>(what: &str, file: &str, entries: impl Iterator<Item = (&'a str, String)>, report: &mut Report<'_>) {
    let (mut numbers, mut names) = (BTreeMap::new(), BTreeSet::new());
    for (name, number) in entries {
        let is_new = names.insert(name);
        if let Some(other) = numbers.get(&number) {
            report.on(field(file), format!("{what}s {other} and {name} share number {number}"));
            continue;
        }
        numbers.insert(number, name);
        if !is_new {
            report.on(field(file), format!("{what} {name} is there twice"));
        }
    }
}
