//! The feeds, where their publishers put them.

/// What a feed's first bytes must be, so that an error page does not replace a good copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Zip,
    Gzip,
    /// Compressed by gzip or zstd, or XML as it is.
    Packed,
    Json,
    Text,
}

/// How the address of a feed leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// It is there.
    Direct,
    /// There is the metadata of an RPM repository (`repomd.xml`), which names the file.
    Repository,
    /// There is a list of mirrors, each a repository.
    Mirrors,
    /// There is a text whose one line is the name of the file beside it.
    Name,
}

impl Shape {
    pub(super) fn accepts(self, head: &[u8]) -> bool {
        let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
        match self {
            Self::Zip => head.starts_with(b"PK"),
            Self::Gzip => head.starts_with(&[0x1f, 0x8b]),
            Self::Packed => {
                head.starts_with(&[0x1f, 0x8b])
                    || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
                    || head.starts_with(b"<?xml")
            }
            Self::Json => matches!(first, Some(b'{' | b'[')),
            Self::Text => !matches!(first, None | Some(b'<')),
        }
    }
}

/// One file of one publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The group it belongs to, by which it is chosen: `osv`, `debian`, `nvd`.
    pub group: &'static str,
    /// The source in the store that it feeds, if that is one.
    pub source: Option<&'static str>,
    /// Its place in the folder of copies, and below the base URL of a mirror.
    pub file: String,
    /// Where its publisher puts it.
    pub url: String,
    pub(super) shape: Shape,
    pub(super) via: Via,
    /// Whether its publisher lists what changed, record by record, beside it (OSV's `modified_id.csv`).
    pub(super) has_delta: bool,
}

/// Ecosystems of the OSV export, and the source in the store each one feeds alone.
const OSV: &[(&str, Option<&str>)] = &[
    ("AlmaLinux", Some("almalinux")),
    ("Bitnami", Some("bitnami")),
    ("Chainguard", Some("chainguard")),
    ("Go", None),
    ("Maven", None),
    ("NuGet", None),
    ("Packagist", None),
    ("PyPI", None),
    ("Red Hat", Some("redhat")),
    ("Rocky Linux", Some("rocky")),
    ("RubyGems", None),
    ("SUSE", Some("suse")),
    ("Ubuntu", Some("ubuntu")),
    ("Wolfi", Some("chainguard")),
    ("crates.io", None),
    ("npm", None),
    ("openSUSE", Some("suse")),
];

/// Releases of Alpine that have a security database worth asking for.
const ALPINE: &[&str] = &[
    "edge", "v3.24", "v3.23", "v3.22", "v3.21", "v3.20", "v3.19", "v3.18", "v3.17", "v3.16", "v3.15", "v3.14",
];

/// Every feed. `year` is the current one: NVD has a file for each since 2002.
#[must_use]
pub fn feeds(year: u16) -> Vec<Feed> {
    let mut feeds = Vec::new();
    let mut add = |group, source, file: &str, url: &str, shape| {
        let (file, url) = (file.to_owned(), url.to_owned());
        let has_delta = group == "osv";
        feeds.push(Feed { group, source, file, url, shape, via: Via::Direct, has_delta });
    };
    for (ecosystem, source) in OSV {
        let name = ecosystem.replace(' ', "%20");
        let url = format!("https://osv-vulnerabilities.storage.googleapis.com/{name}/all.zip");
        add("osv", *source, &format!("osv/{}/all.zip", ecosystem.replace(' ', "-")), &url, Shape::Zip);
    }
    add(
        "debian",
        Some("debian"),
        "debian/tracker.json",
        "https://security-tracker.debian.org/tracker/data/json",
        Shape::Json,
    );
    for list in ["DSA", "DLA"] {
        let url = format!(
            "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/{list}/list"
        );
        add("debian", Some("debian"), &format!("debian/{list}-list"), &url, Shape::Text);
    }
    for release in ALPINE {
        for repository in ["main", "community"] {
            let path = format!("{release}/{repository}.json");
            add(
                "alpine",
                Some("alpine"),
                &format!("alpine/{path}"),
                &format!("https://secdb.alpinelinux.org/{path}"),
                Shape::Json,
            );
        }
    }
    for year in 2002..=year.min(2100) {
        let name = format!("nvdcve-2.0-{year}.json.gz");
        add(
            "nvd",
            Some("nvd"),
            &format!("nvd/{name}"),
            &format!("https://nvd.nist.gov/feeds/json/cve/2.0/{name}"),
            Shape::Gzip,
        );
    }
    add(
        "kev",
        Some("kev"),
        "kev/known_exploited_vulnerabilities.json",
        "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        Shape::Json,
    );
    add(
        "epss",
        Some("epss"),
        "epss/epss_scores-current.csv.gz",
        "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
        Shape::Gzip,
    );
    add(
        "endoflife",
        Some("endoflife"),
        "endoflife/products.json",
        "https://endoflife.date/api/v1/products/full",
        Shape::Json,
    );
    add(
        "ruby",
        Some("rubysec"),
        "ruby/ruby-advisory-db.tar.gz",
        "https://github.com/rubysec/ruby-advisory-db/archive/refs/heads/master.tar.gz",
        Shape::Gzip,
    );
    add(
        "php",
        Some("friendsofphp"),
        "php/security-advisories.tar.gz",
        "https://github.com/FriendsOfPHP/security-advisories/archive/refs/heads/master.tar.gz",
        Shape::Gzip,
    );
    add(
        "node",
        Some("node"),
        "node/core-index.json",
        "https://raw.githubusercontent.com/nodejs/security-wg/main/vuln/core/index.json",
        Shape::Json,
    );
    add(
        "retire",
        Some("retire"),
        "node/retire-v5.json",
        "https://raw.githubusercontent.com/RetireJS/retire.js/master/repository/jsrepository-v5.json",
        Shape::Json,
    );
    feeds.extend(indirect());
    feeds
}

