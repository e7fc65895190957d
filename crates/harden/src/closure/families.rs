//! Files that are used as one: a part of a data family was used, or a library that loads modules by name stays.

use casehard_image::Entry;
use casehard_oci::RootPath;

use super::{Closure, Grade, elf};
use crate::{Level, content::is_place, plan::Rule};

pub(super) fn keep(closure: &mut Closure<'_>) {
    if closure.ground.policy.level == Level::Tidy {
        return;
    }
    for family in FAMILIES {
        if closure.families.contains(family.name) {
            continue;
        }
        if let Some(by) = used(closure, family) {
            closure.families.insert(family.name);
            whole(closure, family, by);
        }
    }
    libraries(closure);
    character_sets(closure);
    metadata(closure);
}

/// glibc finds the modules that convert between character sets by the names that data brings (`iconv(3)`). Every
/// program in a locale reads their list; they stay when one of them was loaded, or something that stays imports
/// `iconv_open`.
fn character_sets(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let mut lists = Vec::new();
    let mut by = None;
    for node in closure.nodes() {
        let entry = ground.tree.entry(node);
        if closure.grade(node) != Some(Grade::Active) || !entry.is_file() {
            continue;
        }
        let is_list = matches!(entry.name(), b"gconv-modules" | b"gconv-modules.cache");
        let directory = entry.parent().filter(|directory| directory.name() == b"gconv");
        let is_module = directory.is_some() && entry.name().ends_with(b".so");
        lists.extend(directory.filter(|_| is_list || is_module));
        if is_module || ground.inventory.elf(entry).is_some_and(|elf| elf.converts) {
            by = Some(entry);
        }
    }
    let Some(by) = by else { return };
    if lists.is_empty() {
        lists = elf::searched_directories(closure)
            .into_iter()
            .filter_map(|place| place.child(b"gconv"))
            .collect();
    }
    for directory in lists {
        below(closure, Some(directory), by, Rule::CharacterSets);
    }
}

/// Data of which one part is as likely used as another: which one, the data of the day decides.
struct Family {
    name: &'static str,
    rule: Rule,
    places: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        name: "certificates",
        rule: Rule::Certificates,
        places: &[
            "/etc/ssl/certs",
            "/etc/ssl/cert.pem",
            "/usr/share/ca-certificates",
            "/usr/local/share/ca-certificates",
            "/etc/pki/tls/certs",
            "/etc/pki/ca-trust/extracted",
            "/usr/lib/ssl/certs",
            "/usr/lib/ssl/cert.pem",
        ],
    },
    Family {
        name: "time-zones",
        rule: Rule::TimeZones,
        places: &["/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone"],
    },
    Family {
        name: "locales",
        rule: Rule::Locales,
        places: &["/usr/lib/locale", "/usr/share/i18n", "/etc/locale.alias"],
    },
    Family {
        name: "fonts",
        rule: Rule::Fonts,
        places: &[
            "/usr/share/fonts",
            "/usr/local/share/fonts",
            "/etc/fonts",
            "/usr/share/fontconfig",
            "/var/cache/fontconfig",
        ],
    },
    Family {
        name: "terminals",
        rule: Rule::Terminals,
        places: &["/etc/terminfo", "/lib/terminfo", "/usr/lib/terminfo", "/usr/share/terminfo"],
    },
];

/// A file of the family that was opened, not only passed on the way. Of certificates and time zones also code that is
/// there to load them, since it may do so at the first connection or with the first date only.
fn used<'a>(closure: &Closure<'a>, family: &Family) -> Option<Entry<'a>> {
    let tree = closure.ground.tree;
    family
        .places
        .iter()
        .find_map(|place| {
            let top = tree.get(&RootPath::parse(place.as_bytes()).ok()?)?;
            std::iter::once(top)
                .chain(top.below())
                .find(|entry| !entry.is_directory() && closure.grade(entry.id()) == Some(Grade::Active))
        })
        .or_else(|| match family.rule {
            Rule::Certificates => verifier(closure),
            Rule::TimeZones => calendar(closure),
            _ => None,
        })
}

/// Code in use that looks zones up by name below `/usr/share/zoneinfo`: .NET's core library (`TimeZoneInfo`), Python's
/// `zoneinfo`.
fn calendar<'a>(closure: &Closure<'a>) -> Option<Entry<'a>> {
    closure.active().find(|entry| {
        entry.name() == b"System.Private.CoreLib.dll"
            || entry.name() == b"__init__.py"
                && entry.parent().filter(|package| package.name() == b"zoneinfo").is_some_and(|package| {
                    package.parent().is_some_and(|library| closure.python.is_standard(library))
                })
    })
}

