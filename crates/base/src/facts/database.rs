//! The package database: as `dpkg` leaves it (`dpkg(1)`, *FILES*), or for roots without `dpkg` one file per package.

use std::{collections::BTreeMap, fmt::Write as _};

use casehard_oci::RootPath;

use super::at;
use crate::{
    Flavour,
    root::{EntryKind, Node, PackageState, Root, Unpacked},
    script::Machine,
    select::Picked,
};

/// Fields of the status database in `dpkg`'s own order; others follow as the package has them.
const ORDER: [&str; 25] = [
    "Package",
    "Essential",
    "Protected",
    "Status",
    "Priority",
    "Section",
    "Installed-Size",
    "Maintainer",
    "Architecture",
    "Multi-Arch",
    "Source",
    "Version",
    "Replaces",
    "Provides",
    "Depends",
    "Pre-Depends",
    "Recommends",
    "Suggests",
    "Breaks",
    "Conflicts",
    "Enhances",
    "Conffiles",
    "Description",
    "Homepage",
    "Tag",
];

/// Files of the control part that are kept beside the status database.
const NOT_KEPT: [&str; 1] = ["control"];

pub(super) fn write(
    root: &mut Root,
    machine: &Machine<'_>,
    flavour: Flavour,
    picked: &[Picked],
    states: &[PackageState],
) {
    let packages = &machine.store.packages[..picked.len()];
    match flavour {
        Flavour::Full => full(root, machine, picked, packages, states),
        Flavour::Minimal => minimal(root, packages),
    }
}

fn full(
    root: &mut Root,
    machine: &Machine<'_>,
    picked: &[Picked],
    packages: &[Unpacked],
    states: &[PackageState],
) {
    let mut stanzas: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for package in packages {
        let key = (field(package, "Package"), field(package, "Architecture"));
        stanzas.insert(key, stanza(package, Some("install ok installed")));
    }
    let status: String = stanzas.into_values().map(|stanza| stanza + "\n").collect();
    put(root, "/var/lib/dpkg/status", status);
    put(root, "/var/lib/dpkg/status-old", "");
    put(root, "/var/lib/dpkg/available", "");
    put(root, "/var/lib/dpkg/lock", "");
    put(root, "/var/lib/dpkg/lock-frontend", "");
    put(root, "/var/lib/dpkg/info/format", "1\n");
    for (path, mode) in [("lock", 0o640), ("lock-frontend", 0o640), ("triggers/Lock", 0o600)] {
        let path = at("/var/lib/dpkg").join_as_kernel(path.as_bytes());
        root.put(&path, Node::file("", mode));
    }
    for folder in ["alternatives", "parts", "updates"] {
        root.make_directories(&at("/var/lib/dpkg").child(folder.as_bytes()));
    }
    for (package, _) in packages.iter().zip(states) {
        information(root, package);
    }
    put(root, "/var/lib/dpkg/triggers/File", file_triggers(packages));
    put(root, "/var/lib/dpkg/triggers/Unincorp", "");
    named_triggers(root, packages);
    let diversions = machine.diversions.iter().map(|diversion| {
        format!("{}\n{}\n{}\n", text(&diversion.from), text(&diversion.to), diversion.package)
    });
    put(root, "/var/lib/dpkg/diversions", diversions.collect::<String>());
    let overrides = machine
        .overrides
        .iter()
        .map(|(path, (user, group, mode))| format!("{user} {group} {mode:o} {}\n", text(path)));
    put(root, "/var/lib/dpkg/statoverride", overrides.collect::<String>());
    for (name, state) in machine.alternatives.files() {
        put(root, &format!("/var/lib/dpkg/alternatives/{name}"), state);
    }
    put(root, "/var/lib/dpkg/arch", format!("{}\n", machine.architecture));
    apt_state(root, machine, picked);
}

/// One file per package with its control fields, and one with its digests: what tools that read images without
/// `dpkg` look for.
fn minimal(root: &mut Root, packages: &[Unpacked]) {
    for package in packages {
        let name = field(package, "Package");
        put(root, &format!("/var/lib/dpkg/status.d/{name}"), stanza(package, None));
        put(root, &format!("/var/lib/dpkg/status.d/{name}.md5sums"), digests(package));
    }
}

fn stanza(package: &Unpacked, status: Option<&str>) -> String {
    let conffiles = conffiles(package);
    let mut text = String::new();
    for name in ORDER {
        let value = match name {
            "Status" => status,
            "Conffiles" => (!conffiles.is_empty() && status.is_some()).then_some(conffiles.as_str()),
            name => package.control.get(name),
        };
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            // A value that begins on the next line has no blank after its colon.
            let _ = writeln!(text, "{name}:{}{value}", if value.starts_with('\n') { "" } else { " " });
        }
    }
    for (name, value) in package.control.fields() {
        if !ORDER.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let _ = writeln!(text, "{name}: {value}");
        }
    }
    text
}

