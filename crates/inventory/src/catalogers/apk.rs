//! apk: `lib/apk/db/installed` (apk-package(5), *installed database*).

use crate::{
    Cataloger, Dependency, Ecosystem, File, Names, Need, Package, Pieces, Reads, Requirement, Says,
    SourcePackage,
};

/// Alpine and Wolfi packages.
pub static APK: Cataloger = Cataloger {
    name: "apk",
    reads: Reads::Paths(&["usr/lib/apk/db/installed", "lib/apk/db/installed"]),
    limit: 256 << 20,
    gives: Ecosystem::Apk,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let mut start = 0;
    let lines = file.bytes.split_inclusive(|byte| *byte == b'\n');
    let mut at = 0;
    for line in lines {
        at += line.len();
        if line.trim_ascii().is_empty() {
            record(&file.bytes[start..at - line.len()], out);
            start = at;
        }
    }
    record(&file.bytes[start..], out);
}

/// One package: a letter, a colon and a value per line.
fn record(bytes: &[u8], out: &mut Pieces) {
    let mut package = Package { ecosystem: Ecosystem::Apk, stanza: Some(bytes.into()), ..Package::default() };
    let mut directory: &[u8] = b"";
    let mut paths: Vec<Vec<u8>> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some((letter, value)) =
            line.split_first().and_then(|(letter, rest)| Some((*letter, rest.strip_prefix(b":")?)))
        else {
            continue;
        };
        let text = || String::from_utf8_lossy(value).into_owned();
        match letter {
            b'P' => package.name = text(),
            b'V' => package.version = text(),
            b'A' => package.architecture = Some(text()),
            b'L' => package.licenses = vec![text()],
            b'T' => package.summary = Some(text()),
            b'U' => package.homepage = Some(text()),
            b'm' => package.supplier = Some(text()),
            b'o' => package.source = Some(SourcePackage { name: text(), version: String::new() }),
            b'D' => package.depends.extend(words(&text()).filter_map(|word| needs(&word))),
            b'p' => package.provides.extend(words(&text()).map(|word| requirement(&word))),
            b'F' => {
                directory = value;
                if !value.is_empty() {
                    paths.push(value.to_vec());
                }
            }
            b'R' if directory.is_empty() => paths.push(value.to_vec()),
            b'R' => paths.push([directory, b"/", value].concat()),
            _ => {}
        }
    }
    if package.name.is_empty() {
        if bytes.iter().any(|byte| !byte.is_ascii_whitespace()) {
            out.unknown("record without a package name");
        }
        return;
    }
    if let Some(source) = &mut package.source {
        source.version.clone_from(&package.version);
    }
    let subject = out.package(package);
    out.push(subject, Says::Paths(paths.into_iter().collect::<Names>()));
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(str::to_owned)
}

/// `name>=1`, `so:libc.so=1`, `cmd:sh=1`: the kind before the colon is a part of the name.
fn requirement(word: &str) -> Requirement {
    let end = word.find(['<', '>', '=', '~']).unwrap_or(word.len());
    let (name, versions) = word.split_at(end);
    let name = name.split('@').next().unwrap_or_default();
    Requirement { name: name.to_owned(), versions: versions.to_owned() }
}

/// A dependency; `!name` is a conflict.
fn needs(word: &str) -> Option<Dependency> {
    if word.starts_with('!') {
        return None;
    }
    Some(Dependency { need: Need::Runtime, alternatives: vec![requirement(word)], condition: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::{packages, pieces};

    const DATABASE: &[u8] = b"C:Q1abc=\nP:musl\nV:1.2.4-r2\nA:x86_64\no:musl\nL:MIT\nD:!old so:libx.so.1 busybox>=1.36\n\
        p:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nZ:Q1x=\nF:usr\nF:usr/bin\nR:ldd\n\nP:last\nV:1\n";

    #[test]
    fn records_become_packages() {
        let found = packages(&APK, "/usr/lib/apk/db/installed", DATABASE);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_str(), found[0].version.as_str()), ("musl", "1.2.4-r2"));
        let needs: Vec<_> = found[0].depends.iter().map(|one| one.alternatives[0].name.as_str()).collect();
        assert_eq!(needs, ["so:libx.so.1", "busybox"]);
        assert_eq!(found[0].provides[0].name, "so:libc.musl-x86_64.so.1");
        let Says::Paths(paths) = &pieces(&APK, "/lib/apk/db/installed", DATABASE)[1].says else { panic!() };
        assert_eq!(
            paths.texts().collect::<Vec<_>>(),
            ["lib", "lib/ld-musl-x86_64.so.1", "usr", "usr/bin", "usr/bin/ldd"]
        );
    }
}
