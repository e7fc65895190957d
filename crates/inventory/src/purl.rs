//! Package URLs (ECMA-427, purl specification 1.0): `pkg:type/namespace/name@version?qualifiers`.

use crate::{Ecosystem, OsRelease, Package};

/// The package URL of a package in an image of that distribution, in the form that other scanners match: source and
/// distribution are qualifiers (`upstream`, `distro`) where the ecosystem has them.
#[must_use]
pub fn of(package: &Package, os: Option<&OsRelease>) -> String {
    let (namespace, name) = split_name(package, os);
    let mut purl = format!("pkg:{}/", package.ecosystem);
    for part in namespace.split('/').filter(|part| !part.is_empty()) {
        encode(part, &mut purl);
        purl.push('/');
    }
    encode(&name, &mut purl);
    if !package.version.is_empty() {
        purl.push('@');
        encode(version_of(package), &mut purl);
    }
    let mut separator = '?';
    for (key, value) in qualifiers(package, os) {
        purl.push(separator);
        purl.push_str(key);
        purl.push('=');
        encode(&value, &mut purl);
        separator = '&';
    }
    purl
}

/// Namespace and name in the type's canonical spelling.
fn split_name(package: &Package, os: Option<&OsRelease>) -> (String, String) {
    let name = &package.name;
    let before_last = |separator: char| match name.rsplit_once(separator) {
        Some((namespace, name)) => (namespace.to_owned(), name.to_owned()),
        None => (String::new(), name.clone()),
    };
    let distribution = || os.map_or_else(|| "linux".to_owned(), |os| os.id.clone());
    match package.ecosystem {
        Ecosystem::Deb => {
            (os.map_or_else(|| "debian".to_owned(), |os| os.id.clone()).to_lowercase(), name.to_lowercase())
        }
        Ecosystem::Apk | Ecosystem::Alpm => (distribution().to_lowercase(), name.to_lowercase()),
        Ecosystem::Rpm => (distribution().to_lowercase(), name.clone()),
        Ecosystem::Pypi => (String::new(), name.to_lowercase().replace('_', "-")),
        Ecosystem::Golang => {
            let (namespace, name) = before_last('/');
            (namespace.to_lowercase(), name.to_lowercase())
        }
        Ecosystem::Composer => {
            let (namespace, name) = before_last('/');
            (namespace.to_lowercase(), name.to_lowercase())
        }
        Ecosystem::Npm => before_last('/'),
        Ecosystem::Maven => before_last(':'),
        _ => (String::new(), name.clone()),
    }
}

/// The version without an RPM's epoch, which is a qualifier.
fn version_of(package: &Package) -> &str {
    match (package.ecosystem, package.version.split_once(':')) {
        (Ecosystem::Rpm, Some((_, version))) => version,
        _ => &package.version,
    }
}

/// Qualifiers by key.
fn qualifiers(package: &Package, os: Option<&OsRelease>) -> Vec<(&'static str, String)> {
    let mut qualifiers = Vec::new();
    if !package.ecosystem.is_distribution() {
        return qualifiers;
    }
    qualifiers.extend(package.architecture.clone().map(|architecture| ("arch", architecture)));
    qualifiers.extend(os.map(|os| ("distro", os.distro())));
    if let (Ecosystem::Rpm, Some((epoch, _))) = (package.ecosystem, package.version.split_once(':')) {
        qualifiers.push(("epoch", epoch.to_owned()));
    }
    if let Some(source) = &package.source {
        // Scanners read `upstream` as a source RPM's file name, or as the name and the version when it differs.
        let upstream = match package.ecosystem {
            Ecosystem::Rpm => format!("{}-{}.src.rpm", source.name, source.version),
            _ if source.version == package.version || source.version.is_empty() => source.name.clone(),
            _ => format!("{}@{}", source.name, source.version),
        };
        qualifiers.push(("upstream", upstream));
    }
    qualifiers
}

/// Percent-encodes everything but letters, digits, `.`, `-`, `_`, `~` and `:`.
fn encode(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourcePackage;

    #[test]
    fn each_ecosystem_is_spelled_its_way() {
        let debian = OsRelease::parse(b"ID=debian\nVERSION_ID=12");
        let fedora = OsRelease::parse(b"ID=fedora\nVERSION_ID=40");
        let package = |ecosystem, name: &str, version: &str| Package {
            ecosystem,
            name: name.to_owned(),
            version: version.to_owned(),
            ..Package::default()
        };
        let mut libc = package(Ecosystem::Deb, "libc6", "2:2.36-9+b1");
        libc.architecture = Some("amd64".to_owned());
        libc.source = Some(SourcePackage { name: "glibc".to_owned(), version: "2.36-9".to_owned() });
        let mut perl = package(Ecosystem::Rpm, "perl-Errno", "4:1.37-506.fc40");
        perl.source = Some(SourcePackage { name: "perl".to_owned(), version: "5.38.2-506.fc40".to_owned() });
        for (package, os, purl) in [
            (
                libc,
                Some(&debian),
                "pkg:deb/debian/libc6@2:2.36-9%2Bb1?arch=amd64&distro=debian-12&upstream=glibc%402.36-9",
            ),
            (
                perl,
                Some(&fedora),
                "pkg:rpm/fedora/perl-Errno@1.37-506.fc40?distro=fedora-40&epoch=4&upstream=perl-5.38.2-506.fc40.src.rpm",
            ),
            (package(Ecosystem::Pypi, "Zope_Interface", "5.0"), None, "pkg:pypi/zope-interface@5.0"),
            (package(Ecosystem::Npm, "@types/node", "1.0.0"), None, "pkg:npm/%40types/node@1.0.0"),
            (
                package(Ecosystem::Golang, "github.com/A/b/v2", "v2.0.0"),
                None,
                "pkg:golang/github.com/a/b/v2@v2.0.0",
            ),
            (package(Ecosystem::Maven, "org.x:y", "1"), None, "pkg:maven/org.x/y@1"),
            (package(Ecosystem::Generic, "redis", ""), None, "pkg:generic/redis"),
        ] {
            assert_eq!(of(&package, os), purl);
        }
    }
}
