//! `META-INF/MANIFEST.MF` (JAR file specification, *Manifest specification*) and `pom.properties`.

use std::collections::BTreeMap;

/// The main section: lines may go on after a line end and a blank.
pub(super) fn main_section(bytes: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let main = text.split("\n\n").next().unwrap_or_default().replace("\n ", "");
    main.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect()
}

/// What Maven says of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coordinates {
    pub group: String,
    pub artifact: String,
    pub version: String,
}

/// `groupId`, `artifactId` and `version`; placeholders that were never filled in are none.
pub(super) fn pom_properties(bytes: &[u8]) -> Option<Coordinates> {
    let text = String::from_utf8_lossy(bytes);
    let field = |name: &str| {
        let value = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix(['=', ':']))?;
        let value = value.trim();
        (!value.is_empty() && !value.contains("${")).then(|| value.to_owned())
    };
    Some(Coordinates { group: field("groupId")?, artifact: field("artifactId")?, version: field("version")? })
}

/// Name and version of a file called `name-1.2.3.jar`: the version begins at the first hyphen before a digit.
pub(super) fn of_file_name(name: &str) -> (String, String) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let at = stem
        .match_indices('-')
        .map(|(at, _)| at)
        .find(|at| stem.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit) && *at > 0);
    match at {
        Some(at) => (stem[..at].to_owned(), stem[at + 1..].to_owned()),
        None => (stem.to_owned(), String::new()),
    }
}

/// The group of an artifact by its manifest: the names that hold a group, without the artifact at their end.
pub(super) fn group(manifest: &BTreeMap<String, String>, artifact: &str) -> Option<String> {
    let names = [
        "implementation-vendor-id",
        "bundle-symbolicname",
        "automatic-module-name",
        "specification-vendor-id",
    ];
    names.iter().filter_map(|name| manifest.get(*name)).find_map(|value| {
        let value = value.split(';').next().unwrap_or_default().trim();
        let looks_right = value.contains('.')
            && value.split('.').all(|part| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
            });
        looks_right.then(|| {
            let tail = format!(".{artifact}");
            value.strip_suffix(&tail).unwrap_or(value).to_owned()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_go_on_in_the_next_line() {
        let manifest = main_section(b"Manifest-Version: 1.0\r\nImplementation-Title: a very lo\r\n ng title\r\n\r\nName: x\r\nSealed: true\r\n");
        assert_eq!(manifest.get("implementation-title").map(String::as_str), Some("a very long title"));
        assert!(!manifest.contains_key("sealed"));
    }

    #[test]
    fn names_hold_versions() {
        for (file, name, version) in [
            ("commons-lang3-3.12.0.jar", "commons-lang3", "3.12.0"),
            ("guava-32.1.2-jre.jar", "guava", "32.1.2-jre"),
            ("app.jar", "app", ""),
            ("spring-boot-2.jar", "spring-boot", "2"),
        ] {
            assert_eq!(of_file_name(file), (name.to_owned(), version.to_owned()));
        }
    }

    #[test]
    fn groups_come_from_manifests() {
        let of = |key: &str, value: &str| group(&[(key.to_owned(), value.to_owned())].into(), "x-y");
        assert_eq!(of("bundle-symbolicname", "org.acme.x-y;singleton:=true").as_deref(), Some("org.acme"));
        assert_eq!(of("implementation-vendor-id", "org.acme").as_deref(), Some("org.acme"));
        assert_eq!(of("implementation-vendor-id", "The Acme Corp."), None);
        assert_eq!(
            pom_properties(b"#x\ngroupId=g\nartifactId=a\nversion=1\n"),
            Some(Coordinates { group: "g".into(), artifact: "a".into(), version: "1".into() })
        );
        assert_eq!(pom_properties(b"groupId=${g}\nartifactId=a\nversion=1\n"), None);
    }
}