/// Feeds whose name is found by asking: the advisories of RPM repositories, and Red Hat's archive of VEX files.
fn indirect() -> impl Iterator<Item = Feed> {
    let feed = |group, source, file: &str, url: String, via| Feed {
        group,
        source: Some(source),
        file: file.to_owned(),
        url,
        shape: Shape::Packed,
        via,
        has_delta: false,
    };
    let amazon = [("2023", "2023/core/mirrors/latest"), ("2", "2/core/latest")].map(|(release, path)| {
        let url = format!("https://cdn.amazonlinux.com/{path}/x86_64/mirror.list");
        feed("amazon", "amazon", &format!("amazon/{release}-updateinfo.xml.gz"), url, Via::Mirrors)
    });
    let parts = [
        ("10", "baseos/latest"),
        ("10", "appstream"),
        ("9", "baseos/latest"),
        ("9", "appstream"),
        ("8", "baseos/latest"),
        ("8", "appstream"),
        ("7", "latest"),
    ];
    let oracle = parts.map(|(release, part)| {
        let url =
            format!("https://yum.oracle.com/repo/OracleLinux/OL{release}/{part}/x86_64/repodata/repomd.xml");
        let name = part.split('/').next().unwrap_or(part);
        feed("oracle", "oracle", &format!("oracle/{release}-{name}-updateinfo.xml.gz"), url, Via::Repository)
    });
    let redhat = feed(
        "redhat",
        "redhat",
        "redhat/csaf_vex.tar.zst",
        "https://security.access.redhat.com/data/csaf/v2/vex/archive_latest.txt".to_owned(),
        Via::Name,
    );
    amazon.into_iter().chain(oracle).chain([redhat])
}

#[cfg(test)]
mod tests {
    use super::{Shape, feeds};
    use std::collections::BTreeSet;

    #[test]
    fn every_feed_has_a_place_of_its_own() {
        let feeds = feeds(2026);
        let files: BTreeSet<&str> = feeds.iter().map(|feed| feed.file.as_str()).collect();
        assert_eq!(files.len(), feeds.len());
        assert!(feeds.iter().all(|feed| feed.url.starts_with("https://")
            && !feed.file.contains("..")
            && !feed.file.contains(' ')));
        assert!(
            feeds
                .iter()
                .filter_map(|feed| feed.source)
                .all(|source| crate::import::source(source).licence != "unknown")
        );
    }

    #[test]
    fn an_error_page_is_no_feed() {
        let page = b"\n<!DOCTYPE html>";
        assert!(
            [Shape::Zip, Shape::Gzip, Shape::Packed, Shape::Json, Shape::Text]
                .iter()
                .all(|shape| !shape.accepts(page))
        );
        assert!(Shape::Json.accepts(b" {}") && Shape::Text.accepts(b"[01 Jan 2026] DSA-1"));
    }
}