/// The lines of the field: path and MD5 of each, as shipped.
fn conffiles(package: &Unpacked) -> String {
    let mut text = String::new();
    for path in package.text("conffiles").unwrap_or_default().lines().map(str::trim) {
        let Ok(place) = RootPath::parse(path.as_bytes()) else { continue };
        let number = package.entries.iter().position(|entry| entry.path == place && path.starts_with('/'));
        let digest = number.and_then(|number| package.md5.get(&u32::try_from(number).ok()?));
        if let Some(digest) = digest {
            let _ = write!(text, "\n {path} {}", hex(digest));
        }
    }
    text
}

/// The digests of a package's files: its own list, or one made out of them.
fn digests(package: &Unpacked) -> Vec<u8> {
    if let Some(list) = package.files.get("md5sums") {
        return list.clone();
    }
    let conffiles = package.conffiles();
    let mut text = String::new();
    for (number, digest) in &package.md5 {
        let path = &package.entries[*number as usize].path;
        if !conffiles.contains(path) {
            let _ = writeln!(text, "{}  {}", hex(digest), String::from_utf8_lossy(path.as_bytes()));
        }
    }
    text.into_bytes()
}

/// `info/NAME.*`: the files of the control part and the list of what the package installs.
fn information(root: &mut Root, package: &Unpacked) {
    let name = field(package, "Package");
    let stem = if package.control.get("Multi-Arch") == Some("same") {
        format!("{name}:{}", field(package, "Architecture"))
    } else {
        name.to_owned()
    };
    let place = |suffix: &str| at(&format!("/var/lib/dpkg/info/{stem}.{suffix}"));
    for (file, bytes) in &package.files {
        if !NOT_KEPT.contains(&file.as_str()) && !file.contains('/') {
            let is_script = matches!(file.as_str(), "preinst" | "postinst" | "prerm" | "postrm" | "config");
            root.put(&place(file), Node::file(bytes.clone(), if is_script { 0o755 } else { 0o644 }));
        }
    }
    if !package.files.contains_key("md5sums") {
        let digests = digests(package);
        if !digests.is_empty() {
            root.put(&place("md5sums"), Node::file(digests, 0o644));
        }
    }
    let mut list = String::new();
    for entry in package.entries.iter().filter(|entry| entry.kind != EntryKind::Other) {
        let path = String::from_utf8_lossy(entry.path.as_bytes());
        let _ = writeln!(list, "/{}", if path.is_empty() { "." } else { &path });
    }
    root.put(&place("list"), Node::file(list, 0o644));
}

/// Interests in paths (`deb-triggers(5)`), as `dpkg` keeps them: path and package.
fn file_triggers(packages: &[Unpacked]) -> String {
    let mut lines: Vec<String> = interests(packages)
        .filter(|(trigger, ..)| trigger.starts_with('/'))
        .map(|(trigger, package, mode)| format!("{trigger} {package}{mode}\n"))
        .collect();
    lines.sort();
    lines.concat()
}

fn named_triggers(root: &mut Root, packages: &[Unpacked]) {
    let mut by_name: BTreeMap<String, String> = BTreeMap::new();
    for (trigger, package, mode) in interests(packages).filter(|(trigger, ..)| !trigger.contains('/')) {
        let _ = writeln!(by_name.entry(trigger).or_default(), "{package}{mode}");
    }
    for (trigger, lines) in by_name {
        put(root, &format!("/var/lib/dpkg/triggers/{trigger}"), lines);
    }
}

fn interests(packages: &[Unpacked]) -> impl Iterator<Item = (String, String, &'static str)> {
    packages.iter().flat_map(|package| {
        let triggers = package.text("triggers").unwrap_or_default();
        let name = field(package, "Package").to_owned();
        let lines: Vec<_> = triggers
            .lines()
            .filter_map(|line| line.split_once(char::is_whitespace))
            .filter_map(|(word, trigger)| {
                let mode = match word {
                    "interest" | "interest-await" => "",
                    "interest-noawait" => "/noawait",
                    _ => return None,
                };
                Some((trigger.trim().to_owned(), name.clone(), mode))
            })
            .collect();
        lines
    })
}

/// What `apt` remembers: which packages nobody asked for.
fn apt_state(root: &mut Root, machine: &Machine<'_>, picked: &[Picked]) {
    let mut automatic: Vec<&Picked> =
        picked.iter().filter(|package| !package.base && package.needed_by.is_some()).collect();
    automatic.sort_by(|a, b| a.name.cmp(&b.name));
    let text = automatic.iter().map(|package| {
        format!("Package: {}\nArchitecture: {}\nAuto-Installed: 1\n\n", package.name, package.architecture)
    });
    put(root, "/var/lib/apt/extended_states", text.collect::<String>());
    // Owned by whom `apt` downloads as.
    let download = machine.accounts().uid("_apt").unwrap_or(0);
    for folder in ["/var/lib/apt/lists/partial", "/var/cache/apt/archives/partial"] {
        root.put(&at(folder), Node::directory(0o700).owned(download, 0));
    }
}

fn field<'a>(package: &'a Unpacked, name: &str) -> &'a str {
    package.control.get(name).unwrap_or_default()
}

fn put(root: &mut Root, path: &str, bytes: impl Into<Vec<u8>>) {
    root.put(&at(path), Node::file(bytes, 0o644));
}

fn text(path: &RootPath) -> String {
    format!("/{}", String::from_utf8_lossy(path.as_bytes()))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
