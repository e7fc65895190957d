//! dpkg: `var/lib/dpkg/status`, `status.d` (distroless), `info/*.list`, `info/*.md5sums` and `diversions`.
//!
//! Debian policy chapter 5 (control files), `dpkg(1)`, `deb-control(5)`.

use casehard_oci::RootPath;

use crate::{
    Cataloger, Dependency, Ecosystem, File, FileDigest, Need, Package, Pieces, Reads, Requirement, Says,
    SourcePackage, Subject, control,
};

/// Debian packages.
pub static DPKG: Cataloger = Cataloger {
    name: "dpkg",
    reads: Reads::Paths(&[
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d/*",
        "var/lib/dpkg/info/*.list",
        "var/lib/dpkg/info/*.md5sums",
        "var/lib/dpkg/diversions",
        "usr/share/doc/*/copyright",
    ]),
    limit: 128 << 20,
    gives: Ecosystem::Deb,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let name = file.path.file_name().unwrap_or_default();
    let directory = file.path.parent().and_then(|parent| parent.file_name().map(<[u8]>::to_vec));
    match directory.as_deref() {
        Some(b"info" | b"status.d") if name.ends_with(b".md5sums") => {
            let subject = Subject::Named(name[..name.len() - b".md5sums".len()].into());
            digests(file.bytes, &subject, out);
        }
        Some(b"info") => {
            let subject = Subject::Named(name.strip_suffix(b".list").unwrap_or(name).into());
            let lines = file.bytes.split(|byte| *byte == b'\n').filter(|line| line.len() > 1);
            out.push(subject, Says::Paths(lines.map(relative).filter(|path| *path != b".").collect()));
        }
        Some(package) if name == b"copyright" => {
            let licenses = copyright_licenses(&file.text());
            if !licenses.is_empty() {
                out.push(Subject::Named(package.into()), Says::Licenses(licenses));
            }
        }
        _ if name == b"diversions" => diversions(file.bytes, out),
        Some(b"status.d") => {
            for paragraph in control::paragraphs(file.bytes) {
                stanza(paragraph, Some(name), Ecosystem::Deb, out);
            }
        }
        _ => {
            for paragraph in control::paragraphs(file.bytes) {
                stanza(paragraph, None, Ecosystem::Deb, out);
            }
        }
    }
}

/// A path without its leading `/`: relative to the root that the database belongs to.
pub(super) fn relative(path: &[u8]) -> &[u8] {
    path.strip_prefix(b"/").unwrap_or(path)
}

/// One package. In `status.d` a file's own name is what its companion files are named by.
pub(super) fn stanza(paragraph: &[u8], file_name: Option<&[u8]>, ecosystem: Ecosystem, out: &mut Pieces) {
    let mut package = Package { ecosystem, stanza: Some(paragraph.into()), ..Package::default() };
    let (mut installed, mut multi_arch_same) = (true, false);
    for (name, value) in control::fields(paragraph) {
        let value = || control::text(value);
        match name.to_ascii_lowercase().as_slice() {
            b"package" => package.name = value(),
            b"version" => package.version = value(),
            b"architecture" => package.architecture = Some(value()),
            b"multi-arch" => multi_arch_same = value() == "same",
            b"status" => installed = is_installed(&value()),
            b"license" => package.licenses = value().split_whitespace().map(str::to_owned).collect(),
            b"source" => package.source = Some(source(&value())),
            b"essential" | b"protected" => package.essential |= value() == "yes",
            b"priority" => package.priority = Some(value()),
            b"maintainer" => package.supplier = Some(value()),
            b"homepage" => package.homepage = Some(value()),
            b"description" => package.summary = value().lines().next().map(str::to_owned),
            b"pre-depends" => relations(&value(), Need::Before, &mut package.depends),
            b"depends" => relations(&value(), Need::Runtime, &mut package.depends),
            b"recommends" => relations(&value(), Need::Recommended, &mut package.depends),
            b"provides" => {
                let mut provided = Vec::new();
                relations(&value(), Need::Runtime, &mut provided);
                package.provides = provided.into_iter().flat_map(|one| one.alternatives).collect();
            }
            b"conffiles" => package.config_files = config_files(&value()),
            _ => {}
        }
    }
    if package.name.is_empty() {
        out.unknown("stanza without a package name");
        return;
    }
    if !installed {
        return;
    }
    if let Some(source) = &mut package.source
        && source.version.is_empty()
    {
        source.version.clone_from(&package.version);
    }
    let key = match (file_name, &package.architecture) {
        (Some(name), _) => name.to_vec(),
        (None, Some(architecture)) if multi_arch_same => format!("{}:{architecture}", package.name).into(),
        _ => package.name.clone().into(),
    };
    out.push(Subject::Named(key.into()), Says::Package(Box::new(package)));
}

