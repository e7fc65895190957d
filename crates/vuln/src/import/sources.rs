//! The sources that are known, with their publishers, addresses, licences and the attribution these ask for.

use crate::advisory::Source;

/// `name, publisher, url, licence`.
type Known = (&'static str, &'static str, &'static str, &'static str);

const SOURCES: &[Known] = &[
    ("almalinux", "AlmaLinux OS Foundation", "https://github.com/AlmaLinux/osv-database", "MIT"),
    ("alpine", "Alpine Linux", "https://secdb.alpinelinux.org", "none stated"),
    ("amazon", "Amazon Linux Security Center", "https://alas.aws.amazon.com", "none stated"),
    ("bitnami", "Bitnami", "https://github.com/bitnami/vulndb", "Apache-2.0"),
    (
        "chainguard",
        "Chainguard",
        "https://www.chainguard.dev",
        "the publisher's terms; not to be redistributed",
    ),
    ("cisa", "CISA Vulnrichment", "https://github.com/cisagov/vulnrichment", "CC0-1.0"),
    ("debian", "Debian Security Tracker", "https://security-tracker.debian.org/tracker/", "none stated"),
    ("endoflife", "endoflife.date", "https://endoflife.date", "MIT"),
    (
        "epss",
        "FIRST",
        "https://www.first.org/epss/",
        "free use; FIRST asks to be cited (https://www.first.org/epss)",
    ),
    ("friendsofphp", "FriendsOfPHP", "https://github.com/FriendsOfPHP/security-advisories", "Unlicense"),
    ("ghsa", "GitHub Advisory Database", "https://github.com/github/advisory-database", "CC-BY-4.0"),
    ("go", "Go Vulnerability Database", "https://vuln.go.dev", "CC-BY-4.0"),
    (
        "kev",
        "CISA Known Exploited Vulnerabilities",
        "https://www.cisa.gov/known-exploited-vulnerabilities-catalog",
        "CC0-1.0",
    ),
    (
        "malicious-packages",
        "OpenSSF Malicious Packages",
        "https://github.com/ossf/malicious-packages",
        "Apache-2.0",
    ),
    ("node", "Node.js Security Working Group", "https://github.com/nodejs/security-wg", "MIT"),
    ("nvd", "NIST National Vulnerability Database", "https://nvd.nist.gov", "public domain (US government)"),
    (
        "nvd-overrides",
        "Anchore NVD data overrides",
        "https://github.com/anchore/nvd-data-overrides",
        "CC0-1.0",
    ),
    ("oracle", "Oracle Linux Errata", "https://linux.oracle.com/security/", "none stated"),
    (
        "osv",
        "Open Source Vulnerabilities",
        "https://osv.dev",
        "as each record states; CC-BY-4.0 where nothing is stated",
    ),
    ("pypa", "PyPA Advisory Database", "https://github.com/pypa/advisory-database", "CC-BY-4.0"),
    ("redhat", "Red Hat", "https://security.access.redhat.com/data/csaf/v2/", "CC-BY-4.0"),
    ("retire", "Retire.js", "https://github.com/RetireJS/retire.js", "Apache-2.0"),
    ("rocky", "Rocky Enterprise Software Foundation", "https://errata.rockylinux.org", "BSD-3-Clause"),
    ("rubysec", "Ruby Advisory Database", "https://github.com/rubysec/ruby-advisory-db", "public domain"),
    (
        "rustsec",
        "RustSec Advisory Database",
        "https://rustsec.org",
        "CC0-1.0; records imported from GitHub CC-BY-4.0",
    ),
    ("suse", "SUSE", "https://www.suse.com/support/security/", "CC-BY-4.0"),
    ("ubuntu", "Ubuntu Security Team", "https://ubuntu.com/security", "CC-BY-SA-4.0"),
    (
        "wolfi",
        "Wolfi",
        "https://github.com/wolfi-dev/advisories",
        "Apache-2.0 until 2025-05-07; the publisher's terms since, not to be redistributed",
    ),
];

/// The source of that name. An unknown name gives a source that says so.
#[must_use]
pub fn source(name: &str) -> Source {
    let known = SOURCES.iter().find(|known| known.0 == name);
    let (publisher, url, licence) =
        known.map_or(("unknown", "", "unknown"), |known| (known.1, known.2, known.3));
    Source {
        name: name.to_owned(),
        publisher: publisher.to_owned(),
        url: url.to_owned(),
        licence: licence.to_owned(),
        date: None,
        imported: None,
        records: 0,
        skipped: 0,
        caveats: Vec::new(),
    }
}

/// The source of an OSV record, by the prefix of its id.
pub(super) fn of_osv(id: &str) -> &'static str {
    const PREFIXES: &[(&str, &str)] = &[
        ("GHSA-", "ghsa"),
        ("PYSEC-", "pypa"),
        ("GO-", "go"),
        ("RUSTSEC-", "rustsec"),
        ("MAL-", "malicious-packages"),
        ("BIT-", "bitnami"),
        ("ALSA-", "almalinux"),
        ("ALBA-", "almalinux"),
        ("ALEA-", "almalinux"),
        ("RLSA-", "rocky"),
        ("RXSA-", "rocky"),
        ("DEBIAN-", "debian"),
        ("UBUNTU-", "ubuntu"),
        ("ALPINE-", "alpine"),
        ("RHSA-", "redhat"),
        ("RHBA-", "redhat"),
        ("RHEA-", "redhat"),
        ("SUSE-", "suse"),
        ("openSUSE-", "suse"),
        ("CGA-", "chainguard"),
    ];
    PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix)).map_or("osv", |(_, source)| source)
}

#[cfg(test)]
mod tests {
    use super::{SOURCES, of_osv};

    #[test]
    fn names_are_sorted_and_known() {
        assert!(SOURCES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for id in ["GHSA-x", "ALSA-1", "MAL-1", "X-1"] {
            assert!(SOURCES.iter().any(|known| known.0 == of_osv(id)), "{id}");
        }
    }
}
