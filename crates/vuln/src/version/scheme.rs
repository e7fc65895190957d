//! The choice of a version order.

use super::{apk, composer, deb, gem, generic, go, maven, pep440, rpm, semver};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A version order. [`Scheme::compare`] is a total preorder over all strings for each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Scheme {
    /// Debian and Ubuntu packages (`deb-version(7)`).
    Deb,
    /// Alpine, Wolfi and Chainguard packages (`apk-package(5)`).
    Apk,
    /// RPM packages (`rpm-version(7)`).
    Rpm,
    /// Python distributions (PEP 440).
    Pep440,
    /// Semantic versions 2.0.0: npm, crates.io, Bitnami.
    Semver,
    /// Go modules and toolchains.
    Go,
    /// Maven artifacts (POM reference).
    Maven,
    /// Ruby gems.
    Gem,
    /// NuGet packages: semantic versions that fold case.
    Nuget,
    /// Composer packages.
    Composer,
    /// Software outside package managers.
    Generic,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 11] = [
        Self::Deb,
        Self::Apk,
        Self::Rpm,
        Self::Pep440,
        Self::Semver,
        Self::Go,
        Self::Maven,
        Self::Gem,
        Self::Nuget,
        Self::Composer,
        Self::Generic,
    ];

    /// Compares two versions in this order.
    #[must_use]
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            Self::Deb => deb::compare(a, b),
            Self::Apk => apk::compare(a, b),
            Self::Rpm => rpm::compare(a, b),
            Self::Pep440 => pep440::compare(a, b),
            Self::Semver => semver::compare(a, b, false),
            Self::Go => go::compare(a, b),
            Self::Maven => maven::compare(a, b),
            Self::Gem => gem::compare(a, b),
            Self::Nuget => semver::compare(a, b, true),
            Self::Composer => composer::compare(a, b),
            Self::Generic => generic::compare(a, b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scheme;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    /// Text that looks like versions often enough to reach every branch, and unlike them often enough to be hostile.
    const TEXT: &str =
        "(([0-9]{1,3}|[a-c]|alpha|beta|rc|sp|dev|post|pre|p|final|ga|snapshot|go|v)?[-.~^+_:! ]?){0,6}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn every_order_is_total(a in TEXT, b in TEXT, c in TEXT) {
            for scheme in Scheme::ALL {
                let (ab, bc, ac) = (scheme.compare(&a, &b), scheme.compare(&b, &c), scheme.compare(&a, &c));
                prop_assert_eq!(scheme.compare(&a, &a), Ordering::Equal, "{:?} {:?}", scheme, a);
                prop_assert_eq!(scheme.compare(&b, &a), ab.reverse(), "{:?} {:?} {:?}", scheme, a, b);
                if ab == bc || bc == Ordering::Equal {
                    prop_assert_eq!(ac, ab, "{:?} {:?} {:?} {:?}", scheme, a, b, c);
                }
                if ab == Ordering::Equal {
                    prop_assert_eq!(ac, bc, "{:?} {:?} {:?} {:?}", scheme, a, b, c);
                }
            }
        }

        #[test]
        fn no_text_panics(a in "\\PC{0,24}", b in "\\PC{0,24}") {
            for scheme in Scheme::ALL {
                prop_assert_eq!(scheme.compare(&a, &b), scheme.compare(&b, &a).reverse());
            }
        }
    }
}
