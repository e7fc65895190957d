//! `os-release` (freedesktop.org specification, `os-release(5)`).

use std::collections::BTreeMap;

/// What an image says it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OsRelease {
    /// `ID`: `debian`, `alpine`, …; `linux` when unstated.
    pub id: String,
    /// `ID_LIKE`, nearest first.
    pub id_like: Vec<String>,
    /// `VERSION_ID`: `12`, `3.20.1`; empty for rolling distributions.
    pub version_id: String,
    /// `VERSION_CODENAME`: `bookworm`.
    pub version_codename: String,
    /// `NAME`.
    pub name: String,
    /// `PRETTY_NAME`, else `NAME`.
    pub pretty_name: String,
    /// `VARIANT_ID`.
    pub variant_id: String,
    /// `CPE_NAME`.
    pub cpe_name: String,
    /// `HOME_URL`.
    pub home_url: String,
}

impl OsRelease {
    /// Reads the file. What is not of its grammar is passed over, as the specification asks.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let fields: BTreeMap<&str, String> = text
            .lines()
            .filter_map(|line| line.trim().split_once('='))
            .filter(|(name, _)| !name.starts_with('#'))
            .map(|(name, value)| (name, unquote(value)))
            .collect();
        let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let or = |first: String, second: String| if first.is_empty() { second } else { first };
        Self {
            id: or(get("ID"), "linux".to_owned()),
            id_like: get("ID_LIKE").split_whitespace().map(str::to_owned).collect(),
            version_id: get("VERSION_ID"),
            version_codename: get("VERSION_CODENAME"),
            name: get("NAME"),
            pretty_name: or(get("PRETTY_NAME"), get("NAME")),
            variant_id: get("VARIANT_ID"),
            cpe_name: get("CPE_NAME"),
            home_url: get("HOME_URL"),
        }
    }

    /// `ID-VERSION_ID` (or `ID-VERSION_CODENAME`, or `ID`), as package URLs carry it in `distro`.
    #[must_use]
    pub fn distro(&self) -> String {
        match (self.version_id.as_str(), self.version_codename.as_str()) {
            ("", "") => self.id.clone(),
            ("", codename) => format!("{}-{codename}", self.id),
            (version, _) => format!("{}-{version}", self.id),
        }
    }
}

/// A value as the shell reads it: quoted or not, with backslash escapes inside double quotes.
fn unquote(value: &str) -> String {
    let value = value.trim();
    let inner = |quote: char| value.strip_prefix(quote).map(|rest| rest.strip_suffix(quote).unwrap_or(rest));
    if let Some(inner) = inner('\'') {
        return inner.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    let mut characters = inner('"').unwrap_or(value).chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => text.extend(characters.next()),
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_the_shells() {
        let os = OsRelease::parse(
            b"# note\nID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='A \"b\"'\nNAME=\"x\\\"y\"\nID_LIKE=\"a b\"\nbroken\n",
        );
        assert_eq!(
            (os.id.as_str(), os.pretty_name.as_str(), os.name.as_str()),
            ("debian", "A \"b\"", "x\"y")
        );
        assert_eq!((os.distro().as_str(), os.id_like.len()), ("debian-12", 2));
        assert_eq!(OsRelease::parse(b"ID=debian\nVERSION_CODENAME=trixie").distro(), "debian-trixie");
        assert_eq!(OsRelease::parse(b"").distro(), "linux");
    }
}
