//! The name spaces of packages, spelt as OSV spells them: `Debian:12`, `Alpine:v3.20`, `PyPI`, `npm`.

use crate::Scheme;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// A name space of packages: a release of a distribution, a language's registry, or one of the three for software
/// outside package managers (`cpe`, `Bitnami`, and a project's own feed such as `Node.js`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ecosystem(String);

impl Ecosystem {
    /// Reads a name of the OSV schema ("Defined Ecosystems"). `None` if its version order is not known here.
    ///
    /// Ubuntu's `:LTS` is dropped, since the release number says it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let canonical = name.strip_suffix(":LTS").unwrap_or(name);
        let ecosystem = Self(canonical.to_owned());
        ecosystem.known_scheme().map(|_| ecosystem)
    }

    /// The release `release` of the distribution family `family`.
    #[must_use]
    pub fn release_of(family: &str, release: &str) -> Self {
        Self(format!("{family}:{release}"))
    }

    /// Its spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first colon: `Debian` of `Debian:12`.
    #[must_use]
    pub fn family(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    /// What follows the first colon: `12` of `Debian:12`.
    #[must_use]
    pub fn release(&self) -> Option<&str> {
        self.0.split_once(':').map(|(_, release)| release)
    }

    /// Its version order.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.known_scheme().unwrap_or(Scheme::Generic)
    }

    /// Whether it is a Linux distribution.
    #[must_use]
    pub fn is_distribution(&self) -> bool {
        matches!(self.scheme(), Scheme::Deb | Scheme::Apk | Scheme::Rpm)
    }

    /// Whether its advisories name source packages rather than binary ones.
    #[must_use]
    pub fn names_sources(&self) -> bool {
        matches!(self.scheme(), Scheme::Deb | Scheme::Apk)
    }

    /// Whether its feed also lists what is not fixed, so that its silence means something.
    #[must_use]
    pub fn lists_unfixed(&self) -> bool {
        matches!(self.family(), "Debian" | "Ubuntu" | "Red Hat")
    }

    /// The name under which a package of this name space is filed.
    #[must_use]
    pub fn fold<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self.family() {
            // PEP 503.
            "PyPI" => Cow::Owned(fold_python(name)),
            "NuGet" | "Packagist" | "Bitnami" => Cow::Owned(name.to_ascii_lowercase()),
            // crates.io forbids names that differ in these only.
            "crates.io" => Cow::Owned(name.to_ascii_lowercase().replace('_', "-")),
            _ => Cow::Borrowed(name),
        }
    }

    fn known_scheme(&self) -> Option<Scheme> {
        Some(match self.family() {
            "Debian" | "Ubuntu" => Scheme::Deb,
            "Alpine" | "Wolfi" | "Chainguard" | "MinimOS" => Scheme::Apk,
            "AlmaLinux" | "Rocky Linux" | "Red Hat" | "SUSE" | "openSUSE" | "Mageia" | "openEuler"
            | "Azure Linux" | "Oracle" | "Amazon" | "Photon OS" | "Fedora" => Scheme::Rpm,
            "PyPI" => Scheme::Pep440,
            "npm" | "crates.io" | "Bitnami" | "Hex" | "Pub" | "SwiftURL" | "Julia" | "Node.js" => {
                Scheme::Semver
            }
            "Go" => Scheme::Go,
            "Maven" => Scheme::Maven,
            "RubyGems" | "Ruby" => Scheme::Gem,
            "NuGet" => Scheme::Nuget,
            "Packagist" => Scheme::Composer,
            "cpe" | "CRAN" | "Hackage" | "ConanCenter" => Scheme::Generic,
            _ => return None,
        })
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fold_python(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for part in name.split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !folded.is_empty() {
            folded.push('-');
        }
        folded.push_str(&part.to_ascii_lowercase());
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::Ecosystem;
    use crate::Scheme;

    #[test]
    fn reads_names() {
        let ubuntu = Ecosystem::parse("Ubuntu:Pro:22.04:LTS").expect("known");
        assert_eq!(
            (ubuntu.as_str(), ubuntu.family(), ubuntu.release()),
            ("Ubuntu:Pro:22.04", "Ubuntu", Some("Pro:22.04"))
        );
        assert_eq!(Ecosystem::parse("Alpine:v3.19").map(|e| e.scheme()), Some(Scheme::Apk));
        assert_eq!(Ecosystem::parse("DHI"), None);
    }

    #[test]
    fn folds_names() {
        let folded =
            |ecosystem: &str, name: &str| Ecosystem::parse(ecosystem).expect("known").fold(name).into_owned();
        assert_eq!(folded("PyPI", "Zope.Interface__x"), "zope-interface-x");
        assert_eq!(folded("crates.io", "Serde_JSON"), "serde-json");
        assert_eq!(folded("npm", "@Scope/Name"), "@Scope/Name");
    }
}