/// Whether files of a package are on disk by its `Status`: everything but `not-installed` and `config-files`.
fn is_installed(status: &str) -> bool {
    !matches!(status.split_whitespace().nth(2), Some("not-installed" | "config-files"))
}

/// `name` or `name (version)`.
fn source(value: &str) -> SourcePackage {
    let (name, version) = value.split_once('(').unwrap_or((value, ""));
    SourcePackage {
        name: name.trim().to_owned(),
        version: version.trim_end().trim_end_matches(')').trim().to_owned(),
    }
}

/// Relations as `deb-control(5)` spells them: `a (>= 1) | b:any, c [amd64]`.
fn relations(value: &str, need: Need, out: &mut Vec<Dependency>) {
    for clause in value.split(',') {
        let alternatives: Vec<_> = clause.split('|').filter_map(requirement).collect();
        if !alternatives.is_empty() {
            out.push(Dependency { need, alternatives, condition: None });
        }
    }
}

fn requirement(text: &str) -> Option<Requirement> {
    let name = text.split(['(', '[', '<']).next().unwrap_or_default().trim();
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    let versions = text.split_once('(').and_then(|(_, rest)| rest.split(')').next()).unwrap_or_default();
    (!name.is_empty()).then(|| Requirement { name: name.to_owned(), versions: versions.trim().to_owned() })
}

/// `Conffiles`: a path and a digest per line.
fn config_files(value: &str) -> Vec<RootPath> {
    value
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter_map(|path| RootPath::parse(path.as_bytes()).ok())
        .collect()
}

/// The licences of a machine-readable copyright file (DEP-5, *License field*), and the common licences that any
/// copyright file refers to.
fn copyright_licenses(text: &str) -> Vec<String> {
    const COMMON: &str = "/usr/share/common-licenses/";
    let mut licenses: Vec<String> = Vec::new();
    let machine_readable = text.lines().take(5).any(|line| line.starts_with("Format:"));
    for line in text.lines().filter(|_| machine_readable) {
        let Some(stated) = line.strip_prefix("License:") else { continue };
        let names = stated
            .split([',', '(', ')'])
            .flat_map(|part| part.split(" and "))
            .flat_map(|part| part.split(" or "));
        for name in
            names.map(|name| name.trim().trim_start_matches("and/or ")).filter(|name| is_license_name(name))
        {
            licenses.push(name.to_owned());
        }
    }
    if !machine_readable {
        for (at, _) in text.match_indices(COMMON).take(256) {
            let rest = &text[at + COMMON.len()..];
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.')))
                .unwrap_or(rest.len());
            licenses.push(rest[..end].trim_end_matches(['.', '-']).to_owned());
        }
    }
    licenses.retain(|name| !name.is_empty());
    licenses.sort_unstable();
    licenses.dedup();
    licenses.truncate(64);
    licenses
}

/// Short names hold no blanks, but for an exception.
fn is_license_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && (!name.contains(' ') || name.contains(" with "))
}

/// `md5sums`: digest, two spaces, path.
fn digests(bytes: &[u8], subject: &Subject, out: &mut Pieces) {
    let parsed: Box<[_]> = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let (digest, path) = line.split_at_checked(32)?;
            Some((Box::from(relative(path.trim_ascii_start())), FileDigest::from_hex(digest)?))
        })
        .collect();
    out.push(subject.clone(), Says::Digests(parsed));
}

