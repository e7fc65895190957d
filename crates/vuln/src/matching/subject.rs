//! What is matched: packages and the distribution, freed from where they were found.

use crate::{Ecosystem, finding::Origin};

/// A package to be looked up.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its name in its ecosystem.
    pub name: String,
    /// Its version; for distribution packages with epoch and release.
    pub version: String,
    /// The package it was built from: name and version.
    pub source: Option<(String, String)>,
    /// Its package URL.
    pub purl: String,
    /// The RPM module it belongs to: `nodejs:18`.
    pub module: Option<String>,
    /// Its files.
    pub files: Vec<String>,
    /// The layer that brought it, from 0.
    pub layer: Option<usize>,
    /// Who brought it.
    pub origin: Origin,
    /// Whether none of the files it lists is there: only its record is left.
    pub phantom: bool,
    /// The distribution package whose files these are: an index into the same list.
    pub owner: Option<usize>,
}

/// What a package is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SubjectKind {
    /// A package of the image's distribution.
    Distribution,
    /// A package of a language's registry.
    Language(Ecosystem),
    /// A program recognised by what stands in its file.
    Program,
    /// Something for which no advisories are known.
    #[default]
    Unknown,
}

/// The distribution of an image, from its `os-release`.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    /// `ID`.
    pub id: String,
    /// `VERSION_ID`.
    pub version_id: String,
    /// `VERSION_CODENAME`.
    pub codename: String,
    /// Product streams the image is known to use, such as `rhel_eus:9.2`.
    pub streams: Vec<String>,
}

impl Distribution {
    /// The ecosystem of its packages. `None` if no advisories of it are known here.
    #[must_use]
    pub fn ecosystem(&self) -> Option<Ecosystem> {
        let major = self.version_id.split('.').next().unwrap_or_default();
        let release = |family: &str, release: &str| {
            (!release.is_empty()).then(|| Ecosystem::release_of(family, release))
        };
        match self.id.as_str() {
            "debian" | "raspbian" => release("Debian", if major.is_empty() { self.debian() } else { major }),
            "ubuntu" => release("Ubuntu", &self.version_id),
            "alpine" => release("Alpine", &self.alpine()),
            "wolfi" => Ecosystem::parse("Wolfi"),
            "chainguard" => Ecosystem::parse("Chainguard"),
            "minimos" => Ecosystem::parse("MinimOS"),
            "almalinux" => release("AlmaLinux", major),
            "rocky" => release("Rocky Linux", major),
            "rhel" | "centos" => release("Red Hat", major),
            "amzn" => release("Amazon", major),
            "ol" => release("Oracle", major),
            "fedora" => release("Fedora", major),
            "azurelinux" | "mariner" => release("Azure Linux", major),
            "photon" => release("Photon OS", &self.version_id),
            "openEuler" => release("openEuler", &self.version_id),
            "sles" => release("SUSE", &self.version_id),
            "opensuse-leap" => release("openSUSE", &format!("Leap {}", self.version_id)),
            "opensuse-tumbleweed" => release("openSUSE", "Tumbleweed"),
            _ => None,
        }
    }

    /// The product and cycle under which endoflife.date lists it.
    pub(crate) fn cycle(&self) -> Option<(&'static str, String)> {
        let major = self.version_id.split('.').next().unwrap_or_default().to_owned();
        let minor = || self.version_id.split('.').take(2).collect::<Vec<_>>().join(".");
        Some(match self.id.as_str() {
            "debian" => ("debian", major),
            "ubuntu" => ("ubuntu", self.version_id.clone()),
            "alpine" => ("alpine-linux", minor()),
            "almalinux" => ("almalinux", major),
            "rocky" => ("rocky-linux", major),
            "rhel" => ("rhel", major),
            "centos" => ("centos-stream", major),
            "amzn" => ("amazon-linux", major),
            "ol" => ("oracle-linux", major),
            "fedora" => ("fedora", major),
            "sles" => ("sles", self.version_id.clone()),
            "opensuse-leap" => ("opensuse", self.version_id.clone()),
            _ => return None,
        })
    }

    /// A Debian without a number is testing or unstable; its code name tells.
    fn debian(&self) -> &str {
        crate::import::debian_release(&self.codename).unwrap_or("sid")
    }

    /// `3.19.1` is of release `v3.19`; edge calls itself `3.22_alpha20250108`.
    fn alpine(&self) -> String {
        if self.version_id.contains('_') || self.version_id.is_empty() {
            return "edge".to_owned();
        }
        let parts: Vec<&str> = self.version_id.split('.').take(2).collect();
        format!("v{}", parts.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::Distribution;

    #[test]
    fn names_ecosystems() {
        for (id, version_id, codename, expected) in [
            ("debian", "12", "bookworm", Some("Debian:12")),
            ("debian", "", "forky", Some("Debian:14")),
            ("debian", "", "", Some("Debian:sid")),
            ("ubuntu", "22.04", "jammy", Some("Ubuntu:22.04")),
            ("alpine", "3.19.1", "", Some("Alpine:v3.19")),
            ("alpine", "3.22_alpha20250108", "", Some("Alpine:edge")),
            ("wolfi", "20230201", "", Some("Wolfi")),
            ("almalinux", "9.4", "", Some("AlmaLinux:9")),
            ("rhel", "8.10", "", Some("Red Hat:8")),
            ("gentoo", "2.15", "", None),
        ] {
            let distribution = Distribution {
                id: id.into(),
                version_id: version_id.into(),
                codename: codename.into(),
                streams: Vec::new(),
            };
            assert_eq!(
                distribution.ecosystem().as_ref().map(crate::Ecosystem::as_str),
                expected,
                "{id} {version_id}"
            );
        }
    }
}
