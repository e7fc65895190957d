//! Comparing package URLs as VEX needs it: what a statement leaves out holds for all.

use std::collections::BTreeMap;

/// A package URL in parts (purl specification 1.0), decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Purl {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) qualifiers: BTreeMap<String, String>,
}

impl Purl {
    /// Reads a package URL. `None` if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("pkg:")?.trim_start_matches('/');
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        // A version may hold an encoded `@`, a namespace a plain one (`@scope` of npm).
        let (path, version) = match path.rsplit_once('@') {
            Some((path, version)) if !path.ends_with('/') && !path.is_empty() => {
                (path, Some(decode(version)))
            }
            _ => (path, None),
        };
        let (kind, path) = path.split_once('/')?;
        let (namespace, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
        let qualifiers = query.split('&').filter_map(|pair| pair.split_once('='));
        (!name.is_empty()).then(|| Self {
            kind: kind.to_ascii_lowercase(),
            namespace: decode(namespace),
            name: decode(name),
            version: version.filter(|version| !version.is_empty()),
            qualifiers: qualifiers.map(|(key, value)| (key.to_ascii_lowercase(), decode(value))).collect(),
        })
    }

    /// Whether it names a container image.
    pub(super) fn is_image(&self) -> bool {
        matches!(self.kind.as_str(), "oci" | "docker")
    }

    /// Whether a statement on `self` is about `package`: type, namespace and name are equal, the version if both state
    /// one, qualifiers if both state them.
    pub(super) fn covers(&self, package: &Self) -> bool {
        self.kind == package.kind
            && self.namespace.eq_ignore_ascii_case(&package.namespace)
            && self.name.eq_ignore_ascii_case(&package.name)
            && self.same_version(package)
            && self.is_source() == package.is_source()
            && self.qualifiers.iter().all(|(key, value)| {
                package.qualifiers.get(key).is_none_or(|own| {
                    key == "epoch" || own == value || is_release_of(value, own) || is_release_of(own, value)
                })
            })
    }

    fn is_source(&self) -> bool {
        self.qualifiers.get("arch").is_some_and(|arch| matches!(arch.as_str(), "source" | "src"))
    }

    /// An RPM's epoch stands in the version or in a qualifier.
    fn same_version(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (&self.version, &other.version) else { return true };
        a == b || (self.kind == "rpm" && self.with_epoch(a) == other.with_epoch(b))
    }

    fn with_epoch(&self, version: &str) -> String {
        match self.qualifiers.get("epoch") {
            Some(epoch) if !version.contains(':') && epoch != "0" => format!("{epoch}:{version}"),
            _ => version.strip_prefix("0:").unwrap_or(version).to_owned(),
        }
    }
}

/// `debian-12` covers `debian-12.13`.
fn is_release_of(general: &str, exact: &str) -> bool {
    exact.strip_prefix(general).is_some_and(|rest| rest.starts_with('.'))
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex =
            bytes.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) => {
                decoded.push(value);
                at += 3;
            }
            None => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Percent-encodes everything but letters, digits, `.`, `-`, `_`, `~` and `:`.
pub(super) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::Purl;

    #[test]
    fn covers_what_it_does_not_exclude() {
        let package =
            "pkg:deb/debian/libssl3@3.0.16-1~deb12u1?arch=amd64&distro=debian-12.13&upstream=openssl";
        for (statement, covers) in [
            ("pkg:deb/debian/libssl3", true),
            ("pkg:deb/debian/libssl3@3.0.16-1~deb12u1", true),
            ("pkg:deb/debian/libssl3@3.0.16-1%7Edeb12u1", true),
            ("pkg:deb/debian/libssl3?distro=debian-12", true),
            ("pkg:deb/debian/libssl3?distro=debian-11", false),
            ("pkg:deb/debian/libssl3?os_name=debian", true),
            ("pkg:deb/debian/libssl3@3.0.15-1", false),
            ("pkg:deb/debian/libssl3?arch=source", false),
            ("pkg:deb/ubuntu/libssl3", false),
            ("pkg:deb/debian/libssl", false),
        ] {
            let (statement, package) =
                (Purl::parse(statement).expect("a purl"), Purl::parse(package).expect("a purl"));
            assert_eq!(statement.covers(&package), covers, "{statement:?}");
        }
    }

    #[test]
    fn reads_scopes_and_epochs() {
        let scoped = Purl::parse("pkg:npm/%40types/node@1.0.0").expect("a purl");
        assert_eq!(
            (scoped.namespace.as_str(), scoped.name.as_str(), scoped.version.as_deref()),
            ("@types", "node", Some("1.0.0"))
        );
        let plain = Purl::parse("pkg:npm/@types/node").expect("a purl");
        assert!(plain.covers(&scoped));
        let rpm = |text: &str| Purl::parse(text).expect("a purl");
        assert!(rpm("pkg:rpm/redhat/x@1:2-3").covers(&rpm("pkg:rpm/redhat/x@2-3?epoch=1")));
        assert!(!rpm("pkg:rpm/redhat/x@2:2-3").covers(&rpm("pkg:rpm/redhat/x@2-3?epoch=1")));
        assert_eq!(Purl::parse("cpe:2.3:a:b"), None);
    }
}