/// `diversions`: three lines each (from, to, package).
fn diversions(bytes: &[u8], out: &mut Pieces) {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let parsed: Box<[_]> = lines
        .chunks_exact(3)
        .map(|three| [relative(three[0]).into(), relative(three[1]).into(), three[2].into()])
        .collect();
    if !parsed.is_empty() {
        out.push(Subject::File(0), Says::Diversions(parsed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::{packages, pieces};

    #[test]
    fn stanzas_become_packages() {
        let status = "Package: libc6\nStatus: install ok installed\nPriority: optional\nSource: glibc\n\
            Architecture: amd64\nMulti-Arch: same\nVersion: 2.36-9\nEssential: yes\nReplaces: x\n\
            Depends: libgcc-s1, a (<< 2) [amd64] | b:any <!nocheck>\nProvides: libc (= 2)\n\
            Conffiles:\n /etc/ld.so.conf.d/x.conf d41d8cd98f00b204e9800998ecf8427e\n\
            Description: GNU C Library\n more\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\
            Package: bin\nVersion: 1-1+b2\nSource: src (1-1)\nArchitecture: all\nStatus: install ok triggers-pending\n";
        let found = packages(&DPKG, "/var/lib/dpkg/status", status.as_bytes());
        assert_eq!(found.len(), 2);
        let libc = &found[0];
        assert_eq!((libc.name.as_str(), libc.version.as_str(), libc.essential), ("libc6", "2.36-9", true));
        assert_eq!(libc.source, Some(SourcePackage { name: "glibc".into(), version: "2.36-9".into() }));
        let needs: Vec<Vec<_>> = libc
            .depends
            .iter()
            .map(|one| one.alternatives.iter().map(|r| (&*r.name, &*r.versions)).collect())
            .collect();
        assert_eq!(needs, [vec![("libgcc-s1", "")], vec![("a", "<< 2"), ("b", "")]]);
        assert_eq!((libc.provides[0].name.as_str(), libc.config_files.len()), ("libc", 1));
        assert_eq!(libc.summary.as_deref(), Some("GNU C Library"));
        assert_eq!(found[1].source, Some(SourcePackage { name: "src".into(), version: "1-1".into() }));
    }

    #[test]
    fn licences_come_from_copyright_files() {
        let dep5 =
            "Format: https://x\n\nFiles: *\nLicense: GPL-2+ or (Expat and zlib)\n text\n\nLicense: GPL-2+\n";
        assert_eq!(copyright_licenses(dep5), ["Expat", "GPL-2+", "zlib"]);
        let plain = "see /usr/share/common-licenses/GPL-2.\nand `/usr/share/common-licenses/Artistic'";
        assert_eq!(copyright_licenses(plain), ["Artistic", "GPL-2"]);
    }

    #[test]
    fn companions_are_named_by_package() {
        let list = pieces(&DPKG, "/var/lib/dpkg/info/libc6:amd64.list", b"/.\n/lib\n/lib/x\n");
        assert_eq!(list[0].subject, Subject::Named((*b"libc6:amd64").into()));
        assert!(matches!(&list[0].says, Says::Paths(paths) if paths.iter().eq([&b"lib"[..], b"lib/x"])));
        let sums = pieces(
            &DPKG,
            "/var/lib/dpkg/status.d/base.md5sums",
            b"d41d8cd98f00b204e9800998ecf8427e  etc/x\nbad\n",
        );
        assert!(
            matches!(&sums[0].says, Says::Digests(digests) if digests.len() == 1 && digests[0].1.as_bytes()[0] == 0xd4)
        );
        let single = pieces(&DPKG, "/var/lib/dpkg/status.d/base", b"Package: base-files\nVersion: 12\n");
        assert_eq!(single[0].subject, Subject::Named((*b"base").into()));
        let away = pieces(&DPKG, "/var/lib/dpkg/diversions", b"/bin/sh\n/bin/sh.distrib\ndash\n");
        assert!(matches!(&away[0].says, Says::Diversions(all) if &*all[0][1] == b"bin/sh.distrib"));
    }
}