/// Code in use that verifies others with the system's certificates.
fn verifier<'a>(closure: &Closure<'a>) -> Option<Entry<'a>> {
    let ground = closure.ground;
    closure
        .active()
        .find(|entry| entry.is_file() && ground.inventory.elf(*entry).is_some_and(|elf| elf.verifies))
}

fn whole<'a>(closure: &mut Closure<'a>, family: &Family, by: Entry<'a>) {
    for place in family.places {
        let Ok(path) = RootPath::parse(place.as_bytes()) else { continue };
        let Some(top) = closure.ground.tree.get(&path) else { continue };
        closure.need(top, Grade::Member, by, family.rule);
        for entry in top.below() {
            if !entry.is_directory() {
                closure.need(entry, Grade::Member, by, family.rule);
            }
        }
    }
}

/// Libraries that load modules by the names that a configuration or the data of the day gives them.
fn libraries(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    for node in closure.nodes() {
        let entry = ground.tree.entry(node);
        if closure.grade(node) != Some(Grade::Active) || !entry.is_file() {
            continue;
        }
        let name = entry.name();
        let Some(directory) = entry.parent() else { continue };
        if name.starts_with(b"libc.so.") || name.starts_with(b"libc-2.") {
            name_service(closure, entry, directory);
        } else if name.starts_with(b"libcrypto.so.") {
            for modules in [&b"ossl-modules"[..], b"engines-3", b"engines-1.1"] {
                below(closure, directory.child(modules), entry, Rule::OpenSsl);
            }
        } else if name.starts_with(b"libpam.so.") {
            pam(closure, entry, directory);
        }
    }
}

fn below<'a>(closure: &mut Closure<'a>, directory: Option<Entry<'a>>, by: Entry<'a>, rule: Rule) {
    for entry in directory.into_iter().flat_map(Entry::below).filter(|entry| !entry.is_directory()) {
        closure.need(entry, Grade::Member, by, rule);
    }
}

/// glibc looks users, groups and hosts up through `libnss_SERVICE.so.2`, and the files they read
/// (`nsswitch.conf(5)`). The services `files` and `dns` stay wherever they are still files of their own.
fn name_service<'a>(closure: &mut Closure<'a>, by: Entry<'a>, directory: Entry<'a>) {
    for library in directory.children() {
        let name = library.name();
        if [&b"libnss_files"[..], b"libnss_dns", b"libresolv"].iter().any(|prefix| name.starts_with(prefix)) {
            closure.need(library, Grade::Member, by, Rule::NameService);
        }
    }
    for path in ["/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols"] {
        let Ok(path) = RootPath::parse(path.as_bytes()) else { continue };
        if closure.ground.tree.get(&path).is_some() {
            closure.need_path(&path, Grade::Member, by, Rule::NameService);
        }
    }
}

/// PAM reads `/etc/pam.d/*` and loads the modules these name (`pam.conf(5)`).
fn pam<'a>(closure: &mut Closure<'a>, by: Entry<'a>, directory: Entry<'a>) {
    below(closure, directory.child(b"security"), by, Rule::Pam);
    let tree = closure.ground.tree;
    for place in ["/etc/pam.d", "/etc/security"] {
        let Ok(path) = RootPath::parse(place.as_bytes()) else { continue };
        below(closure, tree.get(&path), by, Rule::Pam);
    }
}

/// The records of a language package of which anything stays: `importlib.metadata` and scanners read them.
fn metadata(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    for package in &ground.inventory.packages {
        if package.ecosystem.is_distribution()
            || !package.files.iter().any(|node| is_code_that_stays(closure, *node))
        {
            continue;
        }
        let Some(found_in) = package.found_in.map(|node| ground.tree.entry(node)) else { continue };
        let Some(directory) = found_in.parent() else { continue };
        let is_record_directory =
            directory.name().ends_with(b".dist-info") || directory.name().ends_with(b".egg-info");
        if is_record_directory {
            below(closure, Some(directory), found_in, Rule::PythonMetadata);
        }
        closure.keep(found_in, Grade::Member, crate::plan::Reason::Package { package: package.name.clone() });
    }
}

fn is_code_that_stays(closure: &Closure<'_>, node: casehard_image::NodeId) -> bool {
    !is_place(closure.ground.tree, closure.ground.tree.entry(node)) && closure.stays(node)
}
