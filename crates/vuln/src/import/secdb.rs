//! Alpine's security database, and Wolfi's and Chainguard's in its shape: fixed versions of source packages.

use super::intake::{Intake, is_cve};
use crate::{
    Ecosystem,
    advisory::{FixState, Record, Row},
};
use serde_json::Value;

/// Reads a document. `None` if it is not of this shape.
pub(super) fn import(document: &Value, intake: &mut Intake) -> Option<()> {
    let packages = document.get("packages")?.as_array()?;
    let field = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
    let (source, ecosystem) = match (field("distroversion"), field("urlprefix")) {
        ("", prefix) if prefix.contains("wolfi") => ("wolfi", Ecosystem::parse("Wolfi")?),
        ("", prefix) if prefix.contains("chainguard") || prefix.contains("cgr.dev") => {
            ("chainguard", Ecosystem::parse("Chainguard")?)
        }
        ("", _) => return None,
        (release, _) => ("alpine", Ecosystem::release_of("Alpine", release)),
    };
    let source = intake.source(source);
    intake.caveat(source, "lists fixed issues only: what is not fixed yet is not in it");
    for package in packages {
        let package = package.get("pkg").unwrap_or(package);
        let Some(name) = package.get("name").and_then(Value::as_str) else { continue };
        let Some(fixes) = package.get("secfixes").and_then(Value::as_object) else { continue };
        for (version, issues) in fixes {
            for issue in issues.as_array().into_iter().flatten().filter_map(Value::as_str) {
                add(issue, version, name, source, &ecosystem, intake);
            }
        }
    }
    Some(())
}

fn add(issue: &str, version: &str, package: &str, source: u16, ecosystem: &Ecosystem, intake: &mut Intake) {
    let issue = issue.replace("CVE_", "CVE-").replace('_', "-");
    // `CVE-2019-2201 GHSA-…`, `CVE-… (+ regression fix)`: the ids come first, the CVE names it.
    let ids: Vec<&str> = issue
        .split_whitespace()
        .map(|id| id.trim_matches([',', '(', ')']))
        .take_while(|id| is_id(id))
        .collect();
    let Some(&id) = ids.iter().find(|id| is_cve(id)).or(ids.first()) else {
        return intake.skip(source);
    };
    intake.read(source, None);
    // Key `0` states that no version was ever affected.
    let row = match version {
        "0" => Row::new(id, source, FixState::NotAffected),
        version => Row::new(id, source, FixState::Fixed).fixed_in(version),
    };
    intake.row(ecosystem, package, row);
    let aliases: Vec<String> =
        ids.iter().filter(|alias| **alias != id).map(|&alias| alias.to_owned()).collect();
    if !aliases.is_empty() {
        intake.record(id, Record { aliases, ..Record::default() });
    }
}

fn is_id(text: &str) -> bool {
    let prefix = text.split('-').next().unwrap_or_default();
    prefix.len() >= 2 && text.len() > prefix.len() + 1 && prefix.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import};
    use crate::{Ecosystem, Store, advisory::FixState, store::Builder};

    #[test]
    fn reads_fixes_and_denials() {
        let document = serde_json::json!({
            "distroversion": "v3.19", "reponame": "main", "urlprefix": "https://example.org/alpine",
            "packages": [{"pkg": {"name": "openssl", "secfixes": {
                "3.0.8-r0": ["CVE-2023-0286", "CVE-2019-2201 GHSA-abcd-efgh-ijkl", "CVE_2017_16808 (+ regression fix)", "fix"],
                "0": ["CVE-2022-1292"]
            }}}]
        });
        let mut builder = Builder::new("2026-01-01");
        import(&document, &mut Intake::new(&mut builder, "2026-01-01")).expect("the shape");
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let rows = store.rows(&Ecosystem::parse("Alpine:v3.19").expect("known"), "openssl").expect("sound");
        let found: Vec<_> = rows.iter().map(|row| (row.id, row.state)).collect();
        assert_eq!(
            found,
            [
                ("CVE-2017-16808", FixState::Fixed),
                ("CVE-2019-2201", FixState::Fixed),
                ("CVE-2022-1292", FixState::NotAffected),
                ("CVE-2023-0286", FixState::Fixed),
            ]
        );
        assert_eq!(store.ids_with_alias("GHSA-abcd-efgh-ijkl").expect("sound"), ["CVE-2019-2201"]);
    }
}
