//! Laying statements beside findings: what they silence, and which of them meet nothing.

use super::{Product, Statement, Status, purl::Purl};
use crate::finding::{Finding, Scan, Suppressed};
use serde::{Deserialize, Serialize};

/// How statements may name the image that was scanned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageIdentity {
    /// Digests of its manifest and of the indexes that lead to it: `sha256:…`.
    pub digests: Vec<String>,
    /// Its names: `registry/repository`, with or without a tag.
    pub names: Vec<String>,
}

impl ImageIdentity {
    /// Whether `id` (a package URL, a digest or a name) is this image.
    fn is(&self, id: &str) -> bool {
        let digest = |text: &str| {
            self.digests.iter().any(|digest| digest == text || digest.split(':').nth(1) == Some(text))
        };
        let Some(purl) = Purl::parse(id) else {
            return digest(id) || self.names.iter().any(|name| name == id);
        };
        if !purl.is_image() {
            return false;
        }
        match purl.version.as_deref() {
            Some(version) if version.contains("sha256:") => digest(version),
            _ => {
                let repository = if purl.namespace.is_empty() {
                    purl.name.clone()
                } else {
                    format!("{}/{}", purl.namespace, purl.name)
                };
                self.names.iter().any(|name| {
                    let name = name.split('@').next().unwrap_or_default();
                    // A colon after the last slash begins a tag; before it, a port.
                    let (name, tag) = match name.rsplit_once(':') {
                        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
                        _ => (name, None),
                    };
                    let same_tag = purl.version.is_none() || tag.is_none() || purl.version.as_deref() == tag;
                    same_tag && (name == repository || name.ends_with(&format!("/{repository}")))
                })
            }
        }
    }
}

/// Moves the findings that `statements` silence to [`Scan::suppressed`], and names in [`Scan::unmatched`] each statement
/// that would silence something and meets nothing.
///
/// Of several statements on one finding the latest counts, as OpenVEX says; without dates the last.
pub fn apply(scan: &mut Scan, statements: &[Statement], image: &ImageIdentity) {
    let mut met = vec![false; statements.len()];
    let mut kept = Vec::with_capacity(scan.findings.len());
    for finding in std::mem::take(&mut scan.findings) {
        let purls = purls(&finding);
        let mut verdict: Option<&Statement> = None;
        for (at, statement) in statements.iter().enumerate() {
            let names = statement.ids.iter().any(|id| finding.answers_to(id));
            if !names || !statement.products.iter().any(|product| concerns(product, &purls, image)) {
                continue;
            }
            met[at] = true;
            if verdict.is_none_or(|known| known.timestamp <= statement.timestamp) {
                verdict = Some(statement);
            }
        }
        match verdict.filter(|statement| statement.status.silences()) {
            None => kept.push(finding),
            Some(statement) => {
                scan.suppressed.push(Suppressed { finding, by: "vex".to_owned(), reason: reason(statement) });
            }
        }
    }
    scan.findings = kept;
    let unmet = statements.iter().zip(met).filter(|(statement, met)| !met && statement.status.silences());
    scan.unmatched.extend(unmet.map(|(statement, _)| {
        format!(
            "VEX: {} ({}) matches no finding",
            statement.origin,
            statement.ids.first().map_or("no id", String::as_str)
        )
    }));
}

fn reason(statement: &Statement) -> String {
    let status = match statement.status {
        Status::Fixed => "fixed",
        _ => "not affected",
    };
    let why = [statement.justification.as_deref(), statement.text.as_deref()];
    let why: Vec<&str> = why.into_iter().flatten().collect();
    format!(
        "{status} ({}): {}",
        statement.origin,
        if why.is_empty() { "no reason is given".to_owned() } else { why.join(": ") }
    )
}

/// The package URL of the package, and of the source package it was built from. The latter is marked `arch=source`, as
/// Debian does (purl specification, type `deb`): `openssl` alone is the binary package of that name, and what is said of it
/// must not silence `libssl3`.
fn purls(finding: &Finding) -> Vec<Purl> {
    let Some(own) = Purl::parse(&finding.package.purl) else { return Vec::new() };
    let source = finding.package.source.as_deref().and_then(|source| source.split_once(' '));
    let source = source.map(|(name, version)| {
        let mut source = Purl { name: name.to_owned(), version: Some(version.to_owned()), ..own.clone() };
        source.qualifiers.insert("arch".to_owned(), "source".to_owned());
        source
    });
    std::iter::once(own).chain(source).collect()
}

fn concerns(product: &Product, packages: &[Purl], image: &ImageIdentity) -> bool {
    let package =
        |id: &String| Purl::parse(id).is_some_and(|purl| packages.iter().any(|package| purl.covers(package)));
    if product.ids.iter().any(|id| image.is(id)) {
        return product.subcomponents.is_empty() || product.subcomponents.iter().any(package);
    }
    product.ids.iter().any(package)
}

#[cfg(test)]
mod tests {
    use super::ImageIdentity;

    #[test]
    fn knows_the_image_in_each_spelling() {
        let image = ImageIdentity {
            digests: vec!["sha256:ab".into()],
            names: vec!["registry.example:5000/team/app:1.2".into()],
        };
        for (id, is) in [
            ("pkg:oci/app@sha256%3Aab", true),
            ("pkg:oci/app@sha256:cd", false),
            ("ab", true),
            ("sha256:ab", true),
            ("pkg:docker/team/app", true),
            ("pkg:docker/team/app@1.2", true),
            ("pkg:docker/team/app@1.3", false),
            ("pkg:docker/other/app", false),
            ("pkg:deb/debian/app", false),
        ] {
            assert_eq!(image.is(id), is, "{id}");
        }
    }
}
