//! apk: `lib/apk/db/installed` (apk-package(5), *installed database*).

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use crate::{
    Cataloger, Dependency, Ecosystem, File, FileDigest, Names, Need, Package, Pieces, Reads, Requirement,
    Says, SourcePackage,
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
    let mut digests: Vec<(Box<[u8]>, FileDigest)> = Vec::new();
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
            b'Z' => {
                let path = paths.last().map(|path| Box::from(path.as_slice()));
                digests.extend(path.zip(checksum(value)).filter(|(path, _)| !is_protected(path)));
            }
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
    out.push(subject.clone(), Says::Paths(paths.into_iter().collect::<Names>()));
    if !digests.is_empty() {
        out.push(subject, Says::Digests(digests.into()));
    }
}

/// `Q1` and a SHA-1 digest in base 64, `Q2` and a SHA-256 digest, or an MD5 digest in hexadecimal digits.
fn checksum(value: &[u8]) -> Option<FileDigest> {
    match value.split_at_checked(2)? {
        (b"Q1", rest) => Some(FileDigest::Sha1(base64(rest)?.try_into().ok()?)),
        (b"Q2", rest) => Some(FileDigest::Sha256(base64(rest)?.try_into().ok()?)),
        _ => FileDigest::from_hex(value),
    }
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii_end();
    STANDARD_NO_PAD.decode(text.strip_suffix(b"=").unwrap_or(text)).ok()
}

/// What a person may change without apk putting it back (apk's *protected paths*, as they are unless set otherwise).
fn is_protected(path: &[u8]) -> bool {
    path.starts_with(b"etc/")
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
        p:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nZ:Q1x=\nF:etc\nR:motd\nZ:Q1qUqP5cyxm6YcTAhz05Hph5gvu9M=\nF:usr\nF:usr/bin\nR:ldd\na:0:0:755\nZ:Q1qUqP5cyxm6YcTAhz05Hph5gvu9M=\n\nP:last\nV:1\n";

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
            ["lib", "lib/ld-musl-x86_64.so.1", "etc", "etc/motd", "usr", "usr/bin", "usr/bin/ldd"]
        );
        // The checksum of the first is none, and what is below /etc is a person's.
        let Says::Digests(digests) = &pieces(&APK, "/lib/apk/db/installed", DATABASE)[2].says else {
            panic!()
        };
        let test = FileDigest::from_hex(b"a94a8fe5ccb19ba61c4c0873d391e987982fbbd3").unwrap();
        assert_eq!(**digests, [(Box::from(&b"usr/bin/ldd"[..]), test)]);
    }

    #[test]
    fn checksums_are_of_three_kinds() {
        let empty = b"Q247DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert!(matches!(checksum(empty), Some(FileDigest::Sha256(bytes)) if bytes[..2] == [0xe3, 0xb0]));
        assert!(matches!(checksum(b"d41d8cd98f00b204e9800998ecf8427e"), Some(FileDigest::Md5(_))));
        for broken in [&b"Q1"[..], b"Q1!!", b"Q", b"", b"Q1qUqP5cyxm6YcTAhz05Hph5gvu9", &[b'A'; 500]] {
            assert_eq!(checksum(broken), None);
        }
    }
}
