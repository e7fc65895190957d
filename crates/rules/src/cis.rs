//! Section 4 of the CIS Docker Benchmark ("Container Images and Build File"), as far as an image can show it.

use casehard_finding::Finding;

use crate::rules;

/// What an image shows about one recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nothing speaks against it.
    Pass,
    /// So many findings do.
    Fail(usize),
    /// An image cannot show it.
    No(&'static str),
}

/// The recommendations in a few words of our own; a reason where an image alone cannot show them.
const SECTIONS: [(&str, &str, Option<&str>); 12] = [
    ("4.1", "not root", None),
    ("4.2", "a trusted base", None),
    ("4.3", "nothing that is not needed", None),
    ("4.4", "patched", None),
    ("4.5", "content trust", Some("a setting of whoever pulls")),
    ("4.6", "a health check", None),
    ("4.7", "no update step alone", None),
    ("4.8", "no setuid and setgid", None),
    ("4.9", "COPY, not ADD", None),
    ("4.10", "no secrets", None),
    ("4.11", "verified packages", None),
    ("4.12", "signed artifacts", Some("signatures stand beside the image in the registry")),
];

/// Each recommendation of section 4 with what the findings of an audit say about it: number, what it asks, what is shown.
#[must_use]
pub fn cis_section_4(
    findings: &[Finding],
    trusts_registries: bool,
) -> Vec<(&'static str, &'static str, Shown)> {
    let count = |section: &str| {
        let code = format!("cis:{section}");
        let about = |finding: &&Finding| {
            rules().any(|rule| rule.name == finding.rule && rule.also.contains(&code.as_str()))
        };
        findings.iter().filter(about).count()
    };
    let shown = |(section, asks, reason): (&'static str, &'static str, Option<&'static str>)| {
        let shown = match (reason, count(section)) {
            (Some(reason), _) => Shown::No(reason),
            (None, 0) if section == "4.2" && !trusts_registries => {
                Shown::No("no trusted registries are configured")
            }
            (None, 0) => Shown::Pass,
            (None, findings) => Shown::Fail(findings),
        };
        (section, asks, shown)
    };
    SECTIONS.into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_that_an_image_can_show_has_a_rule() {
        for (section, _, reason) in SECTIONS {
            let code = format!("cis:{section}");
            let has = rules().any(|rule| {
                rule.subject == casehard_finding::Subject::Image && rule.also.contains(&code.as_str())
            });
            assert_eq!(has, reason.is_none(), "{section}");
        }
        assert_eq!(cis_section_4(&[], true)[1].2, Shown::Pass);
        assert!(matches!(cis_section_4(&[], false)[1].2, Shown::No(_)));
    }
}
