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

/// A package URL in its parts, percent-decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Purl {
    /// The type, lower case.
    pub kind: String,
    /// The namespace, its parts joined by `/`; empty for none.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The version; empty for none.
    pub version: String,
    /// The qualifiers, in order.
    pub qualifiers: Vec<(String, String)>,
    /// The subpath; empty for none.
    pub subpath: String,
}

impl Purl {
    /// Reads a package URL; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("pkg:")?.trim_start_matches('/');
        let (rest, subpath) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.split_once('/')?;
        // An `@` in a namespace is encoded, but not by everybody.
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !version.contains('/') && !path.is_empty() => (path, version),
            _ => (rest, ""),
        };
        let (namespace, name) =
            path.trim_matches('/').rsplit_once('/').unwrap_or(("", path.trim_matches('/')));
        let purl = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: decode(namespace),
            name: decode(name),
            version: decode(version),
            qualifiers: qualifiers
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(key, value)| (key.to_ascii_lowercase(), decode(value)))
                .collect(),
            subpath: decode(subpath),
        };
        (!purl.kind.is_empty() && !purl.name.is_empty()).then_some(purl)
    }

    /// The ecosystem of its type; `None` for types that are not known.
    #[must_use]
    pub fn ecosystem(&self) -> Option<Ecosystem> {
        Ecosystem::parse(&self.kind)
    }

    /// The name as its ecosystem spells it: with group, scope or module path, without a distribution.
    #[must_use]
    pub fn package_name(&self) -> String {
        let separator = match self.ecosystem() {
            Some(Ecosystem::Maven) => ':',
            Some(Ecosystem::Npm | Ecosystem::Golang | Ecosystem::Composer) => '/',
            _ => return self.name.clone(),
        };
        if self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}{separator}{}", self.namespace, self.name)
        }
    }
}

/// Percent-decodes; what is no encoding stays, and what is not UTF-8 is replaced.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
            let parsed = Purl::parse(purl).unwrap();
            assert_eq!(parsed.ecosystem(), Some(package.ecosystem));
            assert!(
                parsed.package_name().replace('_', "-").eq_ignore_ascii_case(&package.name.replace('_', "-"))
            );
            assert!(package.version.ends_with(&parsed.version));
        }
        assert_eq!(Purl::parse("pkg:npm/@scope/name@1.0").unwrap().package_name(), "@scope/name");
        assert_eq!(Purl::parse("pkg:npm/%40scope/name").unwrap().package_name(), "@scope/name");
        assert_eq!(Purl::parse("pkg:deb"), None);
        assert_eq!(Purl::parse("https://x"), None);
    }
}
